"""The one door: a batch of registrations goes in together, in one transaction and a few round trips.

Leads are locked in order of their e-mails, so that no two batches deadlock. What exists is read for the whole
batch, the engine is asked about each, and everything is written by set-based statements in one pipeline.
One registration that cannot be written fails alone; the others go in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection, transaction
from psycopg import Connection
from psycopg.rows import dict_row

from kohomai.datapoints.catalogue import catalogue
from kohomai.engine.errors import Conflict, DomainError, Fault, Invalid
from kohomai.journeys import store, wake
from kohomai.journeys.lead_record import LeadRecord
from kohomai.journeys.view import receipts_of
from kohomai.journeys.writes import Writes, allocate_ids, bytea, json
from kohomai.registration import held
from kohomai.registration.answering import outcome_of, wants_session
from kohomai.registration.model import Outcome, Registration
from kohomai.registration.plan import Plan, version_of
from kohomai.sessions.links import INSERT_LINKS, new_link
from kohomai.workspaces.sql import statement

_LOCK_LEADS = statement(__file__, "lock_leads")
_KEPT_ANSWERS = statement(__file__, "kept_answers")
_KEEP_ANSWERS = statement(__file__, "keep_answers")
_TRIES = 8

Result = Outcome | Exception


def register(batch: Sequence[Registration]) -> list[Result]:
    """Register each lead of ``batch``; what came of each, or why it was refused, in the same order.

    Gives, in a registration's place, ``DomainError`` for what its sender can mend, and any other exception
    where the database did not take it. Raises nothing but ``OperationalError`` or ``InterfaceError`` (the
    database is away, and it is not known what of the batch was kept).
    """
    results: list[Result | None] = [None] * len(batch)
    waiting = list(range(len(batch)))
    while waiting:
        first, later = _apart(batch, waiting)
        for place, result in zip(first, _register_apart([batch[place] for place in first]), strict=True):
            results[place] = result
        waiting = later
    return results  # type: ignore[return-value]


def _apart(batch: Sequence[Registration], places: Sequence[int]) -> tuple[list[int], list[int]]:
    """The places that can go in together (no lead and no idempotency key twice), and those that come after."""
    seen: set[tuple[Any, ...]] = set()
    first: list[int] = []
    later: list[int] = []
    for place in places:
        registration = batch[place]
        marks: set[tuple[Any, ...]] = {("lead", registration.workspace.id, registration.address.key)}
        if registration.keep:
            marks.add(("key", registration.keep.api_key_id, registration.keep.key))
        (later if marks & seen else first).append(place)
        seen |= marks
    first.sort(key=lambda place: (batch[place].workspace.id, batch[place].address.key))
    return first, later


def _register_apart(batch: list[Registration]) -> list[Result]:
    error: Exception
    for _ in range(_TRIES):
        try:
            connection.ensure_connection()
            raw = connection.connection
            # Not in a pipeline: what that saves in waiting for answers it costs several times over in processor.
            with raw.transaction():
                results = _in_transaction(raw, batch)
        except (psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected) as violation:
            error = violation
            continue
        except (OperationalError, InterfaceError, psycopg.OperationalError):
            connection.close()
            raise
        except Exception as failure:
            error = failure
            break
        transaction.on_commit(wake.notify)
        return results
    if len(batch) == 1:
        return [error]
    return [result for registration in batch for result in _register_apart([registration])]


def _in_transaction(raw: Connection[Any], batch: list[Registration]) -> list[Result]:
    now = _now()
    results: list[Result | None] = _answered_before(raw, batch)
    going = [place for place, result in enumerate(results) if result is None]
    plans: dict[int, Plan] = {}
    for place, plan in _planned(raw, batch, going, now, results):
        try:
            plan.decide()
        except DomainError as refusal:
            results[place] = refusal
        else:
            plans[place] = plan
    _write(raw, batch, plans, now, results)
    return results  # type: ignore[return-value]


def _now() -> datetime:
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


# --- reading what exists ------------------------------------------------------------------------------------


def _answered_before(raw: Connection[Any], batch: list[Registration]) -> list[Result | None]:
    """For registrations with an idempotency key: the answer given before, or why there is none now."""
    results: list[Result | None] = [None] * len(batch)
    asked = [
        {
            "n": n,
            "api_key_id": r.keep.api_key_id,
            "key": r.keep.key,
            "lock": lock_number(r.keep.api_key_id, r.keep.key),
        }
        for n, r in enumerate(batch)
        if r.keep
    ]
    if not asked:
        return results
    for n, locked, *_ in raw.execute(_KEPT_ANSWERS, (json(asked),)).fetchall():
        if not locked:
            results[n] = Conflict("A call with this Idempotency-Key is still running.")
    # The locks are held now; only a statement that begins after that sees what their last holders kept.
    for n, locked, fingerprint, status, answer in raw.execute(_KEPT_ANSWERS, (json(asked),)).fetchall():
        keep = batch[n].keep
        if locked and status is not None and keep and results[n] is None:
            if bytes(fingerprint) != keep.fingerprint:
                detail = "This Idempotency-Key was used for a different call before."
                results[n] = Invalid([Fault(None, "KeyReused", detail, parameter="Idempotency-Key")])
            else:
                results[n] = Outcome("Replayed", replayed=(status, keep.unseal(bytes(answer))))
    return results


def lock_number(api_key_id: int, key: str) -> int:
    """The number of the advisory lock that stands for an idempotency key (63 bits of its hash)."""
    return int.from_bytes(sha256(f"{api_key_id}:{key}".encode()).digest()[:8], "big") >> 1


def _planned(
    raw: Connection[Any],
    batch: list[Registration],
    going: list[int],
    now: datetime,
    results: list[Result | None],
) -> Iterator[tuple[int, Plan]]:
    """A plan for each registration that goes in: its lead locked, its journeys loaded."""
    if not going:
        return
    asked = [
        {
            "n": n,
            "workspace_id": batch[n].workspace.id,
            "email_key": batch[n].address.key,
            "funnel_id": batch[n].origin.funnel_id,
        }
        for n in going
    ]
    cursor = raw.cursor(row_factory=dict_row)
    # Never a prepared plan: one made while the tables are small and unmeasured would stay for too long.
    rows = cursor.execute(_LOCK_LEADS, (json(asked),), prepare=False).fetchall()
    journeys = _journeys_of(raw, batch, rows)
    for row in rows:
        n = row["n"]
        registration = batch[n]
        if registration.public and row["id"] is not None:
            held.hold(registration, row, now)
            known = LeadRecord.stored(row, catalogue(registration.workspace.id))
            results[n] = Outcome("Held", lead=known)
            continue
        try:
            definition = version_of(registration, row["current_version"])
        except DomainError as refusal:
            results[n] = refusal
            continue
        points = catalogue(registration.workspace.id)
        if row["id"] is None:
            lead = LeadRecord.fresh(
                registration.workspace.id, registration.address.email, registration.address.key, now
            )
        else:
            lead = LeadRecord.stored(row, points)
        yield n, Plan(registration, points, now, definition, lead, journeys.get(lead.id, []))


def _journeys_of(
    raw: Connection[Any], batch: list[Registration], rows: list[dict[str, Any]]
) -> dict[int, list[store.Loaded]]:
    """The running journeys of the leads that exist, and the last one of each in its funnel."""
    stored = {row["id"]: batch[row["n"]] for row in rows if row["id"] is not None}
    if not stored:
        return {}
    points = {i: point for r in stored.values() for i, point in catalogue(r.workspace.id).by_id.items()}
    loaded = store.load(
        raw,
        "lead_id = ANY (%s) AND (status = 'InProgress' OR id IN ("
        " SELECT max(id) FROM journeys_journey WHERE lead_id = ANY (%s) GROUP BY lead_id, funnel_id))",
        (list(stored), list(stored)),
        points,
    )
    found: dict[int, list[store.Loaded]] = {}
    for journey in loaded:
        found.setdefault(journey.row.lead_id, []).append(journey)
    return found


# --- writing what happens -----------------------------------------------------------------------------------


def _write(
    raw: Connection[Any],
    batch: list[Registration],
    plans: dict[int, Plan],
    now: datetime,
    results: list[Result | None],
) -> None:
    kept = [
        _kept_row(registration, result, now)
        for registration, result in zip(batch, results, strict=True)
        if registration.keep and isinstance(result, Outcome) and result.result == "Held"
    ]
    if not plans and not kept:
        return
    counts = [sum(plan.needs()[kind] for plan in plans.values()) for kind in range(3)]
    leads, journeys, activities = (iter(ids) for ids in allocate_ids(raw, *counts))
    writes = Writes()
    links: list[dict[str, Any]] = []
    for place, plan in plans.items():
        written = plan.write(writes, (leads, journeys, activities))
        registration = batch[place]
        session = None
        if registration.always_session or wants_session(written.journey.state):
            link, uuid = new_link(
                registration.workspace.id,
                now=now,
                lead_id=written.lead.id,
                journey_id=written.journey.row.id,
                redirect_url=registration.redirect_url or written.journey.row.redirect_url,
                verified=not registration.public,
            )
            links.append(link)
            session = (link, uuid)
        outcome = outcome_of(plan, written, session)
        results[place] = outcome
        if registration.keep:
            # The answer is made before its rows are written, so what was decided just now is put in by hand.
            if outcome.decisions is None:
                outcome.receipts = [*receipts_of(written.journey.row.id), *plan.receipts()]
            kept.append(_kept_row(registration, outcome, now))
    writes.send(raw, (INSERT_LINKS, links), (_KEEP_ANSWERS, kept))


def _kept_row(registration: Registration, outcome: Outcome, now: datetime) -> dict[str, Any]:
    keep = registration.keep
    assert keep is not None
    status, body = keep.answer(outcome)
    return {
        "workspace_id": registration.workspace.id,
        "api_key_id": keep.api_key_id,
        "key": keep.key,
        "fingerprint": bytea(keep.fingerprint),
        "status": status,
        "answer": bytea(keep.seal(body)),
        "lead_id": outcome.lead.id if outcome.lead else None,
        "created_at": now,
    }
