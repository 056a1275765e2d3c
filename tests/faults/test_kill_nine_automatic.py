"""The worker is killed with -9 a hundred times, in the middle of every kind of automatic activity.

Afterwards every activity has ended once, every mail is there once, every webhook has arrived, in order per journey, and
the doctor finds nothing.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import Workspace
from tests.delivery.support import Door, form, open_door, rows, set_data, stage, told, until
from tests.delivery.webhooks.receiver import Received, Receiver, say
from tests.support.program import ROOT, Program

pytestmark = pytest.mark.faults

KILLS = 100
KINDS = ("set", "score", "owner", "call", "mail", "enrich")


class Workers:
    """Workers of this test's own, one at a time."""

    def __init__(self, program: Program) -> None:
        environment = {**program.environment, "DJANGO_SETTINGS_MODULE": "kohomai.site.settings"}
        environment["KOHOMAI_LOG_LEVEL"] = "ERROR"
        self._maker = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.workers"],
            env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def begin(self) -> int:
        """A worker that works; its process id."""
        assert self._maker.stdin is not None
        assert self._maker.stdout is not None
        self._maker.stdin.write("\n")
        self._maker.stdin.flush()
        return int(self._maker.stdout.readline())

    def end(self) -> None:
        """Begin no more."""
        self._maker.kill()
        self._maker.wait()


@pytest.fixture
def workers(program: Program) -> Iterator[Workers]:
    """The program's own worker stands still meanwhile."""
    paused = program.pids()["worker"]
    for pid in paused:
        os.kill(pid, signal.SIGSTOP)
    made = Workers(program)
    yield made
    made.end()
    for pid in paused:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def funnel(api: httpx.Client, url: str) -> Door:
    """Every kind of automatic activity in one stage, all open at once, then a form that ends it."""
    automatic = [
        set_data(),
        {
            "Key": "score", "Type": "Score", "Name": "Score",
            "Settings": {"Rules": [
                {"Name": "A", "Points": 5, "When": {"DataPoint": "Email", "Operator": "IsKnown"}},
            ]},
        },
        {
            "Key": "owner", "Type": "AssignOwner", "Name": "Owner",
            "Settings": {"Mode": "RoundRobin", "Role": "Administrator"},
        },
        {"Key": "call", "Type": "WebhookCall", "Name": "Call", "Settings": {"URL": f"{url}/call"}},
        {"Key": "mail", "Type": "Email", "Name": "Mail", "Settings": {"Subject": "Hello", "Text": "Hello."}},
        {"Key": "enrich", "Type": "Enrich", "Name": "Enrich", "Settings": {}},
    ]  # fmt: skip
    return open_door(api, {"first": stage(*automatic, form())})


def test_a_hundred_kills_in_the_middle_of_everything(
    program: Program, api: httpx.Client, workspace: Workspace, workers: Workers
) -> None:
    calls: Counter[str] = Counter()
    told_of: dict[int, list[int]] = defaultdict(list)

    def answer(handler: Any, received: Received) -> None:
        if received.path.endswith("/call"):
            calls[received.headers["idempotency-key"]] += 1
            time.sleep(random.uniform(0, 0.1))
        elif journey := received.json["data"]["Journey"]:
            told_of[journey["Id"]].append(int(received.message_id.removeprefix("evt_")))
        say(200, b"{}")(handler, received)

    with Receiver(answer) as receiver:
        door = funnel(api, receiver.url)
        told(api.post("webhooks", json={"URL": receiver.url}))
        journeys: list[int] = []
        killed_at: Counter[str] = Counter()
        for _ in range(KILLS):
            journeys += [door.register()["Journey"]["Id"] for _ in range(2)]
            worker = workers.begin()
            _wait_for_work(program, workspace, random.uniform(0, 0.25))
            os.kill(worker, signal.SIGKILL)
            killed_at.update(_under_way(program, workspace))
        print(f"killed while these were claimed and not ended: {dict(killed_at)}")
        assert set(killed_at) == set(KINDS), killed_at
        workers.begin()
        _wait_until_done(program, workspace, journeys)
        events = _events(program, workspace)
        until(lambda: all(set(events[one]) <= set(told_of[one]) for one in journeys), 120, "all was told")
    _check_activities(program, workspace, journeys)
    for journey in journeys:
        first = list(dict.fromkeys(told_of[journey]))
        assert first == sorted(first), f"journey {journey} was told out of order"
        assert calls[f"kh-{journey}-call-1-1-0"] >= 1


def _wait_for_work(program: Program, workspace: Workspace, longer: float) -> None:
    """Until the worker has claimed something, and a little longer."""
    claimed = (
        "SELECT count(*) FROM delivery_activityrun WHERE workspace_id = %s"
        " AND (status <> 'Waiting' OR next_at > now() + interval '3 seconds')"
    )
    before = rows(program.database_url, claimed, workspace.id)
    end = time.monotonic() + 5
    while rows(program.database_url, claimed, workspace.id) == before and time.monotonic() < end:
        time.sleep(0.005)
    time.sleep(longer)


def _under_way(program: Program, workspace: Workspace) -> list[str]:
    """What was claimed and has not ended; its lease is over now, so that the next worker need not wait for it."""
    again = (
        "UPDATE delivery_activityrun SET next_at = now() WHERE workspace_id = %s AND status = 'Waiting'"
        " AND next_at > now() + interval '3 seconds' RETURNING key"
    )
    deliveries = (
        "UPDATE delivery_webhookdelivery SET next_at = now() WHERE workspace_id = %s AND status = 'Waiting'"
    )
    rows(program.database_url, deliveries, workspace.id)
    return [row[0] for row in rows(program.database_url, again, workspace.id)]


def _wait_until_done(program: Program, workspace: Workspace, journeys: list[int]) -> None:
    waiting = "SELECT count(*) FROM delivery_activityrun WHERE workspace_id = %s AND status = 'Waiting'"
    until(lambda: rows(program.database_url, waiting, workspace.id) == [(0,)], 120, "no run waits")
    open_ones = (
        "SELECT count(*) FROM journeys_activity WHERE journey_id = ANY (%s) AND key = ANY (%s)"
        " AND status <> 'Completed'"
    )
    until(
        lambda: rows(program.database_url, open_ones, journeys, list(KINDS)) == [(0,)],
        120,
        "all is completed",
    )


def _events(program: Program, workspace: Workspace) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    sql = (
        "SELECT journey_id, id FROM journeys_event WHERE workspace_id = %s AND journey_id IS NOT NULL"
        " AND type NOT IN ('activity.reminded', 'link.requested')"
    )
    for journey, event in rows(program.database_url, sql, workspace.id):
        found[journey].append(event)
    return found


def _check_activities(program: Program, workspace: Workspace, journeys: list[int]) -> None:
    completed = (
        "SELECT journey_id, payload ->> 'Key', count(*) FROM journeys_event"
        " WHERE journey_id = ANY (%s) AND type = 'activity.completed' GROUP BY 1, 2"
    )
    found = {(journey, key): count for journey, key, count in rows(program.database_url, completed, journeys)}
    assert found == {(journey, key): 1 for journey in journeys for key in KINDS}
    mails = "SELECT journey_id, count(*) FROM delivery_email WHERE workspace_id = %s AND kind = 'message' GROUP BY 1"
    assert dict(rows(program.database_url, mails, workspace.id)) == dict.fromkeys(journeys, 1)
    asked = subprocess.run(
        [program.python, "-m", "kohomai.site", "doctor", "--deep"],
        env=program.environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stdout[-3000:] + asked.stderr[-3000:]
