"""The form of API keys, and web origins as browsers send them."""

from __future__ import annotations

import pytest

from kohomai.workspaces.keys import checksum, is_well_formed, read_web_origin

BODY = "kh_live_0123456789abcdefABCDEF"


def test_the_checksum_tells_a_slip_of_the_pen() -> None:
    key = BODY + checksum(BODY)
    assert is_well_formed(key)
    for place in range(len("kh_live_"), len(key)):
        other = "x" if key[place] != "x" else "y"
        assert not is_well_formed(key[:place] + other + key[place + 1 :])


@pytest.mark.parametrize(
    "text", ["", "x", "kh_live_", BODY, "kh_test_" + BODY[8:], "é" * 36, BODY + "\0" * 6]
)
def test_what_is_no_key(text: str) -> None:
    assert not is_well_formed(text)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("https://www.myapp.com", "https://www.myapp.com"),
        ("HTTPS://WWW.MyApp.com/", "https://www.myapp.com"),
        ("https://www.myapp.com:443", "https://www.myapp.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_a_web_origin_is_as_browsers_send_it(given: str, read: str) -> None:
    assert read_web_origin(given) == read


NO_ORIGINS = """
    * null www.myapp.com https:// https://*.myapp.com https://a@b ftp://x https://x/path https://x?q https://x#f
    https://x:99999 javascript:alert(1)
""".split()  # noqa: SIM905


@pytest.mark.parametrize("given", [None, 1, "", "https://x y", *NO_ORIGINS])
def test_what_is_no_web_origin(given: object) -> None:
    with pytest.raises(ValueError, match="scheme and host"):
        read_web_origin(given)
