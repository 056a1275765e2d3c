"""Between two steps, and after the last one."""

from __future__ import annotations

import time
from typing import Any

import httpx

from tests.api.support import address, definition, make_funnel, register
from tests.frontoffice.conftest import new_lead
from tests.frontoffice.visitor import Visitor, labelled


def _about_you(visitor: Visitor, lead: dict[str, Any]) -> httpx.Response:
    page = visitor.step(visitor.enter(lead["ConnectionURL"]), "About you")
    return visitor.send_form(page, **{labelled(page, "Interest"): "Everything"})


def test_all_done_leads_to_thanks_and_on(api: httpx.Client, visitor: Visitor, funnel: Any) -> None:
    lead = register(api, funnel, Email=address("gmail.com"), RedirectURL="https://www.myapp.com/done?x=1&y=2")
    answer = _about_you(visitor, lead)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/f/thanks"
    page = visitor.follow(answer)
    assert 'href="https://www.myapp.com/done?x=1&amp;y=2" data-onward' in page.text
    assert api.get(f"journeys/{lead['Journey']['Id']}").json()["Outcome"] == "Converted"


def test_the_sessions_address_wins_over_the_journeys(
    api: httpx.Client, visitor: Visitor, funnel: Any
) -> None:
    lead = register(api, funnel, Email=address("gmail.com"), RedirectURL="https://www.myapp.com/journey")
    body = {"Journey": {"Id": lead["Journey"]["Id"]}, "RedirectURL": "https://www.myapp.com/session"}
    session = api.post("sessions", json=body).json()
    page = visitor.follow(_about_you(visitor, {**lead, **session}))
    assert "https://www.myapp.com/session" in page.text


def test_without_an_address_one_stays(api: httpx.Client, visitor: Visitor, funnel: Any) -> None:
    lead = register(api, funnel, Email=address("gmail.com"))
    answer = _about_you(visitor, lead)
    assert answer.headers["location"] == f"/f/journeys/{lead['Journey']['Id']}"
    assert "That is all, thank you" in visitor.follow(answer).text


def test_others_turn_is_done_for_the_lead(api: httpx.Client, visitor: Visitor, lead: dict[str, Any]) -> None:
    """What waits for a manager keeps nobody here."""
    page = visitor.step(visitor.enter(lead["ConnectionURL"]), "Your needs")
    page = visitor.follow(visitor.send_form(page, **{labelled(page, "Budget"): "20000"}))
    answer = visitor.send_form(visitor.step(page, "Terms"), accepted="yes")
    assert answer.headers["location"] == "/f/thanks"
    assert "It is our turn" in visitor.get(f"/f/journeys/{lead['Journey']['Id']}").text


def test_thanks_come_only_when_all_is_done(visitor: Visitor, lead: dict[str, Any]) -> None:
    visitor.enter(lead["ConnectionURL"])
    assert visitor.get("/f/thanks").headers["location"] == "/f/"


def test_one_moment_while_something_runs_by_itself(api: httpx.Client, visitor: Visitor) -> None:
    document = definition()
    document["Nodes"]["private"]["Next"] = "pause"
    document["Nodes"]["pause"] = {
        "Type": "Stage",
        "Name": "A pause",
        "Next": "won",
        "Activities": [
            {
                "Key": "note",
                "Type": "SetData",
                "Name": "Note it",
                "Assignee": {"Kind": "Automatic"},
                "After": ["wait"],
                "Settings": {"Values": [{"DataPoint": "My datapoint", "Value": "noted"}]},
            },
            {
                "Key": "wait",
                "Type": "Wait",
                "Name": "Wait",
                "Assignee": {"Kind": "Automatic"},
                "Settings": {"For": "PT2S"},
            },
        ],
    }
    funnel = make_funnel(api, document)
    lead = register(api, funnel, Email=address("gmail.com"), RedirectURL="https://www.myapp.com/done")
    answer = _about_you(visitor, lead)
    assert answer.headers["location"] == f"/f/next?journey={lead['Journey']['Id']}"
    end = time.monotonic() + 20
    page = visitor.follow(answer)
    assert "/f/thanks" not in str(page.url)
    while "data-onward" not in page.text and time.monotonic() < end:
        time.sleep(0.3)
        page = visitor.follow(visitor.get("/f/next"))
    assert "https://www.myapp.com/done" in page.text


def test_a_session_of_all_journeys_ends_with_the_last(
    api: httpx.Client, visitor: Visitor, funnel: Any
) -> None:
    first = register(api, funnel, Email=address("gmail.com"), RedirectURL="https://www.myapp.com/done")
    second = register(api, make_funnel(api), Email=first["Email"])
    body = {"User": {"Id": first["Id"]}, "RedirectURL": "https://www.myapp.com/all"}
    visitor.enter(api.post("sessions", json=body).json()["ConnectionURL"])
    for lead, last in ((first, False), (second, True)):
        page = visitor.step(visitor.get(f"/f/journeys/{lead['Journey']['Id']}"), "About you")
        answer = visitor.send_form(page, **{labelled(page, "Interest"): "All"})
        assert (answer.headers["location"] == "/f/thanks") is last
    assert "https://www.myapp.com/all" in visitor.follow(answer).text


def test_an_address_the_workspace_does_not_allow_is_refused(api: httpx.Client, lead: dict[str, Any]) -> None:
    body = {"Journey": {"Id": lead["Journey"]["Id"]}, "RedirectURL": "javascript:alert(1)"}
    answer = api.post("sessions", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/RedirectURL"


def test_lead_again_after_the_end(api: httpx.Client, visitor: Visitor, funnel: Any) -> None:
    """Coming in by a program's link when all is done leads straight on."""
    lead = new_lead(api, funnel, Email=address("gmail.com"))
    _about_you(visitor, lead)
    session = api.post("sessions", json={"Journey": {"Id": lead["Journey"]["Id"]}}).json()
    page = visitor.enter(session["ConnectionURL"])
    assert "https://www.myapp.com/done" in page.text


def test_a_long_wait_is_said_plainly(api: httpx.Client, visitor: Visitor) -> None:
    document = definition()
    document["Nodes"]["private"]["Next"] = "pause"
    wait = {
        "Key": "wait",
        "Type": "Wait",
        "Name": "Wait",
        "Assignee": {"Kind": "Automatic"},
        "Settings": {"For": "P3D"},
    }
    document["Nodes"]["pause"] = {"Type": "Stage", "Name": "A pause", "Next": "won", "Activities": [wait]}
    lead = register(
        api, make_funnel(api, document), Email=address("gmail.com"), RedirectURL="https://www.myapp.com/done"
    )
    page = visitor.follow(_about_you(visitor, lead))
    assert page.status_code == 200
    assert "The next step opens by itself" in page.text
    assert "data-wait" not in page.text
    assert 'href="https://www.myapp.com/done"' in page.text


def test_one_moment_while_a_decision_waits(api: httpx.Client, visitor: Visitor, lead: dict[str, Any]) -> None:
    """A decision that waits for data looks like this in the table; here it is made to wait by hand."""
    from django.db import connection

    page = visitor.step(visitor.enter(lead["ConnectionURL"]), "Your needs")
    page = visitor.follow(visitor.send_form(page, **{labelled(page, "Budget"): "20000"}))
    visitor.send_form(visitor.step(page, "Terms"), accepted="yes")

    def wait(there: bool) -> None:
        change = (
            'engine || \'{"ArrivedAt": "2027-01-01T00:00:00.000Z"}\'' if there else "engine - 'ArrivedAt'"
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE journeys_journey SET engine = {change} WHERE id = %s", [lead["Journey"]["Id"]]
            )

    wait(True)
    moment = visitor.follow(visitor.get(f"/f/journeys/{lead['Journey']['Id']}"))
    assert moment.request.url.path == "/f/next"
    assert "One moment" in moment.text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in moment.text
    assert visitor.get("/f/thanks").headers["location"] == "/f/"
    wait(False)
    assert visitor.get("/f/next").headers["location"] == "/f/thanks"
