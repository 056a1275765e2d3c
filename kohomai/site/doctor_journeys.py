"""Every journey played again from its events, and held against its rows; none stuck, none finished and still open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db import connection

from kohomai.datapoints.catalogue import catalogue
from kohomai.engine.errors import NotFound
from kohomai.engine.events import COMPLETED as COMPLETED_EVENT
from kohomai.engine.events import STARTED, Event
from kohomai.engine.fold import replay
from kohomai.engine.journey import wake_at
from kohomai.engine.state import COMPLETED, FAILED, IN_PROGRESS, OPEN, Activity, Ref, State
from kohomai.funnels.compiled import definition, registry
from kohomai.journeys import store
from kohomai.site.doctor_chains import JOURNEY_EVENTS, EventRow, broken_chain, event_rows
from kohomai.site.doctor_finding import Finding, snapshot

BATCH = 200
TABLE = "journeys_journey"

_JOURNEYS = """
SELECT j.id, j.workspace_id, j.sequence, j.hash, j.wake_at, l.id IS NOT NULL AND l.workspace_id = j.workspace_id
FROM journeys_journey AS j LEFT JOIN leads_lead AS l ON l.id = j.lead_id
WHERE j.id > %(after)s AND (%(workspace)s::bigint IS NULL OR j.workspace_id = %(workspace)s)
ORDER BY j.id LIMIT %(limit)s
"""
# Automatic activities that somebody will still run: a row waits, or the event that opened it has not been relayed.
_QUEUED = """
SELECT journey_id, key, visit, attempt FROM delivery_activityrun
WHERE journey_id = ANY (%(ids)s::bigint[]) AND status = 'Waiting'
UNION
SELECT e.journey_id, e.payload ->> 'Key', (e.payload ->> 'Visit')::int, (e.payload ->> 'Attempt')::int
FROM journeys_event AS e
WHERE e.journey_id = ANY (%(ids)s::bigint[])
    AND e.type IN ('activity.opened', 'activity.retried')
    AND NOT EXISTS (
        SELECT FROM delivery_relaymark AS m WHERE m.name = 'relay' AND (e.xid, e.id) <= (m.xid, m.event_id)
    )
"""


@dataclass(frozen=True, slots=True)
class _Row:
    """The columns of a journey that its state does not hold."""

    id: int
    workspace_id: int
    sequence: int
    hash: bytes
    wake_at: datetime | None
    has_lead: bool


def broken_journeys(workspace_id: int | None) -> Iterator[Finding]:
    """Journeys that are half there, differ from what their events give, are stuck, or have ended and are still open."""
    after = 0
    while True:
        with snapshot() as cursor:
            cursor.execute(_JOURNEYS, {"after": after, "workspace": workspace_id, "limit": BATCH})
            rows = [_Row(*row) for row in cursor.fetchall()]
            if not rows:
                return
            ids = [row.id for row in rows]
            points = {
                i: point
                for ws in {row.workspace_id for row in rows}
                for i, point in catalogue(ws).by_id.items()
            }
            loaded = store.load(connection.connection, "id = ANY (%s)", (ids,), points, lock=False)
            events = event_rows(cursor, JOURNEY_EVENTS, ids)
            cursor.execute(_QUEUED, {"ids": ids})
            queued = {(journey_id, Ref(*ref)) for journey_id, *ref in cursor.fetchall()}
        for row, stored in zip(rows, loaded, strict=True):
            yield from _check(row, stored, events[row.id], {ref for owner, ref in queued if owner == row.id})
        after = ids[-1]


def _check(
    row: _Row, stored: store.Loaded, events: Sequence[EventRow], queued: set[Ref]
) -> Iterator[Finding]:
    if not row.has_lead:
        yield Finding(1, TABLE, str(row.id), f"its lead {stored.row.lead_id} is not there")
    if not events or events[0].type != STARTED:
        yield Finding(1, TABLE, str(row.id), f"does not begin with {STARTED}: it is only half there")
    yield from broken_chain(TABLE, row.id, row.sequence, bytes(row.hash), events)
    yield from _completed_twice(events)
    if events and all(event.payload is not None for event in events):
        yield from _differences(row, stored, events)
    yield from _stuck(row, stored, queued)


# --- invariant 3 --------------------------------------------------------------------------------------------


def _differences(row: _Row, stored: store.Loaded, events: Sequence[EventRow]) -> Iterator[Finding]:
    try:
        played = replay(Event(event.type, event.payload, event.at) for event in events)
    except Exception as error:
        yield Finding(
            3, TABLE, str(row.id), f"its events cannot be played again: {type(error).__name__}: {error}"[:300]
        )
        return
    for field in fields(State):
        if field.name in ("activities", "follow"):
            continue
        ours, theirs = getattr(stored.state, field.name), getattr(played, field.name)
        if ours != theirs:
            detail = f"{field.name} is {_shown(ours, theirs)}, its events give {_shown(theirs, ours)}"
            yield Finding(3, TABLE, str(row.id), detail)
    yield from _different_activities(stored, played)
    try:
        expected = wake_at(definition(stored.row.funnel_id, played.version), registry, played)
    except (NotFound, LookupError) as error:
        yield Finding(3, TABLE, str(row.id), f"its version {played.version} cannot be read: {error}")
        return
    if row.wake_at != expected:
        yield Finding(3, TABLE, str(row.id), f"wake_at is {row.wake_at}, its events give {expected}")


def _different_activities(stored: store.Loaded, played: State) -> Iterator[Finding]:
    ours = {activity.ref: activity for activity in stored.state.activities}
    theirs = {activity.ref: activity for activity in played.activities}
    for ref, activity in ours.items():
        row = str(stored.activity_ids[ref])
        if ref not in theirs:
            yield Finding(3, "journeys_activity", row, f"{_ref(ref)} is not in its journey's events")
            continue
        names = [
            field.name
            for field in fields(Activity)
            if getattr(activity, field.name) != getattr(theirs[ref], field.name)
        ]
        if names:
            detail = f"{_ref(ref)} differs from its journey's events in {', '.join(names)}"
            yield Finding(3, "journeys_activity", row, detail)
    for ref in theirs.keys() - ours.keys():
        yield Finding(
            1, TABLE, str(stored.row.id), f"its activity {_ref(ref)} is in its events and has no row"
        )


def _shown(value: Any, other: Any) -> str:
    """A value, short; of mappings only the keys that differ (values may be somebody's data)."""
    if isinstance(value, Mapping) and isinstance(other, Mapping):
        keys = sorted(str(key) for key in value.keys() | other.keys() if value.get(key) != other.get(key))
        return f"different at {', '.join(keys)[:100]}"
    return repr(value)[:100]


def _ref(ref: Ref) -> str:
    return f"{ref.key} (visit {ref.visit}, attempt {ref.attempt})"


# --- invariants 4 and 5 -------------------------------------------------------------------------------------


def _completed_twice(events: Sequence[EventRow]) -> Iterator[Finding]:
    count = Counter(
        Ref(event.payload["Key"], event.payload["Visit"], event.payload["Attempt"])
        for event in events
        if event.type == COMPLETED_EVENT and event.payload is not None
    )
    for ref, times in count.items():
        if times > 1:
            yield Finding(
                5, TABLE, str(events[0].owner), f"its activity {_ref(ref)} was completed {times} times"
            )


def _stuck(row: _Row, stored: store.Loaded, queued: set[Ref]) -> Iterator[Finding]:
    state = stored.state
    if not state.running:
        for activity in state.activities:
            if activity.status in OPEN:
                detail = f"is {activity.status} though its journey {row.id} is {state.status}"
                yield Finding(4, "journeys_activity", str(stored.activity_ids[activity.ref]), detail)
        if state.status == COMPLETED and state.outcome is None:
            yield Finding(4, TABLE, str(row.id), "is Completed without an outcome")
        return
    moving = row.wake_at is not None
    for activity in state.activities:
        if activity.status == FAILED:
            moving = True
        elif activity.status == IN_PROGRESS:
            kind = registry.get(activity.type)
            if kind is None or not kind.automatic or activity.ref in queued:
                moving = True
            elif not kind.timed:
                detail = f"is automatic and InProgress, and nothing will run it (journey {row.id})"
                yield Finding(4, "journeys_activity", str(stored.activity_ids[activity.ref]), detail)
            else:
                moving = True  # it waits for a time that is not known yet
    if not moving:
        yield Finding(4, TABLE, str(row.id), "is stuck: nothing is open or failed, and no clock will wake it")
