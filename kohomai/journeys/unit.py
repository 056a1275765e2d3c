"""A unit of work on one lead's journeys: lock, load, ask the engine, write, in one transaction.

Whoever changes a journey locks its lead's row first, then the journeys by ``Id``; a deadlock is tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
from django.db import connection, transaction
from psycopg import Connection
from psycopg.rows import dict_row

from kohomai.activities import registry
from kohomai.datapoints.catalogue import Catalogue, catalogue
from kohomai.engine.definition import Definition
from kohomai.engine.errors import Conflict, NotFound
from kohomai.engine.events import Event
from kohomai.engine.happenings import Happening
from kohomai.engine.journey import advance
from kohomai.engine.state import State
from kohomai.funnels.compiled import definition
from kohomai.journeys import store, wake
from kohomai.journeys.calendars import calendar_of
from kohomai.journeys.lead_record import LeadRecord
from kohomai.journeys.writes import Writes, allocate_ids
from kohomai.workspaces.services import settings

T = TypeVar("T")
_TRIES = 5


def now_in_ms() -> datetime:
    """The present moment, to the millisecond, as everything keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(slots=True)
class Step:
    """What a happening made of one journey."""

    loaded: store.Loaded
    definition: Definition
    state: State
    events: list[Event]


@dataclass(slots=True)
class Unit:
    """One transaction's work on a lead, whose row is locked."""

    connection: Connection[Any]
    workspace_id: int
    points: Catalogue
    lead: LeadRecord
    now: datetime = field(default_factory=now_in_ms)
    steps: list[Step] = field(default_factory=list)
    lead_events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def journey(self, journey_id: int) -> store.Loaded:
        """One of the lead's journeys, locked. Raises ``NotFound``."""
        found = store.load(
            self.connection, "id = %s AND lead_id = %s", (journey_id, self.lead.id), self.points.by_id
        )
        if not found:
            raise NotFound("There is no such journey.")
        return found[0]

    def running(self) -> list[store.Loaded]:
        """All the lead's running journeys, locked."""
        where = "lead_id = %s AND status = 'InProgress'"
        return store.load(self.connection, where, (self.lead.id,), self.points.by_id)

    def definition_of(self, loaded: store.Loaded, version: int | None = None) -> Definition:
        """The definition a journey runs on, or another version of its funnel."""
        return definition(loaded.row.funnel_id, loaded.state.version if version is None else version)

    def advance(self, loaded: store.Loaded, happening: Happening, *, on: Definition | None = None) -> Step:
        """Ask the engine, and note what it says; what happens after another happening of this unit goes on from
        that. ``on`` is what the new state runs on, when that is another version. Raises what the engine raises."""
        step = self._step(loaded)
        calendar = calendar_of(settings(self.workspace_id))
        step.state, events = advance(step.definition, registry, step.state, happening, self.now, calendar)
        step.events.extend(events)
        step.definition = on or step.definition
        return step

    def note(self, loaded: store.Loaded, event_type: str, payload: dict[str, Any]) -> None:
        """Note an event that is not the engine's (a mail, a comment) in a journey's chain: its state stays as it
        is."""
        self._step(loaded).events.append(Event(event_type, payload, self.now))

    def _step(self, loaded: store.Loaded) -> Step:
        step = next((step for step in self.steps if step.loaded is loaded), None)
        if step is None:
            step = Step(loaded, self.definition_of(loaded), loaded.state, [])
            self.steps.append(step)
        return step

    def write(self) -> None:
        """Write all that was noted, in one round trip (two where activities were made)."""
        steps = [step for step in self.steps if step.events]
        if not steps and not self.lead.changed and not self.lead_events:
            return
        new = sum(store.count_new(step.loaded, step.state) for step in steps)
        activity_ids = iter(allocate_ids(self.connection, 0, 0, new)[2] if new else [])
        writes = Writes()
        if self.lead.changed or self.lead_events:
            self.lead.write(writes, self.lead_events, self.points, self.now)
        for step in steps:
            store.put_changed(
                writes, step.loaded, step.definition, step.state, step.events, activity_ids, self.now
            )
        writes.send(self.connection)


def on_journey(workspace_id: int, journey_id: int, work: Callable[[Unit, store.Loaded], T]) -> T:
    """Do ``work`` on one journey and write what it noted. Raises ``NotFound``, and what ``work`` raises;
    then nothing has happened."""
    return _tried(
        workspace_id,
        "id = (SELECT lead_id FROM journeys_journey WHERE id = %s AND workspace_id = %s)",
        (journey_id, workspace_id),
        lambda unit: work(unit, unit.journey(journey_id)),
        "There is no such journey.",
    )


def on_lead(workspace_id: int, lead_id: int, work: Callable[[Unit], T]) -> T:
    """Do ``work`` on one lead and write what it noted. Raises as ``on_journey`` does."""
    where = "id = %s AND workspace_id = %s"
    return _tried(workspace_id, where, (lead_id, workspace_id), work, "There is no such lead.")


def _tried(
    workspace_id: int, where: str, values: tuple[int, ...], work: Callable[[Unit], T], missing: str
) -> T:
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                connection.ensure_connection()
                raw = connection.connection
                unit = _begin(raw, workspace_id, where, values, missing)
                result = work(unit)
                unit.write()
        except psycopg.errors.DeadlockDetected:
            if attempt == _TRIES - 1:
                raise
        except psycopg.errors.UniqueViolation as violation:
            if violation.diag.constraint_name != "journey_one_running":
                raise
            raise Conflict("Another journey of this funnel runs for the lead.") from None
        else:
            transaction.on_commit(wake.notify)
            return result
    raise AssertionError("unreachable")


def _begin(
    raw: Connection[Any], workspace_id: int, where: str, values: tuple[int, ...], missing: str
) -> Unit:
    cursor = raw.cursor(row_factory=dict_row)
    row = cursor.execute(f"SELECT * FROM leads_lead WHERE {where} FOR UPDATE", values).fetchone()
    if row is None:
        raise NotFound(missing)
    points = catalogue(workspace_id)
    return Unit(raw, workspace_id, points, LeadRecord.stored(row, points))
