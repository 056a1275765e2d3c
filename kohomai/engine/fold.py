"""The fold: what each event makes of a state. The one place that changes a state."""

from __future__ import annotations

from collections.abc import Iterable

from kohomai.engine.events import Event
from kohomai.engine.state import State


def apply(state: State | None, event: Event) -> State:
    """``state`` with ``event`` folded in: changed in place and given back. ``None`` for ``journey.started``."""
    raise NotImplementedError


def replay(events: Iterable[Event]) -> State:
    """The state that a journey's events, in order, give. Raises ``ValueError`` when there is none."""
    raise NotImplementedError
