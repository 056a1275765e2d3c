"""One step: a form is shown, read, refused with what was typed kept, and done once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.support import definition, make_funnel
from tests.frontoffice.conftest import new_lead
from tests.frontoffice.visitor import Visitor, form, labelled


@pytest.fixture
def step(visitor: Visitor, lead: dict[str, Any]) -> httpx.Response:
    """The form "Your needs", open."""
    return visitor.step(visitor.enter(lead["ConnectionURL"]), "Your needs")


def test_a_form_is_filled_and_the_next_step_opens(
    api: httpx.Client, visitor: Visitor, lead: dict[str, Any], step: httpx.Response
) -> None:
    assert "Step 2 of 3" in step.text
    answer = visitor.send_form(
        step, **{labelled(step, "Budget"): "9,999.50", labelled(step, "Start date"): "2027-02-01"}
    )
    assert answer.status_code == 303
    page = visitor.follow(answer)
    assert "Terms" in page.text
    assert "2 of 3 done" in page.text
    journey = api.get(f"journeys/{lead['Journey']['Id']}").json()
    data = {each["Name"]: each for each in journey["Data"]}
    assert data["Budget"]["Value"] == {"Amount": 9999.50, "Currency": "EUR"}
    assert data["Budget"]["Source"] == "Lead"
    assert data["Start date"]["Value"] == "2027-02-01"
    done = visitor.step(page, "Your needs")
    assert "You have done this step." in done.text
    assert "<dd>9,999.50 EUR</dd>" in done.text
    assert "<dd>1 February 2027</dd>" in done.text


def test_faults_are_beside_their_fields_and_what_was_typed_is_kept(
    api: httpx.Client, visitor: Visitor, lead: dict[str, Any], step: httpx.Response
) -> None:
    budget, start = labelled(step, "Budget"), labelled(step, "Start date")
    answer = visitor.send_form(step, **{budget: "a lot <b>", start: "soon", f"{budget}_unit": "CHF"})
    assert answer.status_code == 422
    assert "2 answers need another look" in answer.text
    assert f'href="#{budget}"' in answer.text
    assert f'id="{budget}-e"' in answer.text
    assert f'aria-describedby="{start}-e"' in answer.text
    assert 'value="a lot &lt;b&gt;"' in answer.text
    assert "<option selected>CHF</option>" in answer.text
    assert answer.text.count('aria-invalid="true"') == 2
    assert api.get(f"journeys/{lead['Journey']['Id']}").json()["Activities"][0]["Status"] == "InProgress"


def test_what_is_required_must_be_there(visitor: Visitor, step: httpx.Response) -> None:
    answer = visitor.send_form(step, **{labelled(step, "Budget"): "  "})
    assert answer.status_code == 422
    assert "Please answer this one." in answer.text
    assert "One answer needs another look" in answer.text


def test_pressed_twice_is_done_once(
    api: httpx.Client, visitor: Visitor, lead: dict[str, Any], step: httpx.Response
) -> None:
    budget = labelled(step, "Budget")
    first = visitor.send_form(step, **{budget: "50"})
    second = visitor.send_form(step, **{budget: "50"})
    assert (first.status_code, second.status_code) == (303, 303)
    assert second.headers["location"] == first.headers["location"]
    from kohomai.journeys.models import Event

    events = Event.objects.filter(journey_id=lead["Journey"]["Id"], type="activity.completed")
    assert events.count() == 1


def test_what_was_done_elsewhere_is_told_plainly(
    api: httpx.Client, visitor: Visitor, lead: dict[str, Any], step: httpx.Response
) -> None:
    activity = lead["Journey"]["Activities"][0]["Id"]
    path = f"journeys/{lead['Journey']['Id']}/activities/{activity}/complete"
    data = [{"Name": "Budget", "Value": "70 EUR"}]
    assert api.post(path, json={"Data": data}).status_code == 200
    answer = visitor.send_form(step, **{labelled(step, "Budget"): "50"})
    assert answer.status_code == 409
    assert "This step was done before" in answer.text


def test_a_blocked_step_cannot_be_done_yet(
    visitor: Visitor, lead: dict[str, Any], step: httpx.Response
) -> None:
    terms = next(each for each in lead["Journey"]["Activities"] if each["Key"] == "terms")
    path = f"/f/journeys/{lead['Journey']['Id']}/activities/{terms['Id']}"
    page = visitor.get(path)
    assert page.status_code == 200
    assert "not open yet" in page.text
    sent = {**form(step).fields, "accepted": "yes"}
    assert visitor.post(path, data=sent).status_code == 409


def test_an_activity_of_somebody_else_is_not_there(api: httpx.Client, visitor: Visitor, funnel: Any) -> None:
    """The Approval of the sample falls to a manager."""
    lead = new_lead(api, funnel)
    page = visitor.step(visitor.enter(lead["ConnectionURL"]), "Your needs")
    page = visitor.follow(visitor.send_form(page, **{labelled(page, "Budget"): "20000"}))
    visitor.send_form(visitor.step(page, "Terms"), accepted="yes")
    journey = api.get(f"journeys/{lead['Journey']['Id']}").json()
    check = next(each for each in journey["Activities"] if each["Key"] == "check")
    assert visitor.get(f"/f/journeys/{journey['Id']}/activities/{check['Id']}").status_code == 404


def test_accepting_needs_the_box(visitor: Visitor, step: httpx.Response) -> None:
    page = visitor.follow(visitor.send_form(step, **{labelled(step, "Budget"): "50"}))
    terms = visitor.step(page, "Terms")
    assert "share it with nobody" in terms.text
    assert "checked" not in terms.text
    refused = visitor.send_form(terms)
    assert refused.status_code == 422
    assert "Tick the box to accept." in refused.text
    assert visitor.send_form(terms, accepted="yes").status_code == 303


def test_every_type_of_data_point(api: httpx.Client, visitor: Visitor) -> None:
    points = {
        "F text": ("Text", "Grüezi\nmiteinander ‮ 😀", "Grüezi\nmiteinander ‮ 😀"),
        "F number": ("Number", "1,200.5", 1200.5),
        "F amount": ("Amount", "1 200 chf", {"Amount": 1200, "Currency": "CHF"}),
        "F date": ("Date", "2027-02-01", "2027-02-01"),
        "F moment": ("DateTime", "2027-02-01T09:30", "2027-02-01T09:30:00.000Z"),
        "F yes": ("YesNo", "yes", True),
        "F choice": ("Choice", "Two", "Two"),
        "F many": ("Choice", "Nine", "Nine"),
    }
    choices = {"F choice": ["One", "Two"], "F many": ["One", "Two", "3", "4", "5", "6", "7", "8", "Nine"]}
    for name, (kind, _, _) in points.items():
        more = {"Choices": choices[name]} if name in choices else {}
        assert api.post("datapoints", json={"Name": name, "Type": kind, **more}).status_code == 201
    document = definition()
    fields = [{"DataPoint": name, "Required": True} for name in points] + [{"DataPoint": "Phone"}]
    document["Nodes"]["business"]["Activities"][0]["Settings"]["Fields"] = fields
    lead = new_lead(api, make_funnel(api, document))
    page = visitor.step(visitor.enter(lead["ConnectionURL"]), "Your needs")
    ids = {each["Name"]: each["Id"] for each in api.get("datapoints?limit=200").json()["Items"]}
    sent = {f"f{ids[name]}": typed for name, (_, typed, _) in points.items()}
    answer = visitor.send_form(page, **sent, **{f"f{ids['Phone']}": "+41 44 668 18 00"})
    assert answer.status_code == 303, answer.text
    data = {
        each["Name"]: each["Value"] for each in api.get(f"journeys/{lead['Journey']['Id']}").json()["Data"]
    }
    assert {name: data[name] for name in points} == {name: kept for name, (_, _, kept) in points.items()}
    assert data["Phone"] == "+41446681800"
    assert api.get(f"leads/{lead['Id']}").json()["PhoneNumber"] == "+41446681800"


def test_what_is_known_stands_in_the_form_and_can_be_corrected(
    api: httpx.Client, visitor: Visitor, funnel: Any
) -> None:
    known = [{"Name": "Budget", "Value": "1234.50 CHF"}, {"Name": "Start date", "Value": "2027-01-02"}]
    lead = new_lead(api, funnel, JourneyData=known)
    page = visitor.step(visitor.enter(lead["ConnectionURL"]), "Your needs")
    assert 'value="1,234.50"' in page.text
    assert "<option selected>CHF</option>" in page.text
    # Emptied: an optional one is forgotten.
    sent = form(page).fields
    sent[f"{labelled(page, 'Budget')}_unit"] = "CHF"
    answer = visitor.post(page.request.url.path, data={**sent, labelled(page, "Start date"): ""})
    assert answer.status_code == 303, answer.text
    data = {
        each["Name"]: each["Value"] for each in api.get(f"journeys/{lead['Journey']['Id']}").json()["Data"]
    }
    assert data["Budget"] == {"Amount": 1234.50, "Currency": "CHF"}
    assert data.get("Start date") is None


@pytest.mark.parametrize(
    "typed",
    [
        "\x00",
        "a\x07b",
        "x" * 10_001,
        "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace") + "\x1b",
    ],
    ids=["nul", "bell", "too long", "escape"],
)
def test_text_that_cannot_be_kept_is_refused_at_its_field(
    api: httpx.Client, visitors: Callable[[], Visitor], funnel: Any, typed: str
) -> None:
    from tests.api.support import address, register

    visitor = visitors()
    lead = register(api, funnel, Email=address("gmail.com"))
    page = visitor.step(visitor.enter(lead["ConnectionURL"]), "About you")
    answer = visitor.send_form(page, **{labelled(page, "Interest"): typed})
    assert answer.status_code == 422
    assert "One answer needs another look" in answer.text


@pytest.mark.parametrize(
    "typed",
    [
        "'; DROP TABLE leads_lead; --",
        "<img src=x onerror=alert(1)>",
        "{{ settings.SECRET_KEY }}",
        "null",
        "مرحبا",
        "​",
    ],
)
def test_hostile_text_is_kept_as_it_is(
    api: httpx.Client, visitors: Callable[[], Visitor], funnel: Any, typed: str
) -> None:
    from tests.api.support import address, register

    visitor = visitors()
    lead = register(api, funnel, Email=address("gmail.com"))
    page = visitor.step(visitor.enter(lead["ConnectionURL"]), "About you")
    assert visitor.send_form(page, **{labelled(page, "Interest"): typed}).status_code == 303
    data = {
        each["Name"]: each["Value"] for each in api.get(f"journeys/{lead['Journey']['Id']}").json()["Data"]
    }
    assert data["Interest"] == typed
