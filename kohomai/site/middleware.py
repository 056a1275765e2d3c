"""What every request passes through.

Kept thin: under `/api` nothing but `RequestMiddleware` does any work.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from collections.abc import Callable
from functools import lru_cache
from time import perf_counter
from typing import Any, cast

import orjson
import psycopg
import structlog
from csp.middleware import CSPMiddleware
from django import db
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone

from kohomai.site import views
from kohomai.site.environment import Network

Answer = Callable[[HttpRequest], HttpResponseBase]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
_HEALTH = "/healthz"


def is_api(path: str) -> bool:
    """Whether a path is the API's, and answers programs; its documentation is a page."""
    return path.startswith("/api/") and not path.startswith("/api/v1/docs")


def is_database_away(error: BaseException) -> bool:
    """Whether an error says that the database cannot be reached, or cannot go on just now."""
    return isinstance(
        error, (db.OperationalError, db.InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
    )


class RequestMiddleware:
    """Request id, the client's address behind proxies, the host, a line in the log, and 503 without a database."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.hosts: frozenset[str] = settings.KOHOMAI_HOSTS
        self.proxies: tuple[Network, ...] = settings.KOHOMAI_TRUSTED_PROXIES
        self.secure: bool = settings.KOHOMAI_PRODUCTION and settings.KOHOMAI_URL.startswith("https:")
        self.logs: bool = settings.ENVIRONMENT.log_level in ("DEBUG", "INFO")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request, whatever becomes of it, with its id and the headers that all answers have."""
        started = perf_counter()
        return self.leave(request, self.enter(request) or self.get_response(request), started)

    def enter(self, request: HttpRequest) -> HttpResponse | None:
        """Know the request by its id and its client; the answer, where it is for a host that is not served here."""
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else os.urandom(16).hex()
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        if self.proxies:
            believe_proxies(request.META, self.proxies)
        if request.META.get("HTTP_HOST", "").lower() in self.hosts or request.path_info == _HEALTH:
            return None
        return views.other_host(request)

    def leave(self, request: HttpRequest, response: HttpResponseBase, started: float) -> HttpResponseBase:
        """Put on the headers that all answers have, and write the request's line to the log."""
        request_id: str = request.request_id  # type: ignore[attr-defined]
        headers = response.headers
        if not response.streaming and "Content-Length" not in headers:
            headers["Content-Length"] = str(len(response.content))  # type: ignore[attr-defined]
        headers["X-Request-Id"] = request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Referrer-Policy", "same-origin")
        if self.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if self.logs and not (request.path_info == _HEALTH and response.status_code == 200):
            write_line(request, response, request_id, started)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 503 while the database is away; leave every other error to Django."""
        if not is_database_away(exception):
            return None
        structlog.get_logger("kohomai.site").error("database_away", exc_info=exception)
        return views.database_away(request)


def write_line(request: HttpRequest, response: HttpResponseBase, request_id: str, started: float) -> None:
    """Write the request's line to the log: without query, headers and body, where personal data is."""
    line = {
        "event": "request",
        "level": "info",
        "timestamp": timezone.now(),
        "request_id": request_id,
        "method": request.method,
        "path": request.path_info,
        "status": response.status_code,
        "ms": round((perf_counter() - started) * 1000, 1),
    }
    try:
        sys.stderr.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))
        sys.stderr.buffer.flush()
    except (OSError, ValueError, orjson.JSONEncodeError):
        # A log that cannot be written (its reader has gone, a path that is no text) is no reason to refuse the work.
        return


@lru_cache(maxsize=4096)
def is_within(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address lies in one of the networks; what is no address lies in none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def believe_proxies(meta: dict[str, Any], proxies: tuple[Network, ...]) -> None:
    """Put the client's own address and scheme in place, when the request came through a trusted proxy.

    The client is the last address in X-Forwarded-For that is not a trusted proxy: what is left of it anybody can write.
    """
    address = str(meta.get("REMOTE_ADDR", ""))
    if not is_within(address, proxies):
        return
    for entry in reversed(meta.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        candidate = entry.strip()
        try:
            ipaddress.ip_address(candidate)
        except ValueError:
            break
        address = candidate
        if not is_within(candidate, proxies):
            break
    meta["REMOTE_ADDR"] = address
    if meta.get("HTTP_X_FORWARDED_PROTO") in ("http", "https"):
        meta["wsgi.url_scheme"] = meta["HTTP_X_FORWARDED_PROTO"]


class PagesMiddleware(CSPMiddleware):
    """The Content-Security-Policy, with its nonce, on pages."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the API by."""
        if is_api(request.path_info):
            return self.get_response(request)
        response: HttpResponseBase = super().__call__(request)
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return response


class PagesCsrfMiddleware(CsrfViewMiddleware):
    """Django's protection of forms, on pages; the API takes keys, and no cookie."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the API by."""
        if is_api(request.path_info):
            return cast(HttpResponseBase, self.get_response(request))
        return cast(HttpResponseBase, super().__call__(request))

    def process_view(
        self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any
    ) -> HttpResponseForbidden | None:
        """Check the token of a page's form."""
        if is_api(request.path_info):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)
