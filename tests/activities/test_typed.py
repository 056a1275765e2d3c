"""Numbers, amounts and times as people type them into a form."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from kohomai.activities.form.typed import Misread, read_amount, read_moment, read_number, show_number


@pytest.mark.parametrize(
    ("typed", "english", "german"),
    [
        ("1200", "1200", "1200"),
        ("1,200", "1200", "1.200"),
        ("1.200", "1.200", "1200"),
        ("1,200.50", "1200.50", "1200.50"),
        ("1.200,50", "1200.50", "1200.50"),
        ("1 200", "1200", "1200"),
        ("1\u202f200,5", "1200.5", "1200.5"),
        ("1'200", "1200", "1200"),
        ("10,5", "10.5", "10.5"),
        ("10.5", "10.5", "10.5"),
        ("1,234,567", "1234567", "1234567"),
        ("1.234.567,8", "1234567.8", "1234567.8"),
        ("−5", "-5", "-5"),
        ("+5", "+5", "+5"),
    ],
)
def test_numbers(typed: str, english: str, german: str) -> None:
    assert read_number(typed, "en") == english
    assert read_number(typed, "de") == german


@pytest.mark.parametrize(
    "typed", ["", "abc", "1,2,3.4.5", "1e5", "NaN", "Infinity", "0x10", "--1", "٣", "1" * 60]
)
def test_what_is_no_number(typed: str) -> None:
    with pytest.raises(Misread):
        read_number(typed, "en")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1,200", "1200 EUR"),
        ("1,200 CHF", "1200 CHF"),
        ("chf 50.5", "50.5 chf"),
        ("€ 50", "50 EUR"),
        ("$1,000", "1000 USD"),
        ("50usd", "50 usd"),
    ],
)
def test_amounts(typed: str, read: str) -> None:
    assert read_amount(typed, "EUR", "en") == read


def test_an_amount_that_is_none() -> None:
    with pytest.raises(Misread) as misread:
        read_amount("a lot", "EUR", "en")
    assert misread.value.code == "WrongType.Amount"


def test_a_moment_is_meant_in_the_workspaces_zone() -> None:
    read = read_moment("2027-07-01T09:30", ZoneInfo("Europe/Berlin"))
    assert read.astimezone(UTC) == datetime(2027, 7, 1, 7, 30, tzinfo=UTC)
    with pytest.raises(Misread):
        read_moment("tomorrow", ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("number", "english", "german"),
    [("120000", "120,000", "120.000"), ("1234.50", "1,234.50", "1.234,50"), ("-0.5", "-0.5", "-0,5")],
)
def test_shown_and_read_again(number: str, english: str, german: str) -> None:
    for language, shown in (("en", english), ("de", german)):
        assert show_number(Decimal(number), language) == shown
        assert Decimal(read_number(shown, language)) == Decimal(number)
