"""How a journey goes on by itself: entering nodes, judging stages, opening, deciding, ending."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kohomai.engine import events as e
from kohomai.engine.definition import ActivityDefinition, AssigneeRule, Decision, Definition, End, Stage
from kohomai.engine.events import SYSTEM, Event
from kohomai.engine.fold import apply
from kohomai.engine.happenings import Given
from kohomai.engine.receipts import decide
from kohomai.engine.results import last_results
from kohomai.engine.state import (
    BLOCKED,
    IN_PROGRESS,
    SATISFIED,
    Activity,
    Assignee,
    State,
)
from kohomai.engine.types import Facts, Registry
from kohomai.engine.values import DataPoint, Value, time_to_json, to_stored
from kohomai.engine.workdays import Calendar, due

MAX_ENTERED_SINCE_ACT = 200
MAX_ENTERED = 1_000
LOOP = "Loop"
"""The reason of a journey that was stopped because it would not end."""

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")


class Run:
    """One call of ``advance``: the state as it changes, and the events written so far."""

    __slots__ = ("calendar", "definition", "events", "now", "now_json", "registry", "state")

    def __init__(
        self,
        definition: Definition,
        registry: Registry,
        state: State,
        now: datetime,
        calendar: Calendar | None,
    ) -> None:
        self.definition = definition
        self.registry = registry
        self.state = state
        self.now = now
        self.now_json = time_to_json(now)
        self.calendar = calendar
        self.events: list[Event] = []

    def emit(self, type: str, payload: dict[str, Any]) -> None:
        """Write an event, and let it change the state."""
        event = Event(type, payload, self.now)
        self.events.append(event)
        apply(self.state, event)

    def known(self) -> dict[int, Value]:
        """What is known in the journey, by data point."""
        return {id: datum.value for id, datum in self.state.data.items()}

    def facts(self) -> Facts:
        """What an automatic activity sees."""
        return Facts(self.known(), last_results(self.state, self.registry)[0], self.now)

    def activity(self, row: Activity) -> ActivityDefinition:
        """The definition of a row of the current stage."""
        stage = self.definition.nodes[row.node]
        activity = stage.activity(row.key) if isinstance(stage, Stage) else None
        if activity is None:
            raise LookupError(f"version {self.definition.version} has no activity {row.key} in {row.node}")
        return activity


def named(row: Activity) -> dict[str, Any]:
    """How an event names its activity."""
    return {
        "Key": row.key, "Node": row.node, "Visit": row.visit, "Attempt": row.attempt,
        "Type": row.type, "Name": row.name,
    }  # fmt: skip


def data_items(run: Run, given: Iterable[Given], source: str, *, changes_only: bool) -> list[dict[str, Any]]:
    """What is given, as events have it; of the same data point the last counts. What is known only now says
    nothing of its age: the event has the time.

    A value that stays the same keeps the time since when it is known. Forgetting what is not known is left
    out always, what stays as it is when ``changes_only``; a value confirmed by a person or the API is no
    longer enrichment's, which is a change.
    """
    items = {}
    for one in given:
        point, value = one.data_point, one.value
        by = one.source or source
        old = run.state.data.get(point.id)
        if value is None:
            if old is not None:
                items[point.id] = _item(point, None, by)
            else:
                items.pop(point.id, None)
            continue
        since = one.known_since
        if old is not None and old.value == value:
            confirmed = old.source.startswith("Enrichment") and not by.startswith("Enrichment")
            if changes_only and not confirmed:
                items.pop(point.id, None)
                continue
            since = old.known_since
        item = items[point.id] = _item(point, to_stored(value), by)
        if since is not None and since != run.now:
            item["KnownSince"] = time_to_json(since)
    return list(items.values())


def _item(point: DataPoint, value: Any, by: str) -> dict[str, Any]:
    return {"DataPoint": point.id, "Name": point.name, "Type": str(point.type), "Value": value, "Source": by}


# --- going on -----------------------------------------------------------------------------------------------


def go_on(run: Run, target: str | None = None) -> None:
    """Enter ``target`` if given, else look again at the current node; then on, until something must be waited
    for or the journey has ended."""
    while run.state.running:
        arriving = target is not None
        if arriving and _is_endless(run.state):
            cancel_open(run)
            run.emit(e.STOPPED, {"Node": run.state.node, "Reason": LOOP, "Actor": SYSTEM})
            return
        node = run.definition.nodes[target or run.state.node or ""]
        if isinstance(node, Stage):
            if arriving:
                _enter_stage(run, node)
            target = _work(run, node)
        elif isinstance(node, Decision):
            target = _decide(run, node, arriving=arriving)
        else:
            _complete(run, node)
        if target is None:
            return


def _is_endless(state: State) -> bool:
    return state.entered_since_act >= MAX_ENTERED_SINCE_ACT or state.entered >= MAX_ENTERED


def _enter_stage(run: Run, stage: Stage) -> None:
    # A key may have stood in another stage of another version: its rows must not be taken for these.
    keys = {activity.key for activity in stage.activities}
    known = max((row.visit for row in run.state.activities if row.key in keys), default=0)
    visit = max(known, run.state.visits.get(stage.key, 0)) + 1
    rows = [row_made(activity) for activity in stage.activities]
    run.emit(e.STAGE_ENTERED, {"Node": stage.key, "Name": stage.name, "Visit": visit, "Activities": rows})


def row_made(activity: ActivityDefinition, attempt: int = 1) -> dict[str, Any]:
    """A new row of an activity, as events have it. It is ``Blocked`` until it is opened."""
    rule = activity.assignee
    return {
        "Key": activity.key,
        "Type": activity.type,
        "Name": activity.name,
        "Attempt": attempt,
        "Required": activity.required,
        "Assignee": Assignee(rule.kind, rule.role, rule.user_id, rule.email).to_json(),
    }


def next_attempt(state: State, key: str) -> int:
    """The number of the next attempt at an activity in the current visit; cancelled ones keep theirs."""
    made = (row.attempt for row in state.activities if row.key == key and row.visit == state.visit)
    return max(made, default=0) + 1


def _complete(run: Run, end: End) -> None:
    run.emit(e.JOURNEY_COMPLETED, {"Node": end.key, "Name": end.name, "Outcome": end.outcome})


def _work(run: Run, stage: Stage) -> str | None:
    """Judge the stage: where to go when it is done, else open what is free now and assign what can be."""
    current = run.state.current()
    if is_done(stage, current):
        cancel_open(run)
        return stage.next
    for activity in stage.activities:
        row = current[activity.key]
        if row.status == BLOCKED:
            if is_free(activity, current):
                _open(run, activity, row)
        elif row.status == IN_PROGRESS and row.assignee.unassigned:
            assignee = resolve(run, activity.assignee, row.assignee)
            if not assignee.unassigned:
                run.emit(e.REASSIGNED, {**named(row), "Assignee": assignee.to_json(), "Actor": SYSTEM})
    return None


def is_done(stage: Stage, current: Mapping[str, Activity]) -> bool:
    """Whether each required activity is completed or skipped."""
    return all(
        current[activity.key].status in SATISFIED for activity in stage.activities if activity.required
    )


def is_free(activity: ActivityDefinition, current: Mapping[str, Activity]) -> bool:
    """Whether all that it comes after is completed or skipped."""
    return all(current[key].status in SATISFIED for key in activity.after)


def cancel_open(run: Run) -> None:
    """Cancel whatever is Blocked, InProgress or Failed."""
    for row in run.state.open():
        run.emit(e.CANCELLED, named(row))


# --- opening ------------------------------------------------------------------------------------------------


def _open(run: Run, activity: ActivityDefinition, row: Activity) -> None:
    assignee = row.assignee
    if assignee.unassigned:
        assignee = resolve(run, activity.assignee, assignee)
    payload = {**named(row), "Assignee": assignee.to_json()}
    if row.run:
        payload["Run"] = row.run
    if activity.due_in is not None:
        due_at = due(run.now, activity.due_in, run.calendar)
        reminders = sorted({due_at - before for before in activity.remind})
        payload["DueAt"] = time_to_json(due_at)
        payload["RemindAt"] = [time_to_json(moment) for moment in reminders if moment > run.now]
    if promised := run.registry[activity.type].promises(activity.settings):
        payload["Pending"] = sorted(promised)
    run.emit(e.OPENED, payload)


def resolve(run: Run, rule: AssigneeRule, assignee: Assignee) -> Assignee:
    """``assignee`` with the e-mail that the journey's data has for it now, when that is one."""
    point = rule.data_point if rule.kind == assignee.kind else None
    if point is None and assignee.kind == "Owner":
        points = run.definition.data_points.values()
        point = next((point for point in points if point.name == "Owner"), None)
    datum = run.state.data.get(point.id) if point else None
    if datum and isinstance(datum.value, str) and _EMAIL.fullmatch(datum.value):
        return Assignee(assignee.kind, email=datum.value)
    return assignee


# --- deciding -----------------------------------------------------------------------------------------------


def _decide(run: Run, decision: Decision, *, arriving: bool) -> str | None:
    """Try the branches: the node to go to, or ``None`` when the decision waits for data."""
    state = run.state
    until = None if arriving else state.waiting_until
    waits = until or run.now + decision.wait_for_data
    read = {subject[0] for subject in decision.subjects if isinstance(subject, tuple)}
    results, completed = last_results(state, run.registry, read)
    pending = state.pending if run.now < waits else frozenset()
    outcome = decide(run.definition, decision, state.data, results, run.now, pending, completed)
    if outcome.receipt is None:
        if until is None:
            names = run.definition.data_points
            missing = [names[id].name for id in sorted(outcome.waiting_for) if id in names]
            payload = {
                "Node": decision.key,
                "Name": decision.name,
                "Until": time_to_json(waits),
                "For": missing,
            }
            run.emit(e.WAITING, payload)
        return None
    run.emit(e.DECIDED, dict(outcome.receipt))
    return outcome.next
