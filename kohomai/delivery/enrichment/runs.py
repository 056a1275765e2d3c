"""Runs: for one lead the providers are asked one after the other, each only for what is still not found.

What nobody is left to look for is settled at once, so that no decision waits for it in vain. Everything can be done
twice without harm: a provider's answer is taken, and the run moved on to the next, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from django.db import connection, transaction

from kohomai.datapoints.catalogue import Catalogue, catalogue
from kohomai.datapoints.providers import Promising, in_order, key_of, promised, promises_of
from kohomai.delivery.enrichment import pace
from kohomai.delivery.enrichment.asking import Answered, Question, ask
from kohomai.delivery.enrichment.facts import facts_of, given_by_people, lead_of
from kohomai.engine.errors import NotFound
from kohomai.journeys.lead_record import LeadRecord
from kohomai.journeys.person import enriched
from kohomai.journeys.wake import notify
from kohomai.workspaces.sql import statement

if TYPE_CHECKING:
    from kohomai.delivery.relay import Event

WAITING, RUNNING, DONE, FAILED = "Waiting", "Running", "Done", "Failed"
REGISTERED, ASKED, ACTIVITY = "Registered", "Asked", "Activity"
"""Why there is a run: a journey has begun, somebody has asked for it, an activity does it."""
AGAIN = 5.0
"""Seconds that a run is put off while another of the same lead is under way, unless that ends before."""
_OPEN = [WAITING, RUNNING]

_PLAN = statement(__file__, "plan")
_RUN = (
    "SELECT id, workspace_id, lead_id, cause, sought, remaining, provider, allowed, anew, call_id, tries"
    " FROM datapoints_enrichment WHERE id = %s AND status = %s"
)
_FOUND = (
    "SELECT count(DISTINCT f.id) FROM datapoints_enrichmentcall AS c, unnest(c.found) AS f (id)"
    " WHERE c.enrichment_id = %s"
)
_LOCK = "SELECT remaining FROM datapoints_enrichment WHERE id = %s AND provider = %s AND status = ANY (%s) FOR UPDATE"
_ASKED_BEFORE = (
    "SELECT DISTINCT provider FROM datapoints_enrichmentcall WHERE enrichment_id = %s AND found IS NOT NULL"
)
_MOVE = (
    "UPDATE datapoints_enrichment SET remaining = %s::bigint[], provider = %s, call_id = NULL, tries = 0,"
    " last_error = coalesce(%s, last_error), next_at = now() WHERE id = %s"
)
_END = (
    "UPDATE datapoints_enrichment SET status = %s, remaining = '{}', provider = '', call_id = NULL,"
    " last_error = coalesce(%s, last_error), ended_at = now() WHERE id = %s"
)
_RELEASE = (
    "UPDATE datapoints_enrichment SET next_at = now() WHERE id = ANY (ARRAY("
    " SELECT id FROM datapoints_enrichment WHERE lead_id = %s AND status = 'Waiting' AND id > %s"
    " FOR UPDATE SKIP LOCKED))"
)
_OLDER = (
    "SELECT EXISTS (SELECT FROM datapoints_enrichment WHERE lead_id = %s AND status = 'Waiting' AND id < %s)"
)
_PUT_OFF = (
    "UPDATE datapoints_enrichment SET next_at = %s, call_id = %s, tries = greatest(tries - 1, 0)"
    " WHERE id = %s AND status = 'Waiting'"
)
_CALLED = """
UPDATE datapoints_enrichmentcall
SET found = %(found)s::bigint[], status = %(status)s, error = %(error)s, took_ms = %(took)s, name = %(name)s
WHERE id = %(call)s
"""
_LOST = (
    "UPDATE datapoints_enrichmentcall SET found = '{}', error = 'Its answer was lost: the worker stopped.'"
    " WHERE enrichment_id = %s AND provider = %s AND found IS NULL"
)
_NOTED = """
INSERT INTO datapoints_enrichmentcall (
    workspace_id, enrichment_id, lead_id, provider, name, at, asked, found, cached, status, error, took_ms
)
VALUES (
    %(workspace)s, %(run)s, %(lead)s, %(provider)s, %(name)s, now(), %(asked)s::bigint[], %(found)s::bigint[],
    %(cached)s, %(status)s, %(error)s, %(took)s
)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it stands. ``remaining`` are the data points neither found nor given up."""

    id: int
    workspace_id: int
    lead_id: int
    cause: str
    sought: Sequence[int]
    remaining: Sequence[int]
    provider: str
    allowed: Sequence[str] | None
    anew: bool
    call_id: int | None
    tries: int


# --- beginning ----------------------------------------------------------------------------------------------


def plan(events: Sequence[Event]) -> int:
    """Make a run for each of these journeys that has something pending which somebody here promises; how many there
    were."""
    rows = []
    for event in events:
        pending = event.payload.get("Pending") or ()
        if pending:
            mark = f"event-{event.id}"
            rows.append(_row(event.workspace_id, event.lead_id, pending, cause=REGISTERED, mark=mark))
    rows = [row for row in rows if row["provider"]]
    return len(_insert(rows)) if rows else 0


def ask_anew(workspace_id: int, lead_id: int) -> int:
    """Have a lead found out about once more: all that is promised and that nobody has given; the run's ``Id``.

    Raises ``NotFound``.
    """
    points = catalogue(workspace_id)
    lead = lead_of(workspace_id, lead_id, points)
    sought = promised(workspace_id, points) - given_by_people(lead)
    (made,) = _insert([_row(workspace_id, lead_id, sorted(sought), cause=ASKED, anew=True)])
    transaction.on_commit(notify)
    return made


def begin_now(
    workspace_id: int, lead_id: int, sought: Iterable[int], only: Sequence[str] | None, mark: str
) -> int:
    """A run that its caller moves on by itself; the ``Id``, of the same ``mark`` that of the one begun before."""
    wanted = sorted(set(sought))
    row = _row(workspace_id, lead_id, wanted, cause=ACTIVITY, mark=mark, only=only, status=RUNNING)
    if made := _insert([row]):
        return made[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM datapoints_enrichment WHERE mark = %s AND workspace_id = %s", [mark, workspace_id]
        )
        return int(cursor.fetchone()[0])


def running(run_id: int) -> Run | None:
    """The run as it stands now; ``None`` when it has ended."""
    with connection.cursor() as cursor:
        cursor.execute(_RUN, [run_id, RUNNING])
        row = cursor.fetchone()
    return Run(*row) if row else None


def found_by(run_id: int) -> int:
    """How many data points a run has found."""
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [run_id])
        return int(cursor.fetchone()[0])


def _row(
    workspace_id: int,
    lead_id: int,
    sought: Sequence[int],
    *,
    cause: str,
    mark: str | None = None,
    only: Sequence[str] | None = None,
    anew: bool = False,
    status: str = WAITING,
) -> dict[str, Any]:
    points = catalogue(workspace_id)
    # Whoever promised may have been made a moment ago, by another process.
    first = _next(in_order(workspace_id), points, sought, only, ()) or _next(
        in_order(workspace_id, fresh=True), points, sought, only, ()
    )
    return {
        "workspace_id": workspace_id,
        "lead_id": lead_id,
        "mark": mark,
        "cause": cause,
        "sought": list(sought),
        "provider": key_of(first) if first else "",
        "allowed": None if only is None else list(only),
        "anew": anew,
        "status": status,
    }


def _insert(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_PLAN, [orjson.dumps(rows).decode()])
        return [row[0] for row in cursor.fetchall()]


def _next(
    order: Iterable[Promising],
    points: Catalogue,
    sought: Collection[int],
    only: Sequence[str] | None,
    before: Collection[str],
) -> Promising | None:
    """The first that promises any of ``sought``, may be asked, and was not asked before."""
    for provider in _left(order, only, before):
        if not promises_of(provider, points.workspace_id, points).isdisjoint(sought):
            return provider
    return None


def _left(
    order: Iterable[Promising], only: Sequence[str] | None, before: Collection[str]
) -> Iterable[Promising]:
    names = None if only is None else {name.casefold() for name in only}
    return (
        provider
        for provider in order
        if key_of(provider) not in before and (names is None or provider.name.casefold() in names)
    )


# --- moving on ----------------------------------------------------------------------------------------------


def step(run: Run) -> Answered:
    """Ask the one whose turn it is, and move the run on; what came of it (``later``: nothing yet, its turn is then).

    Raises when the database is away. Done twice, the second time changes nothing.
    """
    points = catalogue(run.workspace_id)
    try:
        lead = lead_of(run.workspace_id, run.lead_id, points)
    except NotFound as gone:
        end(run, DONE, gone.detail)
        return Answered(error=gone.detail)
    provider = _provider(run)
    asked: frozenset[int] = frozenset()
    answered = Answered()
    if provider is not None:
        known = _known(run, lead)
        asked = promises_of(provider, run.workspace_id, points).intersection(run.remaining) - known
        if asked:
            question = Question(facts_of(lead, points), asked, run.id, run.call_id, run.anew)
            answered = ask(provider, question)
            if answered.later is not None:
                return answered
            pace.count(run.workspace_id, run.provider, answered)
    settle(run, provider, asked, answered)
    return answered


def settle(
    run: Run, provider: Promising | None, asked: frozenset[int], answered: Answered, *, last: bool = False
) -> None:
    """Take an answer in and move the run on to the next provider, or end it (``last``: in any case), all in one
    transaction."""
    points = catalogue(run.workspace_id)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK, [run.id, run.provider, _OPEN])
        row = cursor.fetchone()
        if row is None:
            return  # somebody else was faster
        remaining = [point_id for point_id in row[0] if point_id not in answered.found]
        cursor.execute(_ASKED_BEFORE, [run.id])
        before = {run.provider, *(one[0] for one in cursor.fetchall())}
        order = in_order(run.workspace_id)
        try:
            lead = lead_of(run.workspace_id, run.lead_id, points)
        except NotFound as gone:
            _end(run, DONE, gone.detail)
            return
        sought = set(remaining) - _known(run, lead)
        following = None if last else _next(order, points, sought, run.allowed, before)
        later: frozenset[int] = frozenset()
        if following is not None:
            left = (promises_of(one, run.workspace_id, points) for one in _left(order, run.allowed, before))
            later = frozenset().union(*left)
        vain = [point_id for point_id in remaining if point_id not in later]
        if provider is not None and (answered.found or vain):
            enriched(run.workspace_id, run.lead_id, provider.name, answered.found, vain)
        elif vain:
            enriched(run.workspace_id, run.lead_id, run.provider, {}, vain)
        if provider is not None and asked:
            _note(run, provider, asked, answered)
        if following is None:
            _end(run, DONE, answered.error)
        else:
            still = [point_id for point_id in remaining if point_id in later]
            cursor.execute(_MOVE, [still, key_of(following), answered.error, run.id])


def give_up(run: Run, reason: str, *, last: bool = False) -> None:
    """The provider whose turn it is has found nothing, since it was not asked: the run goes on without it, or ends
    (``last``)."""
    provider = _provider(run)
    asked = frozenset(run.remaining) if provider else frozenset()
    answered = Answered(error=reason[:300], failed=True, asked=False, call_id=run.call_id)
    settle(run, provider, asked, answered, last=last)


def _provider(run: Run) -> Promising | None:
    """The one whose turn it is; ``None`` where it is not there any more."""
    for fresh in (False, True):
        for one in in_order(run.workspace_id, fresh):
            if key_of(one) == run.provider:
                return one
    return None


def has_older(run: Run) -> bool:
    """Whether another run of the same lead, begun before, is under way: it may find what this one would pay for."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDER, [run.lead_id, run.id])
        return bool(cursor.fetchone()[0])


def put_off(run: Run, until: Any, call_id: int | None) -> None:
    """It is looked at again then."""
    with connection.cursor() as cursor:
        cursor.execute(_PUT_OFF, [until, call_id, run.id])


def end(run: Run, status: str, error: str | None) -> None:
    """Nobody is asked any more."""
    with transaction.atomic():
        _end(run, status, error)


def _end(run: Run, status: str, error: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_END, [status, error, run.id])
    transaction.on_commit(lambda: _release(run))


def _release(run: Run) -> None:
    """What waited for it need not wait any longer. Told afterwards: whoever settles one of those holds its row, and
    waits for the lead's."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [run.lead_id, run.id])


def _known(run: Run, lead: LeadRecord) -> frozenset[int]:
    """What need not be asked for: what somebody has given; and what was found out, unless it is asked for anew."""
    return given_by_people(lead) if run.anew else frozenset(lead.data)


def _note(run: Run, provider: Promising, asked: frozenset[int], answered: Answered) -> None:
    values: dict[str, Any] = {
        "workspace": run.workspace_id,
        "run": run.id,
        "lead": run.lead_id,
        "provider": run.provider,
        "name": provider.name[:80],
        "asked": sorted(asked),
        "found": sorted(answered.found),
        "cached": answered.cached,
        "status": answered.status,
        "error": answered.error,
        "took": answered.took_ms,
        "call": answered.call_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTED if answered.call_id is None else _CALLED, values)
        cursor.execute(_LOST, [run.id, run.provider])
