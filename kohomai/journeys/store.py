"""Journeys between the database and the engine: loading a state, and the rows that keep a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from psycopg import Connection
from psycopg.rows import dict_row

from kohomai.activities import registry
from kohomai.datapoints.catalogue import catalogue
from kohomai.engine.definition import Definition
from kohomai.engine.events import Event
from kohomai.engine.journey import wake_at
from kohomai.engine.state import (
    Activity,
    Ref,
    State,
    data_from_json,
    data_to_json,
    state_from_json,
    state_to_json,
)
from kohomai.engine.values import DataPoint, Datum
from kohomai.journeys.writes import Chain, Row, Writes, bytea
from kohomai.workspaces.sql import statement

_LOAD_ACTIVITIES = statement(__file__, "load_activities")


@dataclass(slots=True)
class JourneyRow:
    """The columns of a journey that the engine does not know of."""

    id: int
    workspace_id: int
    lead_id: int
    funnel_id: int
    origin_id: int | None
    exclusive: bool
    attribution: Mapping[str, Any]
    redirect_url: str | None
    test: bool
    created_at: datetime
    changed_at: datetime
    ended_at: datetime | None
    chain: Chain


@dataclass(slots=True)
class Loaded:
    """A journey as stored: its row, the engine's state, and the ids of its activities."""

    row: JourneyRow
    state: State
    activity_ids: dict[Ref, int]


def utc(moment: datetime | None) -> datetime | None:
    """A time read from the database, in UTC whatever the session's zone is."""
    return moment.astimezone(UTC) if moment else None


def parsed(value: Any) -> Any:
    """A JSON column's value, whether the driver parsed it or gave its text."""
    return orjson.loads(value) if isinstance(value, str | bytes) else value


def load(
    connection: Connection[Any],
    where: str,
    values: Sequence[Any],
    points: Mapping[int, DataPoint],
    lock: bool = True,
) -> list[Loaded]:
    """Journeys by a condition of our own making, in order of ``Id``, with their states.

    ``lock`` locks their rows; whoever does must hold their leads' rows already.
    """
    cursor = connection.cursor(row_factory=dict_row)
    cursor.execute(
        f"SELECT * FROM journeys_journey WHERE {where} ORDER BY id {'FOR UPDATE' if lock else ''}", values
    )
    rows = cursor.fetchall()
    if not rows:
        return []
    cursor.execute(_LOAD_ACTIVITIES, ([row["id"] for row in rows],))
    activities: dict[int, list[Row]] = {row["id"]: [] for row in rows}
    for activity in cursor:
        activities[activity["journey_id"]].append(activity)
    return [_loaded(row, activities[row["id"]], points) for row in rows]


def read_data(workspace_id: int, raw: Any, points: Mapping[int, DataPoint]) -> dict[int, Datum]:
    """A JSON column of data. A data point made a moment ago, which ``points`` does not have yet, is looked up:
    nothing that is stored may be lost on the way through here."""
    kept = parsed(raw)
    if any(int(point_id) not in points for point_id in kept):
        points = catalogue(workspace_id, fresh=True).by_id
    return data_from_json(kept, points)


def _loaded(row: Row, activities: list[Row], points: Mapping[int, DataPoint]) -> Loaded:
    ids: dict[Ref, int] = {}
    made: list[Activity] = []
    for column in activities:
        activity = Activity.from_columns(
            key=column["key"],
            node=column["node"],
            type=column["type"],
            name=column["name"],
            visit=column["visit"],
            attempt=column["attempt"],
            status=column["status"],
            assignee=parsed(column["assignee"]),
            opened_at=utc(column["opened_at"]),
            due_at=utc(column["due_at"]),
            ended_at=utc(column["ended_at"]),
            result=parsed(column["result"]),
            detail=parsed(column["detail"]),
        )
        made.append(activity)
        ids[activity.ref] = column["id"]
    state = state_from_json(
        parsed(row["engine"]),
        version=row["version"],
        status=row["status"],
        outcome=row["outcome"],
        reason=row["reason"],
        node=row["node"],
        activities=made,
        data=read_data(row["workspace_id"], row["data"], points),
    )
    return Loaded(journey_row(row), state, ids)


def journey_row(row: Row) -> JourneyRow:
    """The columns of a journey, from a row of the table."""
    return JourneyRow(
        row["id"],
        row["workspace_id"],
        row["lead_id"],
        row["funnel_id"],
        row["origin_id"],
        row["exclusive"],
        parsed(row["attribution"]),
        row["redirect_url"],
        row["test"],
        row["created_at"].astimezone(UTC),
        row["changed_at"].astimezone(UTC),
        utc(row["ended_at"]),
        Chain(row["workspace_id"], row["lead_id"], row["id"], row["sequence"], bytes(row["hash"])),
    )


def put_new(
    writes: Writes,
    row: JourneyRow,
    definition: Definition,
    state: State,
    events: Iterable[Event],
    activity_ids: Iterable[int],
) -> dict[Ref, int]:
    """Gather the rows of a journey just generated; gives the ids its activities got."""
    _put_events(writes, row.chain, events)
    if not state.running:
        row.ended_at = row.created_at
    ids: dict[Ref, int] = {}
    for activity, activity_id in zip(state.activities, activity_ids, strict=True):
        ids[activity.ref] = activity_id
        writes.activities_new.append(_activity_columns(activity, activity_id, row))
    columns = _journey_columns(row, definition, state)
    columns |= {
        "workspace_id": row.workspace_id,
        "lead_id": row.lead_id,
        "funnel_id": row.funnel_id,
        "origin_id": row.origin_id,
        "exclusive": row.exclusive,
        "created_at": row.created_at,
    }
    writes.journeys_new.append(columns)
    return ids


def put_changed(
    writes: Writes,
    loaded: Loaded,
    definition: Definition,
    state: State,
    events: Sequence[Event],
    activity_ids: Iterable[int],
    now: datetime,
) -> None:
    """Gather what changed of a stored journey. ``activity_ids`` are for the activities that are new;
    ``loaded`` is moved on to the new state."""
    row = loaded.row
    _put_events(writes, row.chain, events)
    row.changed_at = now
    row.ended_at = None if state.running else (row.ended_at if not loaded.state.running else now)
    new_ids = iter(activity_ids)
    before = {activity.ref: activity for activity in loaded.state.activities}
    for activity in state.activities:
        if activity.ref not in before:
            activity_id = next(new_ids)
            loaded.activity_ids[activity.ref] = activity_id
            writes.activities_new.append(_activity_columns(activity, activity_id, row))
        elif before[activity.ref] != activity:
            activity_id = loaded.activity_ids[activity.ref]
            writes.activities_changed.append(_activity_columns(activity, activity_id, row))
    loaded.state = state
    writes.journeys_changed.append(_journey_columns(row, definition, state))


def count_new(loaded: Loaded, state: State) -> int:
    """How many activities of ``state`` have no row yet."""
    return len(state.activities) - len(loaded.activity_ids)


def _put_events(writes: Writes, chain: Chain, events: Iterable[Event]) -> None:
    writes.append_events(chain, [(event.type, event.payload, event.at) for event in events])


def _journey_columns(row: JourneyRow, definition: Definition, state: State) -> Row:
    return {
        "id": row.id,
        "version": state.version,
        "status": state.status,
        "outcome": state.outcome,
        "reason": state.reason,
        "node": state.node,
        "data": data_to_json(state.data),
        "engine": state_to_json(state),
        "attribution": row.attribution,
        "redirect_url": row.redirect_url,
        "test": row.test,
        "sequence": row.chain.sequence,
        "hash": bytea(row.chain.hash),
        "wake_at": wake_at(definition, registry, state),
        "changed_at": row.changed_at,
        "ended_at": row.ended_at,
    }


def _activity_columns(activity: Activity, activity_id: int, row: JourneyRow) -> Row:
    return {
        "id": activity_id,
        "workspace_id": row.workspace_id,
        "journey_id": row.id,
        "node": activity.node,
        "key": activity.key,
        "type": activity.type,
        "name": activity.name,
        "visit": activity.visit,
        "attempt": activity.attempt,
        "status": activity.status,
        "assignee": activity.assignee.to_json(),
        "detail": activity.detail(),
        "result": activity.result,
        "opened_at": activity.opened_at,
        "due_at": activity.due_at,
        "ended_at": activity.ended_at,
    }
