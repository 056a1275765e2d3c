"""Trying a service out: one call about one address, shown whole; nothing of it reaches a lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

from django.db import connection

from kohomai.activities.services import Answer
from kohomai.datapoints.http_services import service_of
from kohomai.delivery.database import give_back
from kohomai.delivery.enrichment import http, pace
from kohomai.delivery.enrichment.asking import Answered, Question
from kohomai.delivery.enrichment.configuring import get
from kohomai.delivery.enrichment.facts import facts_by_email
from kohomai.delivery.enrichment.request import HIDDEN, Headers, Request, fill, open_headers
from kohomai.engine.errors import Fault, Invalid
from kohomai.engine.values import DataPoint, Value
from kohomai.sessions.limits import TooMany

SHOWN = 4_096
"""Characters of an answer that are shown."""
_ENDED = (
    "UPDATE datapoints_enrichmentcall SET found = %s::bigint[], status = %s, error = %s, took_ms = %s"
    " WHERE id = %s"
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What was sent (``headers`` with what is secret hidden), what was answered, and what would be taken from it."""

    request: Request | None
    headers: Headers
    answer: Answer | None
    took_ms: int
    found: list[tuple[DataPoint, Value]]
    error: str | None

    @property
    def body(self) -> str | None:
        """The beginning of the answer's body, as text."""
        if self.answer is None:
            return None
        return self.answer.body[: 4 * SHOWN].decode(errors="replace").replace("\0", "\ufffd")[:SHOWN]


def try_out(workspace_id: int, service_id: int, email: object) -> Tried:
    """Call a service about an address, whether it is active or not; it counts, and costs, as any other call.

    Raises ``NotFound``, ``Invalid`` when it is no address, and ``TooMany`` where its rate limit allows no call now.
    """
    service = service_of(get(workspace_id, service_id))
    try:
        if not isinstance(email, str) or not email:
            raise ValueError("must be an e-mail address")
        facts = facts_by_email(workspace_id, email)
    except ValueError as error:
        raise Invalid([Fault("/Email", "WrongValue", f"Email {error}.")]) from None
    try:
        request = fill(service, facts)
    except ValueError as error:
        return Tried(None, (), None, 0, [], f"Its request {error}.")
    asked = frozenset(one.data_point_id for one in service.mapping)
    turn = pace.take_turn(service, Question(facts, asked))
    if isinstance(turn, str):
        return Tried(request, _hidden(request, service.headers), None, 0, [], turn)
    ahead = (turn.at - datetime.now(UTC)).total_seconds()
    if ahead > 0:
        pace.give_up_turn(service, turn.call_id)
        raise TooMany("Its rate limit, or itself, allows no call now.", ceil(ahead))
    give_back()
    answered, answer = http.call(service, request, facts.catalogue)
    _note(turn.call_id, answered)
    pace.count(
        workspace_id, service.key, Answered(answered.found, failed=answered.failed, call_id=turn.call_id)
    )
    found = [(facts.catalogue.by_id[point_id], value) for point_id, value in answered.found.items()]
    return Tried(request, _hidden(request, service.headers), answer, answered.took_ms, found, answered.error)


def _hidden(request: Request, sealed: bytes) -> Headers:
    secret = {name for name, _ in open_headers(sealed)}
    return [(name, HIDDEN if name in secret else value) for name, value in request.headers]


def _note(call_id: int, answered: Answered) -> None:
    values = [sorted(answered.found), answered.status, answered.error, answered.took_ms, call_id]
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, values)
