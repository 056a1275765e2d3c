"""What the engine asks of an activity type, and the registry that brings the types to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from kohomai.engine.errors import Fault
from kohomai.engine.values import DataPoint, Value, ValueType

Reference = tuple[Any, str | int]
"""A place of a document that names a data point: the object and the key, or the list and the index, where the name
stands."""


def references(raw: Any, key: str = "DataPoint") -> Iterator[Reference]:
    """Every place at any depth of ``raw`` where ``key`` names a data point, by name or by ``Id``."""
    waiting = [raw]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if isinstance(part.get(key), str | int) and not isinstance(part[key], bool):
                yield part, key
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


@dataclass(frozen=True, slots=True)
class Facts:
    """What an automatic activity sees of its journey: the values known, by data point ``Id``, and the result fields
    of each activity's last visit, by its key. ``now`` is an aware time in UTC."""

    data: Mapping[int, Value]
    results: Mapping[str, Mapping[str, Value]]
    now: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an automatic activity yields: values by data point ``Id`` (``None`` forgets), those of the system's data
    points by their names, its result, and why, as JSON that is kept with the completion."""

    data: Mapping[int, Value | None] = field(default_factory=dict)
    system: Mapping[str, Value | None] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    explanation: Any = None


class ActivityType(Protocol):
    """One kind of activity. Stateless: everything it needs comes with the call."""

    name: str
    """As in the definition: ``Form``, ``Accept``, …"""
    automatic: bool
    """Whether it is done without a person (then only the assignee ``Automatic`` fits)."""
    timed: bool
    """Whether the clock completes it (Wait): then nobody runs it, and ``due_by_itself`` says when."""
    results: Mapping[str, ValueType]
    """The result fields that conditions may read, with their types."""
    system_points: tuple[str, ...]
    """Names of the system's data points that its work takes or gives, though no setting names them."""

    def parse_settings(self, raw: Mapping[str, Any], data_points: DataPoints) -> tuple[Any, list[Fault]]:
        """The settings as the type's own model, and every fault (pointers below ``/Settings``)."""
        ...

    def settings_references(self, raw: Mapping[str, Any]) -> Iterable[Reference]:
        """The places of the settings, as the document has them, that name a data point (see ``references``,
        which most types return). ``raw`` may be faulty: places that do not name one are passed over."""
        ...

    def check(
        self,
        settings: Any,
        result: Mapping[str, Value],
        data: Mapping[int, Value | None],
        known: Mapping[int, Value],
    ) -> list[Fault]:
        """Faults of a completion: ``result`` typed as ``results`` says, without what was null (pointers
        ``/Result/…``), ``data`` typed values by data point ``Id`` (pointers ``/Data/<Id>``, mapped to places
        by the caller), ``known`` what the journey knows."""
        ...

    def accepts(self, settings: Any) -> frozenset[int] | None:
        """Ids of the data points a completion by the assignee may set; ``None`` means none at all."""
        ...

    def promises(self, settings: Any) -> frozenset[int]:
        """Ids of the data points it will find (Enrich): pending from its opening to its end."""
        ...

    def due_by_itself(
        self, settings: Any, opened_at: datetime, known: Mapping[int, Value]
    ) -> datetime | None:
        """When the engine's clock completes it without anybody (Wait), as far as it is known now; ``None``
        for all others."""
        ...

    def run_pure(self, settings: Any, facts: Facts) -> Outcome:
        """For automatic types: what they yield where nothing outside is touched (SetData and Score, and every
        automatic type in the simulator)."""
        ...


class DataPoints(Protocol):
    """How names and ids in a document find their data points."""

    def find(self, reference: str | int) -> DataPoint | None:
        """By name (without regard to case, former names too) or by ``Id``."""
        ...


Registry = Mapping[str, ActivityType]
