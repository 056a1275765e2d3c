"""The system's data points, computed in the registering transaction, so that the first decision sees them."""

from __future__ import annotations

import secrets

import httpx
import pytest

from tests.support.funnels import (
    LOST,
    WON,
    Funnel,
    address,
    branch,
    complete,
    data,
    decision,
    form,
    get_journey,
    make_funnel,
    sources,
    stage,
)


def test_they_are_all_there(funnel: Funnel) -> None:
    email = f"jo.{secrets.token_hex(4)}@company.example"
    lead = funnel.register(email, Firstname="John", Lastname="Doe", PhoneNumber="+1 800 555 0175")

    known = data(lead["Journey"])
    assert known == {
        "Email": email,
        "Email domain": "company.example",
        "Company domain": "company.example",
        "Email is free": False,
        "Email is disposable": False,
        "Firstname": "John",
        "Lastname": "Doe",
        "Phone": "+18005550175",
        "Phone country": "US",
        "Country": "US",
        "Language": "en",
        "Origin": "Website",
        "Registered at": lead["createdDate"],
    }
    assert sources(lead["Journey"])["Firstname"] == "API"
    assert sources(lead["Journey"])["Email domain"] == "System"


@pytest.mark.parametrize(
    ("domain", "free", "disposable"),
    [("gmail.com", True, False), ("Gmail.Com", True, False), ("mailinator.com", False, True)],
)
def test_what_the_domain_tells(funnel: Funnel, domain: str, free: bool, disposable: bool) -> None:
    known = data(funnel.register(f"jo.{secrets.token_hex(4)}@{domain}")["Journey"])

    assert known["Email domain"] == domain.lower()
    assert known["Email is disposable"] is disposable
    if not disposable:
        assert known["Email is free"] is free


def test_a_domain_in_other_letters_is_known_by_its_ascii_form(funnel: Funnel) -> None:
    known = data(funnel.register(f"jo.{secrets.token_hex(4)}@bücher.example")["Journey"])

    assert known["Email domain"] == "xn--bcher-kva.example"


def test_the_country_is_the_phones_else_what_was_sent(funnel: Funnel) -> None:
    france = [{"Name": "Country", "Value": "FR"}]
    with_phone = funnel.register(PhoneNumber="+1 800 555 0175", JourneyData=france)
    without = funnel.register(JourneyData=france)

    assert (data(with_phone["Journey"])["Country"], sources(with_phone["Journey"])["Country"]) == (
        "US",
        "System",
    )
    assert (data(without["Journey"])["Country"], sources(without["Journey"])["Country"]) == ("FR", "API")
    assert "Country" not in data(funnel.register()["Journey"])


def test_the_country_follows_the_phone(funnel: Funnel) -> None:
    lead = funnel.register(PhoneNumber="+33 1 42 68 53 00")
    moved = funnel.register(lead["Email"], PhoneNumber="+1 800 555 0175")
    gone = funnel.register(lead["Email"], PhoneNumber=None, JourneyData=[{"Name": "Country", "Value": "DE"}])

    assert data(lead["Journey"])["Country"] == "FR"
    assert data(moved["Journey"])["Country"] == data(moved["Journey"])["Phone country"] == "US"
    assert data(gone["Journey"])["Country"] == "DE"
    assert "Phone country" not in data(gone["Journey"])


def test_the_language_is_what_was_sent_else_the_workspaces(funnel: Funnel) -> None:
    sent = funnel.register(JourneyData=[{"Name": "Language", "Value": "fr"}])

    assert data(sent["Journey"])["Language"] == "fr"
    assert data(funnel.register()["Journey"])["Language"] == "en"


def test_the_first_decision_sees_them(api: httpx.Client, funnel: Funnel) -> None:
    nodes = {
        "way": decision(branch("Email is free", "Is", True, "lost"), default="won"),
        **WON,
        **LOST,
    }
    by_domain = make_funnel(api, nodes, "way")
    free = by_domain.register(f"jo.{secrets.token_hex(4)}@gmail.com")["Journey"]
    own = by_domain.register()["Journey"]

    assert (free["Status"], free["Outcome"]) == ("Completed", "Disqualified")
    assert (own["Status"], own["Outcome"]) == ("Completed", "Converted")
    receipt = free["Decisions"][0]
    assert (receipt["Node"], receipt["Taken"], receipt["Version"]) == ("way", "Email is free Is", 1)
    assert receipt["Inputs"][0]["Source"] == "System"
    assert receipt["Inputs"][0]["KnownSince"] == free["createdDate"]
    assert own["Decisions"][0]["NotTaken"][0]["WouldNeed"]


# --- a form may ask for what belongs to the person ----------------------------------------------------------


@pytest.fixture(scope="module")
def asking(api: httpx.Client, funnel: Funnel) -> Funnel:
    nodes = {
        "ask": stage("Ask", form("you", "Firstname", "Phone", "Country", "Language"), then="way"),
        "way": decision(branch("Phone country", "Is", "FR", "won"), default="lost"),
        **WON,
        **LOST,
    }
    return make_funnel(api, nodes, "ask")


def test_what_a_form_asks_of_the_person_is_written_to_the_lead(asking: Funnel) -> None:
    lead = asking.register(Firstname="John")
    values = {"Firstname": "Jane", "Phone": "+33 1 42 68 53 00", "Language": "fr"}
    after = complete(asking.api, lead["Journey"], "you", values)

    kept = asking.api.get(f"leads/{lead['Id']}").json()
    assert (kept["Firstname"], kept["PhoneNumber"]) == ("Jane", "+33142685300")
    assert kept["PhoneNumberOriginal"] == "+33 1 42 68 53 00"
    assert data(kept)["Language"] == "fr"
    assert data(after)["Phone"] == "+33142685300"


def test_the_decision_after_it_sees_the_country_of_the_phone(asking: Funnel) -> None:
    lead = asking.register()
    after = complete(asking.api, lead["Journey"], "you", {"Phone": "+33 1 42 68 53 00"})

    assert data(after)["Phone country"] == data(after)["Country"] == "FR"
    assert after["Outcome"] == "Converted"


def test_a_phone_that_does_not_exist_is_refused_by_the_form_too(asking: Funnel) -> None:
    lead = asking.register()
    item = lead["Journey"]["Activities"][0]
    body = {"Data": [{"Name": "Phone", "Value": "123"}]}
    answer = asking.api.post(f"journeys/{lead['Journey']['Id']}/activities/{item['Id']}/complete", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/Data/0/Value"


def test_what_a_form_asked_is_copied_into_other_running_journeys(asking: Funnel, funnel: Funnel) -> None:
    email = address()
    elsewhere = funnel.register(email)["Journey"]
    complete(asking.api, asking.register(email)["Journey"], "you", {"Firstname": "Jane"})

    assert data(get_journey(funnel.api, elsewhere["Id"]))["Firstname"] == "Jane"
