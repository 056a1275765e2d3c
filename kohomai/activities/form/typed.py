"""Numbers, amounts and times as people type them."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

_SPACES = re.compile(r"[\s'’\u00a0\u2009\u202f]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_CURRENCY = re.compile(r"^([A-Za-z]{3})\s*(?=[+-]?[0-9])|(?<=[0-9])\s*([A-Za-z]{3})$")
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}


class Misread(ValueError):
    """Something that was typed and does not say what was asked; ``code`` says how."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def read_number(typed: str, language: str) -> str:
    """A number as people write it (``1,200.50``, ``1.200,50``, ``1 200``) in plain digits with a point.

    Where it could be both, as ``1,200``, the language decides: a point parts decimals in English, a comma in
    German and French, unless just three digits follow a sign that cannot. Raises ``Misread``.
    """
    text = _SPACES.sub("", typed).replace("−", "-")
    decimal = "." if language.startswith("en") else ","
    if "," in text and "." in text:
        decimal = max(",.", key=text.rfind)
    elif text.count(",") + text.count(".") == 1:
        sign = "," if "," in text else "."
        if sign != decimal and not re.fullmatch(r"[+-]?[0-9]{1,3}[,.][0-9]{3}", text):
            decimal = sign
    else:
        decimal = "," if text.count(".") > 1 else "." if text.count(",") > 1 else decimal
    other = "," if decimal == "." else "."
    plain = text.replace(other, "").replace(decimal, ".")
    if len(plain) > 40 or not _NUMBER.fullmatch(plain):
        raise Misread("WrongType.Number", "must be a number, such as 1200 or 10.5")
    return plain


def read_amount(typed: str, unit: str, language: str) -> str:
    """An amount with its currency; one that was typed along (``1,200 CHF``, ``€ 50``) wins over ``unit``."""
    text = typed.strip()
    for sign, code in _SIGNS.items():
        if sign in text:
            text, unit = text.replace(sign, ""), code
    found = _CURRENCY.search(text)
    if found:
        unit, text = (found[1] or found[2]), text[: found.start()] + text[found.end() :]
    try:
        return f"{read_number(text, language)} {unit}"
    except Misread:
        raise Misread("WrongType.Amount", "must be an amount, such as 1200 or 1200.50") from None


def read_moment(typed: str, zone: ZoneInfo) -> datetime:
    """A date and a time of the clock in ``zone``. Raises ``Misread``."""
    try:
        moment = datetime.fromisoformat(typed.strip())
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except ValueError:
        raise Misread("WrongType.DateTime", "must be a date and a time of day") from None


def show_number(number: Decimal, language: str) -> str:
    """A number as the language writes it, its decimals as they are: ``120,000`` or ``120.000``."""
    text = f"{number:,f}"
    return text if language.startswith("en") else text.translate(str.maketrans(",.", ".,"))
