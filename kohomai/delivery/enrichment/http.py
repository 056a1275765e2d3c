"""Asking an HTTP service: by an answer that was kept, else by a call when its turn has come."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic

from kohomai.activities.answers import read
from kohomai.activities.services import Answer
from kohomai.datapoints.catalogue import Catalogue
from kohomai.datapoints.http_services import Service
from kohomai.delivery.database import give_back
from kohomai.delivery.enrichment import kept, pace
from kohomai.delivery.enrichment.asking import Answered, Question
from kohomai.delivery.enrichment.request import Request, fill, taken
from kohomai.delivery.webhooks.client import CallFailed
from kohomai.delivery.webhooks.schedule import read_retry_after
from kohomai.delivery.world.calls import line
from kohomai.engine.values import Value

NOTHING_KNOWN = frozenset((204, 404))
"""Statuses by which a service says that it knows nothing: that is an answer."""
TOO_OFTEN = 429


def ask(service: Service, question: Question) -> Answered:
    """What the service knows of the lead; ``later`` where its turn has not come. Raises only when the database is
    away."""
    facts = question.facts
    try:
        request = fill(service, facts)
    except ValueError as error:
        return Answered(error=f"Its request {error}."[:300], failed=True)
    if not question.anew and (known := kept.find(service, request, facts.catalogue)) is not None:
        pace.give_up_turn(service, question.call_id)
        return known
    turn = pace.take_turn(service, question)
    if isinstance(turn, str):
        return Answered(error=turn, failed=True, asked=False)
    if turn.at > datetime.now(UTC):
        return Answered(later=turn.at, call_id=turn.call_id)
    give_back()  # no connection is held while the service makes up its mind
    answered, _ = call(service, request, facts.catalogue)
    kept.keep(service, request, facts.lead_id, answered)
    return Answered(
        found=answered.found,
        error=answered.error,
        failed=answered.failed,
        status=answered.status,
        took_ms=answered.took_ms,
        call_id=turn.call_id,
        cost=service.cost,
        currency=service.currency,
    )


def call(service: Service, request: Request, points: Catalogue) -> tuple[Answered, Answer | None]:
    """Call the service, and read what it answers; the answer itself, too, where there was one."""
    began = monotonic()
    try:
        answer = line().call(request.url, request.method, request.headers, request.body, service.time_limit)
    except CallFailed as fault:
        took = round((monotonic() - began) * 1000)
        return Answered(error=str(fault)[:300], failed=True, took_ms=took), None
    took = round((monotonic() - began) * 1000)
    if answer.status == TOO_OFTEN:
        pace.pause(service, read_retry_after(answer.headers.get("retry-after")))
    found, error, failed = _read(service, answer, points)
    return Answered(found, error and error[:300], failed, status=answer.status, took_ms=took), answer


def _read(service: Service, answer: Answer, points: Catalogue) -> tuple[dict[int, Value], str | None, bool]:
    """What is found in an answer, why there is not more, and whether that is a failure."""
    if answer.status in NOTHING_KNOWN:
        return {}, f"It answered {answer.status}: it knows nothing.", False
    if 300 <= answer.status < 400:
        return {}, f"It answered {answer.status}: redirects are not followed.", True
    if not 200 <= answer.status < 300:
        return {}, f"It answered {answer.status}.", True
    try:
        document = read(answer.body)
    except ValueError as error:
        return {}, f"What it answered {error}.", True
    found, wrong = taken(service, document, points)
    return found, " ".join(wrong) or None, False
