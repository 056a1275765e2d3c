"""What is taken from the answer of a call: where a value stands in it is said by a JSONPath (RFC 9535)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import NoReturn

from jsonpath import JSONPathError

from kohomai.activities.paths import Document, TookTooLong, Written, compiled, is_linear
from kohomai.engine.values import DataPoint, Value, ValueType, parse

MAX_PATH = 500
MAX_EXPONENT = 40


def check_path(path: str) -> str:
    """``path``, when it can be read. Raises ``ValueError`` with the rest of a sentence."""
    if len(path) > MAX_PATH:
        raise ValueError(f"must not be longer than {MAX_PATH} characters")
    try:
        made = compiled(path)
    except (JSONPathError, RecursionError):
        raise ValueError("must be a JSONPath, such as $.company.size") from None
    if not is_linear(made):
        raise ValueError("must not ask for more than one value within a filter, as in [?@.size > 5]")
    return path


def read(body: bytes) -> Document:
    """The document that was answered, its numbers as they are written. Raises ``ValueError`` with the rest of a
    sentence when it is no JSON (or was cut, being too large)."""
    try:
        return Document(json.loads(body, parse_float=_plain, parse_int=Written, parse_constant=_refuse))
    except (ValueError, RecursionError):
        raise ValueError("is not JSON, or is too large") from None


def _plain(number: str) -> Written:
    """A number as it is written; without its exponent, as long as there are few digits in it then."""
    digits, letter, exponent = number.lower().partition("e")
    if letter and len(digits) <= MAX_EXPONENT and len(exponent) <= 3 and abs(int(exponent)) <= MAX_EXPONENT:
        return Written(f"{Decimal(number):f}")
    return Written(number)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def taken(document: Document, path: str, point: DataPoint, currency: str | None = None) -> Value | None:
    """The first value at ``path``, as the data point's type has it; a bare number is an amount in ``currency``.
    ``None`` for null and empty text. Raises ``ValueError`` with the rest of a sentence."""
    try:
        value = document.first(path)
    except LookupError:
        raise ValueError("is not there") from None
    except TookTooLong:
        raise ValueError("takes too long to be looked for") from None
    except (JSONPathError, RecursionError) as error:
        raise ValueError(f"cannot be looked for ({type(error).__name__})") from None
    if point.type is ValueType.AMOUNT and currency and isinstance(value, str):
        value = f"{value} {currency}" if value[-1:].isdigit() else value
    return parse(point, str(value) if isinstance(value, Written) else value)
