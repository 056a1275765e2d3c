"""ISO 8601 durations of a fixed length: ``P2W``, ``P3D``, ``PT24H``, ``P1DT12H30M``."""

from __future__ import annotations

import re
from datetime import timedelta

_WEEKS = re.compile(r"P([0-9]{1,9})W")
_DURATION = re.compile(
    r"P(?:([0-9]{1,9})D)?(T(?=[0-9])(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})S)?)?"
)
_CALENDAR = re.compile(r"P[0-9]+[YM].*")
LONGEST = timedelta(days=36_525)


def parse_duration(raw: object) -> timedelta:
    """The length of ``raw``: whole weeks (``PnW``), or days, hours, minutes and seconds (``PnDTnHnMnS``).

    Raises ``ValueError`` for anything else: years and months have no fixed length, and more than a hundred
    years is no duration but a slip.
    """
    if not isinstance(raw, str) or len(raw) > 60:
        raise ValueError("must be an ISO 8601 duration, such as P3D or PT24H")
    if match := _WEEKS.fullmatch(raw):
        length = timedelta(weeks=min(int(match[1]), 10_000))
    elif (match := _DURATION.fullmatch(raw)) and raw != "P":
        days, _, hours, minutes, seconds = match.groups(default="0")
        length = timedelta(
            days=min(int(days), 100_000), hours=int(hours), minutes=int(minutes), seconds=int(seconds)
        )
    elif _CALENDAR.fullmatch(raw):
        raise ValueError(
            "must be in weeks, or in days, hours, minutes and seconds: months and years vary in length"
        )
    else:
        raise ValueError("must be an ISO 8601 duration, such as P3D or PT24H")
    if length > LONGEST:
        raise ValueError("must not be longer than a hundred years")
    return length


def write_duration(length: timedelta) -> str:
    """A length of whole seconds as ``parse_duration`` reads it: ``P30D``, ``PT1H30M``, ``PT0S``."""
    minutes, seconds = divmod(length.seconds, 60)
    parts = ((length.seconds // 3600, "H"), (minutes % 60, "M"), (seconds, "S"))
    time = "".join(f"{count}{unit}" for count, unit in parts if count)
    days = f"{length.days}D" if length.days else ""
    return f"P{days}" + (f"T{time}" if time or not days else "") + ("" if time or days else "0S")
