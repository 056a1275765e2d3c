"""What can happen to a journey. Each is handed to ``engine.journey.advance``.

Raised by ``advance`` are ``NotFound`` for an activity that is not there, ``Conflict`` where the state does
not allow it (always looked at first), ``Invalid`` where the state does but what was sent is wrong.
An actor is a JSON-ready dict: ``{"Kind": "Key" | "User" | "Lead" | "Stakeholder" | "System", "Id": …}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kohomai.engine.definition import Definition
from kohomai.engine.events import SYSTEM
from kohomai.engine.state import Assignee, Ref
from kohomai.engine.values import DataPoint, Value

Actor = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """A value given for a data point; ``None`` is to forget it.

    ``source`` defaults to what fits the actor, ``known_since`` to now.
    """

    data_point: DataPoint
    value: Value | None
    source: str | None = None
    known_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """The journey begins. ``origin`` is written into its event as it is (JSON-ready)."""

    data: tuple[Given, ...] = ()
    pending: frozenset[int] = frozenset()
    actor: Actor = field(default_factory=lambda: SYSTEM)
    origin: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Complete:
    """An activity is done. ``result`` is as sent; the type says what it takes. ``explanation`` (JSON-ready) is kept
    as it is: why an automatic activity came to what it came to."""

    ref: Ref
    data: tuple[Given, ...] = ()
    result: Mapping[str, Any] = field(default_factory=dict)
    actor: Actor = field(default_factory=lambda: SYSTEM)
    explanation: Any = None


@dataclass(frozen=True, slots=True)
class Skip:
    """An activity is passed over."""

    ref: Ref
    actor: Actor


@dataclass(frozen=True, slots=True)
class Reopen:
    """A completed or skipped activity of the current stage is to be done again."""

    ref: Ref
    actor: Actor


@dataclass(frozen=True, slots=True)
class Reassign:
    """An open activity falls to somebody else."""

    ref: Ref
    assignee: Assignee
    actor: Actor


@dataclass(frozen=True, slots=True)
class Fail:
    """An automatic activity has failed for good, after its retries."""

    ref: Ref
    error: str
    actor: Actor = field(default_factory=lambda: SYSTEM)


@dataclass(frozen=True, slots=True)
class Retry:
    """A failed automatic activity is to be run again."""

    ref: Ref
    actor: Actor


@dataclass(frozen=True, slots=True)
class SetData:
    """Data is given from outside any activity."""

    data: tuple[Given, ...]
    actor: Actor


@dataclass(frozen=True, slots=True)
class Enriched:
    """A provider has answered: what it found, and the ids of what it looked for and did not find."""

    provider: str
    found: tuple[Given, ...] = ()
    not_found: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The journey ends here, by somebody's word."""

    reason: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class Restart:
    """The journey goes on from a stage; ``data`` is the lead's current values, copied in first."""

    node: str
    actor: Actor
    data: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """The journey goes over to another version; ``node`` says where to, when a person chose."""

    to: Definition
    actor: Actor
    node: str | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """The last move is taken back; ``to`` is the definition of the version it came from."""

    to: Definition
    actor: Actor


Happening = (
    Start
    | Complete
    | Skip
    | Reopen
    | Reassign
    | Fail
    | Retry
    | SetData
    | Enriched
    | Tick
    | Stop
    | Restart
    | Move
    | Undo
)
