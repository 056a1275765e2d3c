"""What the e-mail's domain tells is found out in the registering transaction: nothing is pending, nothing asked."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import pytest

from tests.support.funnels import (
    LOST,
    WON,
    Funnel,
    branch,
    data,
    decision,
    events,
    get_journey,
    make_funnel,
    sources,
)


def email(domain: str) -> str:
    return f"jo.{secrets.token_hex(4)}@{domain}"


def test_the_company_and_the_country_are_known_at_once(api: httpx.Client, funnel: Funnel) -> None:
    lead = funnel.register(email("mail.acme.co.uk"))

    journey = lead["Journey"]
    assert (data(journey)["Company domain"], data(journey)["Country"]) == ("acme.co.uk", "GB")
    assert sources(journey)["Company domain"] == sources(journey)["Country"] == "Enrichment:domain"
    kept = api.get(f"leads/{lead['Id']}").json()
    assert (data(kept)["Company domain"], sources(kept)["Country"]) == ("acme.co.uk", "Enrichment:domain")


def test_there_is_no_event_for_it(api: httpx.Client, funnel: Funnel) -> None:
    lead = funnel.register(email("acme.de"))
    again = funnel.register(lead["Email"])

    types = [event["Type"] for event in events(api, Lead=lead["Id"])]
    assert types.count("lead.registered") == 1
    assert "lead.enriched" not in types
    assert again["Result"] == "Existing"


def test_the_first_decision_sees_it(api: httpx.Client, funnel: Funnel) -> None:
    nodes = {"way": decision(branch("Country", "Is", "DE", "won"), default="lost"), **WON, **LOST}
    journey = make_funnel(api, nodes, "way").register(email("acme.de"))["Journey"]

    assert journey["Outcome"] == "Converted"
    assert journey["Decisions"][0]["Inputs"][0]["Source"] == "Enrichment:domain"


@pytest.mark.parametrize(("value", "shown"), [("FR", "FR"), (None, None)])
def test_what_was_sent_goes_before_it(funnel: Funnel, value: str | None, shown: str | None) -> None:
    sent: Any = [{"Name": "Country", "Value": value}, {"Name": "Company domain", "Value": value and "x.fr"}]
    known = data(funnel.register(email("acme.de"), JourneyData=sent)["Journey"])

    assert (known.get("Country"), known.get("Company domain")) == (shown, value and "x.fr")


def test_the_phone_goes_before_it_as_long_as_there_is_one(api: httpx.Client, funnel: Funnel) -> None:
    lead = funnel.register(email("acme.de"), PhoneNumber="+33 1 42 68 53 00")
    kept = api.get(f"leads/{lead['Id']}").json()
    assert (data(lead["Journey"])["Country"], data(kept)["Country"]) == ("FR", "FR")
    assert sources(kept)["Country"] == "System"

    without = funnel.register(lead["Email"], PhoneNumber=None)
    assert (data(without["Journey"])["Country"], sources(without["Journey"])["Country"]) == (
        "DE",
        "Enrichment:domain",
    )


def test_what_was_forgotten_stays_forgotten(api: httpx.Client, funnel: Funnel) -> None:
    lead = funnel.register(email("acme.de"))
    funnel.register(lead["Email"], JourneyData=[{"Name": "Company domain", "Value": None}])
    funnel.register(lead["Email"])

    assert "Company domain" not in data(get_journey(api, lead["Journey"]["Id"]))


@pytest.mark.parametrize("domain", ["gmail.com", "mailinator.com"])
def test_a_private_address_has_no_company(funnel: Funnel, domain: str) -> None:
    assert "Company domain" not in data(funnel.register(email(domain))["Journey"])
