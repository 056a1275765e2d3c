"""The fold: what each event makes of a state. The one place that changes a state.

It needs no definition: each event carries what follows from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from kohomai.engine import events as e
from kohomai.engine.events import Event
from kohomai.engine.state import (
    BLOCKED,
    CANCELLED,
    COMPLETED,
    FAILED,
    IN_PROGRESS,
    SKIPPED,
    STOPPED,
    Activity,
    Assignee,
    State,
)
from kohomai.engine.values import Datum, ValueType, from_stored, time_from_json, time_to_json

Payload = Mapping[str, Any]


def apply(state: State | None, event: Event) -> State:
    """``state`` with ``event`` folded in: changed in place and given back. ``None`` for ``journey.started``.

    Events that stand in a journey's sequence but are not the engine's (a comment, a mail) change nothing.
    """
    applier = _APPLIERS.get(event.type)
    payload = event.payload
    if state is None:
        if event.type != e.STARTED:
            raise ValueError(f"a journey begins with {e.STARTED}, not {event.type}")
        state = State(payload["Version"])
    if applier is None:
        return state
    if state.former is not None:
        _count_off(state)
    if (actor := payload.get("Actor")) and actor["Kind"] != "System":
        state.entered_since_act = 0
    if data := payload.get("Data"):
        _set_data(state, data, event.at)
    applier(state, payload, event.at)
    return state


def replay(events: Iterable[Event]) -> State:
    """The state that a journey's events, in order, give. Raises ``ValueError`` when there is none."""
    return fold(None, events)


def fold(state: State | None, events: Iterable[Event]) -> State:
    """``state`` with all ``events`` folded in, changed in place. Raises ``ValueError`` for nothing at all."""
    for event in events:
        state = apply(state, event)
    if state is None:
        raise ValueError("no events, no state")
    return state


def _count_off(state: State) -> None:
    """After the last event of a move, any other makes it a thing of the past."""
    if state.follow:
        state.follow -= 1
    else:
        state.former = None


def _set_data(state: State, items: Iterable[Payload], at: datetime) -> None:
    for item in items:
        id = item["DataPoint"]
        if item["Value"] is None:
            state.data.pop(id, None)
        else:
            value = from_stored(_TYPES[item["Type"]], item["Value"])
            since = item.get("KnownSince")
            state.data[id] = Datum(value, item["Source"], time_from_json(since) if since else at)
            if id in state.pending:
                state.pending -= {id}


_TYPES = {str(type): type for type in ValueType}


# --- journey ------------------------------------------------------------------------------------------------


def _started(state: State, payload: Payload, at: datetime) -> None:
    if pending := payload.get("Pending"):
        state.pending = frozenset(pending)


def _arrive(state: State, node: str) -> None:
    state.node = node
    state.arrived_at = state.waiting_until = None
    state.visits[node] = state.visits.get(node, 0) + 1
    state.entered += 1
    state.entered_since_act += 1


def _stage_entered(state: State, payload: Payload, at: datetime) -> None:
    _arrive(state, payload["Node"])
    state.visit = payload["Visit"]
    _make(state, payload["Activities"])


def _make(state: State, rows: Iterable[Payload]) -> None:
    node, visit = state.node or "", state.visit
    for row in rows:
        state.activities.append(
            Activity(
                row["Key"], node, row["Type"], row["Name"], visit, row["Attempt"], BLOCKED, row["Required"],
                Assignee.from_json(row["Assignee"]),
            )
        )  # fmt: skip


def _waiting(state: State, payload: Payload, at: datetime) -> None:
    _arrive(state, payload["Node"])
    state.arrived_at = at
    state.waiting_until = time_from_json(payload["Until"])


def _decided(state: State, payload: Payload, at: datetime) -> None:
    if state.waiting_until is None:
        _arrive(state, payload["Node"])
    state.arrived_at = state.waiting_until = None


def _journey_completed(state: State, payload: Payload, at: datetime) -> None:
    _arrive(state, payload["Node"])
    state.status = COMPLETED
    state.outcome = payload["Outcome"]


def _stopped(state: State, payload: Payload, at: datetime) -> None:
    state.status = STOPPED
    state.reason = payload["Reason"]
    state.arrived_at = state.waiting_until = None


def _restarted(state: State, payload: Payload, at: datetime) -> None:
    state.status = IN_PROGRESS
    state.outcome = state.reason = None
    state.arrived_at = state.waiting_until = None
    state.entered = state.entered_since_act = 0


def _migrated(state: State, payload: Payload, at: datetime) -> None:
    state.version = payload["To"]
    if former := payload.get("Restored"):
        _restore(state, former)
        return
    state.former, state.follow = payload["Former"], payload["Follow"]
    for kept in payload.get("Kept", ()):
        row = _row(state, kept)
        row.name, row.required = kept["Name"], kept["Required"]
    for blocked in payload.get("Blocked", ()):
        _block(_row(state, blocked))
    _make(state, payload.get("Added", ()))
    if until := payload.get("WaitingUntil"):
        state.waiting_until = time_from_json(until)


def placement(state: State) -> dict[str, Any]:
    """Where a journey stands, as JSON: all that a move may change."""
    return {
        "Version": state.version,
        "Status": state.status,
        "Node": state.node,
        "ArrivedAt": state.arrived_at and time_to_json(state.arrived_at),
        "WaitingUntil": state.waiting_until and time_to_json(state.waiting_until),
        "Visit": state.visit,
        "Entered": [state.entered, state.entered_since_act],
        "Pending": sorted(state.pending),
        "Activities": [row.to_json() for row in state.current().values()],
    }


def _restore(state: State, former: Payload) -> None:
    """Put the journey back where ``placement`` says it stood (it ran then, so it had no outcome).

    The count of visits goes on, so that no visit made later has the number of one that was taken back.
    """
    state.status, state.outcome, state.reason = former["Status"], None, None
    state.node = former["Node"]
    state.arrived_at = former["ArrivedAt"] and time_from_json(former["ArrivedAt"])
    state.waiting_until = former["WaitingUntil"] and time_from_json(former["WaitingUntil"])
    state.visit = former["Visit"]
    state.entered, state.entered_since_act = former["Entered"]
    state.pending = frozenset(former["Pending"])
    state.former = None
    before = {row.ref: row for row in map(Activity.from_json, former["Activities"])}
    for place, row in enumerate(state.activities):
        if row.ref in before:
            state.activities[place] = before[row.ref]
            state.activities[place].run = row.run  # numbers of runs are never used twice either


# --- activities ---------------------------------------------------------------------------------------------


def _row(state: State, payload: Payload) -> Activity:
    key, visit, attempt = payload["Key"], payload["Visit"], payload["Attempt"]
    for row in reversed(state.activities):
        if row.key == key and row.visit == visit and row.attempt == attempt:
            return row
    raise ValueError(f"no activity {key} of visit {visit} in attempt {attempt}")


def _opened(state: State, payload: Payload, at: datetime) -> None:
    row = _row(state, payload)
    row.status, row.opened_at = IN_PROGRESS, at
    row.assignee = Assignee.from_json(payload["Assignee"])
    due = payload.get("DueAt")
    row.due_at = time_from_json(due) if due else None
    row.reminders = tuple([time_from_json(moment) for moment in payload.get("RemindAt", ())])
    if promised := payload.get("Pending"):
        row.promised = tuple(promised)
        state.pending |= {id for id in promised if id not in state.data}


def _block(row: Activity) -> None:
    """Take back its opening; the next one is another run."""
    row.status = BLOCKED
    row.run += 1
    row.opened_at = row.due_at = None
    row.reminders = ()


def _end(status: str) -> Callable[[State, Payload, datetime], None]:
    def apply_end(state: State, payload: Payload, at: datetime) -> None:
        row = _row(state, payload)
        row.status, row.ended_at, row.reminders = status, at, ()
        row.by, row.result = payload.get("Actor"), payload.get("Result")
        row.explanation = payload.get("Explanation")
        if row.promised:
            state.pending -= set(row.promised)

    return apply_end


def _reopened(state: State, payload: Payload, at: datetime) -> None:
    row = _row(state, payload)
    again = Activity(
        row.key,
        row.node,
        row.type,
        row.name,
        row.visit,
        payload["NextAttempt"],
        BLOCKED,
        row.required,
        row.assignee,
    )
    state.activities.append(again)
    for blocked in payload.get("Blocked", ()):
        _block(_row(state, blocked))


def _reassigned(state: State, payload: Payload, at: datetime) -> None:
    _row(state, payload).assignee = Assignee.from_json(payload["Assignee"])


def _overdue(state: State, payload: Payload, at: datetime) -> None:
    _row(state, payload).overdue_at = at


def _reminded(state: State, payload: Payload, at: datetime) -> None:
    row = _row(state, payload)
    moment = time_from_json(payload["Moment"])
    row.reminders = tuple(other for other in row.reminders if other > moment)


def _failed(state: State, payload: Payload, at: datetime) -> None:
    row = _row(state, payload)
    row.status, row.error = FAILED, payload["Error"]
    if row.promised:
        state.pending -= set(row.promised)


def _retried(state: State, payload: Payload, at: datetime) -> None:
    row = _row(state, payload)
    if row.status == FAILED:  # its promise ended with the failure (after a move taken back, it never did)
        state.pending |= {id for id in row.promised if id not in state.data}
    row.status, row.error, row.run = IN_PROGRESS, None, payload["Run"]


def _data_changed(state: State, payload: Payload, at: datetime) -> None:
    if settled := payload.get("Settled"):
        state.pending -= set(settled)


_APPLIERS: dict[str, Callable[[State, Payload, datetime], None]] = {
    e.STARTED: _started,
    e.STAGE_ENTERED: _stage_entered,
    e.WAITING: _waiting,
    e.DECIDED: _decided,
    e.JOURNEY_COMPLETED: _journey_completed,
    e.STOPPED: _stopped,
    e.RESTARTED: _restarted,
    e.MIGRATED: _migrated,
    e.OPENED: _opened,
    e.COMPLETED: _end(COMPLETED),
    e.SKIPPED: _end(SKIPPED),
    e.CANCELLED: _end(CANCELLED),
    e.REOPENED: _reopened,
    e.REASSIGNED: _reassigned,
    e.OVERDUE: _overdue,
    e.REMINDED: _reminded,
    e.FAILED: _failed,
    e.RETRIED: _retried,
    e.DATA_CHANGED: _data_changed,
}
