"""An address that is to be called: https, no credentials, and never into a private network, however it is written."""

from __future__ import annotations

import ipaddress
import socket
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.leads.webhooks import check_webhook_url, is_public, literal_address

PRIVATE = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1", "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
    "2001:db8::1",
    "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "::127.0.0.1", "fe80::1%25eth0",
]  # fmt: skip


def url_of(address: str) -> str:
    return f"https://[{address}]/hook" if ":" in address else f"https://{address}/hook"


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_no_open_network_is_refused(address: str) -> None:
    assert check_webhook_url(url_of(address)) is not None


@pytest.mark.parametrize(
    "host",
    [
        "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.0.0.1.",
        "0",
        "0x0", "10.1", "0xa.0.0.1", "167772161", "3232235777", "192.168.257", "2852039166",
        "0251.0376.0251.0376",
        "0xA9FEA9FE", "127.0.0.01", "00000000177.1",
    ],
)  # fmt: skip
def test_every_notation_of_an_ipv4_address_is_understood(host: str) -> None:
    assert check_webhook_url(f"https://{host}/hook") is not None


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LOCALHOST", "localhost.", "a.localhost", "printer.local", "db.internal",
        "Metadata.Google.Internal",
        "intranet", "com", "a.b.c.local.", "host_name", "-a.example", "a..example", "a.example-",
        "1.2.3.4.5", "256.256.256.256",
        "1.2.3.999", "a.123", "\u2460\u2461\u2466.0.0.1", "ex\u00e4mple.com", "127\u30020\u30020\u30021",
        "\uff11\uff12\uff17.0.0.1",
        "a.example%00", "a%2eexample", "[::1", "[::1]x", "[v1.a]", "",
    ],
)  # fmt: skip
def test_a_name_that_is_none_of_the_public_internet_is_refused(host: str) -> None:
    assert check_webhook_url(f"https://{host}/hook") is not None


@pytest.mark.parametrize(
    "url",
    [
        "https://www.myapp.com/hook",
        "https://www.myapp.com",
        "https://WWW.MyApp.com:8443/hook?token=x&y=%20#z",
        "https://xn--bcher-kva.example/hook",
        "https://www.myapp.com./hook",
        "https://8.8.8.8/hook",
        "https://[2606:4700::1111]/hook",
        "https://my_app.example/hook",
        "https://localhost.myapp.com/hook",
        "https://a.locals/hook",
    ],
)
def test_an_address_of_the_public_internet_is_taken(url: str) -> None:
    assert check_webhook_url(url) is None


@pytest.mark.parametrize(
    "url",
    [
        None, "", 7, [], "x", "www.myapp.com", "/hook", "//www.myapp.com", "http://www.myapp.com/hook", "ftp://www.myapp.com",
        "javascript:alert(1)", "file:///etc/passwd", "gopher://www.myapp.com", "https:www.myapp.com",
        "https:///hook",
        "https://user@www.myapp.com", "https://user:pw@www.myapp.com", "https://@www.myapp.com",
        "https://www.myapp.com:0x",
        "https://www.myapp.com:99999", "https://www.myapp.com\\@127.0.0.1/", "https://www.my app.com",
        " https://www.myapp.com",
        "https://www.myapp.com/\r\nX: y", "https://www.myapp.com/\t", "https://www.myapp.com/\u00e9",
        "https://www.myapp.com/\0",
        "https://www.myapp.com/" + "x" * 2000, "https://www.myapp.com#@127.0.0.1:x@",
        "https://127.0.0.1#www.myapp.com",
    ],
)  # fmt: skip
def test_an_address_of_another_form_is_refused(url: object) -> None:
    if url == "https://www.myapp.com#@127.0.0.1:x@":
        assert check_webhook_url(url) is None  # a fragment is no host
    else:
        assert check_webhook_url(url) is not None


# --- networks that the operator allows ----------------------------------------------------------------------

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000/hook", "https://127.1/hook", "http://localhost:9000/hook"]
)
def test_a_network_that_is_allowed_is_called_by_http_too(url: str) -> None:
    assert check_webhook_url(url) is not None
    assert check_webhook_url(url, LOOPBACK) is None


@pytest.mark.parametrize(
    "url", ["https://10.0.0.1/", "http://8.8.8.8/", "https://[::1]/", "https://db.internal/"]
)
def test_no_other_is_allowed_with_it(url: str) -> None:
    assert check_webhook_url(url, LOOPBACK) is not None


# --- properties ---------------------------------------------------------------------------------------------


def notations(number: int) -> list[str]:
    """The ways in which an IPv4 address can be written."""
    a, b, c, d = number >> 24, number >> 16 & 255, number >> 8 & 255, number & 255
    return [
        f"{a}.{b}.{c}.{d}",
        f"{a}.{b}.{c << 8 | d}",
        f"{a}.{number & 0xFFFFFF}",
        str(number),
        hex(number),
        f"0{number:o}",
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a}.{b:#x}.0{c:o}.{d}",
        f"[::ffff:{a}.{b}.{c}.{d}]",
        f"[::ffff:{a << 8 | b:x}:{c << 8 | d:x}]",
        f"[0:0:0:0:0:ffff:{a << 8 | b:x}:{c << 8 | d:x}]",
        f"[2002:{a << 8 | b:x}:{c << 8 | d:x}::]",
        f"[64:ff9b::{a << 8 | b:x}:{c << 8 | d:x}]",
    ]


PRIVATE_NETWORKS = [
    ip_network(n)
    for n in (
        "10.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "224.0.0.0/4",
    )
]


@given(st.sampled_from(PRIVATE_NETWORKS), st.integers(min_value=0), st.integers(0, 13))
def test_no_notation_of_a_private_address_is_taken(
    network: ipaddress.IPv4Network, offset: int, notation: int
) -> None:
    number = int(network.network_address) + offset % network.num_addresses

    assert check_webhook_url(f"https://{notations(number)[notation]}/hook") is not None


@given(st.ip_addresses())
def test_an_address_is_taken_only_where_it_is_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if check_webhook_url(url_of(str(address))) is None:
        means = literal_address(str(address))
        assert means is not None
        assert is_public(means)


@given(st.text(st.sampled_from("0123456789.xXabcdef"), min_size=1, max_size=20))
def test_what_the_system_reads_as_an_address_is_read_as_the_same(host: str) -> None:
    try:
        packed = socket.inet_aton(host)
    except OSError:
        return
    assert literal_address(host) == ipaddress.IPv4Address(packed)


@given(st.text(max_size=100))
def test_any_text_is_taken_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}/hook", f"https://a.example/{text}"):
        assert check_webhook_url(url) is None or isinstance(check_webhook_url(url), str)
