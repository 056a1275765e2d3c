"""Reading what was sent, strictly: JSON as it was meant, or a refusal that says where it is not.

Duplicate keys, ``NaN``, numbers too large, NUL, lone surrogates and deep nesting are refused; numbers with a
point become ``Decimal``, never binary floats.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from django.http import HttpRequest, RawPostDataException, UnreadablePostError

from kohomai.engine.errors import DomainError, Fault, Invalid

MIB = 1024 * 1024
BODY_LIMIT = MIB
LARGE_BODY_LIMIT = 16 * MIB
DRAINED = 64 * MIB
"""How much of a body that is too large is still taken in, so that its sender gets to see the answer."""
MAX_DEPTH = 32
MAX_DIGITS = 18
"""Digits of a whole number: more do not fit 64 bits, and no field of ours takes them."""
MAX_EXPONENT = 40

_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CHUNK = 65_536


class BadRequest(DomainError):
    """It is not JSON, or not JSON that means one thing only (400)."""

    def __init__(self, detail: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(detail)
        self.faults = faults


class TooLarge(DomainError):
    """The body is over the limit (413)."""


class WrongMediaType(DomainError):
    """The body is said to be something other than JSON (415)."""


def read_json(request: HttpRequest, limit: int = BODY_LIMIT, *, optional: bool = False) -> Any:
    """The JSON that came with a request; ``optional`` takes an empty body for ``{}``.

    Raises ``BadRequest``, ``TooLarge``, ``WrongMediaType``, and ``Invalid`` for texts that cannot be kept.
    """
    body = read_bytes(request, limit)
    if not body and optional:
        return {}
    check_media_type(request)
    return parse(body)


def check_media_type(request: HttpRequest) -> None:
    """Raise ``WrongMediaType`` unless the body is JSON in UTF-8, or nothing is said of it."""
    given = request.META.get("CONTENT_TYPE", "")
    if not given or given == "application/json":
        return
    kind, _, parameters = given.partition(";")
    kind = kind.strip().lower()
    charset = ""
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    is_json = kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
    if not is_json or charset not in ("", "utf-8", "utf8"):
        raise WrongMediaType("Send JSON in UTF-8, with Content-Type: application/json.")


def read_bytes(request: HttpRequest, limit: int = BODY_LIMIT) -> bytes:
    """The body as it came, read no further than the limit. Raises ``TooLarge`` and ``BadRequest``."""
    kept = getattr(request, "_kohomai_body", None)
    if isinstance(kept, bytes):
        return kept
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdigit() and (len(length) > 12 or int(length) > limit):
        drain(request)
        raise TooLarge(f"A body here has at most {limit // MIB} MiB.")
    try:
        body = _read_stream(request, limit) if not length else request.body
    except (UnreadablePostError, RawPostDataException, OSError):
        raise BadRequest("The body did not arrive whole.") from None
    if len(body) > limit:
        raise TooLarge(f"A body here has at most {limit // MIB} MiB.")
    request._kohomai_body = body  # type: ignore[attr-defined]
    return body


def drain(request: HttpRequest) -> None:
    """Read what is left of a body and drop it, so that its sender gets to see the answer, and may go on on
    the same connection: most programs read nothing before they have sent everything."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length == "0" or hasattr(request, "_kohomai_body") or not hasattr(request, "_stream"):
        return
    left = DRAINED
    try:
        while left > 0 and (part := request.read(min(_CHUNK, left))):
            left -= len(part)
    except Exception:  # the answer is made already, and whatever is wrong with the body does not change it
        return


def _read_stream(request: HttpRequest, limit: int) -> bytes:
    """A body that came in chunks, without its length."""
    if "chunked" not in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return b""
    stream = request.META.get("wsgi.input")
    if stream is None:
        return b""
    parts: list[bytes] = []
    size = 0
    while size <= limit and (part := stream.read(_CHUNK)):
        parts.append(part)
        size += len(part)
    while limit < size <= DRAINED and (part := stream.read(_CHUNK)):
        size += len(part)
    return b"".join(parts)


# --- parsing ------------------------------------------------------------------------------------------------


def parse(body: bytes) -> Any:
    """The value that ``body`` stands for. Raises ``BadRequest``; ``Invalid`` for NUL and lone surrogates."""
    check_depth(body)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        detail = f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        raise BadRequest(detail) from None
    except RecursionError:
        raise BadRequest("The body is nested too deep.") from None
    if "\\u" in text:
        faults: list[Fault] = []
        _find_unkeepable(value, "", faults)
        if faults:
            raise Invalid(faults)
    return value


def check_depth(body: bytes) -> None:
    """Raise ``BadRequest`` when arrays and objects are nested over 32 deep; counted before anything is built."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _BRACKETS.findall(_TEXTS.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise BadRequest(f"The body is nested over {MAX_DEPTH} deep.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise BadRequest(f"The key {_quoted(twice)} is there twice.")
    return found


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS + 1:
        raise BadRequest("A number is too large.")
    return int(text)


def _decimal(text: str) -> Decimal:
    if len(text) > 2 * MAX_EXPONENT:
        raise BadRequest("A number has too many digits.")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadRequest("A number is too large.") from None
    exponent = number.as_tuple().exponent
    small = isinstance(exponent, int) and -MAX_EXPONENT <= exponent <= MAX_EXPONENT
    if not small or not -MAX_EXPONENT <= number.adjusted() <= MAX_EXPONENT:
        raise BadRequest("A number is too large or too small.")
    return number


def _constant(text: str) -> NoReturn:
    raise BadRequest(f"{text} is not JSON.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole, parse_float=_decimal, parse_constant=_constant
)


def _find_unkeepable(value: Any, pointer: str, faults: list[Fault]) -> None:
    """Faults of all texts, names of fields too, that hold NUL or half of a surrogate pair."""
    if isinstance(value, str):
        _check_text(value, pointer, faults)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _find_unkeepable(item, f"{pointer}/{place}", faults)
    elif isinstance(value, dict):
        for name, item in value.items():
            below = f"{pointer}/{escape(name)}"
            before = len(faults)
            _check_text(name, below, faults)
            if len(faults) == before:
                _find_unkeepable(item, below, faults)


def _check_text(text: str, pointer: str, faults: list[Fault]) -> None:
    if _SURROGATE.search(text):
        shown = _SURROGATE.sub("\ufffd", pointer)
        faults.append(Fault(shown, "WrongValue", "This holds half of a surrogate pair."))
    elif "\0" in text:
        faults.append(Fault(pointer, "WrongValue", "This holds a NUL, which no text of ours can."))


def escape(name: str) -> str:
    """A name as one step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _quoted(name: str) -> str:
    return repr(_SURROGATE.sub("\ufffd", name[:60]))
