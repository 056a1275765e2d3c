"""What waits for the person signed in: /f/ and /f/journeys/<id>."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conftest import client_for, make_workspace
from tests.frontoffice.conftest import new_lead
from tests.frontoffice.visitor import Visitor
from tests.support.program import Program


def test_the_step_that_waits_and_the_one_after_it(visitor: Visitor, lead: dict[str, Any]) -> None:
    page = visitor.enter(lead["ConnectionURL"])
    assert "One step waits for you." in page.text
    assert "Adaeze" in page.text
    assert "1 of 3 done" in page.text
    assert "Opens after: Your needs" in page.text
    assert "Register" in page.text


def test_home_leads_to_the_only_journey(visitor: Visitor, lead: dict[str, Any]) -> None:
    visitor.enter(lead["ConnectionURL"])
    assert visitor.get("/f/").headers["location"] == f"/f/journeys/{lead['Journey']['Id']}"


def test_several_journeys_are_listed(api: httpx.Client, visitor: Visitor, lead: dict[str, Any]) -> None:
    from tests.api.support import make_funnel, register

    other = make_funnel(api)
    second = register(api, other, Email=lead["Email"])
    session = api.post("sessions", json={"User": {"Id": lead["Id"]}}).json()
    page = visitor.enter(session["ConnectionURL"])
    assert f"/f/journeys/{lead['Journey']['Id']}" in page.text
    assert f"/f/journeys/{second['Journey']['Id']}" in page.text


@pytest.mark.parametrize(
    "path", ["/f/", "/f/journeys/1", "/f/journeys/1/activities/1", "/f/next", "/f/thanks"]
)
def test_only_for_somebody_signed_in(visitor: Visitor, path: str) -> None:
    for answer in (visitor.get(path), visitor.head(path)):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/f/login")


def test_others_journeys_do_not_exist(
    api: httpx.Client, visitor: Visitor, lead: dict[str, Any], funnel: Any
) -> None:
    other = new_lead(api, funnel)
    visitor.enter(lead["ConnectionURL"])
    mine = f"/f/journeys/{lead['Journey']['Id']}"
    theirs = f"/f/journeys/{other['Journey']['Id']}"
    activity = other["Journey"]["Activities"][0]["Id"]
    for path in (
        theirs,
        f"{theirs}/activities/{activity}",
        f"{mine}/activities/{activity}",
        "/f/journeys/999999999",
    ):
        assert visitor.get(path).status_code == 404
    page = visitor.get(mine)
    token = {"csrfmiddlewaretoken": visitor.cookies["kohomai_csrf"]}
    assert visitor.post(f"{theirs}/activities/{activity}", data=token).status_code in (403, 404)
    assert page.status_code == 200
    assert api.get(f"journeys/{other['Journey']['Id']}").json()["Activities"][0]["Status"] == "InProgress"


def test_another_workspaces_journeys_do_not_exist(
    program: Program, visitor: Visitor, lead: dict[str, Any]
) -> None:
    from tests.api.support import make_funnel

    with client_for(program, make_workspace().key) as other_api:
        other = new_lead(other_api, make_funnel(other_api), Email=lead["Email"])
    visitor.enter(lead["ConnectionURL"])
    assert visitor.get(f"/f/journeys/{other['Journey']['Id']}").status_code == 404
    assert str(other["Journey"]["Id"]) not in visitor.get("/f/?all=1").headers.get("location", "").split("/")


def test_pages_are_never_kept(visitor: Visitor, lead: dict[str, Any]) -> None:
    page = visitor.enter(lead["ConnectionURL"])
    assert page.headers["cache-control"] == "no-store, private"
    assert "Cookie" in page.headers["vary"]


def test_names_are_shown_as_they_are(api: httpx.Client, visitor: Visitor, funnel: Any) -> None:
    name = "<script>alert(1)</script>{{ 7|add:7 }}"
    page = visitor.enter(new_lead(api, funnel, Firstname=name)["ConnectionURL"])
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7|add:7 }}" in page.text


def test_after_a_week_without_a_request_it_is_over(visitor: Visitor, lead: dict[str, Any]) -> None:
    from datetime import timedelta

    from kohomai.sessions.models import SignIn
    from kohomai.sessions.sign_in import utc_now

    visitor.enter(lead["ConnectionURL"])
    SignIn.objects.filter(lead_id=lead["Id"]).update(last_seen_at=utc_now() - timedelta(days=6, hours=23))
    renewed = visitor.get(f"/f/journeys/{lead['Journey']['Id']}")
    assert renewed.status_code == 200
    assert "kohomai_front=" in renewed.headers["set-cookie"]
    SignIn.objects.filter(lead_id=lead["Id"]).update(last_seen_at=utc_now() - timedelta(days=7, seconds=1))
    assert visitor.get(f"/f/journeys/{lead['Journey']['Id']}").status_code == 303


def test_in_the_readers_language(visitors: Callable[[], Visitor], lead: dict[str, Any]) -> None:
    visitor = visitors()
    visitor.headers["Accept-Language"] = "de-CH,de;q=0.9"
    page = visitor.enter(lead["ConnectionURL"])
    assert '<html lang="de">' in page.text
    assert page.headers["content-language"] == "de"


def test_a_page_is_light(program: Program, visitor: Visitor, lead: dict[str, Any]) -> None:
    import re

    page = visitor.enter(lead["ConnectionURL"])
    parts = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    total = len(page.content) + sum(len(visitor.get(part).content) for part in parts)
    assert total < 100_000, total
    assert not re.findall(r'(?:href|src)="https?://', page.text)
