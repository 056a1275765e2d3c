"""Taking deliveries: in turns, in order, never stuck, and never by reading all that waits.

The tests are the worker themselves, with the program's own at a standstill, on rows of made-up webhooks.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import pytest
from django.db import transaction

from kohomai.delivery.webhooks import rows as storage
from kohomai.delivery.webhooks.rows import Health, Result, exchange, record_apart
from tests.conftest import Workspace
from tests.delivery.support import rows, worker_paused
from tests.support.program import Program

PLACES = 16
WAITING = """
INSERT INTO delivery_webhookdelivery
    (workspace_id, event_id, lead_id, webhook_id, lane, status, tries, next_at, created_at)
SELECT %(workspace)s, event, lead, %(lane)s, %(lane)s, 'Waiting', 0, now() - make_interval(secs => age), now()
FROM unnest(%(events)s::bigint[], %(leads)s::bigint[], %(ages)s::float8[]) AS r (event, lead, age)
"""

Put = Callable[..., int]


@pytest.fixture
def put(program: Program, workspace: Workspace) -> Iterator[Put]:
    """Makes a lane of deliveries, each given as (event, lead, seconds since it is due); its number."""
    lanes = []

    def make(*waiting: tuple[int, int, float]) -> int:
        lane = random.randrange(10**9, 10**12)
        lanes.append(lane)
        events, leads, ages = (list(column) for column in zip(*waiting, strict=True))
        values = {"workspace": workspace.id, "lane": lane, "events": events, "leads": leads, "ages": ages}
        with psycopg.connect(program.database_url, autocommit=True) as connection:
            connection.execute(WAITING, values)
        return lane

    with worker_paused(program):
        yield make
        for lane in lanes:
            rows(program.database_url, "DELETE FROM delivery_webhookdelivery WHERE lane = %s", lane)


def take(*lanes: int, places: int = PLACES, limit: int = 100) -> list[tuple[int, int | None]]:
    """What is taken of these lanes, while there are no places in others: lane and event."""
    claimed = exchange([], Health(), dict.fromkeys(lanes, places), 0, limit)
    return [(one.lane, one.happening.event_id) for one in claimed]


def let_leases_end(program: Program, lane: int) -> None:
    """As if the worker that had taken them had been dead for half a minute."""
    sql = "UPDATE delivery_webhookdelivery SET next_at = now() WHERE lane = %s AND next_at > now()"
    rows(program.database_url, sql, lane)


def test_what_is_due_is_taken_oldest_first_and_once(put: Put) -> None:
    lane = put(*[(event, event, 100 - event) for event in range(1, 41)])
    assert take(lane) == [(lane, event) for event in range(1, 17)]
    assert take(lane) == [(lane, event) for event in range(17, 33)]
    assert take(lane) == [(lane, event) for event in range(33, 41)]
    assert take(lane) == []


def test_lanes_take_turns_however_much_waits_in_one(put: Put) -> None:
    crowded = put(*[(event, event, 1000.0) for event in range(1, 501)])
    fresh = put(*[(event, event, 1.0) for event in range(1, 6)])
    taken = take(crowded, fresh, places=500)
    assert len(taken) == 100
    assert [event for lane, event in taken if lane == fresh] == [1, 2, 3, 4, 5]


def test_many_lanes_share_what_is_taken_at_once(put: Put) -> None:
    lanes = [put(*[(event, event, 10.0) for event in range(1, 21)]) for _ in range(60)]
    taken = take(*lanes)
    assert len(taken) == 100
    assert {lane for lane, _ in taken} == set(lanes)


def test_what_is_about_one_lead_waits_for_what_is_being_sent(put: Put) -> None:
    lane = put((1, 7, 30.0), (2, 7, 20.0), (3, 8, 10.0))
    assert take(lane, places=1) == [(lane, 1)]
    assert take(lane) == [(lane, 3)]


def test_what_cannot_go_takes_no_turn_of_what_can(put: Put) -> None:
    """In two hundred lanes something is being sent about the only lead there is, and more waits about it."""
    lanes = [put((1, 1, 60.0), (2, 1, 60.0), (3, 1, 60.0)) for _ in range(200)]
    while take(*lanes, places=1):
        pass
    fresh = put((1, 9, 1.0))
    assert take(*lanes, fresh) == [(fresh, 1)]


def test_what_comes_later_never_hides_what_comes_first(put: Put) -> None:
    """The first of each lead are due since a moment ago only, as after a crash; more than there are places for
    come after them and are due for long."""
    leads = range(1, 41)
    firsts = [(lead, lead, 0.5) for lead in leads]
    seconds = [(1_000 + lead, lead, 60.0) for lead in leads]
    lane = put(*firsts, *seconds)
    assert {event for _, event in take(lane)} == set(range(1, 17))
    assert {event for _, event in take(lane)} <= set(leads)


def test_after_a_crash_the_order_is_kept(program: Program, put: Put) -> None:
    lane = put(*[(event, 1 + event % 3, 90.0 - event) for event in range(1, 61)])
    take(lane)
    let_leases_end(program, lane)
    taken = [event for _, event in take(lane, places=60)]
    assert taken == sorted(taken)
    assert len(taken) == 60


@pytest.mark.parametrize("analyzed", [False, True])
def test_a_backlog_is_not_read_to_take_from_it(program: Program, put: Put, analyzed: bool) -> None:
    """Whatever the planner believes: it may have looked when nothing was waiting."""
    if not analyzed:
        rows(program.database_url, "ANALYZE delivery_webhookdelivery")
    lane = put(*[(event, event // 3, 5_000.0 - event / 10) for event in range(1, 20_001)])
    if analyzed:
        rows(program.database_url, "ANALYZE delivery_webhookdelivery")
    asked = {"free": 0, "lanes": [lane], "frees": [100], "limit": 100, "lease": 30.0}
    with psycopg.connect(program.database_url) as connection:
        connection.execute(storage._ONE_AT_A_TIME, [storage._LOCK])
        explained = connection.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {storage._CLAIM}", asked
        ).fetchall()
        connection.rollback()
    assert read_rows(explained[0][0]) < 2_000
    rows(program.database_url, "DELETE FROM delivery_webhookdelivery WHERE lane = %s", lane)


def read_rows(explained: Any) -> float:
    """Rows of deliveries that a plan has read."""
    plan = explained if not isinstance(explained, str | bytes) else orjson.loads(explained)

    def nodes(node: Any) -> Iterator[Any]:
        yield node
        for child in node.get("Plans", ()):
            yield from nodes(child)

    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in nodes(plan[0]["Plan"])
        if node.get("Relation Name") == "delivery_webhookdelivery" and "Scan" in node["Node Type"]
    )


def results(taken: Sequence[storage.Claimed], **more: Any) -> list[Result]:
    """That these were told."""
    return [
        Result(one.id, one.lease, "Done", tried=True, workspace_id=one.workspace_id, number=1, at=datetime.now(UTC),
               took_ms=1, url="https://hook.example.com/", headers={}, body="{}", answer_status=204, answer="", **more)
        for one in taken
    ]  # fmt: skip


def test_what_cannot_be_written_down_stops_nothing_else(program: Program, put: Put) -> None:
    lane = put((1, 1, 10.0), (2, 2, 9.0))
    taken = exchange([], Health(), {lane: 16}, 0, 100)
    good, bad = results(taken[:1]) + results(taken[1:], error="x" * 400)
    with pytest.raises(Exception, match="300"), transaction.atomic():
        exchange([good, bad], Health(), {}, 0, 0)
    record_apart([good, bad], Health())
    sql = (
        "SELECT d.status, a.url, a.error FROM delivery_webhookdelivery d"
        " JOIN delivery_webhookattempt a ON a.delivery_id = d.id WHERE d.lane = %s ORDER BY d.event_id"
    )
    assert rows(program.database_url, sql, lane) == [
        ("Done", "https://hook.example.com/", None),
        ("Done", "", "It could not be written down."),
    ]
