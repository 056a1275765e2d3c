"""Durations: ISO 8601, of a fixed length."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.engine.durations import LONGEST, parse_duration, write_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT0S", timedelta(0)),
        ("P3D", timedelta(days=3)),
        ("P2W", timedelta(weeks=2)),
        ("PT24H", timedelta(hours=24)),
        ("PT30S", timedelta(seconds=30)),
        ("P1DT12H30M5S", timedelta(days=1, hours=12, minutes=30, seconds=5)),
        ("PT1H5S", timedelta(hours=1, seconds=5)),
        ("P36525D", LONGEST),
    ],
)
def test_weeks_and_days_to_seconds_are_read(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "3D",
        "p3d",
        "P-1D",
        "-P1D",
        "P1.5D",
        "PT1H1H",
        "P1H",
        "P1W2D",
        "P٣D",
        " P3D",
        "P3D\n",
        "P36526D",
        "P99999999999D",
    ],
)
def test_anything_else_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        parse_duration(raw)


@pytest.mark.parametrize(
    "raw", [None, 3, ["P3D"], "P36526D", "P99999999999D", "PT" + "9" * 5_000 + "S"], ids=range(6)
)
def test_what_is_no_text_or_too_long_is_refused(raw: Any) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        parse_duration(raw)


@pytest.mark.parametrize("text", ["P1M", "P1Y", "P1Y2M3D", "P1MT1H"])
def test_months_and_years_are_refused_since_they_vary_in_length(text: str) -> None:
    with pytest.raises(ValueError, match="vary in length"):
        parse_duration(text)


@given(st.text(alphabet="PTWDHMSY0123456789", max_size=30) | st.text())
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    try:
        length = parse_duration(text)
    except ValueError:
        return
    assert timedelta(0) <= length <= LONGEST


@pytest.mark.parametrize("text", ["P30D", "PT1H30M", "PT0S", "P1DT1S", "PT59M59S", "P36525D"])
def test_a_length_is_written_as_people_write_it(text: str) -> None:
    assert write_duration(parse_duration(text)) == text


@given(st.integers(0, int(LONGEST.total_seconds())))
def test_what_is_written_is_read_again(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_duration(write_duration(length)) == length
