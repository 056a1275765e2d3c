"""What managers and owners are told of: what is overdue, unassigned, failed or endless, and where a journey ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from kohomai.delivery.notifications.rows import Row
from kohomai.workspaces.sql import statement

COMPLETED = "journey_completed"
KINDS = ("overdue", "unassigned", "activity_failed", "loop")
"""Kinds of mails for managers."""

_MATTERS = statement(__file__, "matters")


@dataclass(frozen=True, slots=True)
class Matter:
    """An event that somebody is told of. ``activity_id`` and ``name`` are the activity's, where it is about one."""

    event_id: int
    workspace_id: int
    journey_id: int
    lead_id: int
    activity_id: int | None
    name: str | None
    due_at: datetime | None
    error: str | None
    email: str
    firstname: str | None
    lastname: str | None
    funnel: str
    outcome: str | None


def read(rows: Iterable[Row]) -> dict[int, Matter]:
    """What has become of these rows' events, by the events' ids; what is not so any more is not among them."""
    events = sorted({event for row in rows for event in row.events})
    if not events:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_MATTERS, [events])
        return {
            event: Matter(
                event, workspace_id, journey_id, lead_id, activity_id, name, due_at and due_at.astimezone(UTC),
                error, email, firstname, lastname, funnel, outcome,
            )
            for event, workspace_id, journey_id, lead_id, activity_id, name, due_at, error, still, email, firstname,
                lastname, funnel, outcome in cursor.fetchall()
            if still
        }  # fmt: skip
