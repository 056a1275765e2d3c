"""Logs: one JSON object per line on standard error, without personal data.

Lines name ids, paths and codes; never an address, a name, a query string or a body.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog


def _dumps(event: MutableMapping[str, Any], **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()


def _without_values(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep of a database error its class and code only: its text quotes the values of the row."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["trace"] = _trace(error)
        code = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
        if code:
            event["sqlstate"] = code
    return event


def _trace(error: BaseException) -> list[str]:
    """Where an error came from: file and line of each frame, innermost last, without the values in them."""
    frames = []
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames[-12:]


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(level: str = "INFO") -> None:
    """Send structlog's and the standard library's logs to standard error as JSON lines, from `level` on."""
    structlog.configure(
        processors=[*_SHARED, _without_values, structlog.processors.JSONRenderer(serializer=_dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_values,
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Each request has its own line already, and the path with its ids is all that may be in it.
    for name in ("django.request", "django.server", "django.security"):
        logging.getLogger(name).setLevel("ERROR")
    for name in ("procrastinate", "httpx", "httpcore"):
        logging.getLogger(name).setLevel("WARNING")
