"""The same e-mail again in the same funnel: each cell of the table of re-entry rules."""

from __future__ import annotations

import httpx
import pytest

from tests.support.funnels import (
    WON,
    Funnel,
    address,
    approval,
    complete,
    data,
    form,
    form_funnel,
    make_funnel,
    make_point,
    stage,
)

RULES = ("WhenEnded", "Never", "Always")


def funnel_with(api: httpx.Client, rule: str | None) -> Funnel:
    make_point(api, "Note")
    return form_funnel(api, **({"Reentry": rule} if rule else {}))


def note(text: str) -> dict:
    return {"JourneyData": [{"Name": "Note", "Value": text}]}


def end(api: httpx.Client, journey: dict, how: str) -> None:
    if how == "completed":
        assert complete(api, journey, "needs", {"Interest": "x"})["Status"] == "Completed"
    else:
        answer = api.post(f"journeys/{journey['Id']}/stop", json={"Reason": "Enough"})
        assert answer.json()["Status"] == "Stopped"


@pytest.mark.parametrize("rule", [None, "WhenEnded", "Never"])
def test_a_running_journey_is_kept_and_what_was_sent_is_applied(api: httpx.Client, rule: str | None) -> None:
    email = address()
    funnel = funnel_with(api, rule)
    first = funnel.register(email)
    again = funnel.register(email, **note("later"))

    assert again["Result"] == "Updated"
    assert again["Journey"]["Id"] == first["Journey"]["Id"]
    assert data(again["Journey"])["Note"] == "later"


@pytest.mark.parametrize("how", ["completed", "stopped"])
@pytest.mark.parametrize("rule", [None, "WhenEnded", "Always"])
def test_after_the_end_there_is_a_new_journey(api: httpx.Client, rule: str | None, how: str) -> None:
    email = address()
    funnel = funnel_with(api, rule)
    first = funnel.register(email)
    end(api, first["Journey"], how)
    again = funnel.register(email, **note("later"))

    assert again["Id"] == first["Id"]
    assert again["Journey"]["Id"] > first["Journey"]["Id"]
    assert again["Journey"]["Status"] == "InProgress"
    assert data(again["Journey"])["Note"] == "later"


@pytest.mark.parametrize("how", ["completed", "stopped"])
def test_never_gives_the_last_one_back_after_its_end(api: httpx.Client, how: str) -> None:
    email = address()
    funnel = funnel_with(api, "Never")
    first = funnel.register(email, **note("first"))
    end(api, first["Journey"], how)
    again = funnel.register(email, **note("later"))

    assert again["Journey"]["Id"] == first["Journey"]["Id"]
    assert again["Journey"]["Status"] == {"completed": "Completed", "stopped": "Stopped"}[how]
    assert data(again["Journey"])["Note"] == "first"
    assert again["UUID"] is None


def test_always_makes_a_new_journey_while_one_runs(api: httpx.Client) -> None:
    email = address()
    funnel = funnel_with(api, "Always")
    first = funnel.register(email)
    again = funnel.register(email)

    assert again["Journey"]["Id"] != first["Journey"]["Id"]
    running = api.get("journeys", params={"Lead": first["Id"], "Status": "InProgress"}).json()["Items"]
    assert len(running) == 2


def test_the_email_counts_without_regard_to_case(api: httpx.Client) -> None:
    funnel = funnel_with(api, None)
    first = funnel.register("Jo.Hn@Company.Example")
    again = funnel.register("jo.hn@company.example")

    assert again["Id"] == first["Id"]
    assert again["Email"] == "Jo.Hn@Company.Example"
    assert again["Result"] == "Existing"


def test_another_funnel_is_another_journey_of_the_same_lead(api: httpx.Client) -> None:
    email = address()
    one = funnel_with(api, None)
    other = Funnel(api, *_second(api))
    first = one.register(email)
    second = other.register(email)

    assert second["Id"] == first["Id"]
    assert second["Journey"]["Id"] != first["Journey"]["Id"]
    assert second["Journey"]["Funnel"]["Id"] == other.id


def _second(api: httpx.Client) -> tuple[int, str]:

    nodes = {"ask": stage("Ask", form("needs", "Note")), **WON}
    made = make_funnel(api, nodes, "ask")
    return made.id, made.ref


def test_a_new_version_does_not_touch_a_running_journey(api: httpx.Client) -> None:
    email = address()

    funnel = funnel_with(api, None)
    first = funnel.register(email)
    assert funnel.publish({"check": stage("Check", approval("good")), **WON}, "check") == 2

    assert funnel.register(email)["Journey"] == first["Journey"]
    assert funnel.register(address())["Journey"]["Funnel"]["Version"] == 2
