"""The older documented calls go on working: both bodies of ``POST /journeys?ref=``, and ``POST /sessions``."""

from __future__ import annotations

import httpx
import pytest

from tests.support.funnels import WON, Funnel, address, data, faults, get_journey, make_funnel, make_point
from tests.support.program import Program

SESSION = {"UUID", "RedirectURL", "ConnectionURL", "ValidUntil", "createdDate", "changedDate", "User"}


def nested(point: object, email: str = "johndoe@gmail.com") -> dict:
    return {
        "Journey": {
            "User": {"Firstname": "John", "Lastname": "Doe", "ContactPrefs": {"Email": email}},
            "JourneyData": [{"StringValue": "example", "DataPoint": {"Id": point}}],
        },
        "RedirectURL": "https://www.myapp.com",
    }


@pytest.fixture
def point(api: httpx.Client) -> int:
    return make_point(api, "Campaign")


def old(funnel: Funnel, body: dict) -> httpx.Response:
    return funnel.api.post("journeys", params={"ref": funnel.ref}, json=body)


def lead_of(funnel: Funnel, session: dict) -> dict:
    return funnel.api.get(f"leads/{session['User']['Id']}").json()


def journey_of(funnel: Funnel, session: dict) -> dict:
    listed = funnel.api.get("journeys", params={"Lead": session["User"]["Id"]}).json()["Items"]
    return get_journey(funnel.api, listed[-1]["Id"])


def test_the_nested_body_gives_a_session(funnel: Funnel, point: int, program: Program) -> None:
    answer = old(funnel, nested(point))

    assert answer.status_code == 201
    session = answer.json()
    assert set(session) == SESSION
    assert session["RedirectURL"] == "https://www.myapp.com"
    assert session["ConnectionURL"] == f"{program.base_url}/internal/v1/autologin?UUID={session['UUID']}"
    assert session["User"]["Firstname"] == "John"
    assert session["User"]["Lastname"] == "Doe"
    assert lead_of(funnel, session)["Email"] == "johndoe@gmail.com"
    assert data(journey_of(funnel, session))["Campaign"] == "example"


def test_a_data_points_id_may_be_a_string_of_digits(funnel: Funnel, point: int) -> None:
    session = old(funnel, nested(str(point))).json()

    assert data(journey_of(funnel, session))["Campaign"] == "example"


def test_the_flat_body_gives_a_session_too(funnel: Funnel) -> None:
    body = {
        "Email": "johndoe@gmail.com", "Firstname": "John", "Lastname": "Doe",
        "PhoneNumber": "+1 (800) 555\u20110175", "RedirectURL": "https://www.myapp.com",
        "JourneyData": [{"Name": "My datapoint", "Value": "example"}],
    }  # fmt: skip
    answer = old(funnel, body)

    assert answer.status_code == 201
    session = answer.json()
    assert set(session) == SESSION
    assert lead_of(funnel, session)["PhoneNumber"] == "+18005550175"
    assert data(journey_of(funnel, session))["My datapoint"] == "example"


def test_unknown_fields_are_passed_by(funnel: Funnel, point: int) -> None:
    body = nested(point)
    body["Journey"]["User"]["ContactPrefs"]["PreferredChannel"] = "Email"
    body["Journey"]["User"]["Title"] = "Dr"
    body["Journey"]["JourneyData"][0]["Note"] = "?"
    body["Version"] = 2

    assert old(funnel, body).status_code == 201
    assert old(funnel, {"Email": address(), "Shoe size": 43}).status_code == 201


def test_a_session_is_given_even_when_nothing_waits_for_the_lead(api: httpx.Client) -> None:
    funnel = make_funnel(api, WON, "won")

    assert funnel.register()["UUID"] is None
    assert old(funnel, {"Email": address()}).json()["UUID"]


def test_the_same_lead_again_gets_a_further_session_of_the_same_journey(funnel: Funnel, point: int) -> None:
    first, again = old(funnel, nested(point)).json(), old(funnel, nested(point)).json()

    assert first["User"]["Id"] == again["User"]["Id"]
    assert first["UUID"] != again["UUID"]
    assert journey_of(funnel, first)["Id"] == journey_of(funnel, again)["Id"]


def test_faults_are_named_at_their_place_in_the_body_that_was_sent(funnel: Funnel) -> None:
    body = nested(987654321, email="nobody")
    body["RedirectURL"] = "javascript:alert(1)"

    found = faults(old(funnel, body))
    assert set(found) == {
        "/Journey/User/ContactPrefs/Email",
        "/Journey/JourneyData/0/DataPoint/Id",
        "/RedirectURL",
    }


def test_a_session_for_a_journey(funnel: Funnel, api: httpx.Client) -> None:
    lead = funnel.register(Firstname="John", RedirectURL="https://www.myapp.com/done")
    answer = api.post("sessions", json={"Journey": {"Id": lead["Journey"]["Id"]}})

    assert answer.status_code == 201
    session = answer.json()
    assert set(session) == SESSION
    assert session["User"] == {"Firstname": "John", "Lastname": None, "Id": lead["Id"]}
    assert session["RedirectURL"] == "https://www.myapp.com/done"


def test_a_session_for_a_user(funnel: Funnel, api: httpx.Client) -> None:
    lead = funnel.register()
    body = {"User": {"Id": lead["Id"]}, "RedirectURL": "https://www.myapp.com/home"}
    answer = api.post("sessions", json=body)

    assert answer.status_code == 201
    assert answer.json()["User"]["Id"] == lead["Id"]
    assert answer.json()["RedirectURL"] == "https://www.myapp.com/home"


def test_the_ids_of_a_session_may_be_strings_of_digits(funnel: Funnel, api: httpx.Client) -> None:
    lead = funnel.register()

    assert api.post("sessions", json={"User": {"Id": str(lead["Id"])}}).status_code == 201
    assert api.post("sessions", json={"Journey": {"Id": str(lead["Journey"]["Id"])}}).status_code == 201


def test_a_session_of_another_workspaces_journey_does_not_exist(
    funnel: Funnel, other_api: httpx.Client
) -> None:
    lead = funnel.register()

    assert other_api.post("sessions", json={"Journey": {"Id": lead["Journey"]["Id"]}}).status_code == 404
    assert other_api.post("sessions", json={"User": {"Id": lead["Id"]}}).status_code == 404
