"""The relay: every event becomes work once and in order, however commits fall and whoever runs it."""

from __future__ import annotations

import os
import signal
import threading
import time

import httpx
import psycopg
import pytest

from kohomai.delivery import notices, relay, runs
from kohomai.journeys.event_types import WEBHOOK_EVENTS
from tests.conftest import Workspace, client_for
from tests.delivery.support import (
    Door,
    form,
    open_door,
    rows,
    set_data,
    stage,
    told,
    until,
    wait,
    worker_paused,
)
from tests.support.program import Program

HOOK = {"URL": "http://127.0.0.1:9/hook"}


@pytest.fixture
def door(api: httpx.Client) -> Door:
    """A stage with an automatic activity and a form."""
    return open_door(api, {"first": stage(set_data(), form())})


def deliveries(program: Program, lead: int) -> list[tuple[int, str]]:
    """The deliveries of a lead's events: event and its type, in the order they were written."""
    sql = (
        "SELECT e.id, e.type FROM delivery_webhookdelivery d JOIN journeys_event e ON e.id = d.event_id"
        " WHERE d.lead_id = %s ORDER BY d.id"
    )
    return [(event, kind) for event, kind in rows(program.database_url, sql, lead)]


def events(program: Program, lead: int) -> list[tuple[int, str]]:
    """The events of a lead that webhooks may be told, in order."""
    sql = "SELECT id, type FROM journeys_event WHERE lead_id = %s AND type = ANY (%s) ORDER BY xid, id"
    return [(event, kind) for event, kind in rows(program.database_url, sql, lead, sorted(WEBHOOK_EVENTS))]


def step_until_idle() -> int:
    """Be the relay until there is nothing more; how many events there were."""
    passed = 0
    while True:
        relayed = relay.step()
        passed += relayed.events
        if not relayed.events and not relayed.full:
            return passed


def test_every_event_has_its_deliveries_in_order(program: Program, door: Door) -> None:
    answer = door.register(
        WebhookInput=[HOOK, {"URL": "http://127.0.0.1:9/end", "Events": ["journey.completed"]}]
    )
    journey = answer["Journey"]["Id"]
    door.wait_for(journey, "set", "Completed")
    door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "yes"}])

    def all_there() -> bool:
        told, happened = deliveries(program, answer["Id"]), events(program, answer["Id"])
        return ("journey.completed" in [kind for _, kind in happened]) and len(told) == len(happened) + 1

    until(all_there)
    told = deliveries(program, answer["Id"])
    once = list(dict.fromkeys(told))
    assert once == events(program, answer["Id"])
    assert [kind for event, kind in told if told.count((event, kind)) == 2] == ["journey.completed"] * 2


def test_nothing_is_passed_over_when_commits_come_out_of_order(program: Program, door: Door) -> None:
    lead, other = (door.register(WebhookInput=HOOK)["Id"] for _ in range(2))
    until(
        lambda: len(deliveries(program, other)) == len(events(program, other)) and deliveries(program, other)
    )
    insert = (
        "INSERT INTO journeys_event (workspace_id, lead_id, sequence, type, at, payload, salt, digest, hash)"
        " SELECT workspace_id, id, sequence + 1, 'comment.added', now(), '{}', '', '', '' FROM leads_lead WHERE id = %s"
        " RETURNING id"
    )
    with psycopg.connect(program.database_url) as slow, psycopg.connect(program.database_url) as quick:
        first = slow.execute(insert, [lead]).fetchone()
        second = quick.execute(insert, [other]).fetchone()
        quick.commit()
        assert first is not None
        assert second is not None
        time.sleep(1.5)  # longer than any timer of the worker
        assert second[0] not in [event for event, _ in deliveries(program, other)]
        slow.commit()
    until(lambda: second[0] in [event for event, _ in deliveries(program, other)])
    sql = "SELECT event_id FROM delivery_webhookdelivery WHERE event_id = ANY (%s) ORDER BY id"
    assert [row[0] for row in rows(program.database_url, sql, [first[0], second[0]])] == [first[0], second[0]]
    rows(program.database_url, "DELETE FROM journeys_event WHERE id = ANY (%s)", [first[0], second[0]])


def test_several_relays_at_once_do_nothing_twice(program: Program, workspace: Workspace, door: Door) -> None:
    with worker_paused(program):
        answers = [door.register(WebhookInput=HOOK) for _ in range(20)]
        faults: list[Exception] = []

        def be_the_relay() -> None:
            try:
                for _ in range(60):
                    relay.step(limit=7)
            except Exception as error:
                faults.append(error)
            finally:
                from django.db import connection

                connection.close()

        threads = [threading.Thread(target=be_the_relay) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        step_until_idle()
        assert not faults
        for answer in answers:
            assert deliveries(program, answer["Id"]) == events(program, answer["Id"])
        found = rows(
            program.database_url,
            "SELECT status FROM delivery_activityrun WHERE workspace_id = %s",
            workspace.id,
        )
        assert found == [("Waiting",)] * 20


def test_a_step_that_is_cut_short_leaves_nothing_behind(
    program: Program, workspace: Workspace, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(_: object) -> int:
        raise KeyboardInterrupt

    with worker_paused(program):
        step_until_idle()
        before = rows(program.database_url, "SELECT xid::text, event_id FROM delivery_relaymark")
        answer = door.register(WebhookInput=HOOK)
        with monkeypatch.context() as patch:
            patch.setattr(notices, "write", cut)
            with pytest.raises(KeyboardInterrupt):
                relay.step()
        assert rows(program.database_url, "SELECT xid::text, event_id FROM delivery_relaymark") == before
        assert deliveries(program, answer["Id"]) == []
        step_until_idle()
        assert deliveries(program, answer["Id"]) == events(program, answer["Id"])


def test_an_activity_run_twice_is_completed_once(program: Program, door: Door) -> None:
    with worker_paused(program):
        answer = door.register()
        step_until_idle()
        claimed = [run for run in runs.claim(50) if run.journey_id == answer["Journey"]["Id"]]
        assert len(claimed) == 1
        assert runs.carry_out(claimed[0])
        assert runs.carry_out(claimed[0])  # as a worker does whose lease had ended meanwhile
        completed = [kind for _, kind in events(program, answer["Id"]) if kind == "activity.completed"]
        assert len(completed) == 1
    door.wait_for(answer["Journey"]["Id"], "set", "Completed")


@pytest.mark.slow
def test_a_worker_killed_again_and_again_loses_nothing(program: Program, api: httpx.Client) -> None:
    chain = open_door(
        api, {"first": stage(set_data(), wait("w", "PT1S", After=["set"]), next="second"),
              "second": stage(set_data("again", "B"), next="won")}
    )  # fmt: skip
    journeys = []
    for _ in range(12):
        journeys += [chain.register()["Journey"]["Id"] for _ in range(5)]
        for worker in program.pids()["worker"]:
            os.kill(worker, signal.SIGKILL)
        time.sleep(0.3)
    for journey in journeys:
        until(
            lambda journey=journey: chain.journey(journey)["Status"] == "Completed", 60, f"journey {journey}"
        )
    for journey in journeys:
        keys = [one["Key"] for one in chain.journey(journey)["Activities"] if one["Status"] == "Completed"]
        assert keys == ["set", "w", "again"]


def test_many_mails_are_spread_over_several_transactions(
    program: Program, workspace: Workspace, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = open_door(api, {"first": stage(form())})
    page = "https://www.myapp.com"
    made = {"Name": "Page", "Kind": "Publishable", "Origins": [door.ref], "WebOrigins": [page]}
    key = told(api.post("api-keys", json=made))["Key"]
    with worker_paused(program), client_for(program, key) as public:
        public.headers["Origin"] = page
        known = [door.register()["Email"] for _ in range(6)]
        step_until_idle()
        for email in known:  # a link goes to each
            told(public.post("leads", params={"ref": door.ref}, json={"Email": email}))
        monkeypatch.setattr(relay, "MAILS", 2)
        steps = []
        while (relayed := relay.step()).events:
            steps.append(relayed.mails)
        assert sum(steps) == 6
        assert max(steps) == 2
