"""Small funnels, and journeys walked through them on a clock of the test's own.

After every step a walk checks what must always hold: the events so far, replayed, give the state; the state
survives being kept as JSON; a running journey waits for something, a finished one for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from kohomai.activities import registry as real_registry
from kohomai.activities.base import BaseType, Point, Settings
from kohomai.engine import happenings as h
from kohomai.engine.definition import Definition
from kohomai.engine.document import compile_definition, named_to_ids
from kohomai.engine.durations import parse_duration
from kohomai.engine.events import Event
from kohomai.engine.fold import fold
from kohomai.engine.happenings import Given
from kohomai.engine.journey import advance, wake_at
from kohomai.engine.state import (
    Activity,
    Assignee,
    Ref,
    State,
    data_from_json,
    data_to_json,
    state_from_json,
    state_to_json,
)
from kohomai.engine.types import Registry
from kohomai.engine.values import DataPoint, ValueType, parse, time_to_json
from kohomai.engine.workdays import Calendar

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday

POINTS = {
    point.id: point
    for point in (
        DataPoint(1, "Email is free", ValueType.YES_NO),
        DataPoint(2, "Company size", ValueType.NUMBER),
        DataPoint(3, "Industry", ValueType.TEXT),
        DataPoint(4, "Country", ValueType.TEXT),
        DataPoint(5, "Budget", ValueType.AMOUNT),
        DataPoint(6, "Start date", ValueType.DATE),
        DataPoint(7, "Signatory e-mail", ValueType.TEXT),
        DataPoint(8, "Call at", ValueType.DATE_TIME),
        DataPoint(9, "Owner", ValueType.TEXT),
        DataPoint(10, "Interest", ValueType.TEXT),
        DataPoint(11, "Email", ValueType.TEXT),
    )
}
NAMES = {point.name.casefold(): point for point in POINTS.values()}


class Points:
    """Finds the data points above by name or ``Id``."""

    def find(self, reference: str | int) -> DataPoint | None:
        return POINTS.get(reference) if isinstance(reference, int) else NAMES.get(reference.casefold())


class LookUpSettings(Settings):
    finds: list[Point]


class LookUp(BaseType[LookUpSettings]):
    """An automatic type of the tests' own that promises data."""

    name = "LookUp"
    model = LookUpSettings
    automatic = True

    def settings_references(self, raw: Any) -> Any:
        finds = raw["Finds"]
        return [(finds, place) for place in range(len(finds))]

    def promises(self, settings: LookUpSettings) -> frozenset[int]:
        return frozenset(point.id for point in settings.finds)


registry: Registry = {**real_registry, "LookUp": LookUp()}

LEAD = {"Kind": "Lead", "Id": 1}
MANAGER = {"Kind": "User", "Id": 2}
KEY = {"Kind": "Key", "Id": 3}


# --- documents ----------------------------------------------------------------------------------------------


def activity(key: str, type: str, settings: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    kind = "Automatic" if registry[type].automatic else "Lead"
    common = {"Key": key, "Type": type, "Name": key.title(), "Settings": settings, "Assignee": {"Kind": kind}}
    return {**common, **more}


def form(key: str, *fields: str, **more: Any) -> dict[str, Any]:
    """A Form for the lead; a field that ends in ``!`` is required."""
    listed = [
        {"DataPoint": name.rstrip("!"), "Required": name.endswith("!")} for name in fields or ("Interest",)
    ]
    return activity(key, "Form", {"Fields": listed}, **more)


def accept(key: str, **more: Any) -> dict[str, Any]:
    return activity(key, "Accept", {"Text": "Be kind."}, **more)


def approval(key: str, **more: Any) -> dict[str, Any]:
    return activity(key, "Approval", {}, **{"Assignee": {"Kind": "Role", "Role": "Manager"}, **more})


def set_data(key: str, values: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    listed = [{"DataPoint": name, "Value": value} for name, value in values.items()]
    return activity(key, "SetData", {"Values": listed}, **more)


def wait(key: str, **more: Any) -> dict[str, Any]:
    settings = {name: more.pop(name) for name in ("For", "Until") if name in more}
    return activity(key, "Wait", settings, **more)


def look_up(key: str, *finds: str, **more: Any) -> dict[str, Any]:
    return activity(key, "LookUp", {"Finds": list(finds)}, **more)


def stage(*activities: dict[str, Any], next: str = "won") -> dict[str, Any]:
    return {"Type": "Stage", "Name": "A stage", "Activities": list(activities), "Next": next}


def decision(*branches: tuple[str, dict[str, Any], str], default: str, wait: str = "PT0S") -> dict[str, Any]:
    listed = [{"Name": name, "When": when, "Next": next} for name, when, next in branches]
    return {
        "Type": "Decision",
        "Name": "A choice",
        "WaitForData": wait,
        "Branches": listed,
        "Default": default,
    }


def when(subject: str, operator: str, value: Any = None) -> dict[str, Any]:
    """A test on a data point, or on a result when ``subject`` has a point in it."""
    test = {"Result" if "." in subject else "DataPoint": subject, "Operator": operator}
    return test if value is None else {**test, "Value": value}


def funnel(start: str, version: int = 1, /, **nodes: dict[str, Any]) -> Definition:
    """A funnel with these nodes, and the ends ``won`` and ``lost``."""
    won = {"Type": "End", "Name": "Customer", "Outcome": "Converted"}
    lost = {"Type": "End", "Name": "Newsletter only", "Outcome": "Disqualified"}
    document = {"Name": "A funnel", "Start": start, "Nodes": {**nodes, "won": won, "lost": lost}}
    return compile_definition(named_to_ids(document, Points(), registry), version, POINTS, registry)


def given(values: Mapping[str, Any], source: str | None = None) -> tuple[Given, ...]:
    """Values by the names of their data points, as anybody may type them."""
    points = ((NAMES[name.casefold()], value) for name, value in values.items())
    return tuple(Given(point, parse(point, value), source) for point, value in points)


# --- walking ------------------------------------------------------------------------------------------------


class Walk:
    """A journey that is walked through ``definition``, step by step."""

    def __init__(
        self,
        definition: Definition,
        *,
        pending: tuple[str, ...] = (),
        calendar: Calendar | None = None,
        now: datetime = NOON,
        **data: Any,
    ) -> None:
        self.definition, self.now, self.calendar = definition, now, calendar
        values = {name.replace("_", " "): value for name, value in data.items()}
        start = h.Start(given(values), frozenset(NAMES[name.casefold()].id for name in pending), KEY)
        self.state, self.events = advance(definition, registry, None, start, now, calendar)
        self.folded: State | None = None
        check(self, self.events)

    def do(self, happening: h.Happening) -> list[str]:
        """Let it happen; the types of the events it led to."""
        return [event.type for event in self.step(happening)]

    def step(self, happening: h.Happening) -> list[Event]:
        """Let it happen; the events it led to."""
        before = self.state.copy()
        state, events = advance(self.definition, registry, self.state, happening, self.now, self.calendar)
        assert self.state == before, "advance changed the state it was given"
        self.state = state
        if isinstance(happening, h.Move | h.Undo) and events:
            self.definition = happening.to
        self.events += events
        check(self, events)
        return events

    def complete(
        self,
        key: str,
        data: Mapping[str, Any] | None = None,
        actor: Mapping[str, Any] | None = None,
        **result: Any,
    ) -> list[str]:
        actor = actor or ({"Kind": "System"} if registry[self.row(key).type].automatic else LEAD)
        return self.do(h.Complete(self.row(key).ref, given(data or {}), result, actor))

    def skip(self, key: str) -> list[str]:
        return self.do(h.Skip(self.row(key).ref, MANAGER))

    def reopen(self, key: str) -> list[str]:
        return self.do(h.Reopen(self.row(key).ref, MANAGER))

    def reassign(self, key: str, assignee: Assignee) -> list[str]:
        return self.do(h.Reassign(self.row(key).ref, assignee, MANAGER))

    def set(self, **data: Any) -> list[str]:
        return self.do(h.SetData(given({name.replace("_", " "): value for name, value in data.items()}), KEY))

    def enriched(self, *not_found: str, **found: Any) -> list[str]:
        values = {name.replace("_", " "): value for name, value in found.items()}
        ids = frozenset(NAMES[name.casefold()].id for name in not_found)
        return self.do(h.Enriched("directory", given(values), ids))

    def after(self, duration: str) -> list[str]:
        """Time passes, then the clock is told."""
        self.now += parse_duration(duration)
        return self.do(h.Tick())

    def row(self, key: str) -> Activity:
        """The last row of this activity."""
        return [row for row in self.state.activities if row.key == key][-1]

    def statuses(self) -> dict[str, str]:
        """The status of each activity's last row, by key."""
        return {row.key: row.status for row in self.state.activities}

    def rows(self) -> list[tuple[Ref, str]]:
        """All rows with their status."""
        return [(row.ref, row.status) for row in self.state.activities]

    def event(self, type: str) -> dict[str, Any]:
        """The payload of the last event of this type."""
        return [event.payload for event in self.events if event.type == type][-1]

    def types(self) -> list[str]:
        """The types of all events so far."""
        return [event.type for event in self.events]

    def value(self, name: str) -> Any:
        """What is known of a data point."""
        datum = self.state.data.get(NAMES[name.casefold()].id)
        return datum and datum.value

    def wakes_in(self) -> timedelta | None:
        """How long from now until the clock has something to do."""
        at = wake_at(self.definition, registry, self.state)
        return at and at - self.now


def check(walk: Walk, written: list[Event]) -> None:
    """What must hold after every step."""
    state, events = walk.state, walk.events
    kept = json.loads(json.dumps([[event.type, event.payload] for event in written]))
    again = [Event(type, payload, event.at) for (type, payload), event in zip(kept, written, strict=True)]
    if again:
        walk.folded = fold(walk.folded, again)
    assert walk.folded == state
    assert through_json(state) == state
    completed = [tuple(event.payload[name] for name in ("Key", "Visit", "Attempt")) for event in events
                 if event.type == "activity.completed"]  # fmt: skip
    assert len(completed) == len(set(completed)), "completed twice"
    refs = [row.ref for row in state.activities]
    assert len(refs) == len(set(refs)), "two rows of the same reference"
    if state.running:
        on_its_way = [row for row in state.open() if row.status != "Blocked"]
        assert on_its_way or state.waiting_until, "stuck"
    else:
        assert not state.open(), "ended with something open"
        assert wake_at(walk.definition, registry, state) is None


def through_json(state: State) -> State:
    """The state as it comes back from what is kept of it."""
    return state_from_json(
        json.loads(json.dumps(state_to_json(state))),
        version=state.version, status=state.status, outcome=state.outcome, reason=state.reason, node=state.node,
        activities=[Activity.from_json(json.loads(json.dumps(row.to_json()))) for row in state.activities],
        data=data_from_json(json.loads(json.dumps(data_to_json(state.data))), POINTS),
    )  # fmt: skip


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def shown(moment: datetime) -> str:
    """A moment as events have it."""
    return time_to_json(moment)
