"""What every call passes through: method, key, web origin, idempotency, and every error as a problem document."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl

import structlog
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from psycopg import InterfaceError as PsycopgInterfaceError
from psycopg import OperationalError as PsycopgOperationalError

from kohomai.api.answers import MethodNotAllowed, Unauthorized, problem, raw_answer, refusal
from kohomai.api.body import LARGE_BODY_LIMIT, drain, read_bytes
from kohomai.engine.errors import DomainError, Fault, Forbidden, Invalid
from kohomai.funnels import origins
from kohomai.workspaces import idempotency, keys
from kohomai.workspaces.keys import PresentedKey
from kohomai.workspaces.models import ApiKey

View = Callable[..., HttpResponse]
SECRET = ApiKey.Kind.SECRET.value

AWAY = (OperationalError, InterfaceError, PsycopgOperationalError, PsycopgInterfaceError)
DETAIL_AWAY = "The database cannot be reached at the moment. Please try again."


# --- keys ---------------------------------------------------------------------------------------------------


def presented_key(request: HttpRequest) -> PresentedKey:
    """The key that came with a call. Raises ``Unauthorized``."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if not token or scheme.lower() != "bearer":
        raise Unauthorized("Send an API key: Authorization: Bearer <key>.")
    found = keys.find(token.strip())
    if found is None:
        raise Unauthorized("This API key does not exist, was revoked or has expired.")
    return found


def secret_key(request: HttpRequest) -> PresentedKey:
    """The secret key that came with a call. Raises ``Unauthorized`` and ``Forbidden``."""
    found = presented_key(request)
    if found.kind != SECRET:
        raise Forbidden("A publishable key may only register leads (POST /api/v1/leads).")
    return found


# --- the door -----------------------------------------------------------------------------------------------


def guarded(request: HttpRequest, work: Callable[[], HttpResponse]) -> HttpResponse:
    """Do ``work``; whatever goes wrong is a problem document. Every answer varies with the web origin."""
    try:
        response = work()
    except DomainError as error:
        response = refusal(request, error)
    except AWAY as error:
        structlog.get_logger("kohomai.api").error("database_away", exc_info=error)
        response = problem(request, 503, DETAIL_AWAY)
        response.headers["Retry-After"] = "2"
    except Exception as error:
        structlog.get_logger("kohomai.api").error("fault_of_ours", exc_info=error)
        known_as = getattr(request, "request_id", "")
        response = problem(request, 500, f"Something went wrong on our side (request {known_as}).")
    if response.status_code >= 400:
        drain(request)
    response.headers["Vary"] = "Origin"
    return response


def door(
    view: View,
    methods: Collection[str],
    parameters: Mapping[str, Collection[str]],
    *,
    own_keeping: bool = False,
) -> View:
    """``view`` behind the door.

    ``methods`` are those it takes, ``parameters`` the names each takes in the query. ``own_keeping`` leaves
    idempotency keys to the view.
    """
    allowed = allow_header(methods)

    def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        def work() -> HttpResponse:
            method = request.method or ""
            if method == "OPTIONS":
                return HttpResponse(status=204, headers={"Allow": allowed})
            head = method == "HEAD" and "GET" in methods
            if head:
                request.method = method = "GET"
            if method not in methods:
                raise MethodNotAllowed(allowed)
            key = secret_key(request)
            request.key = key  # type: ignore[attr-defined]
            check_query(request, parameters.get(method, ()))
            if method == "POST" and "HTTP_IDEMPOTENCY_KEY" in request.META and not own_keeping:
                return _once(request, key, lambda: view(request, *args, **kwargs))
            response = view(request, *args, **kwargs)
            if head:
                request.method = "HEAD"
            return response

        return guarded(request, work)

    enter.csrf_exempt = True  # type: ignore[attr-defined]
    return enter


def allow_header(methods: Collection[str]) -> str:
    """The value of ``Allow`` for a path that takes ``methods``."""
    order = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    taken = {*methods, "OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    return ", ".join(method for method in order if method in taken)


def check_query(request: HttpRequest, known: Collection[str]) -> None:
    """Refuse parameters that are not known, are there twice, or hold NUL. Raises ``Invalid``."""
    raw = request.META.get("QUERY_STRING", "")
    if not raw:
        return
    faults: list[Fault] = []
    seen: set[str] = set()
    for name, value in parse_qsl(raw, keep_blank_values=True, max_num_fields=None):
        shown = name[:60].replace("\0", "\ufffd")
        if name not in known:
            faults.append(Fault(None, "UnknownParameter", f"There is no parameter {shown!r} here.", shown))
        elif name in seen:
            faults.append(Fault(None, "Duplicate", f"The parameter {shown!r} is there twice.", shown))
        elif "\0" in value:
            faults.append(Fault(None, "WrongValue", "A parameter cannot hold NUL.", shown))
        seen.add(name)
    if faults:
        raise Invalid(faults)


# --- idempotency --------------------------------------------------------------------------------------------


def fingerprint_of(request: HttpRequest, limit: int = LARGE_BODY_LIMIT) -> bytes:
    """What tells this call from another with the same idempotency key."""
    return idempotency.fingerprint(
        request.method or "",
        request.path_info,
        request.META.get("QUERY_STRING", ""),
        read_bytes(request, limit),
    )


def _once(request: HttpRequest, key: PresentedKey, work: Callable[[], HttpResponse]) -> HttpResponse:
    """Do ``work`` once for the call's ``Idempotency-Key``; a refused call leaves the key free."""
    name = idempotency.check_key(request.META["HTTP_IDEMPOTENCY_KEY"])
    made: list[HttpResponse] = []

    def answer() -> idempotency.Answer:
        response = work()
        made.append(response)
        return idempotency.Answer(response.status_code, response.content, getattr(request, "lead_id", None))

    kept = idempotency.run(key, name, fingerprint_of(request), answer)
    return replayed(kept.status, kept.body) if kept.replayed else made[-1]


def replayed(status: int, body: bytes) -> HttpResponse:
    """An answer that was given before."""
    return raw_answer(body, status, {"Idempotency-Replayed": "true"})


# --- web origins --------------------------------------------------------------------------------------------


def allow_web_origin(response: HttpResponse, origin: str) -> None:
    """Let the page read the answer, errors too."""
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "X-Request-Id, Idempotency-Replayed, Retry-After"


def is_listed_page(request: HttpRequest, origin: str) -> bool:
    """Whether a publishable key tied to the origin named by ``?ref=`` lists this web origin."""
    found = origins.find(request.GET.get("ref", ""))
    if found is None:
        return False
    try:
        return keys.is_listed(found.workspace_id, found.ref, origin)
    except (ValueError, DatabaseError):  # an Origin header that is no text
        return False
