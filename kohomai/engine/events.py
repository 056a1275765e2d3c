"""What a journey writes down: one fact each, JSON-ready, enough to fold the journey's state from.

Every payload that speaks of an activity has ``Key``, ``Node``, ``Visit``, ``Attempt``, ``Type`` and ``Name``.
Every payload that comes from somebody's act has ``Actor``. Data is a list of items
``{"DataPoint": id, "Name", "Type", "Value": stored form or null, "Source"}``, with ``KnownSince`` where that is not the
event's own time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

STARTED = "journey.started"
STAGE_ENTERED = "journey.stage_entered"
WAITING = "journey.waiting"
DECIDED = "journey.decided"
JOURNEY_COMPLETED = "journey.completed"
STOPPED = "journey.stopped"
RESTARTED = "journey.restarted"
MIGRATED = "journey.migrated"
OPENED = "activity.opened"
COMPLETED = "activity.completed"
SKIPPED = "activity.skipped"
REOPENED = "activity.reopened"
REASSIGNED = "activity.reassigned"
CANCELLED = "activity.cancelled"
OVERDUE = "activity.overdue"
FAILED = "activity.failed"
RETRIED = "activity.retried"
DATA_CHANGED = "data.changed"
REMINDED = "activity.reminded"

INTERNAL = frozenset({REMINDED})
"""Kept with the others and folded, but not told to webhooks and not listed in the API's events."""

SYSTEM: dict[str, Any] = {"Kind": "System"}
"""The actor of what nobody asked for: the clock, an automatic activity, a rule of the funnel."""


@dataclass(frozen=True, slots=True)
class Event:
    """One fact: its type, what happened (JSON-ready), and when (to the millisecond)."""

    type: str
    payload: dict[str, Any]
    at: datetime
