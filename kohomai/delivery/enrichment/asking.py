"""Putting a question to one provider: what it found, and what went wrong, if anything did.

A provider in Python has a thread of its own for each question and its time limit; one that is still running when that
has passed has not found anything, and its thread is left behind (it ends with the process, at the latest).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from queue import SimpleQueue
from time import monotonic
from typing import Any

import structlog
from django.db import connection

from kohomai.datapoints.http_services import Service
from kohomai.datapoints.providers import LeadFacts, Promising, Provider, key_of, time_limit_of
from kohomai.engine.values import Value, parse, to_api

_log = structlog.get_logger()
LATE = "It did not answer within its time limit."


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a lead: ``asked`` are the ids of the data points wanted. ``run_id`` is the run's, if any;
    ``call_id`` that of the question whose turn was waited for already. ``anew``: no answer that was kept will do."""

    facts: LeadFacts
    asked: frozenset[int]
    run_id: int | None = None
    call_id: int | None = None
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a question. ``error`` says in words that can be shown why there is not more; ``failed`` whether
    that was a failure, and no answer; ``asked`` is false where it was not put at all. With ``later`` it was not put
    yet: its turn comes then, under ``call_id``."""

    found: Mapping[int, Value] = field(default_factory=dict)
    error: str | None = None
    failed: bool = False
    asked: bool = True
    cached: bool = False
    status: int | None = None
    took_ms: int = 0
    call_id: int | None = None
    cost: Decimal | None = None
    currency: str | None = None
    later: datetime | None = None


def ask(provider: Promising, question: Question) -> Answered:
    """Put the question to the provider. Never takes longer than its time limit, and raises only when the database
    is away."""
    from kohomai.delivery.enrichment import http

    began = monotonic()
    if isinstance(provider, Service):
        answered = http.ask(provider, question)
    else:
        assert isinstance(provider, Provider)
        answered = ask_object(provider, question.facts, question.asked)
    wanted = {point_id: value for point_id, value in answered.found.items() if point_id in question.asked}
    return replace(answered, found=wanted, took_ms=answered.took_ms or round((monotonic() - began) * 1000))


def ask_object(provider: Provider, facts: LeadFacts, asked: frozenset[int]) -> Answered:
    """What a provider in Python found of what it was asked for."""
    answers: SimpleQueue[Mapping[int, Any] | Exception] = SimpleQueue()

    def call() -> None:
        try:
            answers.put(provider.find(facts))
        except Exception as error:
            answers.put(error)
        finally:
            connection.close()  # in case it asked the database

    connection.close()  # none is held while the provider makes up its mind
    thread = threading.Thread(target=call, name=f"provider {provider.name}", daemon=True)
    thread.start()
    thread.join(time_limit_of(provider))
    if answers.empty():
        return Answered(error=LATE, failed=True)
    answer = answers.get()
    if isinstance(answer, Exception):
        _log.warning("provider failed", provider=key_of(provider), error=type(answer).__name__)
        return Answered(error=f"It failed ({type(answer).__name__}).", failed=True)
    return _typed(answer, facts, asked)


def _typed(answer: Any, facts: LeadFacts, asked: frozenset[int]) -> Answered:
    """What was found, of the data points' own types; what does not fit is left out."""
    if not isinstance(answer, Mapping):
        return Answered(error="What it answered is no mapping.", failed=True)
    found: dict[int, Value] = {}
    wrong = None
    for point_id, value in answer.items():
        if point_id not in asked or value is None:
            continue
        point = facts.catalogue.by_id[point_id]
        try:
            # Through the form that people send, so that nothing gets in that no person could have given.
            typed = parse(point, to_api(value))
        except (ValueError, TypeError, AttributeError) as error:
            wrong = f"{point.name} {error}."[:300]
            continue
        if typed is not None:
            found[point_id] = typed
    return Answered(found, wrong)
