"""Where the lead came from: at first touch on the lead, at last touch on the journey."""

from __future__ import annotations

import pytest

from tests.support.funnels import Funnel, address, complete, data, faults, sources

WHOLE = {
    "Referrer": "https://news.example/article",
    "LandingPage": "https://www.myapp.com/landing",
    "UTMSource": "news",
    "UTMMedium": "mail",
    "UTMCampaign": "autumn",
    "UTMTerm": "onboarding",
    "UTMContent": "button",
    "UTMId": "c-1",
    "GCLID": "g-1",
    "FBCLID": "f-1",
    "MSCLKID": "m-1",
}
POINTS = {
    "Referrer": "https://news.example/article",
    "Landing page": "https://www.myapp.com/landing",
    "UTM source": "news",
    "UTM medium": "mail",
    "UTM campaign": "autumn",
    "UTM term": "onboarding",
    "UTM content": "button",
    "UTM id": "c-1",
    "Click id": "g-1",
}


def first_touch(funnel: Funnel, lead: dict) -> dict:
    """What is kept on the lead, without what is not known."""
    kept = funnel.api.get(f"leads/{lead['Id']}").json()["Attribution"]
    return {name: value for name, value in kept.items() if value is not None}


def last_touch(journey: dict) -> dict:
    """What the journey's data says."""
    return {name: value for name, value in data(journey).items() if name in POINTS}


def test_all_of_it_is_kept_on_the_lead_and_on_the_journey(funnel: Funnel) -> None:
    lead = funnel.register(Attribution=WHOLE)

    assert first_touch(funnel, lead) == WHOLE
    assert last_touch(lead["Journey"]) == POINTS
    assert sources(lead["Journey"])["UTM source"] == "System"


def test_the_first_touch_stays_on_the_lead_and_the_last_one_goes_to_the_running_journey(
    funnel: Funnel,
) -> None:
    lead = funnel.register(Attribution={"UTMSource": "news", "UTMTerm": "x"})
    again = funnel.register(lead["Email"], Attribution={"UTMSource": "search", "MSCLKID": "m-2"})

    assert again["Result"] == "Updated"
    assert first_touch(funnel, lead) == {"UTMSource": "news", "UTMTerm": "x"}
    assert last_touch(again["Journey"]) == {"UTM source": "search", "Click id": "m-2"}


def test_a_new_journey_has_the_touch_it_began_with(funnel: Funnel) -> None:
    lead = funnel.register(Attribution={"UTMSource": "news"})
    complete(funnel.api, lead["Journey"], "needs", {"Interest": "x"})
    second = funnel.register(lead["Email"], Attribution={"UTMSource": "search"})

    assert last_touch(second["Journey"]) == {"UTM source": "search"}
    assert first_touch(funnel, lead) == {"UTMSource": "news"}


def test_a_call_that_says_nothing_leaves_the_touch(funnel: Funnel) -> None:
    lead = funnel.register(Attribution={"UTMSource": "news"})
    again = funnel.register(lead["Email"])

    assert again["Result"] == "Existing"
    assert last_touch(again["Journey"]) == {"UTM source": "news"}


@pytest.mark.parametrize("empty", [None, ""])
def test_empty_ones_are_passed_by(funnel: Funnel, empty: str | None) -> None:
    lead = funnel.register(Attribution={"UTMSource": "news", "UTMTerm": empty})

    assert first_touch(funnel, lead) == {"UTMSource": "news"}


def test_what_cannot_be_taken_is_named(funnel: Funnel) -> None:
    given = {"UTMSource": 7, "UTMTerm": "x" * 2001, "utm_source": "news", "GCLID": "\u0007"}

    assert faults(funnel.post({"Email": address(), "Attribution": given})) == {
        "/Attribution/UTMSource": "WrongValue",
        "/Attribution/UTMTerm": "WrongValue",
        "/Attribution/utm_source": "UnknownField",
        "/Attribution/GCLID": "WrongValue",
    }
