"""A funnel's graph as typed models.

A *document* is the JSON a person edits and the API takes (see the funnel reference).
``engine.document.compile_definition`` turns a document whose data points are named by ``Id`` into a
``Definition``, which the engine runs on: immutable, self-contained, and cheap to walk. Checking a draft is
``engine.validation``'s work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from kohomai.engine.values import DataPoint, Value, to_stored

Subject = int | tuple[str, str]
"""What a test looks at: a data point's ``Id``, or a result as (activity key, field)."""


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
    raw: Any = field(default=None, compare=False)  # the value as the document has it
    label: Mapping[str, str] = field(
        init=False, compare=False, repr=False
    )  # {"DataPoint": name} or {"Result": …}
    shown: Mapping[str, Any] = field(
        init=False, compare=False, repr=False
    )  # label, operator, value: for receipts
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.data_point is not None:
            label = {"DataPoint": self.data_point.name}
        else:
            label = {"Result": ".".join(self.result or ())}
        shown = {**label, "Operator": self.operator, "Value": _shown(self.value, self.raw)}
        object.__setattr__(self, "label", label)
        object.__setattr__(self, "shown", shown)
        object.__setattr__(self, "_hash", hash((self.operator, self.subject, self.value)))

    def __hash__(self) -> int:
        # Tests are keys of many small dictionaries while a decision is taken: hashed once, not each time.
        return self._hash

    @property
    def subject(self) -> Subject:
        """The data point's ``Id``, or the result."""
        return self.data_point.id if self.data_point is not None else self.result or ("", "")


def _shown(value: Value | tuple[Value, ...] | timedelta | None, raw: Any) -> Any:
    """A test's value as receipts have it: the stored form, which is exact in any JSON."""
    if value is None:
        return None
    if isinstance(value, tuple):
        return [to_stored(one) for one in value]
    if isinstance(value, timedelta):
        return raw if isinstance(raw, str) else f"PT{int(value.total_seconds())}S"
    return to_stored(value)


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


def leaves(condition: Condition) -> Iterator[Test]:
    """Every test of a condition, in the order of the document."""
    if isinstance(condition, Test):
        yield condition
    elif isinstance(condition, Not):
        yield from leaves(condition.part)
    else:
        for part in condition.parts:
            yield from leaves(part)


@dataclass(frozen=True, slots=True)
class Branch:
    """A way out of a decision, taken when ``when`` is true and no earlier one was."""

    name: str
    when: Condition
    next: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A point that chooses which node comes next.

    ``leaves`` are the different tests of all branches in the order of the document; ``repeated`` those that
    stand in more than one place; ``subjects`` what they look at, each with its label.
    """

    key: str
    name: str
    branches: tuple[Branch, ...]
    default: str
    wait_for_data: timedelta = timedelta(0)
    leaves: tuple[Test, ...] = field(init=False, compare=False, repr=False)
    repeated: tuple[Test, ...] = field(init=False, compare=False, repr=False)
    subjects: Mapping[Subject, Mapping[str, str]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        count = Counter(leaf for branch in self.branches for leaf in leaves(branch.when))
        object.__setattr__(self, "leaves", tuple(count))
        object.__setattr__(self, "repeated", tuple(leaf for leaf in count if count[leaf] > 1))
        object.__setattr__(self, "subjects", {leaf.subject: leaf.label for leaf in count})


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
    _stages: Mapping[str, Stage] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        stages = [node for node in self.nodes.values() if isinstance(node, Stage)]
        by_activity = {activity.key: stage for stage in stages for activity in stage.activities}
        object.__setattr__(self, "_stages", by_activity)

    def stage_of(self, activity_key: str) -> Stage | None:
        """The stage that holds this activity key, if any."""
        return self._stages.get(activity_key)
