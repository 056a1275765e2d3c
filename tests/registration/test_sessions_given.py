"""When the answer to ``POST /leads`` holds a session, and when its four fields are null."""

from __future__ import annotations

import httpx
import pytest

from tests.support.funnels import (
    WON,
    Funnel,
    approval,
    branch,
    complete,
    decision,
    form,
    make_funnel,
    make_point,
    stage,
)

FIELDS = ("UUID", "ConnectionURL", "ValidUntil", "RedirectURL")
BACK = "https://www.myapp.com/back"


def session(answer: dict) -> list:
    return [answer[name] for name in FIELDS]


def automatic(key: str) -> dict:
    return {
        "Key": key,
        "Type": "Wait",
        "Name": key,
        "Assignee": {"Kind": "Automatic"},
        "Settings": {"For": "P1D"},
    }


@pytest.fixture(scope="module")
def reviewed(api: httpx.Client) -> Funnel:
    make_point(api, "Interest")
    nodes = {
        "ask": stage("Ask", form("needs", "Interest"), then="review"),
        "review": stage("Review", approval("check")),
        **WON,
    }
    return make_funnel(api, nodes, "ask")


def test_it_is_given_while_something_waits_for_the_lead(reviewed: Funnel) -> None:
    answer = reviewed.register(RedirectURL=BACK)

    assert all(session(answer))
    assert answer["RedirectURL"] == BACK


def test_it_is_null_while_only_others_have_something_to_do(reviewed: Funnel) -> None:
    first = reviewed.register(RedirectURL=BACK)
    complete(reviewed.api, first["Journey"], "needs", {"Interest": "x"})
    again = reviewed.register(first["Email"])

    assert again["Journey"]["Node"]["Key"] == "review"
    assert session(again) == [None, None, None, None]
    assert again["Journey"]["RedirectURL"] == BACK


def test_it_is_null_when_the_journey_ends_at_once(api: httpx.Client) -> None:
    answer = make_funnel(api, WON, "won").register(RedirectURL=BACK)

    assert answer["Journey"]["Status"] == "Completed"
    assert session(answer) == [None, None, None, None]


def test_it_is_given_while_an_automatic_activity_runs(api: httpx.Client) -> None:
    funnel = make_funnel(api, {"wait": stage("Wait", automatic("pause")), **WON}, "wait")

    assert session(funnel.register())[0]


def test_it_is_given_only_for_what_waits_now(api: httpx.Client) -> None:
    make_point(api, "Interest")
    nodes = {
        "both": stage("Both", approval("check"), form("needs", "Interest", After=["check"])),
        **WON,
    }

    assert session(make_funnel(api, nodes, "both").register())[0] is None


def test_a_decision_that_does_not_wait_gives_none(api: httpx.Client) -> None:
    nodes = {
        "way": decision(branch("Company size", "AtLeast", 10, "won"), default="won", WaitForData="PT30S"),
        **WON,
    }
    answer = make_funnel(api, nodes, "way").register()

    assert answer["Journey"]["Status"] == "Completed"
    assert session(answer)[0] is None


def test_the_sessions_redirect_is_the_journeys_when_the_call_names_none(reviewed: Funnel) -> None:
    first = reviewed.register(RedirectURL=BACK)

    assert reviewed.register(first["Email"])["RedirectURL"] == BACK
