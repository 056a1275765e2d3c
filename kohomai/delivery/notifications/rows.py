"""The rows that say who is to be told of what: taken on lease, looked at, and settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db import connection

from kohomai.delivery.database import short_transaction
from kohomai.workspaces.sql import statement

LEASE = 30.0
"""Seconds after which another worker may look at what was claimed and not settled."""
TOGETHER = timedelta(minutes=1)
"""What opens within this time goes in one mail (the relay's statement knows it, too)."""

_CLAIM = statement(__file__, "claim")
_HOLD = statement(__file__, "hold")
_SETTLE = statement(__file__, "settle")
_LOOK_AGAIN = statement(__file__, "look_again")


@dataclass(frozen=True, slots=True)
class Row:
    """What one person is to be told of by one kind of mail, claimed. ``count`` may be more than there are ``events``.

    ``due_at`` and ``put_off`` are as before the claim, ``leased_until`` is what proves that the row is still ours.
    """

    id: int
    workspace_id: int
    person: str
    kind: str
    events: tuple[int, ...]
    count: int
    since: datetime
    due_at: datetime
    put_off: bool
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a look makes of a row. ``seen`` are the events of it that are done with, ``None`` where nobody has been
    told; with the last of them goes the row, unless it is to be looked at again ``at`` a time. ``put_off``: what
    happens meanwhile makes that no sooner."""

    row: Row
    seen: tuple[int, ...] | None = None
    at: datetime | None = None
    put_off: bool = False


def told(row: Row) -> Outcome:
    """All of it is done with."""
    return Outcome(row, row.events)


def carried(row: Row, at: datetime) -> Outcome:
    """All of it is done with, and it is looked at again at that time."""
    return Outcome(row, row.events, at, put_off=True)


def later(row: Row, at: datetime) -> Outcome:
    """Nothing is told before that time."""
    return Outcome(row, None, at, put_off=True)


def left(row: Row) -> Outcome:
    """It stays as it was."""
    return Outcome(row, None, row.due_at, row.put_off)


def claim(limit: int) -> list[Row]:
    """Take whoever has something due on lease, at most so many rows' persons, with all their rows."""
    with short_transaction() as cursor:
        cursor.execute(_CLAIM, {"limit": limit, "lease": LEASE})
        return [
            Row(
                id, workspace_id, person, kind, tuple(events), count, _utc(since), _utc(due_at), put_off,
                _utc(leased_until),
            )
            for id, workspace_id, person, kind, events, count, since, due_at, put_off, leased_until in cursor
        ]  # fmt: skip


def hold(cursor: Any, found: Iterable[Row]) -> dict[int, tuple[list[int], int]]:
    """Lock those of these rows that are still ours, in the caller's transaction: their events by now, and how many
    there are, by the rows' ids."""
    sought = [{"id": row.id, "due_at": row.leased_until} for row in found]
    cursor.execute(_HOLD, [orjson.dumps(sought).decode()])
    return {id: (events, count) for id, events, count in cursor.fetchall()}


def settle(
    cursor: Any, outcomes: Sequence[Outcome], held: dict[int, tuple[list[int], int]], now: datetime
) -> None:
    """Write what was made of rows that are held; what the relay has added meanwhile is looked at in a while."""
    kept, gone = [], []
    for outcome in outcomes:
        row = outcome.row
        events, count = held[row.id]
        seen = set(outcome.seen or ())
        left_over = [event for event in events if event not in seen]
        if outcome.at is None and not left_over:
            gone.append(row.id)
            continue
        kept.append(
            {
                "id": row.id,
                "events": left_over,
                # With all its events those are done with, too, that there were too many of to keep.
                "count": count - (row.count if outcome.seen == row.events else len(seen)),
                "since": row.since if outcome.seen is None else now,
                "due_at": outcome.at or now + TOGETHER,
                "put_off": outcome.put_off,
            }
        )
    if kept:
        cursor.execute(_SETTLE, [orjson.dumps(kept).decode()])
    if gone:
        cursor.execute("DELETE FROM delivery_notice WHERE id = ANY (%s::bigint[])", [gone])


def look_again(workspace_id: int, user_id: int) -> None:
    """Look now at what a user is to be told of, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_AGAIN, {"workspace_id": workspace_id, "person": f"user-{user_id}"})


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
