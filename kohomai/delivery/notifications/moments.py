"""Times of the day and the moments they stand for: quiet hours and digests, across midnight and changes of the clock.

A time of the day stands for one moment of each day: the first where the clock shows it twice; where the clock leaves
it out, as long after the change as it lies behind it. Nothing here knows what time it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_AROUND = range(-2, 4)
"""The days, seen from one, among which the next and the last of each are: a zone may leave a whole day out."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nobody is written to, from ``start`` until ``end`` by the clock of ``zone``; across midnight
    where the end lies before the start. None at all where both are the same."""

    start: time
    end: time
    zone: ZoneInfo

    def until(self, now: datetime) -> datetime | None:
        """When the quiet hours end that it is now; ``None`` where it is none."""
        end = self._end(now)
        while end is not None and (later := self._end(end)) is not None:
            end = later  # the next begin before these have ended: the clock was changed
        return end

    def _end(self, now: datetime) -> datetime | None:
        for day in _days(now, self.zone):
            begins = moment(day, self.start, self.zone)
            ends = moment(day if self.start <= self.end else day + _DAY, self.end, self.zone)
            if begins <= now < ends:
                return ends
        return None


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which the clock of ``zone`` shows ``at`` on this day."""
    return datetime.combine(day, at.replace(fold=0), tzinfo=zone).astimezone(UTC)


def last_digest(now: datetime, at: time, zone: ZoneInfo) -> tuple[datetime, date]:
    """The last moment, up to now, at which the clock showed ``at``, and the day whose it was."""
    return max((there, day) for day in _days(now, zone) if (there := moment(day, at, zone)) <= now)


def next_digest(now: datetime, at: time, zone: ZoneInfo) -> datetime:
    """The next moment, after now, at which the clock shows ``at``."""
    return min(there for day in _days(now, zone) if (there := moment(day, at, zone)) > now)


def _days(now: datetime, zone: ZoneInfo) -> Iterator[date]:
    today = now.astimezone(zone).date()
    return (today + number * _DAY for number in _AROUND)
