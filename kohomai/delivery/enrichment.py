"""Asking the providers: which lead is to be found out about by whom, and what came of it.

Each call of a provider has a thread of its own and its time limit; one that is still running when that has
passed has not found anything, and its thread is left behind (it ends with the process, at the latest).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from django.db import connection, transaction

from kohomai.datapoints.catalogue import Catalogue, catalogue
from kohomai.datapoints.providers import LeadFacts, Provider, promises_of, providers, time_limit_of
from kohomai.delivery.database import AWAY, short_transaction
from kohomai.engine.errors import NotFound
from kohomai.engine.values import Value, parse, to_api
from kohomai.journeys.person import enriched
from kohomai.workspaces.sql import statement

if TYPE_CHECKING:
    from kohomai.delivery.relay import Event

CALLS = 8
"""Calls of providers at the same time."""
TRIES = 5
"""How often it is tried when not the provider but something of ours fails."""
GRACE = 20.0
"""Seconds on top of a provider's time limit after which another worker may ask anew."""

_log = structlog.get_logger()
_PLAN = statement(__file__, "plan_enrichments")
_CLAIM = statement(__file__, "claim_enrichments")
_LOCK = "SELECT FROM delivery_enrichmentrun WHERE id = %s AND status = 'Waiting' FOR UPDATE"
_LOCK_LEAD = "SELECT FROM leads_lead WHERE id = %s AND workspace_id = %s FOR UPDATE"
_OTHERS = (
    "SELECT provider FROM delivery_enrichmentrun"
    " WHERE event_id = (SELECT event_id FROM delivery_enrichmentrun WHERE id = %s) AND id <> %s AND status = 'Waiting'"
)
_END = "UPDATE delivery_enrichmentrun SET status = %s, last_error = %s, ended_at = now() WHERE id = %s"


def plan(events: Sequence[Event]) -> int:
    """Write a row for each provider that promised what these journeys have pending; how many there were."""
    rows = []
    for event in events:
        pending = set(event.payload.get("Pending") or ())
        if not pending or not providers():
            continue
        points = catalogue(event.workspace_id)
        for provider in providers():
            if pending & promises_of(provider, event.workspace_id, points):
                rows.append(
                    {
                        "workspace_id": event.workspace_id,
                        "lead_id": event.lead_id,
                        "provider": provider.name,
                        "event_id": event.id,
                    }
                )
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_PLAN, [orjson.dumps(rows).decode()])
        return int(cursor.rowcount)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A row of work taken on lease, with what the provider is told."""

    id: int
    workspace_id: int
    lead_id: int
    provider: str
    tries: int
    email: str | None
    firstname: str | None
    lastname: str | None
    phone: str | None


class Desk:
    """Claims rows and has their providers asked, a few at the same time."""

    def __init__(self) -> None:
        self._free = threading.Semaphore(CALLS)

    def step(self) -> int:
        """Claim what is due, as far as there are hands free, and have it asked; how many were begun."""
        free = 0
        while free < CALLS and self._free.acquire(blocking=False):
            free += 1
        claimed = _claim(free) if free else []
        for _ in range(free - len(claimed)):
            self._free.release()
        for row in claimed:
            threading.Thread(target=self._work, args=(row,), name="enrichment", daemon=True).start()
        return len(claimed)

    def _work(self, row: _Claimed) -> None:
        try:
            work(row)
        except AWAY:
            pass  # the lease ends, and it is asked again
        except Exception as error:
            _log.exception("enrichment failed", run=row.id, provider=row.provider)
            if row.tries >= TRIES:
                _end(row, "Failed", type(error).__name__)
        finally:
            connection.close()
            self._free.release()


def _claim(limit: int) -> list[_Claimed]:
    longest = max((time_limit_of(provider) for provider in providers()), default=0.0)
    with short_transaction() as cursor:
        cursor.execute(_CLAIM, {"limit": limit, "lease": longest + GRACE})
        return [_Claimed(*row) for row in cursor.fetchall()]


def work(row: _Claimed) -> None:
    """Ask one provider about one lead, and tell the lead's journeys. Done twice, the second changes nothing."""
    provider = next((one for one in providers() if one.name == row.provider), None)
    if provider is None or row.email is None:
        _end(row, "Done", "the provider is gone" if row.email else "the lead is gone")
        return
    points = catalogue(row.workspace_id)
    promised = promises_of(provider, row.workspace_id, points)
    facts = LeadFacts(
        row.workspace_id, row.lead_id, row.email, row.firstname, row.lastname, row.phone, points
    )
    found, error = ask(provider, facts, promised)
    # In one transaction with the row's end, so that journeys are told once, whenever this is killed.
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [row.id])
            if cursor.fetchone() is None:
                return
        not_found = promised - found.keys() - _sought_by_others(row, points)
        try:
            enriched(row.workspace_id, row.lead_id, provider.name, found, not_found)
        except NotFound as refused:
            error = refused.detail
        _end(row, "Failed" if error else "Done", error)


def _sought_by_others(row: _Claimed, points: Catalogue) -> frozenset[int]:
    """What another provider, which has not answered yet, is still looking for: that is not "not found" yet.

    The lead is locked first, so that of two who answer at the same moment the second sees the first.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_LEAD, [row.lead_id, row.workspace_id])
        cursor.execute(_OTHERS, [row.id, row.id])
        waiting = {one[0] for one in cursor.fetchall()}
    sought = [promises_of(one, row.workspace_id, points) for one in providers() if one.name in waiting]
    return frozenset().union(*sought)


def ask(
    provider: Provider, facts: LeadFacts, promised: frozenset[int]
) -> tuple[dict[int, Value], str | None]:
    """What the provider found of what it promised, and what went wrong, if anything did. Never takes longer
    than its time limit, and never raises."""
    answers: SimpleQueue[Mapping[int, Any] | Exception] = SimpleQueue()

    def call() -> None:
        try:
            answers.put(provider.find(facts))
        except Exception as error:
            answers.put(error)
        finally:
            connection.close()  # in case it asked the database

    thread = threading.Thread(target=call, name=f"provider {provider.name}", daemon=True)
    thread.start()
    thread.join(time_limit_of(provider))
    if answers.empty():
        return {}, "no answer within the time limit"
    answer = answers.get()
    if isinstance(answer, Exception):
        _log.warning("provider failed", provider=provider.name, error=type(answer).__name__)
        return {}, f"it failed ({type(answer).__name__})"
    return _typed(answer, facts, promised)


def _typed(answer: Any, facts: LeadFacts, promised: frozenset[int]) -> tuple[dict[int, Value], str | None]:
    """What was found, of the data points' own types; what does not fit is left out."""
    if not isinstance(answer, Mapping):
        return {}, "what it answered is no mapping"
    found: dict[int, Value] = {}
    wrong = None
    for point_id, value in answer.items():
        if point_id not in promised or value is None:
            continue
        try:
            # Through the form that people send, so that nothing gets in that no person could have given.
            typed = parse(facts.catalogue.by_id[point_id], to_api(value))
        except (ValueError, TypeError, AttributeError) as error:
            wrong = f"data point {point_id} {error}"[:300]
            continue
        if typed is not None:
            found[point_id] = typed
    return found, wrong


def _end(row: _Claimed, status: str, error: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_END, [status, error, row.id])
