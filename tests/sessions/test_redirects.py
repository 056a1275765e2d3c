"""Where a person may be sent on to."""

from __future__ import annotations

import pytest

from kohomai.sessions.redirects import check_redirect_url


@pytest.mark.parametrize(
    "url",
    [
        "https://www.myapp.com",
        "http://localhost:3000/done?x=1#y",
        "https://münchen.example/ä",
        "https://[::1]:8080/",
        "HTTPS://www.myapp.com",
    ],
)
def test_taken(url: str) -> None:
    assert check_redirect_url(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "www.myapp.com",
        "//www.myapp.com",
        "/done",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.example",
        "https:///www.myapp.com",
        "https:/www.myapp.com",
        "https:www.myapp.com",
        "https://user@www.myapp.com",
        "https://user:secret@www.myapp.com",
        "https://www.myapp.com\\@evil.example",
        "https://www.my\tapp.com",
        "https://www.myapp.com/\n",
        " https://www.myapp.com",
        "https://www.myapp.com/a b",
        "https://www.myapp.com:port",
        "https://[::1",
        "https://www.myapp.com/\x00",
        "https://" + "a" * 2000,
        None,
        5,
        {"URL": "https://a.example"},
    ],
)
def test_refused(url: object) -> None:
    fault = check_redirect_url(url)
    assert fault is not None
    assert fault.pointer == "/RedirectURL"
    assert fault.detail.startswith("RedirectURL ")


def test_only_hosts_of_the_list() -> None:
    allowed = ["www.myapp.com", "*.example.com"]
    for url in (
        "https://www.myapp.com/x",
        "http://WWW.MyApp.com:81",
        "https://a.example.com",
        "https://a.b.example.com.",
    ):
        assert check_redirect_url(url, allowed) is None, url
    for url in (
        "https://myapp.com",
        "https://example.com",
        "https://evilexample.com",
        "https://www.myapp.com.evil.example",
    ):
        assert check_redirect_url(url, allowed) is not None, url
