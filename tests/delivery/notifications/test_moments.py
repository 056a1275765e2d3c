"""Quiet hours and digests by somebody's clock: across midnight, across its changes, in any zone."""

from __future__ import annotations

import itertools
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.delivery.notifications.moments import Quiet, last_digest, moment, next_digest

BERLIN, NEW_YORK, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia")

zones = st.sampled_from(sorted(zoneinfo.available_timezones() - {"localtime"})).map(ZoneInfo)
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
moments = st.datetimes(datetime(2005, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC))


def utc(text: str) -> datetime:
    """A moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "now", "until"),
    [
        ("22:00", "07:00", "2026-01-10T20:59:59", None),
        ("22:00", "07:00", "2026-01-10T21:00", "2026-01-11T06:00"),
        ("22:00", "07:00", "2026-01-11T05:59:59", "2026-01-11T06:00"),
        ("22:00", "07:00", "2026-01-11T06:00", None),
        ("12:00", "13:30", "2026-01-11T11:30", "2026-01-11T12:30"),
        ("12:00", "12:00", "2026-01-11T11:00", None),  # no hours at all
        # The night of 29 March 2026 has an hour less, that of 25 October one more.
        ("22:00", "07:00", "2026-03-28T21:00", "2026-03-29T05:00"),
        ("22:00", "07:00", "2026-10-24T20:00", "2026-10-25T06:00"),
        # 02:30 is left out on the first, and there twice on the second.
        ("22:00", "02:30", "2026-03-29T00:30", "2026-03-29T01:30"),
        ("22:00", "02:30", "2026-10-25T00:15", "2026-10-25T00:30"),
        ("22:00", "02:30", "2026-10-25T01:15", None),
        ("02:30", "05:00", "2026-10-25T01:15", "2026-10-25T04:00"),
    ],
)
def test_quiet_hours_end_by_the_clock_of_berlin(start: str, end: str, now: str, until: str | None) -> None:
    quiet = Quiet(time.fromisoformat(start), time.fromisoformat(end), BERLIN)
    assert quiet.until(utc(now)) == (utc(until) if until else None)


@given(times, times, zones, moments)
def test_it_is_not_quiet_when_quiet_hours_have_ended(
    start: time, end: time, zone: ZoneInfo, now: datetime
) -> None:
    quiet = Quiet(start, end, zone)
    until = quiet.until(now)
    if until is None:
        return
    assert now < until <= now + timedelta(days=3)
    assert quiet.until(until) is None
    for part in (0.1, 0.5, 0.9):  # and at no moment before
        assert quiet.until(now + (until - now) * part) == until


@given(times, times, moments)
def test_where_the_clock_is_never_changed_quiet_hours_are_what_it_shows(
    start: time, end: time, now: datetime
) -> None:
    clock = now.astimezone(ZoneInfo("Asia/Kolkata")).time()
    shown = start <= clock < end if start <= end else clock >= start or clock < end
    assert (Quiet(start, end, ZoneInfo("Asia/Kolkata")).until(now) is not None) == shown


@pytest.mark.parametrize(
    ("now", "following"),
    [
        ("2026-03-28T01:29", "2026-03-28T01:30"),
        ("2026-03-28T01:30", "2026-03-29T01:30"),  # 02:30 is left out: an hour later, once
        ("2026-03-29T01:30", "2026-03-30T00:30"),
        ("2026-10-24T00:30", "2026-10-25T00:30"),  # 02:30 is there twice: the first of both
        ("2026-10-25T00:30", "2026-10-26T01:30"),
    ],
)
def test_a_digest_at_half_past_two_in_berlin_comes_once_a_day(now: str, following: str) -> None:
    assert next_digest(utc(now), time(2, 30), BERLIN) == utc(following)


def test_a_day_that_a_zone_leaves_out_has_no_digest_of_its_own() -> None:
    # Samoa went from 29 to 31 December 2011.
    first = next_digest(utc("2011-12-29T12:00"), time(8), APIA)
    second = next_digest(first, time(8), APIA)
    third = next_digest(second, time(8), APIA)
    days = [last_digest(one, time(8), APIA)[1] for one in (first, second, third)]
    assert days == [date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1)]


@given(times, zones, moments, st.integers(2, 12))
def test_one_digest_for_each_day(at: time, zone: ZoneInfo, now: datetime, count: int) -> None:
    found = [next_digest(now, at, zone)]
    for _ in range(count):
        found.append(next_digest(found[-1], at, zone))
    days = [last_digest(one, at, zone)[1] for one in found]
    assert found == sorted(set(found))
    assert days == sorted(set(days))
    assert all(later - one <= timedelta(hours=50) for one, later in itertools.pairwise(found))
    left_out = (days[-1] - days[0]).days - count
    assert left_out in (0, 1)
    assert left_out == 0 or zone.key in ("Pacific/Apia", "Pacific/Fakaofo")


@given(times, zones, moments)
def test_a_digest_is_due_from_its_moment_until_the_next(at: time, zone: ZoneInfo, now: datetime) -> None:
    last, day = last_digest(now, at, zone)
    following = next_digest(now, at, zone)
    assert last <= now < following
    assert last == moment(day, at, zone)
    assert last_digest(following - timedelta(seconds=1), at, zone) == (last, day)


@given(times, st.sampled_from([BERLIN, NEW_YORK]), st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_a_moment_shows_its_time_but_where_the_clock_leaves_it_out(
    at: time, zone: ZoneInfo, day: date
) -> None:
    shown = moment(day, at, zone).astimezone(zone)
    before = (shown - timedelta(hours=3)).astimezone(UTC).astimezone(zone).utcoffset()
    assert before is not None
    if shown.time() != at:
        assert shown.replace(tzinfo=None) - datetime.combine(day, at) == timedelta(hours=1)
        assert shown.utcoffset() == before + timedelta(hours=1)
