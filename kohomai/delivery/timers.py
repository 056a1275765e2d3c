"""The journeys' clock: whoever has something to do at a time is told when that has come."""

from __future__ import annotations

from time import monotonic

import structlog
from django.db import connection

from kohomai.delivery.database import AWAY
from kohomai.journeys import services

BATCH = 50
"""Journeys told at once."""
LOOK_AT = 400
"""Due journeys a batch is drawn from, so that several workers seldom meet at the same one."""
RETRY = 60.0
"""Seconds a journey is left alone that could not be told (each time in this process)."""

_log = structlog.get_logger()
_DUE = (
    "SELECT id FROM (SELECT id FROM journeys_journey WHERE wake_at <= now() AND id <> ALL (%s::bigint[])"
    " ORDER BY wake_at LIMIT %s) AS due ORDER BY random() LIMIT %s"
)

_left_alone: dict[int, float] = {}


def step(limit: int = BATCH) -> int:
    """Tell the journeys whose time has come, at most ``limit``; how many had something to do.

    Each is a transaction of its own; one that another worker has told meanwhile has nothing to do any more.
    """
    now = monotonic()
    for journey_id in [journey_id for journey_id, until in _left_alone.items() if until < now]:
        del _left_alone[journey_id]
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [list(_left_alone), LOOK_AT, limit])
        due = [row[0] for row in cursor.fetchall()]
    return sum(_tell(journey_id) for journey_id in due)


def _tell(journey_id: int) -> int:
    try:
        return services.tick([journey_id])
    except AWAY:
        raise
    except Exception:
        # One that cannot be told must not keep the others waiting.
        _log.exception("a journey could not be told the time", journey=journey_id)
        _left_alone[journey_id] = monotonic() + RETRY
        return 0
