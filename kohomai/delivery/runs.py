"""Running automatic activities: claimed on lease, run, completed; tried again with backoff, then given up.

Everything here can be done twice without harm: an activity is completed once, and who comes second is told.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from django.db import connection

from kohomai.datapoints.catalogue import catalogue
from kohomai.delivery.database import AWAY, short_transaction
from kohomai.engine.errors import Conflict, DomainError, NotFound
from kohomai.engine.state import data_from_json
from kohomai.engine.values import Value
from kohomai.funnels.compiled import definition, registry
from kohomai.journeys import services
from kohomai.workspaces.sql import statement

BATCH = 50
"""Activities claimed at once."""
LEASE = 30.0
"""Seconds after which another worker may run what was claimed and not ended."""
BACKOFF = (1.0, 5.0, 30.0, 120.0)
"""Seconds from a failure to the next try; after the last of them the activity has failed."""

_log = structlog.get_logger()
_CLAIM = statement(__file__, "claim_runs")
_END = "UPDATE delivery_activityrun SET status = 'Done', ended_at = now() WHERE id = ANY (%s::bigint[])"
_AGAIN = (
    "UPDATE delivery_activityrun SET tries = tries + 1, last_error = %s,"
    " next_at = now() + make_interval(secs => %s::float8) WHERE id = %s"
)
_GIVE_UP = (
    "UPDATE delivery_activityrun SET tries = tries + 1, last_error = %s, status = 'Failed',"
    " ended_at = now() WHERE id = %s"
)


@dataclass(frozen=True, slots=True)
class Run:
    """A row of work taken on lease, with what it needs. ``open`` says whether the activity still waits for it."""

    id: int
    workspace_id: int
    journey_id: int
    key: str
    visit: int
    attempt: int
    tries: int
    funnel_id: int | None
    version: int | None
    data: str | None
    open: bool | None
    type: str | None

    @property
    def ref(self) -> tuple[str, int, int]:
        """What the activity is known by in its journey."""
        return self.key, self.visit, self.attempt


def step(limit: int = BATCH) -> int:
    """Run what is due, at most ``limit``; how many were claimed."""
    claimed = claim(limit)
    ended: list[int] = []
    try:
        for run in claimed:
            if carry_out(run):
                ended.append(run.id)
    finally:
        end(ended)
    return len(claimed)


def claim(limit: int) -> list[Run]:
    """Take what is due on lease."""
    with short_transaction() as cursor:
        cursor.execute(_CLAIM, {"limit": limit, "lease": LEASE})
        return [Run(*row) for row in cursor.fetchall()]


def end(ids: Sequence[int]) -> None:
    """These need not be looked at again. (Lost in a crash, they are, and nothing happens then.)"""
    if ids:
        with short_transaction() as cursor:
            cursor.execute(_END, [list(ids)])


def carry_out(run: Run) -> bool:
    """Run one activity and complete it; whether its row is done with. Raises when the database is away."""
    if not run.open:
        return True
    try:
        data, result = _yield(run)
        services.complete_automatic(run.workspace_id, run.journey_id, run.ref, data=data, result=result)
    except AWAY:
        raise
    except (NotFound, Conflict):
        return True  # somebody else completed it, or its journey went on without it
    except Exception as error:
        _failed(run, error)
        return False
    return True


def _yield(run: Run) -> tuple[Mapping[int, Value | None], Mapping[str, Any]]:
    """What the activity yields with the data its journey has now."""
    if run.funnel_id is None or run.version is None:
        raise NotFound("The journey is gone.")
    made = definition(run.funnel_id, run.version)
    stage = made.stage_of(run.key)
    activity = stage.activity(run.key) if stage else None
    if activity is None:
        raise NotFound("The funnel's version has no such activity.")
    points = {**catalogue(run.workspace_id).by_id, **made.data_points}
    known = {
        point: datum.value for point, datum in data_from_json(orjson.loads(run.data or "{}"), points).items()
    }
    return registry[activity.type].run_pure(activity.settings, known, datetime.now(UTC))


def _failed(run: Run, error: Exception) -> None:
    """Try it again later, or, after the last try, let it wait for a manager."""
    detail = _detail(error)
    _log.warning("activity failed", run=run.id, journey=run.journey_id, tries=run.tries + 1, exc_info=error)
    if run.tries < len(BACKOFF):
        pause = BACKOFF[run.tries] * random.uniform(0.8, 1.2)  # noqa: S311  (spreads the tries)
        with connection.cursor() as cursor:
            cursor.execute(_AGAIN, [detail, pause, run.id])
        return
    try:
        services.fail(run.workspace_id, run.journey_id, run.ref, error=detail)
    except (NotFound, Conflict):
        end([run.id])
        return
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_UP, [detail, run.id])


def _detail(error: Exception) -> str:
    """What a manager is told: our own words where we have some, else only the error's class (its text may
    hold somebody's data)."""
    return (error.detail if isinstance(error, DomainError) else type(error).__name__)[:1_000]
