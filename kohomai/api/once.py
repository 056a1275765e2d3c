"""Calls with an ``Idempotency-Key`` whose work must not be done in the transaction that keeps the answer: since it
calls somebody, or takes its time."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from kohomai.api.caller import key_of
from kohomai.api.door import replayed
from kohomai.workspaces import idempotency

HEADER = "HTTP_IDEMPOTENCY_KEY"


def key_name(request: HttpRequest) -> str | None:
    """The key that came with a call, if one did. Raises ``Invalid`` when it cannot be used."""
    name = request.META.get(HEADER)
    return None if name is None else idempotency.check_key(name)


def apart(
    request: HttpRequest, print_: Callable[[], bytes], work: Callable[[], HttpResponse]
) -> HttpResponse:
    """Do ``work`` outside any transaction, unless it was done for the call's key; then keep its answer. ``print_``
    gives the call's fingerprint. Of two that come at the same moment both are done, and one answer is kept."""
    name = key_name(request)
    if name is None:
        return work()
    key, fingerprint = key_of(request), print_()
    if (kept := idempotency.find(key, name, fingerprint)) is not None:
        return replayed(kept.status, kept.body)
    response = work()
    if response.status_code >= 300:
        return response
    answer = idempotency.Answer(response.status_code, response.content)
    done = idempotency.run(key, name, fingerprint, lambda: answer)
    return replayed(done.status, done.body) if done.replayed else response
