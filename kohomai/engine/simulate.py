"""Tests of funnels and dry runs: the same ``advance`` as live, on a clock of its own.

Automatic activities complete at once, with what their type yields where nothing outside is touched, unless a
step says ``{"Fail": key}``: then they stay open until that step. Waits and due times follow the clock, which
a step ``{"After": duration}`` moves. What is not given is not pending.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kohomai.engine import events as e
from kohomai.engine import happenings as h
from kohomai.engine.definition import Definition, Stage
from kohomai.engine.durations import parse_duration
from kohomai.engine.errors import DomainError
from kohomai.engine.events import Event
from kohomai.engine.happenings import Given
from kohomai.engine.journey import advance, wake_at
from kohomai.engine.results import last_results
from kohomai.engine.state import IN_PROGRESS, Activity, State
from kohomai.engine.types import DataPoints, Facts, Registry
from kohomai.engine.values import DataPoint, Value, parse, to_stored
from kohomai.engine.workdays import Calendar

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""When a simulated journey begins, unless it is said: a Monday morning."""

Derive = Callable[[Mapping[str, Value]], Mapping[str, Value]]
"""Values that follow from those given, by the names of their data points (``Email is free`` from ``Email``)."""

_MAX_TURNS = 10_000


@dataclass(frozen=True, slots=True)
class Simulation:
    """How an invented journey went: ``visits`` are the nodes in the order they were entered, ``receipts`` of
    the decisions, ``problems`` what could not be done as the steps said."""

    state: State
    events: tuple[Event, ...]
    visits: tuple[str, ...]
    receipts: tuple[Mapping[str, Any], ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of one test. ``problems`` say how it differs from what was expected; none means passed."""

    __test__ = False  # not one of pytest's

    name: str
    problems: tuple[str, ...]
    simulation: Simulation

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not self.problems


def run_tests(
    definition: Definition,
    registry: Registry,
    tests: Sequence[Mapping[str, Any]],
    data_points: DataPoints,
    derive: Derive | None = None,
    *,
    start: datetime = START,
    calendar: Calendar | None = None,
) -> list[TestResult]:
    """Run the ``tests`` of a funnel, which are well formed, against one definition of it."""
    results = []
    for test in tests:
        simulation = dry_run(
            definition,
            registry,
            test.get("Given", {}),
            data_points,
            derive,
            do=test.get("Do", ()),
            start=start,
            calendar=calendar,
        )
        differences = _differences(simulation, test.get("Expect", {}), data_points)
        results.append(TestResult(str(test["Name"]), (*simulation.problems, *differences), simulation))
    return results


def dry_run(
    definition: Definition,
    registry: Registry,
    given: Mapping[str, Any],
    data_points: DataPoints,
    derive: Derive | None = None,
    *,
    do: Sequence[Mapping[str, Any]] = (),
    start: datetime = START,
    calendar: Calendar | None = None,
) -> Simulation:
    """One invented lead's way through ``definition``: ``given`` are values by the names of data points, ``do``
    the steps. Stops at the first step that cannot be done, and says so."""
    play = _Play(
        definition,
        registry,
        data_points,
        calendar,
        start,
        Counter(step["Fail"] for step in do if "Fail" in step),
    )
    try:
        play.begin(given, derive)
        for number, step in enumerate(do, 1):
            play.at = f"Step {number}: "
            play.step(step)
    except (DomainError, ValueError) as error:
        play.problems.append(f"{play.at}{error}")
    if play.state is None:
        play.state = State(definition.version)
    receipts = tuple(event.payload for event in play.events if event.type == e.DECIDED)
    return Simulation(play.state, tuple(play.events), _visits(play.events), receipts, tuple(play.problems))


@dataclass(slots=True)
class _Play:
    """A simulated journey in the making. ``failing`` counts the steps to come that fail an activity."""

    definition: Definition
    registry: Registry
    data_points: DataPoints
    calendar: Calendar | None
    now: datetime
    failing: Counter[str]
    state: State | None = None
    events: list[Event] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    at: str = "Given: "

    def begin(self, given: Mapping[str, Any], derive: Derive | None) -> None:
        values = {point: value for point, value in self._values(given) if value is not None}
        more = derive({point.name: value for point, value in values.items()}) if derive else {}
        derived = {point: value for name, value in more.items() if (point := self.data_points.find(name))}
        data = [
            Given(point, value, "API" if point in values else "System")
            for point, value in {**derived, **values}.items()
        ]
        self._advance(h.Start(tuple(data), actor={"Kind": "Key"}))

    def step(self, step: Mapping[str, Any]) -> None:
        if "After" in step:
            self._pass_time(self.now + parse_duration(step["After"]))
        data = tuple(Given(point, value) for point, value in self._values(step.get("Data", {})))
        if "Complete" in step:
            row = self._row(step["Complete"])
            kind = row.assignee.kind if row.assignee.kind in ("Lead", "Stakeholder") else "User"
            self._advance(h.Complete(row.ref, data, step.get("Result", {}), {"Kind": kind}))
        elif "Fail" in step:
            self.failing[step["Fail"]] -= 1
            self._advance(h.Fail(self._row(step["Fail"]).ref, "The test says so."))
        elif "Skip" in step:
            self._advance(h.Skip(self._row(step["Skip"]).ref, {"Kind": "User"}))
        elif "Reopen" in step:
            self._advance(h.Reopen(self._row(step["Reopen"]).ref, {"Kind": "User"}))
        elif data:
            self._advance(h.SetData(data, {"Kind": "Key"}))
        elif "After" not in step:
            raise ValueError("There is nothing to do in it.")

    def _values(self, raw: Mapping[str, Any]) -> Iterable[tuple[DataPoint, Value | None]]:
        """Values by their data points. Raises ``ValueError`` for a name or value that is not one."""
        for name, value in raw.items():
            point = find_key(name, self.data_points)
            if point is None:
                raise ValueError(f"There is no data point {name!r}.")
            try:
                yield point, parse(point, value)
            except ValueError as error:
                raise ValueError(f"{point.name} {error}.") from None

    def _row(self, key: str) -> Activity:
        rows = [row for row in self._running().activities if row.key == key]
        if not rows:
            raise ValueError(f"The journey has not come to the activity {key!r}.")
        return rows[-1]

    def _running(self) -> State:
        assert self.state is not None
        return self.state

    def _advance(self, happening: h.Happening) -> None:
        """Let it happen, and all that follows at the same moment."""
        self._happen(happening)
        for _ in range(_MAX_TURNS):
            if row := self._automatic():
                self._complete(row)
            elif (wake := self._wake()) and wake <= self.now:
                self._happen(h.Tick())
            else:
                return
        raise ValueError("The journey does not come to rest.")

    def _happen(self, happening: h.Happening) -> None:
        self.state, events = advance(
            self.definition, self.registry, self.state, happening, self.now, self.calendar
        )
        self.events += events

    def _wake(self) -> datetime | None:
        return wake_at(self.definition, self.registry, self._running())

    def _automatic(self) -> Activity | None:
        """An automatic activity that is open, and is not to fail."""
        for row in self._running().activities:
            if row.status == IN_PROGRESS and self.failing[row.key] <= 0:
                type = self.registry[row.type]
                if type.automatic and not type.timed:
                    return row
        return None

    def _complete(self, row: Activity) -> None:
        state, stage = self._running(), self.definition.nodes[row.node]
        activity = stage.activity(row.key) if isinstance(stage, Stage) else None
        assert activity is not None  # what is open is of the current stage
        known = {id: datum.value for id, datum in state.data.items()}
        facts = Facts(known, last_results(state, self.registry)[0], self.now)
        outcome = self.registry[row.type].run_pure(activity.settings, facts)
        yielded: list[tuple[str | int, Value | None]] = [*outcome.data.items(), *outcome.system.items()]
        points = ((self.data_points.find(id), value) for id, value in yielded)
        given = tuple(Given(point, value) for point, value in points if point)
        self._happen(h.Complete(row.ref, given, outcome.result, explanation=outcome.explanation))

    def _pass_time(self, until: datetime) -> None:
        """Move the clock, waking the journey whenever it has asked for it."""
        for _ in range(_MAX_TURNS):
            wake = self._wake()
            if wake is None or wake > until:
                self.now = until
                return
            self.now = max(self.now, wake)
            self._advance(h.Tick())
        raise ValueError("The clock wakes the journey too often.")


def find_key(key: str, data_points: DataPoints) -> DataPoint | None:
    """The data point that a key of ``Given``, ``Data`` or ``Expect`` names: its name, or ``#<Id>`` as stored."""
    point = data_points.find(key)
    if point is None and key.startswith("#") and key[1:].isascii() and key[1:].isdigit() and len(key) < 18:
        point = data_points.find(int(key[1:]))
    return point


def _visits(events: Iterable[Event]) -> tuple[str, ...]:
    """The nodes in the order they were entered; a decision that waited was entered once."""
    visits: list[str] = []
    waiting = False
    for event in events:
        if event.type in (e.STAGE_ENTERED, e.WAITING, e.JOURNEY_COMPLETED) or (
            event.type == e.DECIDED and not waiting
        ):
            visits.append(event.payload["Node"])
        waiting = event.type == e.WAITING or (waiting and event.type == e.DATA_CHANGED)
    return tuple(visits)


# --- what was expected --------------------------------------------------------------------------------------


def _differences(simulation: Simulation, expect: Mapping[str, Any], data_points: DataPoints) -> list[str]:
    state = simulation.state
    found: dict[str, Any] = {
        "Visits": list(simulation.visits),
        "Node": state.node,
        "Status": state.status,
        "Outcome": state.outcome,
        "Reason": state.reason,
    }
    problems = []
    for name, wanted in expect.items():
        if name == "Data":
            problems += _data_differences(state, wanted, data_points)
        elif name == "Activities":
            statuses = {row.key: row.status for row in state.activities}
            problems += [
                f"Activity {key}: expected {status}, found {statuses.get(key)}."
                for key, status in wanted.items()
                if statuses.get(key) != status
            ]
        elif name not in found:
            problems.append(f"Nothing is known of {name!r}, so it cannot be expected.")
        elif found[name] != wanted:
            problems.append(f"{name}: expected {_shown(wanted)}, found {_shown(found[name])}.")
    return problems


def _data_differences(state: State, wanted: Mapping[str, Any], data_points: DataPoints) -> list[str]:
    problems = []
    for name, raw in wanted.items():
        point = find_key(name, data_points)
        if point is None:
            problems.append(f"There is no data point {name!r}.")
            continue
        try:
            value = parse(point, raw)
        except ValueError as error:
            problems.append(f"{point.name} {error}.")
            continue
        datum = state.data.get(point.id)
        if value != (datum and datum.value):
            known = _shown(to_stored(datum.value)) if datum else "nothing"
            problems.append(f"{point.name}: expected {_shown(raw)}, found {known}.")
    return problems


def _shown(value: Any) -> str:
    return (
        " → ".join(map(str, value)) if isinstance(value, list) else "nothing" if value is None else str(value)
    )
