"""``RedirectURL``: where the lead goes on to when all is done; only where that is safe."""

from __future__ import annotations

import pytest

from tests.support.funnels import Funnel, address, complete, faults


@pytest.mark.parametrize(
    "url",
    [
        "https://www.myapp.com",
        "http://localhost:3000/welcome?x=1#top",
        "https://myapp.example:8443/a%20b",
        "https://bücher.example/ö",
    ],
)
def test_an_address_is_kept_exactly_as_sent(funnel: Funnel, url: str) -> None:
    lead = funnel.register(RedirectURL=url)

    assert lead["RedirectURL"] == lead["Journey"]["RedirectURL"] == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "ftp://www.myapp.com",
        "//www.myapp.com",
        "/welcome",
        "www.myapp.com",
        "https:www.myapp.com",
        "https://",
        "https://user@www.myapp.com",
        "https://user:pw@www.myapp.com",
        "https://www.myapp.com\\@evil.example",
        "https://www.myapp.com\r\nSet-Cookie: a=b",
        " https://www.myapp.com",
        "https://www.my app.com",
        "https://[::1",
        "https://www.myapp.com:port",
    ],
)
def test_an_unsafe_address_is_refused(funnel: Funnel, url: str) -> None:
    assert faults(funnel.post({"Email": address(), "RedirectURL": url})) == {"/RedirectURL": "Unsafe"}


def test_one_that_is_too_long_is_refused(funnel: Funnel) -> None:
    url = "https://www.myapp.com/" + "x" * 2000

    assert list(faults(funnel.post({"Email": address(), "RedirectURL": url}))) == ["/RedirectURL"]


def test_a_later_one_replaces_it_for_the_running_journey(funnel: Funnel) -> None:
    lead = funnel.register(RedirectURL="https://www.myapp.com/a")
    again = funnel.register(lead["Email"], RedirectURL="https://www.myapp.com/b")

    assert again["Result"] == "Updated"
    assert again["RedirectURL"] == again["Journey"]["RedirectURL"] == "https://www.myapp.com/b"


def test_a_new_journey_has_its_own(funnel: Funnel) -> None:
    lead = funnel.register(RedirectURL="https://www.myapp.com/a")
    complete(funnel.api, lead["Journey"], "needs", {"Interest": "x"})

    assert funnel.register(lead["Email"])["Journey"]["RedirectURL"] is None
