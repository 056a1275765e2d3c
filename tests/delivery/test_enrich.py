"""Enrich: an activity that has the lead found out about; a decision behind it sees what was found."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import httpx

from tests.delivery.service import Asked, Knows, sizes
from tests.delivery.support import AUTOMATIC, Door, form, open_door, rows, stage, told, until
from tests.delivery.test_enrichment_http import runs, values
from tests.support.program import Program


def enrich(**settings: Any) -> dict[str, Any]:
    """The activity."""
    return {"Key": "find", "Type": "Enrich", "Name": "Find out", "Assignee": AUTOMATIC, "Settings": settings}


def open_enrich_door(api: httpx.Client, **settings: Any) -> Door:
    """A form, then the activity, then a decision over what it is to find."""
    decision = {
        "Type": "Decision",
        "Name": "How large?",
        "Branches": [
            {
                "Name": "Large",
                "When": {
                    "All": [
                        {"DataPoint": "Company size", "Operator": "AtLeast", "Value": 250},
                        {"Result": "find.Found", "Operator": "AtLeast", "Value": 1},
                    ]
                },
                "Next": "large",
            }
        ],
        "Default": "small",
    }
    nodes = {
        "ask": stage(form("form"), next="look"),
        "look": stage(enrich(**settings), next="size"),
        "size": decision,
        "large": stage(form("a")),
        "small": stage(form("b")),
    }
    return open_door(api, nodes)


def begun(door: Door, api: httpx.Client, service: Knows, **more: Any) -> dict[str, Any]:
    """A lead that has come to the activity: its provider was made after it had registered."""
    lead = door.register(Email="jo@bank.example")
    service.provider(api, **more)
    door.complete(lead["Journey"]["Id"], "form", Data=[{"Name": "Answer", "Value": "x"}])
    return lead


def node(door: Door, lead: dict[str, Any]) -> str:
    """Where the journey stands."""
    key: str = door.journey(lead["Journey"]["Id"])["Node"]["Key"]
    return key


def test_what_it_finds_is_known_to_the_decision_behind_it(api: httpx.Client) -> None:
    with Knows(sizes(bank=900)) as service:
        door = open_enrich_door(api)
        lead = begun(door, api, service)
        until(lambda: node(door, lead) == "large", 15)

        activity = door.activity(lead["Journey"]["Id"], "find")
        assert (activity["Status"], activity["Result"]) == ("Completed", {"Found": 1})
        (run,) = runs(api, lead)
        assert activity["Explanation"] == {"Enrichment": {"Id": run["Id"]}}
        assert (run["Cause"], run["Status"], len(run["Sought"])) == ("Activity", "Done", 6)
        assert values(door.journey(lead["Journey"]["Id"]))["Company size"] == (900, "Enrichment:Acme Data")
        assert values(told(api.get(f"leads/{lead['Id']}")))["Company size"][0] == 900


def test_nothing_found_completes_it_too(api: httpx.Client) -> None:
    with Knows(lambda _: (500, {})) as service:
        door = open_enrich_door(api)
        lead = begun(door, api, service)
        until(lambda: node(door, lead) == "small", 15)
        assert door.activity(lead["Journey"]["Id"], "find")["Result"] == {"Found": 0}


def test_only_those_named_are_asked_and_only_for_what_is_named(api: httpx.Client) -> None:
    mapping = [{"DataPoint": "Company size", "Path": "$.size"}, {"DataPoint": "Industry", "Path": "$.i"}]
    with (
        Knows(lambda _: (200, {"size": 1})) as first,
        Knows(lambda _: (200, {"size": 900, "i": "x"})) as second,
    ):
        door = open_enrich_door(api, DataPoints=["company size"], Providers=["second"])
        lead = door.register(Email="jo@bank.example")
        first.provider(api, Name="First")
        second.provider(api, Name="Second", Mapping=mapping)
        door.complete(lead["Journey"]["Id"], "form", Data=[{"Name": "Answer", "Value": "x"}])
        until(lambda: node(door, lead) == "large", 15)

        assert (first.asked, len(second.asked)) == ([], 1)
        assert "Industry" not in values(door.journey(lead["Journey"]["Id"]))


def test_with_no_provider_at_all_it_is_done_at_once(api: httpx.Client) -> None:
    door = open_enrich_door(api)
    lead = door.register(Email="jo@bank.example")
    door.complete(lead["Journey"]["Id"], "form", Data=[{"Name": "Answer", "Value": "x"}])
    until(lambda: node(door, lead) == "small", 10)


def test_a_worker_that_is_killed_in_the_middle_leaves_it_to_the_next(
    api: httpx.Client, program: Program
) -> None:
    def slow(_: Asked) -> tuple[int, Any]:
        time.sleep(2)
        return 200, {"size": 900}

    with Knows(lambda _: (404, {})) as first, Knows(slow) as second:
        door = open_enrich_door(api)
        lead = door.register(Email="jo@bank.example")
        first.provider(api, Name="First", CacheFor="PT0S")
        second.provider(api, Name="Second")
        door.complete(lead["Journey"]["Id"], "form", Data=[{"Name": "Answer", "Value": "x"}])
        until(lambda: second.asked, 20)
        os.kill(until(lambda: program.pids()["worker"], 20)[0], signal.SIGKILL)
        lease = "UPDATE delivery_activityrun SET next_at = now() WHERE status = 'Waiting' AND lead_id = %s"
        rows(program.database_url, lease, lead["Id"])  # nobody need wait for it in a test
        until(lambda: node(door, lead) == "large", 30)

        assert len(first.asked) == 1  # it goes on where it was left
        assert door.activity(lead["Journey"]["Id"], "find")["Result"] == {"Found": 1}
        (run,) = runs(api, lead)
        assert [(call["Provider"], call["Found"]) for call in run["Calls"]] == [
            ("First", []),
            ("Second", []),
            ("Second", ["Company size"]),
        ]
        assert "lost" in run["Calls"][1]["Error"]
