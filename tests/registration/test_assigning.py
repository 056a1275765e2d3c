"""``POST /journeys {"Lead": {"Id"}, "Funnel": {"Id"}}``: a lead that is there is assigned to a funnel."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.funnels import Funnel, address, complete, data, faults, form_funnel, get_journey


@pytest.fixture(scope="module")
def other(api: httpx.Client) -> Funnel:
    return form_funnel(api)


def assign(funnel: Funnel, lead: Any, **more: Any) -> httpx.Response:
    return funnel.api.post("journeys", json={"Lead": {"Id": lead}, "Funnel": {"Id": funnel.id}, **more})


def test_its_journey_is_generated(funnel: Funnel, other: Funnel) -> None:
    lead = funnel.register(Firstname="John", PhoneNumber="+1 800 555 0175")
    item = {"Name": "My datapoint", "Value": "example"}
    answer = assign(other, lead["Id"], JourneyData=[item], RedirectURL="https://www.myapp.com")

    assert answer.status_code == 201
    journey = answer.json()
    assert journey == get_journey(funnel.api, journey["Id"])
    assert (journey["Lead"]["Id"], journey["Funnel"]["Id"]) == (lead["Id"], other.id)
    known = data(journey)
    assert (known["Firstname"], known["Country"], known["My datapoint"]) == ("John", "US", "example")
    assert journey["RedirectURL"] == "https://www.myapp.com"


def test_ids_may_be_strings_of_digits(funnel: Funnel, other: Funnel) -> None:
    assert assign(other, str(funnel.register()["Id"])).status_code == 201


def test_the_re_entry_rule_applies(funnel: Funnel, other: Funnel) -> None:
    lead = funnel.register()
    first, again = assign(other, lead["Id"]), assign(other, lead["Id"])
    complete(funnel.api, first.json(), "needs", {"Interest": "x"})
    third = assign(other, lead["Id"])

    assert (first.status_code, again.status_code, third.status_code) == (201, 200, 201)
    assert again.json() == first.json()
    assert third.json()["Id"] != first.json()["Id"]


def test_what_is_known_of_the_lead_is_not_touched(funnel: Funnel, other: Funnel) -> None:
    lead = funnel.register(address().upper(), Firstname="John")
    before = funnel.api.get(f"leads/{lead['Id']}").json()
    assign(other, lead["Id"])

    assert funnel.api.get(f"leads/{lead['Id']}").json() == before


def test_what_is_not_there_is_404(funnel: Funnel, other: Funnel, other_api: httpx.Client) -> None:
    lead = funnel.register()

    assert assign(other, 987654321).status_code == 404
    assert assign(Funnel(funnel.api, 987654321, ""), lead["Id"]).status_code == 404
    assert assign(Funnel(other_api, other.id, ""), lead["Id"]).status_code == 404


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, {"/Lead", "/Funnel"}),
        ({"Lead": {"Id": 1}}, {"/Funnel"}),
        ({"Lead": {"Id": "x"}, "Funnel": {"Id": 1}}, {"/Lead/Id"}),
        ({"Lead": {"Id": 1}, "Funnel": {"Id": 1}, "Shoes": 43}, {"/Shoes"}),
    ],
)
def test_what_is_missing_or_wrong_is_named(funnel: Funnel, body: dict, places: set) -> None:
    assert set(faults(funnel.api.post("journeys", json=body))) == places


def test_faults_of_what_is_sent_along(funnel: Funnel, other: Funnel) -> None:
    answer = assign(
        other, funnel.register()["Id"], RedirectURL="x", JourneyData=[{"Name": "Nope", "Value": 1}]
    )

    assert set(faults(answer)) == {"/RedirectURL", "/JourneyData/0/Name"}


def test_a_funnel_that_was_never_published_is_409(funnel: Funnel) -> None:
    draft = funnel.api.post("funnels", json={"Name": "Draft only"}).json()

    assert assign(Funnel(funnel.api, draft["Id"], ""), funnel.register()["Id"]).status_code == 409
