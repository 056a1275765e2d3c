"""Durations in working days, for workspaces that count so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """On which days a workspace works, and in which zone its days begin. Monday is 0."""

    time_zone: tzinfo = UTC
    free_days: frozenset[int] = frozenset({5, 6})


def due(opened_at: datetime, duration: timedelta, calendar: Calendar | None) -> datetime:
    """The moment ``duration`` after ``opened_at``.

    With a calendar, its whole days are working days at the same time of day, and what remains is added as it
    is; a moment that falls on a free day goes on to the next working day, at the same time.
    """
    if calendar is None:
        return opened_at + duration
    local = _next_working(opened_at.astimezone(calendar.time_zone), calendar)
    for _ in range(duration.days):
        local = _next_working(local + _DAY, calendar)
    rest = (local.astimezone(UTC) + (duration - timedelta(days=duration.days))).astimezone(calendar.time_zone)
    return _next_working(rest, calendar).astimezone(UTC)


def _next_working(local: datetime, calendar: Calendar) -> datetime:
    while local.weekday() in calendar.free_days:
        local += _DAY
    return local
