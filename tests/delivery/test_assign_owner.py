"""A lead is given to somebody of the team: in turn, by condition, by territory; and stays with them."""

from __future__ import annotations

import secrets
import threading
from typing import Any

import httpx

from tests.delivery.support import Door, open_door, stage, told, until


def member(api: httpx.Client, role: str = "Manager", **more: Any) -> dict[str, Any]:
    """A new user of the workspace."""
    body = {"Email": f"{secrets.token_hex(4)}@team.example", "Role": role}
    user = told(api.post("users", json=body))
    return told(api.patch(f"users/{user['Id']}", json=more)) if more else user


def assign(**settings: Any) -> dict[str, Any]:
    """The activity."""
    return {"Key": "owner", "Type": "AssignOwner", "Name": "Give it an owner", "Settings": settings}


def check(key: str = "check") -> dict[str, Any]:
    """An activity that falls to the owner."""
    return {"Key": key, "Type": "Approval", "Name": "Good?", "Assignee": {"Kind": "Owner"}}


def owner_of(door: Door, journey: int) -> str | None:
    """The lead's owner, once the activity is done."""
    return door.wait_for(journey, "owner", "Completed")["Result"].get("Owner")


def test_leads_go_round_those_who_are_there_and_have_room(api: httpx.Client) -> None:
    first, second = member(api), member(api)
    small = member(api, Capacity=1)
    member(api, Presence="Away")
    member(api, role="Stakeholder")
    door = open_door(api, {"first": stage(assign(Mode="RoundRobin", Role="Manager"), check())})
    owners = [owner_of(door, door.register()["Journey"]["Id"]) for _ in range(7)]
    assert owners == [one["Email"] for one in (first, second, small, first, second, first, second)]


def test_the_owner_gets_what_falls_to_the_owner_and_keeps_the_lead(api: httpx.Client) -> None:
    first, second = member(api), member(api)
    nodes = {"first": stage(assign(Mode="RoundRobin", Role="Manager"), check())}
    door = open_door(api, nodes)
    answer = door.register()
    journey = answer["Journey"]["Id"]
    assert owner_of(door, journey) == first["Email"]
    assignee = until(lambda: door.activity(journey, "check")["Assignee"])
    assert assignee == {"Kind": "Owner", "Email": first["Email"]}
    again = open_door(api, nodes)  # another funnel: a returning lead
    back = told(api.post("leads", params={"ref": again.ref}, json={"Email": answer["Email"]}))["Journey"][
        "Id"
    ]
    assert owner_of(again, back) == first["Email"]
    assert again.activity(back, "owner")["Explanation"]["Because"] == "Sticky"
    assert owner_of(door, door.register()["Journey"]["Id"]) == second["Email"]  # that was nobody's turn


def test_by_condition_and_otherwise(api: httpx.Client) -> None:
    named, other = member(api), member(api)
    rules = [
        {
            "Name": "Gold", "When": {"DataPoint": "Segment", "Operator": "Is", "Value": "Gold"},
            "To": {"User": named["Id"]},
        },
    ]  # fmt: skip
    told(api.patch(f"users/{named['Id']}", json={"Presence": "Away"}))  # who is named is named
    otherwise = {"User": other["Id"]}
    door = open_door(
        api, {"first": stage(assign(Mode="Conditions", Rules=rules, Otherwise=otherwise), check())}
    )
    gold = door.register(JourneyData=[{"Name": "Segment", "Value": "gold"}])["Journey"]["Id"]
    assert owner_of(door, gold) == named["Email"]
    assert door.activity(gold, "owner")["Explanation"]["Rule"] == "Gold"
    assert owner_of(door, door.register()["Journey"]["Id"]) == other["Email"]


def test_by_territory(api: httpx.Client) -> None:
    south, north = member(api), member(api)
    territories = [
        {"Name": "South", "Values": ["8*", "9*"], "To": {"User": south["Id"]}},
        {"Name": "North", "Values": ["Hamburg", "20095"], "To": {"User": north["Id"]}},
    ]
    settings = {"Mode": "Territory", "DataPoint": "Segment", "Territories": territories}
    door = open_door(api, {"first": stage(assign(**settings), check())})
    for value, wanted in (("80331", south["Email"]), ("hamburg", north["Email"]), ("50667", None)):
        journey = door.register(JourneyData=[{"Name": "Segment", "Value": value}])["Journey"]["Id"]
        assert owner_of(door, journey) == wanted, value


def test_where_nobody_is_there_anyone_is_taken_or_it_waits(api: httpx.Client) -> None:
    away = member(api, Presence="Away")
    anyone = open_door(api, {"first": stage(assign(Mode="RoundRobin", Role="Manager"), check())})
    assert owner_of(anyone, anyone.register()["Journey"]["Id"]) == away["Email"]
    waiting = open_door(
        api, {"first": stage(assign(Mode="RoundRobin", Role="Manager", WhenNobody="Wait"), check())}
    )
    journey = waiting.register()["Journey"]["Id"]
    until(lambda: waiting.activity(journey, "owner")["Status"] == "InProgress")
    assert waiting.activity(journey, "owner")["Result"] is None


def test_many_at_the_same_moment_are_shared_out_evenly(api: httpx.Client) -> None:
    team = [member(api)["Email"] for _ in range(3)]
    door = open_door(api, {"first": stage(assign(Mode="RoundRobin", Role="Manager"), check())})
    journeys: list[int] = []

    def register() -> None:
        journeys.append(door.register()["Journey"]["Id"])

    threads = [threading.Thread(target=register) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    owners = [owner_of(door, journey) for journey in journeys]
    assert sorted(owners) == sorted(team * 4)
