"""Telling a webhook once more what has happened since a time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from kohomai.delivery.database import short_transaction
from kohomai.delivery.webhooks import replays
from kohomai.engine.values import time_to_json
from tests.conftest import Workspace
from tests.delivery.support import Door, form, open_door, rows, stage, told, until
from tests.delivery.webhooks.receiver import Receiver
from tests.support.program import Program


@pytest.fixture
def door(api: httpx.Client) -> Door:
    """A stage with a form."""
    return open_door(api, {"first": stage(form())})


def leads(receiver: Receiver) -> list[int]:
    """Whom what came is about, in order of their events."""
    came = sorted(receiver.received, key=lambda one: int(one.message_id.removeprefix("evt_")))
    return [one.json["data"]["Lead"]["Id"] for one in came]


def hook_from_now_on(program: Program, api: httpx.Client, receiver: Receiver) -> int:
    """A webhook for new leads, made when the relay has passed all that was before; its number."""
    left = "SELECT FROM journeys_event e, delivery_relaymark m WHERE (e.xid, e.id) > (m.xid, m.event_id)"
    until(lambda: not rows(program.database_url, left))
    wanted = {"URL": receiver.url, "Events": ["lead.registered"]}
    return int(told(api.post("webhooks", json=wanted))["Id"])


@pytest.mark.parametrize("since", ["1970-01-01T00:00:00Z", "2020-02-29T12:00:00+01:00"])
def test_all_that_ever_happened_can_be_told(
    program: Program, api: httpx.Client, other_api: httpx.Client, door: Door, since: str
) -> None:
    before = [door.register()["Id"] for _ in range(3)]
    open_door(other_api, {"first": stage(form())}).register()
    with Receiver() as receiver:
        hook = hook_from_now_on(program, api, receiver)
        told(api.post(f"webhooks/{hook}/replay", json={"Since": since}))
        until(lambda: len(receiver.received) >= 3)
        time.sleep(0.3)
        assert leads(receiver) == before


def test_what_was_before_is_not_told(program: Program, api: httpx.Client, door: Door) -> None:
    old, fresh = door.register()["Id"], door.register()["Id"]
    yesterday = datetime.now(UTC) - timedelta(days=1)
    sql = "UPDATE journeys_event SET at = %s WHERE lead_id = %s"
    rows(program.database_url, sql, yesterday, old)
    with Receiver() as receiver:
        hook = hook_from_now_on(program, api, receiver)
        later = time_to_json(yesterday + timedelta(seconds=1))
        told(api.post(f"webhooks/{hook}/replay", json={"Since": later}))
        until(lambda: fresh in leads(receiver))
        told(api.post(f"webhooks/{hook}/replay", json={"Since": time_to_json(yesterday)}))
        until(lambda: old in leads(receiver))
        assert leads(receiver).count(old) == 1


def test_where_it_begins_is_found_by_halves(program: Program, workspace: Workspace) -> None:
    """In a workspace whose events, one for each transaction, are a minute apart."""
    start = datetime.now(UTC) - timedelta(minutes=2_000)
    sql = (
        "INSERT INTO journeys_event (workspace_id, lead_id, sequence, type, at, payload, salt, digest, hash, xid)"
        " SELECT %s, -n, 1, 'lead.registered', %s + n * interval '1 minute', '{}', '', '', '', n::text::xid8"
        " FROM generate_series(1, 1000) AS n"
    )
    rows(program.database_url, sql, workspace.id, start)
    with short_transaction() as cursor:
        for minute, found in ((0, 0), (1, 0), (500, 498), (999, 997), (5_000, 1_000)):
            since = start + timedelta(minutes=minute)
            assert replays._transaction_before(cursor, workspace.id, since, 1_000) == found
    rows(program.database_url, "DELETE FROM journeys_event WHERE workspace_id = %s", workspace.id)
