"""Providers are asked one after the other, each only for what is still not found; a slow one holds nobody else up."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import Any

import httpx
import psycopg
from django.db import connection

from kohomai.datapoints.catalogue import catalogue
from kohomai.delivery.enrichment import asking
from kohomai.delivery.enrichment import runs as background
from tests.conftest import Workspace
from tests.delivery.service import Asked, Knows, sizes
from tests.delivery.support import rows, told, until, worker_paused
from tests.delivery.test_enrichment_http import NOT_FOUND, decided, open_size_door, runs, values
from tests.support.program import Program

BOTH = [{"DataPoint": "Company size", "Path": "$.size"}, {"DataPoint": "Industry", "Path": "$.industry"}]


def test_the_second_is_asked_only_for_what_the_first_has_not_found(api: httpx.Client) -> None:
    with (
        Knows(lambda _: (200, {"size": 900})) as first,
        Knows(lambda _: (200, {"size": 1, "industry": "Banking"})) as second,
    ):
        first.provider(api, Name="First", Mapping=BOTH)
        second.provider(api, Name="Second", Mapping=BOTH)
        door = open_size_door(api)
        lead = door.register(Email="jo@bank.example")
        decided(door, lead)
        until(lambda: runs(api, lead)[0]["Status"] == "Done")

        found = values(door.journey(lead["Journey"]["Id"]))
        assert found["Company size"] == (900, "Enrichment:First")
        assert found["Industry"] == ("Banking", "Enrichment:Second")
        assert [(call["Provider"], call["Asked"]) for call in runs(api, lead)[0]["Calls"]] == [
            ("First", ["Company size", "Industry"]),
            ("Second", ["Industry"]),
        ]


def test_nobody_is_asked_in_vain(api: httpx.Client) -> None:
    with Knows(lambda _: (200, {"size": 900})) as first, Knows(sizes()) as second:
        first.provider(api, Name="First")
        second.provider(api, Name="Second")
        door = open_size_door(api)
        lead = door.register(Email="jo@bank.example")
        decided(door, lead)
        until(lambda: runs(api, lead)[0]["Status"] == "Done")
        time.sleep(0.3)

        assert (len(first.asked), second.asked) == (1, [])


def test_the_order_can_be_changed(api: httpx.Client) -> None:
    with Knows(lambda _: (200, {"size": 1})) as first, Knows(lambda _: (200, {"size": 2})) as second:
        ids = [service.provider(api, Name=name)["Id"] for service, name in ((first, "a"), (second, "b"))]
        told(api.post("enrichment-providers/order", json={"Order": ids[::-1]}))
        door = open_size_door(api)

        assert values(decided(door, door.register(Email="jo@bank.example")))["Company size"][0] == 2
        assert first.asked == []


def test_what_nobody_promises_any_more_is_settled_before_the_others_have_answered(api: httpx.Client) -> None:
    """The second looks for the industry only, and takes its time: the decision over the size does not wait for it."""

    def slow(_: Asked) -> tuple[int, Any]:
        time.sleep(4)
        return 200, {"industry": "Banking"}

    with Knows(sizes()) as first, Knows(slow) as second:
        first.provider(api, Name="First")
        second.provider(api, Name="Second", Mapping=BOTH[1:])
        door = open_size_door(api, "PT30S")
        began = time.monotonic()
        journey = decided(door, door.register(Email="jo@bank.example"))

        assert journey["Node"]["Key"] == NOT_FOUND
        assert time.monotonic() - began < 3.5
        until(lambda: "Industry" in values(door.journey(journey["Id"])), 8)


def test_a_decision_goes_on_at_its_limit_and_what_comes_later_is_known_all_the_same(
    api: httpx.Client,
) -> None:
    def slow(_: Asked) -> tuple[int, Any]:
        time.sleep(3)
        return 200, {"size": 900}

    with Knows(slow) as service:
        service.provider(api)
        door = open_size_door(api, "PT1S")
        began = time.monotonic()
        journey = decided(door, door.register(Email="jo@bank.example"))

        assert journey["Node"]["Key"] == NOT_FOUND
        assert 0.9 < time.monotonic() - began < 2.9
        until(lambda: "Company size" in values(door.journey(journey["Id"])), 8)


def test_a_provider_that_hangs_holds_up_no_other_workspace(
    api: httpx.Client, other_api: httpx.Client
) -> None:
    def hang(_: Asked) -> tuple[int, Any]:
        time.sleep(20)
        return 200, {}

    with Knows(hang) as hanging, Knows(sizes(bank=900)) as well:
        hanging.provider(api, TimeLimit=20, URL=hanging.base + "/{{ Email }}")
        well.provider(other_api)
        theirs, mine = open_size_door(other_api, "PT20S"), open_size_door(api, "PT20S")
        for number in range(30):
            mine.register(Email=f"jo-{number}@bank.example")
        until(lambda: len(hanging.asked) >= 2)
        began = time.monotonic()
        decided(theirs, theirs.register(Email="jo@bank.example"))

        assert time.monotonic() - began < 3
        assert len(hanging.asked) <= 8  # the places of one provider


def test_two_funnels_at_the_same_moment_pay_once(api: httpx.Client) -> None:
    def slow(_: Asked) -> tuple[int, Any]:
        time.sleep(0.7)
        return 200, {"size": 900}

    with Knows(slow) as service:
        service.provider(api, CacheFor="PT0S")
        doors = [open_size_door(api), open_size_door(api)]
        leads = [door.register(Email="jo@bank.example") for door in doors]
        for door, lead in zip(doors, leads, strict=True):
            assert values(decided(door, lead))["Company size"][0] == 900

        until(lambda: all(run["Status"] == "Done" for run in runs(api, leads[0])))
        assert len(service.asked) == 1


def test_a_provider_that_was_deleted_is_passed_over(api: httpx.Client) -> None:
    def slow(_: Asked) -> tuple[int, Any]:
        time.sleep(1)
        return 404, {}

    with Knows(slow) as first, Knows(sizes(bank=900)) as second:
        first.provider(api, Name="First")
        gone = second.provider(api, Name="Second")
        door = open_size_door(api, "PT20S")
        lead = door.register(Email="jo@bank.example")
        until(lambda: len(first.asked) == 1)
        assert api.delete(f"enrichment-providers/{gone['Id']}").status_code == 204
        journey = decided(door, lead)

        assert journey["Node"]["Key"] == NOT_FOUND
        assert second.asked == []


def test_another_workspaces_providers_are_not_asked(api: httpx.Client, other_api: httpx.Client) -> None:
    with Knows(sizes(bank=900)) as service:
        service.provider(other_api)
        door = open_size_door(api, "PT2S")
        lead = door.register(Email="jo@bank.example")

        assert decided(door, lead)["Node"]["Key"] == NOT_FOUND
        assert (service.asked, runs(api, lead)) == ([], [])


def test_a_worker_that_is_killed_in_the_middle_leaves_the_run_to_the_next(
    api: httpx.Client, program: Program
) -> None:
    def slow(_: Asked) -> tuple[int, Any]:
        time.sleep(1.5)
        return 200, {"size": 900}

    with Knows(lambda _: (404, {})) as first, Knows(slow) as second:
        first.provider(api, Name="First")
        second.provider(api, Name="Second")
        door = open_size_door(api, "PT60S")
        lead = door.register(Email="jo@bank.example")
        for _ in range(2):
            before = len(second.asked)
            until(lambda before=before: len(second.asked) > before, 20)
            os.kill(until(lambda: program.pids()["worker"], 20)[0], signal.SIGKILL)
            due = "UPDATE datapoints_enrichment SET next_at = now() WHERE lead_id = %s AND status = 'Waiting'"
            rows(program.database_url, due, lead["Id"])  # nobody need wait for the lease in a test
        assert values(decided(door, lead, 30))["Company size"] == (900, "Enrichment:Second")

        assert (len(first.asked), len(second.asked)) == (1, 3)
        told_of = "SELECT payload FROM journeys_event WHERE lead_id = %s AND type = 'lead.enriched'"
        assert [payload["Provider"] for (payload,) in rows(program.database_url, told_of, lead["Id"])] == [
            "Second"
        ]
        (run,) = runs(api, lead)
        assert [(call["Provider"], call["Found"], call["Error"]) for call in run["Calls"]] == [
            ("First", [], "It answered 404: it knows nothing."),
            ("Second", [], "Its answer was lost: the worker stopped."),
            ("Second", [], "Its answer was lost: the worker stopped."),
            ("Second", ["Company size"], None),
        ]


def test_two_runs_of_one_lead_that_end_at_the_same_moment_do_not_wait_for_one_another(
    api: httpx.Client, workspace: Workspace, program: Program
) -> None:
    lead = told(api.post("leads", params={"ref": open_size_door(api).ref}, json={"Email": "jo@bank.example"}))
    with worker_paused(program):
        industry = catalogue(workspace.id).system["Industry"].id
        first = background.begin_now(workspace.id, lead["Id"], [industry], None, f"first of {lead['Id']}")
        second = background.ask_anew(workspace.id, lead["Id"])
        status = "UPDATE datapoints_enrichment SET status = 'Waiting' WHERE id = %s"
        rows(program.database_url, status, second)
        ending = background.running(first)
        assert ending is not None
        with psycopg.connect(program.database_url) as other:
            # Another worker takes the second's answer in: it has its row, and is about to lock the lead's.
            other.execute("SELECT FROM datapoints_enrichment WHERE id = %s FOR UPDATE", [second])
            told_it = threading.Thread(target=settle, args=(ending,))
            told_it.start()
            told_it.join(0.5)
            other.execute("SELECT FROM leads_lead WHERE id = %s FOR UPDATE", [lead["Id"]])
        told_it.join(10)
    assert rows(program.database_url, "SELECT status FROM datapoints_enrichment WHERE id = %s", first) == [
        ("Done",)
    ]


def settle(run: background.Run) -> None:
    """Nothing was found, and nobody else is asked."""
    with contextlib.closing(connection):
        background.settle(run, None, frozenset(), asking.Answered())
