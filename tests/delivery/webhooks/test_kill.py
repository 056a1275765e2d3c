"""The worker is killed with -9 again and again while it delivers: nothing is lost, and the order is kept."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from kohomai.journeys.event_types import WEBHOOK_EVENTS
from kohomai.site.processes import child_setup
from tests.delivery.support import form, open_door, rows, set_data, stage, told, until, worker_paused
from tests.delivery.webhooks.receiver import Receiver, say
from tests.support.program import ROOT, Program

pytestmark = pytest.mark.faults

KILLS = 10
LEADS = 100


@contextlib.contextmanager
def own_worker(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of this test, on the program's data; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "kohomai.site", "worker"],
        env=program.environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=child_setup(signal.SIGKILL),
    )
    try:
        yield process
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()


def let_leases_end(program: Program, hook: int) -> None:
    """As if half a minute had passed since the last worker was killed: each comes due when its lease has ended."""
    sql = (
        "UPDATE delivery_webhookdelivery SET next_at = next_at - interval '30 seconds'"
        " WHERE webhook_id = %s AND status = 'Waiting' AND tries = 0 AND next_at > now()"
    )
    rows(program.database_url, sql, hook)


def slowly(handler: Any, received: Any) -> None:
    """A receiver that takes its time, so that there is always something under way."""
    time.sleep(0.02)
    say(204)(handler, received)


def test_nothing_is_lost_and_the_order_is_kept(program: Program, api: httpx.Client) -> None:
    door = open_door(api, {"first": stage(set_data(), form())})
    with Receiver(answer=slowly) as receiver:
        hook = told(api.post("webhooks", json={"URL": receiver.url}))["Id"]
        with worker_paused(program):
            bodies = [{"Email": f"{number}@corp.example"} for number in range(LEADS)]
            answers = told(api.post(f"leads/batch?ref={door.ref}", json={"Items": bodies}))["Items"]
            leads = [answer["Id"] for answer in answers]
            for _ in range(KILLS):
                came = len(receiver.received)
                with own_worker(program):
                    until(lambda came=came: len(receiver.received) > came, 20, "a delivery")
                    time.sleep(random.uniform(0.0, 0.3))
                let_leases_end(program, hook)
        left = "SELECT count(*) FROM delivery_webhookdelivery WHERE webhook_id = %s AND status <> 'Done'"
        until(lambda: told_all(program, leads, receiver), 60, "everything was told")
        until(lambda: rows(program.database_url, left, hook) == [(0,)], 60, "all is done")
        for lead in leads:
            assert first_came(receiver, lead) == wanted(program, lead)
        again = Counter(one.message_id for one in receiver.received)
        assert max(again.values()) > 1, "no kill hit anything"
        assert len({(one.message_id, one.body) for one in receiver.received}) == len(again)


def wanted(program: Program, lead: int) -> list[str]:
    """What a lead's events are called, in order."""
    sql = "SELECT id FROM journeys_event WHERE lead_id = %s AND type = ANY (%s) ORDER BY id"
    return [f"evt_{row[0]}" for row in rows(program.database_url, sql, lead, sorted(WEBHOOK_EVENTS))]


def first_came(receiver: Receiver, lead: int) -> list[str]:
    """What was told of a lead, each where it came first."""
    return list(
        dict.fromkeys(one.message_id for one in receiver.received if one.json["data"]["Lead"]["Id"] == lead)
    )


def told_all(program: Program, leads: list[int], receiver: Receiver) -> bool:
    """Whether every event of these leads has come, those of their automatic activities too."""
    sql = "SELECT count(*) FROM journeys_event WHERE lead_id = ANY (%s) AND type = ANY (%s)"
    done = "SELECT count(*) FROM delivery_activityrun WHERE lead_id = ANY (%s) AND status = 'Waiting'"
    running = rows(program.database_url, done, leads)[0][0]
    events = rows(program.database_url, sql, leads, sorted(WEBHOOK_EVENTS))[0][0]
    return running == 0 and len(receiver.ids()) == events > LEADS
