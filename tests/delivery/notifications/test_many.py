"""Many at once, several workers, and workers that die: everybody is told, and nobody twice."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter

import httpx
import pytest

from kohomai.delivery import relay
from kohomai.delivery.notifications import looks
from tests.delivery.notifications.support import LEAD, Notices, accept, approve, assign
from tests.delivery.support import Door, form, open_door, rows, stage, told, until, worker_paused
from tests.support.program import Program

MANAGERS = {"Kind": "Role", "Role": "Manager"}


@pytest.fixture
def door(api: httpx.Client) -> Door:
    """Something for the lead and something for managers; leads are told at once."""
    told(api.patch("workspace", json={"NotifyLeadsAfter": "PT0S"}))
    return open_door(api, {"first": stage(form(), approve("Good fit?", MANAGERS))})


def register(door: Door, count: int, name: str) -> list[str]:
    """So many leads, a thousand at a call; their addresses."""
    emails = [f"{name}-{number}@corp.example" for number in range(count)]
    for start in range(0, count, 1_000):
        items = [{"Email": email} for email in emails[start : start + 1_000]]
        told(door.api.post("leads/batch", params={"ref": door.ref}, json={"Items": items}))
    return emails


def relay_all() -> None:
    """Be the relay until there is nothing more."""
    while True:
        done = relay.step()
        if not done.events and not done.full:
            return


def told_to(notices: Notices, kind: str = "activity_waiting") -> Counter[str]:
    """How many mails of a kind each address has."""
    sql = 'SELECT "to" FROM delivery_email WHERE workspace_id = %s AND kind = %s'
    return Counter(row[0] for row in rows(notices.program.database_url, sql, notices.workspace.id, kind))


def test_a_step_writes_only_so_many_mails(
    program: Program, door: Door, notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "MAILS", 5)
    with worker_paused(program):
        emails = register(door, 23, "few")
        relay_all()
        steps = []
        while (looked := looks.step()).persons:
            steps.append(looked.mails)
        assert max(steps) == 5
        assert told_to(notices) == Counter(emails)


def test_several_workers_at_once_tell_nobody_twice(program: Program, door: Door, notices: Notices) -> None:
    users = [notices.user()["Email"] for _ in range(3)]
    with worker_paused(program):
        emails = register(door, 300, "several")
        relay_all()
        notices.pass_time()
        faults: list[Exception] = []

        def work() -> None:
            try:
                while looks.step(limit=17).persons:
                    pass
            except Exception as error:
                faults.append(error)
            finally:
                from django.db import connection

                connection.close()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not faults
    assert told_to(notices) == Counter(emails + users)
    notices.no_rows()


def test_what_a_dead_worker_was_at_is_looked_at_again(
    program: Program, door: Door, notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies between what it claimed and what it would have written; one that was only slow writes no more."""
    taken: list[list[object]] = []
    real = looks._write

    def slow(found: object, now: object) -> int:
        taken.append([found, now])
        return 0

    with worker_paused(program):
        emails = register(door, 5, "dead")
        relay_all()
        monkeypatch.setattr(looks, "_write", slow)
        assert looks.step().persons == 5
        assert looks.step().persons == 0  # leased
        assert not told_to(notices)
        monkeypatch.setattr(looks, "_write", real)
        notices.pass_time()  # the lease is over
        looks.step()
        assert told_to(notices) == Counter(emails)
        (slow_one,) = taken
        assert real(*slow_one) == 0  # type: ignore[arg-type]
        assert told_to(notices) == Counter(emails)


def test_what_opens_while_somebody_is_looked_at_is_told_of_next(
    program: Program, api: httpx.Client, notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(api.patch("workspace", json={"NotifyLeadsAfter": "PT0S"}))
    door = open_door(
        api, {"first": stage(form(), accept("Terms", LEAD, After=["form"]), accept("Other", LEAD))}
    )
    real = looks._write

    def meanwhile(found: object, now: object) -> int:
        door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "yes"}])
        relay_all()
        return real(found, now)  # type: ignore[arg-type]

    with worker_paused(program):
        answer = door.register()
        journey = answer["Journey"]["Id"]
        relay_all()
        with monkeypatch.context() as patch:
            patch.setattr(looks, "_write", meanwhile)
            assert looks.step().mails == 1
        (row,) = notices.rows()
        assert row.events == 1
        notices.pass_time()
        assert looks.step().mails == 1
    (_, mail) = notices.mails("activity_waiting")
    assert mail["Text"].index("Terms") < mail["Text"].index("Other")
    notices.no_rows()


def test_what_there_is_too_much_of_to_keep_is_told_of_all_the_same(
    program: Program, door: Door, notices: Notices
) -> None:
    """Only the newest thousand events of a person are kept: as if only one could be."""
    user = notices.user()
    with worker_paused(program):
        first, second = (door.register()["Journey"]["Id"] for _ in range(2))
        door.complete(second, "good-fit", Result={"Approved": True})
        relay_all()
        sql = "UPDATE delivery_notice SET events = events[2:] WHERE person = %s RETURNING cardinality(events), count"
        assert rows(program.database_url, sql, f"user-{user['Id']}") == [(1, 2)]
        notices.pass_time()
        while looks.step().persons:
            pass
    (mail,) = [mail for mail in notices.mails("activity_waiting") if mail["To"] == user["Email"]]
    assert f"/p/journeys/{first}" in mail["Text"]
    notices.no_rows()


def test_an_owner_is_told_of_so_many_ended_journeys_at_once(
    program: Program, api: httpx.Client, notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = notices.user()
    door = open_door(api, {"first": stage(assign(user), form(After=["owner"]))})
    journeys = [door.register()["Journey"]["Id"] for _ in range(5)]
    for journey in journeys:
        door.wait_for(journey, "form", "InProgress")
    monkeypatch.setattr(looks, "ENDS", 2)
    with worker_paused(program):
        for journey in journeys:
            door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "yes"}])
        relay_all()
        told_of = []
        while rows_left := notices.rows(kind="journey_completed"):
            told_of.append(rows_left[0].events)
            notices.pass_time()
            looks.step()
    assert told_of == [5, 3, 1]
    found = [mail["Journey"]["Id"] for mail in notices.mails("journey_completed")]
    assert sorted(found) == journeys


def test_a_worker_killed_again_and_again_tells_everybody_once(
    program: Program, door: Door, notices: Notices
) -> None:
    user = notices.user()["Email"]
    emails: list[str] = []
    for turn in range(5):
        until(lambda: program.pids().get("worker"), 30, "a worker")
        emails += register(door, 40, f"killed-{turn}")
        time.sleep(0.2 + turn / 5)
        for worker in program.pids()["worker"]:
            os.kill(worker, signal.SIGKILL)

    notices.relayed()
    notices.pass_time()  # the leases of the dead are over
    until(lambda: set(told_to(notices)) >= {*emails, user}, 60, "everybody told")
    notices.no_rows()
    counted = told_to(notices)
    assert all(counted[email] == 1 for email in emails), counted
    assert counted[user] >= 1


def test_an_import_does_not_make_the_relay_lag(program: Program, door: Door, notices: Notices) -> None:
    began = time.monotonic()
    register(door, 3_000, "import")
    notices.relayed()
    lag = time.monotonic() - began
    sql = "SELECT count(*) FROM delivery_email WHERE workspace_id = %s AND kind = 'activity_waiting'"
    ((written,),) = rows(program.database_url, sql, notices.workspace.id)
    assert written < 3_000  # the relay was done before all mails were
    until(lambda: rows(program.database_url, sql, notices.workspace.id) == [(3_000,)], 120, f"all; lag {lag}")
    assert set(told_to(notices).values()) == {1}
    notices.no_rows()
