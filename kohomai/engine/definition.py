"""A funnel's graph as typed models.

A *document* is the JSON a person edits and the API takes (see the funnel reference). ``compile_definition``
turns a document whose data points are named by ``Id`` into a ``Definition``, which the engine runs on:
immutable, self-contained, and cheap to walk. Checking a draft is ``engine.validation``'s work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from kohomai.engine.values import DataPoint, Value


@dataclass(frozen=True, slots=True)
class Test:
    """One leaf of a condition: a data point (or a result) held against a value.

    ``data_point`` is set, or ``result`` as ``(activity key, field)``. ``value`` is already typed:
    a ``Value``, a tuple of them for ``In``, ``NotIn`` and ``Between``, a ``timedelta`` for
    ``InTheLast`` and ``InTheNext``, ``None`` for ``IsKnown`` and ``IsUnknown``.
    """

    operator: str
    data_point: DataPoint | None = None
    result: tuple[str, str] | None = None
    value: Value | tuple[Value, ...] | timedelta | None = None
    raw: Any = None  # the value as the document has it, shown in receipts


@dataclass(frozen=True, slots=True)
class All:
    """True when every part is; three-valued as in SQL."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any_:
    """True when one part is; three-valued as in SQL."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when its part is false; unknown stays unknown."""

    part: Condition


Condition = Test | All | Any_ | Not


@dataclass(frozen=True, slots=True)
class Branch:
    """A way out of a decision, taken when ``when`` is true and no earlier one was."""

    name: str
    when: Condition
    next: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A point that chooses which node comes next."""

    key: str
    name: str
    branches: tuple[Branch, ...]
    default: str
    wait_for_data: timedelta


@dataclass(frozen=True, slots=True)
class AssigneeRule:
    """Who an activity falls to: ``kind`` is Lead, Owner, Role, User, Stakeholder or Automatic."""

    kind: str
    role: str | None = None
    user_id: int | None = None
    email: str | None = None
    data_point: DataPoint | None = None


@dataclass(frozen=True, slots=True)
class ActivityDefinition:
    """Something to do in a stage. ``settings`` is the type's own model, already parsed."""

    key: str
    type: str
    name: str
    assignee: AssigneeRule
    required: bool
    after: tuple[str, ...]
    due_in: timedelta | None
    remind: tuple[timedelta, ...]
    when_overdue: str  # "Notify", "Skip" or "GoTo"
    go_to: str | None
    settings: Any
    raw_settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """A group of activities that open together."""

    key: str
    name: str
    activities: tuple[ActivityDefinition, ...]
    next: str

    def activity(self, key: str) -> ActivityDefinition | None:
        """The activity of this key in this stage, if any."""
        return next((activity for activity in self.activities if activity.key == key), None)


@dataclass(frozen=True, slots=True)
class End:
    """Where a journey finishes; ``outcome`` is Converted, Disqualified or the workspace's own word."""

    key: str
    name: str
    outcome: str


Node = Stage | Decision | End


@dataclass(frozen=True, slots=True)
class Definition:
    """One published version of a funnel, ready to run.

    ``data_points`` holds every data point the definition mentions, by ``Id``.
    """

    version: int
    name: str
    reentry: str
    start: str
    nodes: Mapping[str, Node]
    data_points: Mapping[int, DataPoint]

    def stage_of(self, activity_key: str) -> Stage | None:
        """The stage that holds this activity key, if any."""
        for node in self.nodes.values():
            if isinstance(node, Stage) and node.activity(activity_key):
                return node
        return None
