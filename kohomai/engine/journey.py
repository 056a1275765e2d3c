"""What happens to a journey: ``advance`` decides the events, and the state is the fold of them."""

from __future__ import annotations

from datetime import datetime

from kohomai.engine.definition import Definition
from kohomai.engine.events import Event
from kohomai.engine.happenings import Happening
from kohomai.engine.state import State
from kohomai.engine.types import Registry
from kohomai.engine.workdays import Calendar


def advance(
    definition: Definition,
    registry: Registry,
    state: State | None,
    happening: Happening,
    now: datetime,
    calendar: Calendar | None = None,
) -> tuple[State, list[Event]]:
    """What ``happening`` makes of a journey at ``now``: the new state, and the events that lead there.

    ``state`` is ``None`` for ``Start`` only, and is never changed. ``calendar`` is given where durations are
    in working days. Raises ``NotFound``, ``Conflict`` or ``Invalid``; then nothing has happened.
    """
    raise NotImplementedError


def wake_at(definition: Definition, registry: Registry, state: State) -> datetime | None:
    """When the clock next has something to do for this journey, if ever; then it is to be told ``Tick``."""
    raise NotImplementedError
