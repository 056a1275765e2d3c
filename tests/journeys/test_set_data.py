"""``POST /journeys/{id}/data``: values from outside any activity."""

from __future__ import annotations

import httpx
import pytest

from tests.support.funnels import (
    Funnel,
    address,
    complete,
    data,
    events,
    faults,
    form_funnel,
    get_journey,
    make_point,
    sources,
)


@pytest.fixture(scope="module")
def funnel(api: httpx.Client) -> Funnel:
    make_point(api, "Seats", "Number")
    return form_funnel(api)


def send(funnel: Funnel, journey: dict, *items: dict) -> httpx.Response:
    return funnel.api.post(f"journeys/{journey['Id']}/data", json={"Data": list(items)})


def test_the_values_are_there(funnel: Funnel) -> None:
    journey = funnel.register()["Journey"]
    answer = send(funnel, journey, {"Name": "Seats", "Value": "12"}, {"Name": "Interest", "Value": "x"})

    assert answer.status_code == 200
    after = answer.json()
    assert (data(after)["Seats"], data(after)["Interest"]) == (12, "x")
    assert sources(after)["Seats"] == "API"
    assert after["Activities"] == journey["Activities"]  # it completes no form
    assert after == get_journey(funnel.api, journey["Id"])


def test_null_forgets(funnel: Funnel) -> None:
    journey = funnel.register(JourneyData=[{"Name": "Seats", "Value": 1}])["Journey"]

    assert "Seats" not in data(send(funnel, journey, {"Name": "Seats", "Value": None}).json())


def test_what_changes_nothing_writes_no_event(funnel: Funnel) -> None:
    journey = funnel.register(JourneyData=[{"Name": "Seats", "Value": 1}])["Journey"]

    assert send(funnel, journey, {"Name": "Seats", "Value": 1}).json() == journey


def test_one_event_for_all_points_of_a_change(funnel: Funnel) -> None:
    journey = funnel.register()["Journey"]
    send(funnel, journey, {"Name": "Seats", "Value": 1}, {"Name": "Interest", "Value": "x"})
    listed = events(funnel.api, "data.changed", Journey=journey["Id"])

    assert [[item["Name"] for item in event["Data"]["Data"]] for event in listed] == [["Seats", "Interest"]]


def test_what_belongs_to_the_lead_is_written_there_too(funnel: Funnel, api: httpx.Client) -> None:
    email, other = address(), form_funnel(api)
    journey, elsewhere = funnel.register(email)["Journey"], other.register(email)["Journey"]
    send(funnel, journey, {"Name": "Company", "Value": "Acme"})

    assert data(api.get(f"leads/{journey['Lead']['Id']}").json())["Company"] == "Acme"
    assert data(get_journey(api, elsewhere["Id"]))["Company"] == "Acme"


def test_faults_are_named_at_their_places(funnel: Funnel) -> None:
    journey = funnel.register()["Journey"]
    answer = send(
        funnel,
        journey,
        {"Name": "Nope", "Value": 1},
        {"Name": "Seats", "Value": "many"},
        {"Name": "Firstname", "Value": "Jane"},
        {"Name": "Origin", "Value": "x"},
    )

    assert faults(answer) == {
        "/Data/0/Name": "UnknownDataPoint",
        "/Data/1/Value": "WrongValue",
        "/Data/2/Name": "Computed",
        "/Data/3/Name": "Computed",
    }
    assert get_journey(funnel.api, journey["Id"]) == journey


def test_an_ended_journey_never_changes(funnel: Funnel) -> None:
    ended = complete(funnel.api, funnel.register()["Journey"], "needs", {"Interest": "x"})

    assert send(funnel, ended, {"Name": "Seats", "Value": 1}).status_code == 409
    assert get_journey(funnel.api, ended["Id"]) == ended
