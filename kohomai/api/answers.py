"""What is sent back: JSON with every number exact, and problems as RFC 9457 has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse

from kohomai.api.body import BadRequest, TooLarge, WrongMediaType
from kohomai.engine.errors import (
    Conflict,
    DomainError,
    Fault,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
)
from kohomai.funnels.services import MustCompare, Stale
from kohomai.sessions.limits import TooMany

JSON = "application/json"
PROBLEM = "application/problem+json"


def dumps(data: Any) -> bytes:
    """JSON; a ``Decimal`` is written as the number it is, digit for digit."""
    return orjson.dumps(data, default=_exact)


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(f"{value:f}")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer with ``data`` as its JSON."""
    return raw_answer(dumps(data), status, headers)


def raw_answer(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer whose JSON is written already."""
    return HttpResponse(body, status=status, content_type=JSON, headers=dict(headers) if headers else None)


# --- problems -----------------------------------------------------------------------------------------------


class Unauthorized(DomainError):
    """No key, or none that is valid (401)."""


class MethodNotAllowed(DomainError):
    """There is such a path, but not with this method (405)."""

    def __init__(self, allowed: str) -> None:
        super().__init__(f"This path takes {allowed} only.")
        self.allowed = allowed


# Most particular first: a subclass stands before what it derives from.
_STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (BadRequest, 400),
    (Unauthorized, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (MethodNotAllowed, 405),
    (Stale, 412),
    (MustCompare, 428),
    (Conflict, 409),
    (Gone, 410),
    (TooLarge, 413),
    (WrongMediaType, 415),
    (Invalid, 422),
    (TooMany, 429),
)


def status_of(error: DomainError) -> int:
    """The status that says what an error is."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The answer to a call that is refused for a reason its caller can understand."""
    response = problem(request, status_of(error), error.detail, getattr(error, "faults", ()))
    if isinstance(error, Unauthorized):
        response.headers["WWW-Authenticate"] = 'Bearer realm="Kohomai"'
    elif isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = error.allowed
    elif isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def problem(request: HttpRequest, status: int, detail: str, faults: Iterable[Fault] = ()) -> HttpResponse:
    """A problem document; each fault is one of its ``errors``."""
    document = problem_document(status, detail, faults, request.path_info)
    return HttpResponse(_dump_problem(document), status=status, content_type=PROBLEM)


def problem_document(
    status: int, detail: str, faults: Iterable[Fault] = (), instance: str | None = None
) -> dict[str, Any]:
    """The problem as JSON has it."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or HTTPStatus(status).phrase,
        "instance": instance,
        "errors": [fault_json(fault) for fault in faults],
    }


def fault_json(fault: Fault) -> dict[str, str]:
    """One fault: ``pointer`` into the body, or the name of the ``parameter`` or header."""
    if fault.parameter is not None:
        return {"parameter": fault.parameter, "code": fault.code, "detail": fault.detail}
    return {"pointer": fault.pointer or "", "code": fault.code, "detail": fault.detail}


def _dump_problem(document: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:  # a lone surrogate in the path or in a name that was sent
        return orjson.dumps(_clean(document))


def _clean(part: Any) -> Any:
    if isinstance(part, str):
        return part.encode("utf-8", "replace").decode()
    if isinstance(part, dict):
        return {name: _clean(inner) for name, inner in part.items()}
    if isinstance(part, list):
        return [_clean(inner) for inner in part]
    return part
