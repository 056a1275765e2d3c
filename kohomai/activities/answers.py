"""What is taken from the answer of a call: where a value stands in it is said by a JSONPath (RFC 9535)."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from typing import Any, NoReturn

import jsonpath
from jsonpath import JSONPathError

from kohomai.engine.values import DataPoint, Value, ValueType, parse

MAX_PATH = 500
MAX_EXPONENT = 40


@lru_cache(maxsize=1_024)
def _compiled(path: str) -> Any:
    return jsonpath.compile(path, strict=True)


def check_path(path: str) -> str:
    """``path``, when it can be read. Raises ``ValueError`` with the rest of a sentence."""
    if len(path) > MAX_PATH:
        raise ValueError(f"must not be longer than {MAX_PATH} characters")
    try:
        _compiled(path)
    except JSONPathError:
        raise ValueError("must be a JSONPath, such as $.company.size") from None
    return path


def read(body: bytes) -> Any:
    """The document that was answered, its numbers as they are written. Raises ``ValueError`` with the rest of a
    sentence when it is no JSON (or was cut, being too large)."""
    try:
        return json.loads(body, parse_float=_plain, parse_int=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON, or is too large") from None


def _plain(number: str) -> str:
    """A number as it is written; without its exponent, as long as there are few digits in it then."""
    digits, letter, exponent = number.lower().partition("e")
    if letter and len(digits) <= MAX_EXPONENT and len(exponent) <= 3 and abs(int(exponent)) <= MAX_EXPONENT:
        return f"{Decimal(number):f}"
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def taken(document: Any, path: str, point: DataPoint, currency: str | None = None) -> Value | None:
    """The first value at ``path``, as the data point's type has it; a bare number is an amount in ``currency``.
    ``None`` for null and empty text. Raises ``ValueError`` with the rest of a sentence."""
    try:
        found = _compiled(path).match(document)
    except (JSONPathError, RecursionError) as error:
        raise ValueError(f"cannot be looked for ({type(error).__name__})") from None
    if found is None:
        raise ValueError("is not there")
    value = found.value
    if point.type is ValueType.AMOUNT and currency and isinstance(value, str):
        value = f"{value} {currency}" if value[-1:].isdigit() else value
    return parse(point, value)
