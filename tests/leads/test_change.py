"""``PATCH /leads/{id}``: what belongs to the person, copied into running journeys; the e-mail never changes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.funnels import Funnel, complete, data, events, faults, form_funnel, get_journey


@pytest.fixture(scope="module")
def funnel(api: httpx.Client) -> Funnel:
    return form_funnel(api)


def change(funnel: Funnel, lead: dict, **fields: Any) -> dict[str, Any]:
    answer = funnel.api.patch(f"leads/{lead['Id']}", json=fields)
    assert answer.status_code == 200, answer.text
    after: dict[str, Any] = answer.json()
    assert after == funnel.api.get(f"leads/{lead['Id']}").json()
    return after


def test_what_is_named_changes_and_the_rest_stays(funnel: Funnel) -> None:
    lead = funnel.register(Firstname="John", Lastname="Doe")
    after = change(funnel, lead, Firstname="Jane")

    assert (after["Firstname"], after["Lastname"]) == ("Jane", "Doe")
    assert after["changedDate"] > lead["changedDate"]


def test_running_journeys_get_their_copy_and_ended_ones_never_change(funnel: Funnel) -> None:
    other = form_funnel(funnel.api)
    lead = funnel.register()
    ended = complete(funnel.api, other.register(lead["Email"])["Journey"], "needs", {"Interest": "x"})
    change(funnel, lead, Firstname="Jane", PhoneNumber="+33 1 42 68 53 00")

    known = data(get_journey(funnel.api, lead["Journey"]["Id"]))
    assert (known["Firstname"], known["Phone"]) == ("Jane", "+33142685300")
    assert known["Phone country"] == known["Country"] == "FR"
    assert get_journey(funnel.api, ended["Id"]) == ended


def test_the_phone_is_kept_as_typed_too(funnel: Funnel) -> None:
    after = change(funnel, funnel.register(), PhoneNumber="(800) 555-0175")

    assert (after["PhoneNumber"], after["PhoneNumberOriginal"]) == ("+18005550175", "(800) 555-0175")


@pytest.mark.parametrize("empty", [None, ""])
def test_null_clears(funnel: Funnel, empty: str | None) -> None:
    lead = funnel.register(Firstname="John", PhoneNumber="+1 800 555 0175", Test=True)
    after = change(funnel, lead, Firstname=empty, PhoneNumber=empty, Test=None)

    assert (after["Firstname"], after["PhoneNumber"], after["PhoneNumberOriginal"]) == (None, None, None)
    assert after["Test"] is False
    assert not {"Firstname", "Phone", "Phone country", "Country"} & set(
        data(get_journey(funnel.api, lead["Journey"]["Id"]))
    )


def test_one_event_for_all_that_changed_and_none_for_nothing(funnel: Funnel) -> None:
    lead = funnel.register(Firstname="John")
    change(funnel, lead, Firstname="Jane", Lastname="Doe", Test=True)
    change(funnel, lead, Firstname="Jane", Lastname="Doe", Test=True)

    told = events(funnel.api, "lead.updated", Lead=lead["Id"])
    assert [event["Data"]["Changed"] for event in told] == [["Firstname", "Lastname", "Test"]]


def test_the_email_never_changes(funnel: Funnel) -> None:
    lead = funnel.register()
    answer = funnel.api.patch(f"leads/{lead['Id']}", json={"Email": "other@company.example"})

    assert list(faults(answer)) == ["/Email"]
    assert funnel.register(lead["Email"])["Id"] == lead["Id"]


def test_every_fault_is_named_and_nothing_changes(funnel: Funnel) -> None:
    lead = funnel.register(Firstname="John")
    body = {"Firstname": "x" * 201, "Lastname": 7, "PhoneNumber": "123", "Test": "yes", "Shoes": 43}
    answer = funnel.api.patch(f"leads/{lead['Id']}", json=body)

    assert set(faults(answer)) == {"/Firstname", "/Lastname", "/PhoneNumber", "/Test", "/Shoes"}
    assert funnel.register(lead["Email"])["Result"] == "Existing"


def test_another_workspaces_lead_is_not_there(funnel: Funnel, other_api: httpx.Client) -> None:
    lead = funnel.register()

    assert other_api.get(f"leads/{lead['Id']}").status_code == 404
    assert other_api.patch(f"leads/{lead['Id']}", json={"Firstname": "Eve"}).status_code == 404
