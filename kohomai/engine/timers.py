"""What the clock does to a journey: reminders, waits that are over, what is overdue, decisions that waited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from kohomai.engine import events as e
from kohomai.engine.definition import ActivityDefinition, Definition, Stage
from kohomai.engine.events import SYSTEM
from kohomai.engine.flow import Run, cancel_open, data_items, go_on, named
from kohomai.engine.happenings import Given
from kohomai.engine.state import FAILED, IN_PROGRESS, Activity, State
from kohomai.engine.types import Registry
from kohomai.engine.values import Value, time_to_json, to_stored


class Kind(IntEnum):
    """What is to be done; at the same moment in this order."""

    DECIDE = 0
    REMIND = 1
    COMPLETE = 2
    OVERDUE = 3


class Moment(NamedTuple):
    """Something the clock has to do: when, what, and with which activity (its place in the list; -1: none)."""

    at: datetime
    kind: Kind
    place: int


def moments(definition: Definition, registry: Registry, state: State) -> Iterator[Moment]:
    """All that the clock has to do for a journey as it stands, in no order."""
    if not state.running:
        return
    if state.waiting_until is not None:
        yield Moment(state.waiting_until, Kind.DECIDE, -1)
    stage = definition.nodes[state.node or ""]
    for place, row in enumerate(state.activities):
        if row.status != IN_PROGRESS and row.status != FAILED:
            continue
        if row.due_at is not None and row.overdue_at is None:
            yield Moment(row.due_at, Kind.OVERDUE, place)
        if row.status == FAILED:
            continue
        if row.reminders:
            yield Moment(row.reminders[0], Kind.REMIND, place)
        if registry[row.type].timed and isinstance(stage, Stage) and (activity := stage.activity(row.key)):
            over_at = _over_at(registry, activity, row, state)
            if over_at is not None:
                yield Moment(over_at, Kind.COMPLETE, place)


def _over_at(
    registry: Registry, activity: ActivityDefinition, row: Activity, state: State
) -> datetime | None:
    known: Mapping[int, Value] = {id: datum.value for id, datum in state.data.items()}
    return (
        registry[row.type].due_by_itself(activity.settings, row.opened_at, known) if row.opened_at else None
    )


def wake_at(definition: Definition, registry: Registry, state: State) -> datetime | None:
    """When the clock next has something to do for this journey, if ever; then it is to be told ``Tick``."""
    return min((moment.at for moment in moments(definition, registry, state)), default=None)


def tick(run: Run) -> None:
    """Do all that is due, in order of time."""
    while moment := min(moments(run.definition, run.registry, run.state), default=None):
        if moment.at > run.now:
            return
        if moment.kind is Kind.DECIDE:
            go_on(run)
            continue
        row = run.state.activities[moment.place]
        if moment.kind is Kind.REMIND:
            _remind(run, row, moment.at)
        elif moment.kind is Kind.COMPLETE:
            _complete(run, row)
        else:
            _overdue(run, row)


def _remind(run: Run, row: Activity, moment: datetime) -> None:
    due_at = row.due_at and time_to_json(row.due_at)
    run.emit(e.REMINDED, {**named(row), "Moment": time_to_json(moment), "DueAt": due_at})


def _complete(run: Run, row: Activity) -> None:
    """A wait is over."""
    outcome = run.registry[row.type].run_pure(run.activity(row).settings, run.facts())
    points = run.definition.data_points
    given = [Given(points[id], value) for id, value in outcome.data.items()]
    payload = {
        **named(row),
        "Actor": SYSTEM,
        "Result": {name: to_stored(value) for name, value in outcome.result.items()},
        "Data": data_items(run, given, "Activity", changes_only=False),
    }
    run.emit(e.COMPLETED, payload)
    go_on(run)


def _overdue(run: Run, row: Activity) -> None:
    """It is told once; then the activity's own rule says what follows."""
    activity = run.activity(row)
    due_at = row.due_at and time_to_json(row.due_at)
    rule = activity.when_overdue
    shown = {"GoTo": activity.go_to} if rule == "GoTo" else rule
    run.emit(e.OVERDUE, {**named(row), "DueAt": due_at, "WhenOverdue": shown})
    if rule == "Skip":
        run.emit(e.SKIPPED, {**named(row), "Actor": SYSTEM, "Reason": "Overdue"})
        go_on(run)
    elif rule == "GoTo":
        cancel_open(run)
        go_on(run, activity.go_to)
