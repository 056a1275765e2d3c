"""Where a journey stands. A state is made by folding events (``engine.fold``), never by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from kohomai.engine.values import DataPoint, Datum, from_stored, time_from_json, time_to_json, to_stored

IN_PROGRESS = "InProgress"
COMPLETED = "Completed"
STOPPED = "Stopped"
BLOCKED = "Blocked"
SKIPPED = "Skipped"
FAILED = "Failed"
CANCELLED = "Cancelled"

OPEN = frozenset({BLOCKED, IN_PROGRESS, FAILED})
"""States of an activity that still has something to come."""
SATISFIED = frozenset({COMPLETED, SKIPPED})
"""States of an activity that satisfy ``After`` and the stage."""


class Ref(NamedTuple):
    """What an activity of a journey is known by."""

    key: str
    visit: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Assignee:
    """Who an activity has fallen to. ``kind`` is Lead, Owner, Role, User, Stakeholder or Automatic.

    ``email`` is a stakeholder's or the owner's; ``None`` while it is not known, which is being unassigned.
    """

    kind: str
    role: str | None = None
    user_id: int | None = None
    email: str | None = None

    @property
    def unassigned(self) -> bool:
        """Whether nobody is known yet."""
        return self.email is None and self.kind in ("Stakeholder", "Owner")

    def to_json(self) -> dict[str, Any]:
        """As in events and in the API: ``{"Kind"}``, with ``Role``, ``Id`` or ``Email`` as the kind has it."""
        match self.kind:
            case "Role":
                return {"Kind": "Role", "Role": self.role}
            case "User":
                return {"Kind": "User", "Id": self.user_id}
            case "Stakeholder" | "Owner":
                return {"Kind": self.kind, "Email": self.email}
            case _:
                return {"Kind": self.kind}

    @staticmethod
    def from_json(raw: Mapping[str, Any]) -> Assignee:
        """What ``to_json`` gave."""
        return Assignee(raw["Kind"], raw.get("Role"), raw.get("Id"), raw.get("Email"))


@dataclass(slots=True)
class Activity:
    """One activity of one visit of a stage, in one attempt.

    ``reminders`` are the moments still to come, ``overdue_at`` when it was found overdue, ``by`` the actor
    who ended it, ``run`` how often it was to be run again, ``promised`` the ids of data points it is to find,
    ``explanation`` why it came to its result.
    """

    key: str
    node: str
    type: str
    name: str
    visit: int
    attempt: int
    status: str
    required: bool
    assignee: Assignee
    opened_at: datetime | None = None
    due_at: datetime | None = None
    reminders: tuple[datetime, ...] = ()
    overdue_at: datetime | None = None
    ended_at: datetime | None = None
    by: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    error: str | None = None
    run: int = 0
    promised: tuple[int, ...] = ()
    explanation: Any = None

    @property
    def ref(self) -> Ref:
        """What it is known by."""
        return Ref(self.key, self.visit, self.attempt)

    def copy(self) -> Activity:
        """One that can be changed without changing this one (its values are never changed in place)."""
        return Activity(
            self.key, self.node, self.type, self.name, self.visit, self.attempt, self.status, self.required,
            self.assignee, self.opened_at, self.due_at, self.reminders, self.overdue_at, self.ended_at,
            self.by, self.result, self.error, self.run, self.promised, self.explanation,
        )  # fmt: skip

    def detail(self) -> dict[str, Any]:
        """What has no column of its own, as JSON; ``from_columns`` takes it back."""
        detail: dict[str, Any] = {} if self.required else {"Required": False}
        if self.reminders:
            detail["Reminders"] = [time_to_json(moment) for moment in self.reminders]
        if self.overdue_at:
            detail["OverdueAt"] = time_to_json(self.overdue_at)
        if self.by:
            detail["By"] = self.by
        if self.error is not None:
            detail["Error"] = self.error
        if self.run:
            detail["Run"] = self.run
        if self.promised:
            detail["Promised"] = list(self.promised)
        if self.explanation is not None:
            detail["Explanation"] = self.explanation
        return detail

    @staticmethod
    def from_columns(
        *,
        key: str, node: str, type: str, name: str, visit: int, attempt: int, status: str,
        assignee: Mapping[str, Any], opened_at: datetime | None, due_at: datetime | None,
        ended_at: datetime | None, result: dict[str, Any] | None, detail: Mapping[str, Any],
    ) -> Activity:  # fmt: skip
        """The activity that these columns keep; ``detail`` is what ``detail()`` gave."""
        overdue = detail.get("OverdueAt")
        return Activity(
            key, node, type, name, visit, attempt, status, detail.get("Required", True),
            Assignee.from_json(assignee), opened_at, due_at,
            tuple(time_from_json(moment) for moment in detail.get("Reminders", ())),
            time_from_json(overdue) if overdue else None,
            ended_at, detail.get("By"), result, detail.get("Error"), detail.get("Run", 0),
            tuple(detail.get("Promised", ())), detail.get("Explanation"),
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON; ``from_json`` takes it back."""
        moments = {"opened_at": self.opened_at, "due_at": self.due_at, "ended_at": self.ended_at}
        return {
            "key": self.key, "node": self.node, "type": self.type, "name": self.name, "visit": self.visit,
            "attempt": self.attempt, "status": self.status, "assignee": self.assignee.to_json(),
            "result": self.result, "detail": self.detail(),
        } | {name: moment and time_to_json(moment) for name, moment in moments.items()}  # fmt: skip

    @staticmethod
    def from_json(raw: Mapping[str, Any]) -> Activity:
        """What ``to_json`` gave."""
        moments = {
            name: raw[name] and time_from_json(raw[name]) for name in ("opened_at", "due_at", "ended_at")
        }
        return Activity.from_columns(**{**raw, **moments})


@dataclass(slots=True)
class State:
    """A journey as it stands.

    ``node`` is the current node's key (the end's, once completed). ``arrived_at`` and ``waiting_until`` are
    set while it waits before a decision. ``visits`` counts how often each node was entered (a move that was
    taken back included: numbers of visits are never used twice), ``visit`` is the current stage's; ``entered`` and
    ``entered_since_act`` count towards rule 9 (endless journeys). ``former`` is where it stood before the
    last move to another version, while nothing else has happened since; ``follow`` is how many events of
    that move are still to be folded.
    """

    version: int
    status: str = IN_PROGRESS
    outcome: str | None = None
    reason: str | None = None
    node: str | None = None
    arrived_at: datetime | None = None
    waiting_until: datetime | None = None
    visits: dict[str, int] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)
    data: dict[int, Datum] = field(default_factory=dict)
    pending: frozenset[int] = frozenset()
    entered: int = 0
    entered_since_act: int = 0
    former: dict[str, Any] | None = None
    follow: int = 0
    visit: int = 0

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.status == IN_PROGRESS

    def copy(self) -> State:
        """One that can be changed without changing this one."""
        return State(
            self.version, self.status, self.outcome, self.reason, self.node, self.arrived_at,
            self.waiting_until, self.visits.copy(), [row.copy() for row in self.activities],
            self.data.copy(), self.pending, self.entered, self.entered_since_act, self.former, self.follow,
            self.visit,
        )  # fmt: skip

    def find(self, ref: Ref) -> Activity | None:
        """The activity row of this reference, if any."""
        for row in self.activities:
            if row.key == ref[0] and row.visit == ref[1] and row.attempt == ref[2]:
                return row
        return None

    def current(self) -> dict[str, Activity]:
        """The rows that count in the current stage: of its last visit, each key's latest attempt that was
        not cancelled, by key."""
        node, visit = self.node, self.visit
        return {
            row.key: row
            for row in self.activities
            if row.node == node and row.visit == visit and row.status != CANCELLED
        }

    def open(self) -> list[Activity]:
        """The rows that are Blocked, InProgress or Failed."""
        return [row for row in self.activities if row.status in OPEN]


# --- what is kept beside the columns ------------------------------------------------------------------------


def state_to_json(state: State) -> dict[str, Any]:
    """The engine's own bookkeeping, for one JSON column; the other fields have columns or rows of their own."""
    kept: dict[str, Any] = {
        "Visits": state.visits,
        "Visit": state.visit,
        "Entered": [state.entered, state.entered_since_act],
    }
    if state.pending:
        kept["Pending"] = sorted(state.pending)
    if state.arrived_at:
        kept["ArrivedAt"] = time_to_json(state.arrived_at)
    if state.waiting_until:
        kept["WaitingUntil"] = time_to_json(state.waiting_until)
    if state.former:
        kept["Former"] = state.former
    return kept


def state_from_json(
    kept: Mapping[str, Any],
    *,
    version: int,
    status: str,
    outcome: str | None,
    reason: str | None,
    node: str | None,
    activities: list[Activity],
    data: dict[int, Datum],
) -> State:
    """The state that these columns and rows keep; ``kept`` is what ``state_to_json`` gave."""
    arrived, waiting = kept.get("ArrivedAt"), kept.get("WaitingUntil")
    entered, since_act = kept["Entered"]
    return State(
        version, status, outcome, reason, node,
        time_from_json(arrived) if arrived else None,
        time_from_json(waiting) if waiting else None,
        dict(kept["Visits"]), activities, data, frozenset(kept.get("Pending", ())),
        entered, since_act, kept.get("Former"), 0, kept["Visit"],
    )  # fmt: skip


def data_to_json(data: Mapping[int, Datum]) -> dict[str, dict[str, Any]]:
    """A journey's data as it is kept: ``{"12": {"v": stored value, "s": source, "t": known since}}``."""
    kept: dict[str, dict[str, Any]] = {}
    moment, text = None, ""
    for id, datum in data.items():
        if datum.known_since is not moment:  # most of it became known at one moment
            moment = datum.known_since
            text = time_to_json(moment)
        kept[str(id)] = {"v": to_stored(datum.value), "s": datum.source, "t": text}
    return kept


def data_from_json(
    raw: Mapping[str, Mapping[str, Any]], data_points: Mapping[int, DataPoint] | Iterable[DataPoint]
) -> dict[int, Datum]:
    """What ``data_to_json`` gave; a data point that is not among ``data_points`` is left out."""
    known = data_points if isinstance(data_points, Mapping) else {point.id: point for point in data_points}
    return {
        int(id): Datum(from_stored(known[int(id)], kept["v"]), kept["s"], time_from_json(kept["t"]))
        for id, kept in raw.items()
        if int(id) in known
    }
