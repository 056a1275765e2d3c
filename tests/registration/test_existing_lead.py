"""A lead that is there: what is absent stays, null clears, and what changes nothing writes no event."""

from __future__ import annotations

import httpx
import pytest

from tests.support.funnels import (
    Funnel,
    address,
    complete,
    data,
    events,
    form_funnel,
    get_journey,
    make_point,
    sources,
)

WHOLE = {"Firstname": "John", "Lastname": "Doe", "PhoneNumber": "+1 800 555 0175"}


def test_created_updated_existing(funnel: Funnel) -> None:
    email = address()
    created = funnel.register(email, **WHOLE)
    updated = funnel.register(email, Lastname="Dow")
    existing = funnel.register(email, Lastname="Dow")

    assert [one["Result"] for one in (created, updated, existing)] == ["Created", "Updated", "Existing"]
    assert updated["Lastname"] == "Dow"
    assert updated["changedDate"] > created["changedDate"]
    assert existing["changedDate"] == updated["changedDate"]
    assert existing["createdDate"] == created["createdDate"]


def test_created_is_201_and_everything_else_200(funnel: Funnel) -> None:
    email = address()

    statuses = [funnel.post({"Email": email, "Firstname": name}).status_code for name in ("A", "B", "B")]
    assert statuses == [201, 200, 200]


def test_a_field_that_is_absent_leaves_what_is_there(funnel: Funnel) -> None:
    email = address()
    funnel.register(email, **WHOLE, RedirectURL="https://www.myapp.com/a")
    again = funnel.register(email)

    assert again["Result"] == "Existing"
    assert (again["Firstname"], again["Lastname"], again["PhoneNumber"]) == ("John", "Doe", "+18005550175")
    assert again["RedirectURL"] == "https://www.myapp.com/a"


@pytest.mark.parametrize("empty", [None, ""])
def test_null_clears_and_an_empty_string_counts_as_null(funnel: Funnel, empty: str | None) -> None:
    email = address()
    funnel.register(email, **WHOLE, RedirectURL="https://www.myapp.com/a")
    again = funnel.register(email, Firstname=empty, Lastname=empty, PhoneNumber=empty, RedirectURL=empty)

    assert again["Result"] == "Updated"
    for field in ("Firstname", "Lastname", "PhoneNumber", "PhoneNumberOriginal", "RedirectURL"):
        assert again[field] is None
    assert not {"Firstname", "Lastname", "Phone", "Phone country", "Country"} & set(data(again["Journey"]))


@pytest.mark.parametrize("empty", [None, ""])
def test_null_forgets_data(funnel: Funnel, empty: str | None) -> None:
    email = address()
    funnel.register(email, JourneyData=[{"Name": "My datapoint", "Value": "example"}])
    again = funnel.register(email, JourneyData=[{"Name": "My datapoint", "Value": empty}])

    assert again["Result"] == "Updated"
    assert "My datapoint" not in data(again["Journey"])


def test_a_changed_value_of_the_journey_is_an_update_too(funnel: Funnel) -> None:
    email = address()
    first = funnel.register(email)
    again = funnel.register(email, JourneyData=[{"Name": "My datapoint", "Value": "example"}])

    assert again["Result"] == "Updated"
    assert again["changedDate"] == first["changedDate"]
    assert again["Journey"]["changedDate"] > first["Journey"]["changedDate"]


def test_what_changes_nothing_writes_no_event(funnel: Funnel) -> None:
    body = {
        "Email": address(), **WHOLE, "RedirectURL": "https://www.myapp.com", "Test": True,
        "JourneyData": [{"Name": "My datapoint", "Value": "x"}, {"Name": "Country", "Value": "FR"}],
        "Attribution": {"UTMSource": "news", "GCLID": "g1"},
        "WebhookInput": {"URL": "https://www.myapp.com/hook"},
    }  # fmt: skip
    lead = funnel.post(body).json()
    before = events(funnel.api, Lead=lead["Id"])
    answers = [funnel.post(body).json() for _ in range(2)]

    assert [again["Result"] for again in answers] == ["Existing", "Existing"]
    assert answers[0]["Journey"] == lead["Journey"]
    assert before
    assert events(funnel.api, Lead=lead["Id"]) == before


def test_an_update_is_told_with_the_names_of_what_changed(funnel: Funnel) -> None:
    email = address()
    lead = funnel.register(email, **WHOLE)
    funnel.register(email, Lastname="Dow", PhoneNumber=None, Test=True)
    listed = events(funnel.api, "lead.updated", Lead=lead["Id"])

    assert [event["Data"]["Changed"] for event in listed] == [["Lastname", "Phone", "Test"]]


def test_the_email_stays_as_it_was_first_sent(funnel: Funnel) -> None:
    email = address()
    funnel.register(email)
    again = funnel.register(email.upper())

    assert again["Email"] == email
    assert data(again["Journey"])["Email"] == email


def test_a_second_journey_begins_with_what_is_known_of_the_lead(funnel: Funnel) -> None:
    email = address()
    first = funnel.register(email, **WHOLE)
    complete(funnel.api, first["Journey"], "needs", {"Interest": "x"})
    second = funnel.register(email.upper())

    known = data(second["Journey"])
    assert second["Journey"]["Id"] != first["Journey"]["Id"]
    assert (known["Email"], known["Firstname"], known["Phone"]) == (email, "John", "+18005550175")
    assert known["Phone country"] == known["Country"] == "US"
    assert "Interest" not in known


# --- copies in other journeys -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def other(api: httpx.Client, funnel: Funnel) -> Funnel:
    return form_funnel(api)


def test_names_are_copied_into_running_journeys_of_other_funnels(funnel: Funnel, other: Funnel) -> None:
    email = address()
    elsewhere = other.register(email, Firstname="John")["Journey"]
    funnel.register(email, Firstname="Jane", PhoneNumber="+33 1 42 68 53 00")

    after = get_journey(funnel.api, elsewhere["Id"])
    known = data(after)
    assert known["Firstname"] == "Jane"
    assert known["Phone"] == "+33142685300"
    assert known["Phone country"] == known["Country"] == "FR"
    assert sources(after)["Firstname"] == "API"
    told = events(funnel.api, "data.changed", Journey=elsewhere["Id"])
    assert len(told) == 1


def test_journey_data_is_not_copied_into_other_journeys(funnel: Funnel, other: Funnel) -> None:
    email = address()
    elsewhere = other.register(email)["Journey"]
    funnel.register(email, JourneyData=[{"Name": "My datapoint", "Value": "example"}])

    assert get_journey(funnel.api, elsewhere["Id"]) == elsewhere


def test_an_ended_journey_never_changes(funnel: Funnel, other: Funnel) -> None:
    email = address()
    begun = other.register(email, Firstname="John")["Journey"]
    ended = complete(funnel.api, begun, "needs", {"Interest": "x"})
    funnel.register(email, Firstname="Jane")

    assert ended["Status"] == "Completed"
    assert get_journey(funnel.api, ended["Id"]) == ended


def test_a_phone_typed_anew_is_kept_as_typed(funnel: Funnel) -> None:
    email = address()
    funnel.register(email, PhoneNumber="+1 800 555 0175")
    again = funnel.register(email, PhoneNumber="(800) 555-0175")

    assert again["Result"] == "Updated"
    assert (again["PhoneNumber"], again["PhoneNumberOriginal"]) == ("+18005550175", "(800) 555-0175")


def test_a_data_point_made_a_moment_ago_is_known_at_once(funnel: Funnel) -> None:
    lead = funnel.register()
    make_point(funnel.api, "Brand new")

    again = funnel.register(lead["Email"], JourneyData=[{"Name": "Brand new", "Value": "yes"}])
    assert data(again["Journey"])["Brand new"] == "yes"
    assert data(get_journey(funnel.api, lead["Journey"]["Id"]))["Brand new"] == "yes"
