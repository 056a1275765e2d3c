"""Typed values of data points: how they are read, kept and shown.

A value has three JSON forms. What people and programs *send* is read by ``parse``, leniently where that is
without doubt. What is *kept* (``to_stored``) is exact JSON of strings and true or false, so that it survives
any JSON library. What the API *shows* (``to_api``) has numbers as numbers, left as ``Decimal`` for a writer
that prints those exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from kohomai.engine.currencies import CURRENCIES

MAX_TEXT = 10_000
MAX_ID = 2**53 - 1


class ValueType(StrEnum):
    """What kind of value a data point (or a result field) holds."""

    TEXT = "Text"
    NUMBER = "Number"
    AMOUNT = "Amount"
    DATE = "Date"
    DATE_TIME = "DateTime"
    YES_NO = "YesNo"
    CHOICE = "Choice"
    DOCUMENT = "Document"


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum of money; ``currency`` is its ISO 4217 code."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


Value = str | Decimal | Amount | date | datetime | bool
"""Text, Choice and Document (its id as digits): ``str``; DateTime: an aware ``datetime`` in UTC, to the ms."""


@dataclass(frozen=True, slots=True)
class DataPoint:
    """A named, typed piece of information; ``choices`` only where the type is Choice."""

    id: int
    name: str
    type: ValueType
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Datum:
    """A value known in a journey, who gave it, and since when it is known."""

    value: Value
    source: str
    known_since: datetime


# --- reading what is sent -----------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_AMOUNT = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)[ \t\u00a0]*([A-Za-z]{3})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:[.,]([0-9]{1,9}))?"
    r"(?:([Zz])|([+-][0-9]{2}):?([0-9]{2})?)"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_YES_NO = {"true": True, "yes": True, "false": False, "no": False}


def parse(kind: DataPoint | ValueType, raw: object, choices: Sequence[str] = ()) -> Value | None:
    """The value that ``raw`` (as JSON or a person gives it) stands for; ``None`` for null and empty text.

    ``kind`` is a data point, which brings its choices along, or a bare type. Numbers arrive as ``int``,
    ``Decimal`` or text; a binary ``float`` is refused, since it is no longer what was sent.
    Raises ``ValueError`` with a sentence that says what would be taken.
    """
    if raw is None or raw == "":
        return None
    if isinstance(kind, DataPoint):
        choices = kind.choices
        kind = kind.type
    if kind is ValueType.CHOICE:
        return parse_choice(raw, choices)
    return _PARSERS[kind](raw)


def parse_text(raw: object) -> str:
    """Text of at most 10,000 characters, kept exactly as sent. Raises ``ValueError``."""
    if not isinstance(raw, str):
        raise ValueError("must be text")
    if len(raw) > MAX_TEXT:
        raise ValueError(f"must not be longer than {MAX_TEXT:,} characters")
    if _CONTROL.search(raw):
        raise ValueError("must not hold control characters other than tab and line break")
    if _SURROGATE.search(raw):
        raise ValueError("must not hold half of a surrogate pair")
    return raw


def parse_number(raw: object) -> Decimal:
    """A decimal of at most 15 digits before and 4 after the point. Raises ``ValueError``."""
    if isinstance(raw, str):
        text = raw.strip()
        if len(text) > 100 or not _NUMBER.fullmatch(text):
            raise ValueError("must be a number, such as 42 or 10.5")
        return _bounded(Decimal(text))
    if isinstance(raw, float):
        raise ValueError("must be a decimal: JSON has to be read without binary floats")
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal):
        raise ValueError("must be a number, such as 42 or 10.5")
    if isinstance(raw, int):
        if not -(10**15) < raw < 10**15:
            raise ValueError(_TOO_LARGE)
        return Decimal(raw)
    if not raw.is_finite():
        raise ValueError("must be a number, such as 42 or 10.5")
    return _bounded(raw)


_TOO_LARGE = "must have at most 15 digits before the point"


def _bounded(number: Decimal) -> Decimal:
    """``number`` written out without an exponent, its digits as sent. Raises ``ValueError`` past the limits."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)  # finite, as the callers saw to
    if exponent < -4:
        raise ValueError("must have at most 4 digits after the point")
    if number.is_zero():
        return abs(number) if exponent <= 0 else Decimal(0)
    if number.adjusted() >= 15:
        raise ValueError(_TOO_LARGE)
    return number if exponent <= 0 else Decimal(int(number))


def parse_amount(raw: object) -> Amount:
    """``{"Amount": 10000.00, "Currency": "EUR"}`` or ``"10000.00 EUR"``. Raises ``ValueError``."""
    if isinstance(raw, Mapping):
        if set(raw) != {"Amount", "Currency"} or raw["Amount"] is None:
            raise ValueError('must have exactly "Amount" and "Currency"')
        number, currency = raw["Amount"], raw["Currency"]
    elif isinstance(raw, str):
        match = _AMOUNT.fullmatch(raw.strip()) if len(raw) <= 100 else None
        if match is None:
            raise ValueError("must be an amount with its currency, such as 10000.00 EUR")
        number, currency = match.groups()
    else:
        raise ValueError("must be an amount with its currency, such as 10000.00 EUR")
    code = currency.upper() if isinstance(currency, str) and len(currency) == 3 else ""
    if code not in CURRENCIES:
        raise ValueError("must name its currency by the ISO 4217 code, such as EUR")
    return Amount(parse_number(number), code)


def parse_date(raw: object) -> date:
    """A date as ``2026-11-23``. Raises ``ValueError``."""
    if isinstance(raw, str) and _DATE.fullmatch(text := raw.strip()):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ValueError("must be a date of the calendar") from None
    raise ValueError("must be a date, such as 2026-11-23")


def parse_date_time(raw: object) -> datetime:
    """A moment as ISO 8601 with a zone, brought to UTC and cut to milliseconds. Raises ``ValueError``."""
    match = _DATE_TIME.fullmatch(raw.strip()) if isinstance(raw, str) and len(raw) <= 100 else None
    if match is None:
        raise ValueError("must be a time with its zone, such as 2026-11-23T10:00:00Z")
    day, minute, second, fraction, zulu, hours, minutes = match.groups()
    if fraction and not second:
        raise ValueError("must be a time with its zone, such as 2026-11-23T10:00:00Z")
    zone = "+00:00" if zulu else f"{hours}:{minutes or '00'}"
    milliseconds = (fraction or "").ljust(3, "0")[:3]
    try:
        return datetime.fromisoformat(f"{day}T{minute}{second or ':00'}.{milliseconds}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a time of the calendar, with a zone that exists") from None


def parse_yes_no(raw: object) -> bool:
    """``true`` or ``false``, or text that says so. Raises ``ValueError``."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and len(raw) < 20 and (word := raw.strip().lower()) in _YES_NO:
        return _YES_NO[word]
    raise ValueError("must be yes or no (true or false)")


def parse_choice(raw: object, choices: Sequence[str]) -> str:
    """One of ``choices``, as it is spelt there; case does not matter. Raises ``ValueError``."""
    if isinstance(raw, str):
        if raw in choices:
            return raw
        folded = raw.casefold() if len(raw) <= MAX_TEXT else ""
        for choice in choices:
            if choice.casefold() == folded:
                return choice
    raise ValueError("must be one of its choices")


def parse_document(raw: object) -> str:
    """The id of a document, as digits. Raises ``ValueError``."""
    if isinstance(raw, str) and len(raw) <= 16 and raw.isascii() and raw.isdigit():
        raw = int(raw)
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 < raw <= MAX_ID:
        return str(raw)
    raise ValueError("must be the id of a document")


_PARSERS: Mapping[ValueType, Callable[[object], Value]] = {
    ValueType.TEXT: parse_text,
    ValueType.NUMBER: parse_number,
    ValueType.AMOUNT: parse_amount,
    ValueType.DATE: parse_date,
    ValueType.DATE_TIME: parse_date_time,
    ValueType.YES_NO: parse_yes_no,
    ValueType.DOCUMENT: parse_document,
}


# --- keeping and showing ------------------------------------------------------------------------------------


def to_stored(value: Value) -> Any:
    """The exact JSON form that is kept: only strings, true, false and objects of strings."""
    if isinstance(value, str | bool):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Amount):
        return {"Amount": f"{value.amount:f}", "Currency": value.currency}
    if isinstance(value, datetime):
        return time_to_json(value)
    return value.isoformat()


def from_stored(kind: DataPoint | ValueType, raw: Any) -> Value:
    """The value that ``to_stored`` gave ``raw`` for; it is trusted, not checked again."""
    kind = kind.type if isinstance(kind, DataPoint) else kind
    if kind is ValueType.NUMBER:
        return Decimal(raw)
    if kind is ValueType.AMOUNT:
        return Amount(Decimal(raw["Amount"]), raw["Currency"])
    if kind is ValueType.DATE:
        return date.fromisoformat(raw)
    if kind is ValueType.DATE_TIME:
        return time_from_json(raw)
    return raw  # type: ignore[no-any-return]  # text, choice, document and yes/no are JSON already


def to_api(value: Value) -> Any:
    """The JSON form the API shows; numbers are ``Decimal``, for a writer that prints them exactly."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, Amount):
        return {"Amount": value.amount, "Currency": value.currency}
    return to_stored(value)


@lru_cache(maxsize=256)  # one moment is written many times over while a registration is worked out
def time_to_json(moment: datetime) -> str:
    """An aware ``moment`` as ISO 8601 in UTC with milliseconds and ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def time_from_json(text: str) -> datetime:
    """The moment that ``time_to_json`` wrote, in UTC."""
    return datetime.fromisoformat(text)
