"""Bodies that are too large to be held: read as they come."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, RawPostDataException, UnreadablePostError

from kohomai.api.body import MIB, BadRequest, TooLarge, WrongMediaType

PART = 65_536
"""Bytes that are read at once."""


def check_csv(request: HttpRequest) -> None:
    """Raise ``WrongMediaType`` unless the body is said to be CSV, or nothing is said of it."""
    kind = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if kind not in ("", "text/csv", "application/csv"):
        raise WrongMediaType("Send the file as it is, with Content-Type: text/csv.")


def parts_of(request: HttpRequest, limit: int) -> Iterator[bytes]:
    """The body in parts. Raises ``TooLarge`` when it is larger than ``limit``, or says so, and ``BadRequest`` when it
    does not arrive whole."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdigit() and (len(length) > 12 or int(length) > limit):
        raise _too_large(limit)
    read = 0
    for part in _read(request, bool(length)):
        read += len(part)
        if read > limit:
            raise _too_large(limit)
        yield part
    if length.isdigit() and read < int(length):
        raise BadRequest("The body did not arrive whole.")


def _read(request: HttpRequest, counted: bool) -> Iterator[bytes]:
    chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    source = request if counted else request.META.get("wsgi.input") if chunked else None
    if source is None:
        return
    try:
        while part := source.read(PART):
            yield part
    except (UnreadablePostError, RawPostDataException, OSError):
        raise BadRequest("The body did not arrive whole.") from None


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"A body here has at most {limit // MIB} MiB.")
