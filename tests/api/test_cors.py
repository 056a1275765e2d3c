"""Pages of other web origins: only listed ones, only for publishable keys, errors too."""

from __future__ import annotations

import httpx
import pytest

from tests.api.support import Funnel, address, make_funnel
from tests.api.test_keys import PAGE, publishable
from tests.conftest import client_for
from tests.support.program import Program

ALLOW = "Access-Control-Allow-Origin"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def key(api: httpx.Client, funnel: Funnel) -> str:
    """A publishable key for ``PAGE``."""
    return publishable(api, funnel)


def preflight(program: Program, path: str, origin: str = PAGE) -> httpx.Response:
    """What a browser asks first, without any key."""
    url = f"{program.base_url}/api/v1/{path}"
    return httpx.options(url, headers={**PREFLIGHT, "Origin": origin})


def test_the_preflight_is_answered_by_the_reference(program: Program, funnel: Funnel, key: str) -> None:
    answer = preflight(program, f"leads?ref={funnel.ref}")
    assert answer.status_code == 204
    assert answer.headers[ALLOW] == PAGE
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert answer.headers["Vary"] == "Origin"


def test_nobody_else_is_allowed(api: httpx.Client, program: Program, funnel: Funnel, key: str) -> None:
    other = make_funnel(api)
    for path, origin in (
        (f"leads?ref={funnel.ref}", "https://evil.example"),
        (f"leads?ref={funnel.ref}", "null"),
        (f"leads?ref={funnel.ref}", PAGE + ".evil.example"),
        (f"leads?ref={other.ref}", PAGE),
        ("leads?ref=nobodysref", PAGE),
        ("leads?ref=%00", PAGE),
        ("leads", PAGE),
        (f"journeys?ref={funnel.ref}", PAGE),
        (f"leads/batch?ref={funnel.ref}", PAGE),
    ):
        answer = preflight(program, path, origin)
        assert ALLOW not in answer.headers
        assert answer.headers["Vary"] == "Origin"


def test_answers_and_errors_can_be_read_by_the_page(program: Program, funnel: Funnel, key: str) -> None:
    path = f"leads?ref={funnel.ref}"
    with client_for(program, key) as page:
        page.headers["Origin"] = PAGE
        for body, status in (({"Email": address()}, 201), ({"Email": "x"}, 422)):
            answer = page.post(path, json=body)
            assert (answer.status_code, answer.headers[ALLOW]) == (status, PAGE)
        assert page.post(path, content=b"{").headers[ALLOW] == PAGE
        page.headers["Authorization"] = "Bearer wrong"
        answer = page.post(path, json={})
        assert (answer.status_code, answer.headers[ALLOW]) == (401, PAGE)


def test_never_for_a_secret_key(api: httpx.Client, funnel: Funnel, key: str) -> None:
    answer = api.post(f"leads?ref={funnel.ref}", json={"Email": address()}, headers={"Origin": PAGE})
    assert answer.status_code == 201
    assert ALLOW not in answer.headers
    assert ALLOW not in api.get("leads", headers={"Origin": PAGE}).headers
