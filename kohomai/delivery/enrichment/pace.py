"""How often a service may be called, and what that may cost: turns, pauses, budgets, and the counts of each month.

A question that is put to a service has a row from the moment it has its turn, which may lie ahead: at no time are more
than ``rate_limit`` of them within a minute. What a call costs is counted when it gets its turn, whatever comes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kohomai.datapoints.http_services import Service
from kohomai.delivery.database import short_transaction
from kohomai.delivery.enrichment.asking import Answered, Question
from kohomai.workspaces.sql import statement

LONGEST_TURN = timedelta(hours=1)
"""How long a turn may lie ahead; what would come later is not asked at all."""
PAUSE = 60.0
"""Seconds that a service is left alone that says it is asked too often, and not until when."""
LONGEST_PAUSE = 3_600.0

NO_TURN = "Its rate limit would let it be asked in an hour, at the earliest."
NO_BUDGET = "Its budget for this month is used up."
GONE = "It is not there any more."

_LOCK = (
    "SELECT paused_until FROM datapoints_httpprovider WHERE id = %s AND workspace_id = %s FOR NO KEY UPDATE"
)
_LAST = (
    "SELECT at FROM datapoints_enrichmentcall WHERE http_provider_id = %s ORDER BY at DESC OFFSET %s LIMIT 1"
)
_MINE = "SELECT at FROM datapoints_enrichmentcall WHERE id = %s AND http_provider_id = %s"
_PUT = """
INSERT INTO datapoints_enrichmentcall (
    workspace_id, enrichment_id, lead_id, provider, name, http_provider_id, at, asked, cached, cost, currency
)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s::bigint[], false, %s, %s)
RETURNING id
"""
_COUNT = statement(__file__, "count")
_SPEND = statement(__file__, "spend")
_UNSPEND = statement(__file__, "unspend")
_PAUSE = (
    "UPDATE datapoints_httpprovider SET paused_until = now() + make_interval(secs => %s::float8)"
    " WHERE id = %s AND workspace_id = %s"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """When a question may be put, and its row."""

    call_id: int
    at: datetime


def take_turn(service: Service, question: Question) -> Turn | str:
    """A turn to ask ``service``: the one that was waited for, else the next there is; why there is none, in words."""
    with short_transaction() as cursor:
        cursor.execute(_LOCK, [service.id, service.workspace_id])
        row = cursor.fetchone()
        if row is None:
            return GONE
        now = datetime.now(UTC)
        paused: datetime = max(row[0] or now, now)
        if question.call_id is not None:
            cursor.execute(_MINE, [question.call_id, service.id])
            mine = cursor.fetchone()
            if mine is not None and paused <= now:
                return Turn(question.call_id, mine[0])
            _give_up(
                cursor, service, question.call_id
            )  # it has asked for a pause since: the turn comes later
        at = max(paused, _free_from(cursor, service))
        if at - now > LONGEST_TURN:
            return NO_TURN
        if not _spend(cursor, service):
            return NO_BUDGET
        lead = question.facts.lead_id or None
        cursor.execute(
            _PUT,
            [service.workspace_id, question.run_id, lead, service.key, service.name, service.id, at,
             sorted(question.asked), service.cost, service.currency],
        )  # fmt: skip
        return Turn(int(cursor.fetchone()[0]), at)


def _free_from(cursor: Any, service: Service) -> datetime:
    """From when on one more call leaves no minute with more than there may be."""
    if service.rate_limit is None:
        return datetime.min.replace(tzinfo=UTC)
    cursor.execute(_LAST, [service.id, service.rate_limit - 1])
    row = cursor.fetchone()
    return row[0] + timedelta(minutes=1) if row else datetime.min.replace(tzinfo=UTC)


def _spend(cursor: Any, service: Service) -> bool:
    """Count a call and what it costs, unless that is more than the month's budget."""
    cost, budget = service.cost or 0, service.monthly_budget
    if budget is not None and cost > budget:
        return False
    values = {"workspace": service.workspace_id, "provider": service.key, "cost": cost, "budget": budget}
    cursor.execute(_SPEND, values)
    return bool(cursor.fetchone())


def give_up_turn(service: Service, call_id: int | None) -> None:
    """A turn that was waited for is not needed any more."""
    if call_id is not None:
        with short_transaction() as cursor:
            _give_up(cursor, service, call_id)


def _give_up(cursor: Any, service: Service, call_id: int) -> None:
    cursor.execute(_UNSPEND, {"call": call_id, "service": service.id})


def pause(service: Service, seconds: float | None) -> None:
    """It has asked not to be called for so long."""
    with short_transaction() as cursor:
        length = min(LONGEST_PAUSE, PAUSE if seconds is None else seconds)
        cursor.execute(_PAUSE, [length, service.id, service.workspace_id])


def count(workspace_id: int, key: str, answered: Answered) -> None:
    """Count what came of a question; that a service was called is counted with its turn."""
    if not answered.asked:
        return
    counts = {
        "calls": int(not answered.cached and answered.call_id is None),
        "cached": int(answered.cached),
        "hits": int(bool(answered.found)),
        "failures": int(not answered.found and answered.failed),
        "misses": int(not answered.found and not answered.failed),
    }
    with short_transaction() as cursor:
        cursor.execute(_COUNT, {"workspace": workspace_id, "provider": key, **counts})
