"""What happens to a journey: ``advance`` decides the events, and the state is the fold of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from kohomai.engine import events as e
from kohomai.engine import happenings as h
from kohomai.engine.definition import Definition, Stage
from kohomai.engine.errors import Conflict, Fault, Invalid, NotFound
from kohomai.engine.events import Event
from kohomai.engine.flow import Run, cancel_open, data_items, go_on, is_free, named, next_attempt, resolve
from kohomai.engine.fold import apply
from kohomai.engine.moves import can_move, move, undo
from kohomai.engine.state import FAILED, IN_PROGRESS, OPEN, SATISFIED, Activity, Ref, State
from kohomai.engine.timers import tick, wake_at
from kohomai.engine.types import ActivityType, Registry
from kohomai.engine.values import Value, parse, to_stored
from kohomai.engine.workdays import Calendar

__all__ = ["advance", "can_move", "wake_at"]


def advance(
    definition: Definition,
    registry: Registry,
    state: State | None,
    happening: h.Happening,
    now: datetime,
    calendar: Calendar | None = None,
) -> tuple[State, list[Event]]:
    """What ``happening`` makes of a journey at ``now``: the new state, and the events that lead there.

    ``state`` is ``None`` for ``Start`` only, and is never changed. ``calendar`` is given where durations are
    in working days. Raises ``NotFound``, ``Conflict`` or ``Invalid``; then nothing has happened.
    """
    now = now.astimezone(UTC)
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    if isinstance(happening, h.Start):
        if state is not None:
            raise Conflict("The journey has begun already.")
        return _start(definition, registry, happening, now, calendar)
    if state is None:
        raise NotFound("There is no such journey.")
    run = Run(definition, registry, state.copy(), now, calendar)
    _HANDLERS[type(happening)](run, happening)
    return run.state, run.events


def _start(
    definition: Definition, registry: Registry, start: h.Start, now: datetime, calendar: Calendar | None
) -> tuple[State, list[Event]]:
    run = Run(definition, registry, State(definition.version), now, calendar)
    data = data_items(run, start.data, _source(start.actor), changes_only=True)
    payload: dict[str, Any] = {"Version": definition.version, "Data": data, "Actor": dict(start.actor)}
    if pending := start.pending.difference(item["DataPoint"] for item in data):
        payload["Pending"] = sorted(pending)
    if start.origin is not None:
        payload["Origin"] = dict(start.origin)
    event = Event(e.STARTED, payload, now)
    run.events.append(event)
    run.state = apply(None, event)
    go_on(run, definition.start)
    return run.state, run.events


_SOURCES: Mapping[str, str] = {"Key": "API", "System": "Activity"}


def _source(actor: h.Actor) -> str:
    """Whom a value comes from, by who gave it: ``API``, ``Activity``, ``Lead``, ``User``, ``Stakeholder``."""
    kind: str = actor["Kind"]
    return _SOURCES.get(kind, kind)


# --- activities ---------------------------------------------------------------------------------------------


def _row(run: Run, ref: Ref) -> Activity:
    row = run.state.find(ref)
    if row is None:
        raise NotFound("The journey has no such activity.")
    return row


def _complete(run: Run, happening: h.Complete) -> None:
    row = _row(run, happening.ref)
    if row.status != IN_PROGRESS:
        raise Conflict(f"The activity is {row.status}: only one that is InProgress can be completed.")
    type = run.registry[row.type]
    if type.automatic and happening.actor["Kind"] != "System":
        raise Conflict("The activity is done automatically: it can be skipped, not completed.")
    result = _checked_result(run, row, type, happening)
    source = _source(happening.actor)
    payload = {
        **named(row),
        "Actor": dict(happening.actor),
        "Result": {name: to_stored(value) for name, value in result.items()},
        "Data": data_items(run, happening.data, source, changes_only=False),
    }
    if happening.explanation is not None:
        payload["Explanation"] = happening.explanation
    run.emit(e.COMPLETED, payload)
    go_on(run)


def _checked_result(
    run: Run, row: Activity, type: ActivityType, happening: h.Complete
) -> Mapping[str, Value]:
    """The result as typed values. Raises ``Invalid`` with all that is wrong with it and with the data."""
    settings = run.activity(row).settings
    result, faults = _read_result(type, happening.result)
    misread = {fault.pointer for fault in faults}
    data = {given.data_point.id: given.value for given in happening.data}
    if happening.actor["Kind"] in ("Lead", "Stakeholder"):
        allowed = type.accepts(settings) or frozenset()
        faults += [
            Fault(
                f"/Data/{given.data_point.id}",
                "NotAllowed",
                f"{given.data_point.name} is not asked for here.",
            )
            for given in happening.data
            if given.data_point.id not in allowed
        ]
    faults += [
        fault for fault in type.check(settings, result, data, run.known()) if fault.pointer not in misread
    ]
    if faults:
        raise Invalid(faults)
    return result


def _read_result(type: ActivityType, raw: Mapping[str, Any]) -> tuple[dict[str, Value], list[Fault]]:
    """The result's fields as the type names them; a null counts as not sent."""
    result: dict[str, Value] = {}
    faults = []
    for name, sent in raw.items():
        if name not in type.results:
            faults.append(Fault(f"/Result/{name}", "Unknown", f"A {type.name} has no result {name}."))
            continue
        try:
            value = parse(type.results[name], sent)
        except ValueError as error:
            faults.append(Fault(f"/Result/{name}", "WrongType", f"{name} {error}."))
            continue
        if value is not None:
            result[name] = value
    return result, faults


def _skip(run: Run, happening: h.Skip) -> None:
    row = _row(run, happening.ref)
    if row.status not in OPEN:
        raise Conflict(f"The activity is {row.status}: it cannot be skipped any more.")
    run.emit(e.SKIPPED, {**named(row), "Actor": dict(happening.actor)})
    go_on(run)


def _reopen(run: Run, happening: h.Reopen) -> None:
    row = _row(run, happening.ref)
    state = run.state
    if not state.running or row.node != state.node or row.visit != state.visit:
        raise Conflict("Only an activity of the stage a running journey is in can be reopened.")
    current = state.current()
    if row.status not in SATISFIED or current.get(row.key) is not row:
        raise Conflict("Only an activity that is Completed or Skipped, in its last attempt, can be reopened.")
    stage = run.definition.nodes[row.node]
    activities = stage.activities if isinstance(stage, Stage) else ()
    if row.key not in [activity.key for activity in activities]:
        raise Conflict(
            f"Version {state.version}, which the journey was moved to, has no such activity any more."
        )
    after = [current[activity.key] for activity in activities if row.key in activity.after]
    blocked = [named(later) for later in after if later.status == IN_PROGRESS]
    payload = {
        **named(row),
        "NextAttempt": next_attempt(state, row.key),
        "Blocked": blocked,
        "Actor": dict(happening.actor),
    }
    run.emit(e.REOPENED, payload)
    go_on(run)


def _reassign(run: Run, happening: h.Reassign) -> None:
    row, assignee = _row(run, happening.ref), happening.assignee
    if row.status not in OPEN:
        raise Conflict(f"The activity is {row.status}: only an open one can be reassigned.")
    if (assignee.kind == "Automatic") != run.registry[row.type].automatic:
        detail = "An automatic activity is nobody's, and any other must be somebody's."
        raise Invalid([Fault("/Assignee/Kind", "NotAllowed", detail)])
    if assignee.unassigned and row.status == IN_PROGRESS:
        assignee = resolve(run, run.activity(row).assignee, assignee)
    if assignee == row.assignee:
        return
    payload = {**named(row), "Assignee": assignee.to_json(), "Former": row.assignee.to_json()}
    run.emit(e.REASSIGNED, {**payload, "Actor": dict(happening.actor)})


def _fail(run: Run, happening: h.Fail) -> None:
    row = _row(run, happening.ref)
    if row.status != IN_PROGRESS or not run.registry[row.type].automatic:
        raise Conflict("Only an automatic activity that is InProgress can fail.")
    run.emit(e.FAILED, {**named(row), "Error": happening.error[:1000], "Actor": dict(happening.actor)})
    go_on(run)


def _retry(run: Run, happening: h.Retry) -> None:
    row = _row(run, happening.ref)
    if row.status != FAILED:
        raise Conflict(f"The activity is {row.status}: only a Failed one can be retried.")
    if not is_free(run.activity(row), run.state.current()):
        raise Conflict("What the activity comes after is open again: it can be retried when that is done.")
    run.emit(e.RETRIED, {**named(row), "Run": row.run + 1, "Actor": dict(happening.actor)})


# --- data ---------------------------------------------------------------------------------------------------


def _set_data(run: Run, happening: h.SetData) -> None:
    if not run.state.running:
        raise Conflict("The journey has ended: its data does not change any more.")
    items = data_items(run, happening.data, _source(happening.actor), changes_only=True)
    if items:
        run.emit(e.DATA_CHANGED, {"Data": items, "Actor": dict(happening.actor)})
        go_on(run)


def _enriched(run: Run, happening: h.Enriched) -> None:
    """Enrichment replaces only what enrichment gave; what it has settled is no longer waited for."""
    state = run.state
    if not state.running:
        return
    found = [given for given in happening.found if _is_enrichments(state, given.data_point.id)]
    items = data_items(run, found, f"Enrichment:{happening.provider}", changes_only=True)
    answered = happening.not_found.union(given.data_point.id for given in happening.found)
    settled = state.pending & answered - {item["DataPoint"] for item in items if item["Value"] is not None}
    if items or settled:
        payload = {"Data": items, "Settled": sorted(settled), "Provider": happening.provider}
        run.emit(e.DATA_CHANGED, payload)
        go_on(run)


def _is_enrichments(state: State, id: int) -> bool:
    datum = state.data.get(id)
    return datum is None or datum.source.startswith("Enrichment")


# --- the journey --------------------------------------------------------------------------------------------


def _tick(run: Run, happening: h.Tick) -> None:
    tick(run)


def _stop(run: Run, happening: h.Stop) -> None:
    if not run.state.running:
        raise Conflict("The journey has ended already.")
    cancel_open(run)
    payload = {"Node": run.state.node, "Reason": happening.reason, "Actor": dict(happening.actor)}
    run.emit(e.STOPPED, payload)


def _restart(run: Run, happening: h.Restart) -> None:
    if not isinstance(run.definition.nodes.get(happening.node), Stage):
        detail = f"Version {run.definition.version} has no stage {happening.node}."
        raise Invalid([Fault("/Node", "Unknown", detail)])
    cancel_open(run)
    data = data_items(run, happening.data, _source(happening.actor), changes_only=True)
    run.emit(e.RESTARTED, {"Node": happening.node, "Data": data, "Actor": dict(happening.actor)})
    go_on(run, happening.node)


_HANDLERS: dict[type, Callable[[Run, Any], None]] = {
    h.Complete: _complete,
    h.Skip: _skip,
    h.Reopen: _reopen,
    h.Reassign: _reassign,
    h.Fail: _fail,
    h.Retry: _retry,
    h.SetData: _set_data,
    h.Enriched: _enriched,
    h.Tick: _tick,
    h.Stop: _stop,
    h.Restart: _restart,
    h.Move: move,
    h.Undo: undo,
}
