"""The application that granian serves: Django in threads, and beside it the one path that is counted in microseconds.

``POST /api/v1/leads`` does not go from thread to thread: the event loop reads it and hands it to the process's
committer, which checks it, writes it with whatever else has arrived, and makes its answer. Nothing else is
different about it: it passes the same middleware and the same view functions as by Django. Everything else is
Django's, by WSGI, in a pool of threads.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from io import BytesIO
from time import perf_counter
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi import build_environ
from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, QueryDict

from kohomai.site.wsgi import application as django_application

# isort: split
# What follows needs Django set up, which the import above has done.
from kohomai.api import committed
from kohomai.api.body import BODY_LIMIT
from kohomai.site.middleware import RequestMiddleware

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LEADS = "/api/v1/leads"
_NAMES = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection's request, as ASGI 3 has it."""
    if scope["type"] != "http":
        await _bridge(scope, receive, send)
    elif scope["method"] == "POST" and scope["path"] == LEADS:
        await _register(scope, receive, send)
    elif _has_small_body(scope):
        await _django(scope, receive, send)
    else:
        # The server gives awaitables, the bridge wants coroutines.
        async def take() -> MutableMapping[str, Any]:
            return await receive()

        await _bridge(scope, take, send)


_bridge: Any = WSGIMiddleware(cast(Any, django_application), workers=settings.KOHOMAI_WEB_THREADS)


def _has_small_body(scope: Scope) -> bool:
    """Whether a request's body is known to be small enough to be read before its thread is taken."""
    length = b"0"
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return False
        if name == b"content-length":
            length = value
    return length.isdigit() and len(length) < 12 and int(length) <= BODY_LIMIT


async def _django(scope: Scope, receive: Receive, send: Send) -> None:
    """Have Django answer in a thread of the bridge's: one hand-over there and one back, where the bridge, which
    streams both ways, needs several."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    loop = asyncio.get_running_loop()
    environ: Any = build_environ(cast(Any, scope), cast(Any, BytesIO(b"".join(parts))))

    def give(message: MutableMapping[str, Any]) -> None:
        async def sent() -> None:
            await send(message)

        asyncio.run_coroutine_threadsafe(sent(), loop).result()

    start, body = await loop.run_in_executor(_bridge.executor, _call, environ, give)
    if start is not None:
        await send(start)
    await send({"type": "http.response.body", "body": body})


def _call(
    environ: Any, give: Callable[[MutableMapping[str, Any]], None]
) -> tuple[MutableMapping[str, Any] | None, bytes]:
    """Django's answer: its start and its body. One that is streamed is given piece by piece; then there is no
    start left to send."""
    started: list[MutableMapping[str, Any]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        named = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        started.append({"type": "http.response.start", "status": int(status[:3]), "headers": named})

    response = django_application(environ, start_response)
    try:
        if not response.streaming:
            return started[0], response.content  # type: ignore[attr-defined]
        give(started[0])
        for part in response:
            give({"type": "http.response.body", "body": part, "more_body": True})
        return None, b""
    finally:
        response.close()


def _no_view(request: HttpRequest) -> HttpResponse:
    raise AssertionError("the committer answers")


_middleware = RequestMiddleware(_no_view)


async def _register(scope: Scope, receive: Receive, send: Send) -> None:
    started = perf_counter()
    request = await _read(scope, receive)
    if request is None:
        return
    response = _middleware.enter(request)
    if response is None:
        answered: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()
        committed.put(request, lambda _, made: _answers.put(answered, made))
        response = await answered
    _middleware.leave(request, response, started)
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


async def _read(scope: Scope, receive: Receive) -> HttpRequest | None:
    """The request with its body; ``None`` when whoever sent it has gone. No more is kept than is ever read."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size <= BODY_LIMIT:
            parts.append(part)
        if not message.get("more_body", False):
            break
    request = HttpRequest()
    request.method = "POST"
    request.path = request.path_info = LEADS
    request.META = _meta(scope)
    request.META["CONTENT_LENGTH"] = str(size)
    with suppress(TooManyFieldsSent):  # then nothing of it is read, and the call names no origin
        request.GET = QueryDict(scope["query_string"])
    request._stream = BytesIO()  # all of it has been read
    if size <= BODY_LIMIT:
        request._kohomai_body = b"".join(parts)  # type: ignore[attr-defined]
    return request


def _meta(scope: Scope) -> dict[str, Any]:
    """The request's headers and circumstances, under the names that WSGI has for them."""
    meta: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": LEADS,
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.url_scheme": scope.get("scheme", "http"),
    }
    for name, value in scope["headers"]:
        key = _NAMES.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        meta[key] = f"{meta[key]},{text}" if key in meta else text
    return meta


class _Answers:
    """Answers on their way from the committer to the event loop; one wake-up carries all that are there."""

    def __init__(self) -> None:
        self._made: deque[tuple[asyncio.Future[HttpResponse], HttpResponse]] = deque()
        self._lock = threading.Lock()
        self._woken = False

    def put(self, waiting: asyncio.Future[HttpResponse], response: HttpResponse) -> None:
        """Have ``response`` given to the task that waits for it; called in the committer's thread."""
        with self._lock:
            self._made.append((waiting, response))
            wake, self._woken = not self._woken, True
        if wake:
            waiting.get_loop().call_soon_threadsafe(self._give)

    def _give(self) -> None:
        with self._lock:
            made, self._made = self._made, deque()
            self._woken = False
        for waiting, response in made:
            if not waiting.done():
                waiting.set_result(response)


_answers = _Answers()
