"""Values: how they are read, kept and shown."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.engine.values import (
    Amount,
    DataPoint,
    ValueType,
    from_stored,
    parse,
    time_from_json,
    time_to_json,
    to_api,
    to_stored,
)

T = ValueType
PLAN = DataPoint(1, "Plan", T.CHOICE, ("Small", "Large"))

TAKEN: list[tuple[ValueType, Any, Any]] = [
    (T.TEXT, "  as sent \t\n", "  as sent \t\n"),
    (T.TEXT, "null", "null"),
    (T.TEXT, "\u202edeep\u200f 🎈", "\u202edeep\u200f 🎈"),
    (T.TEXT, "x" * 10_000, "x" * 10_000),
    (T.NUMBER, 42, Decimal(42)),
    (T.NUMBER, "42", Decimal(42)),
    (T.NUMBER, " -1.50 ", Decimal("-1.50")),
    (T.NUMBER, Decimal("10.5000"), Decimal("10.5000")),
    (T.NUMBER, Decimal("1E+3"), Decimal(1000)),
    (T.NUMBER, 10**15 - 1, Decimal(10**15 - 1)),
    (T.NUMBER, "999999999999999.9999", Decimal("999999999999999.9999")),
    (T.NUMBER, "000000000000000000000007", Decimal(7)),
    (T.AMOUNT, {"Amount": Decimal("10000.00"), "Currency": "EUR"}, Amount(Decimal("10000.00"), "EUR")),
    (T.AMOUNT, {"Amount": "5", "Currency": "usd"}, Amount(Decimal(5), "USD")),
    (T.AMOUNT, "10000.00 EUR", Amount(Decimal("10000.00"), "EUR")),
    (T.AMOUNT, "10000.00 eur", Amount(Decimal("10000.00"), "EUR")),
    (T.DATE, "2026-11-23", date(2026, 11, 23)),
    (T.DATE, "0001-01-01", date(1, 1, 1)),
    (T.DATE_TIME, "2026-11-23T10:00:00Z", datetime(2026, 11, 23, 10, tzinfo=UTC)),
    (T.DATE_TIME, "2026-11-23T10:00+01:00", datetime(2026, 11, 23, 9, tzinfo=UTC)),
    (T.DATE_TIME, "2026-11-23 10:00:00.123999-05", datetime(2026, 11, 23, 15, 0, 0, 123000, tzinfo=UTC)),
    (T.YES_NO, True, True),
    (T.YES_NO, "true", True),
    (T.YES_NO, "Yes", True),
    (T.YES_NO, "NO", False),
    (T.CHOICE, "Small", "Small"),
    (T.CHOICE, "lARGE", "Large"),
    (T.DOCUMENT, "12", "12"),
    (T.DOCUMENT, 12, "12"),
]

REFUSED: list[tuple[ValueType, Any]] = [
    (T.TEXT, 42),
    (T.TEXT, True),
    (T.TEXT, {"a": 1}),
    (T.TEXT, "x" * 10_001),
    (T.TEXT, "a\x00b"),
    (T.TEXT, "a\x1bb"),
    (T.TEXT, "a\x7fb"),
    (T.TEXT, "a\x85b"),
    (T.TEXT, "a\ud800b"),
    (T.NUMBER, True),
    (T.NUMBER, 1.5),
    (T.NUMBER, "1,000"),
    (T.NUMBER, "1_000"),
    (T.NUMBER, "1e3"),
    (T.NUMBER, "NaN"),
    (T.NUMBER, "Infinity"),
    (T.NUMBER, "٤٢"),
    (T.NUMBER, "four"),
    (T.NUMBER, Decimal("NaN")),
    (T.NUMBER, Decimal("sNaN")),
    (T.NUMBER, Decimal("-Infinity")),
    (T.NUMBER, Decimal("0.00001")),
    (T.NUMBER, "0.12345"),
    (T.NUMBER, 10**15),
    (T.NUMBER, 10**5000),
    (T.NUMBER, Decimal("1E+999999999")),
    (T.NUMBER, Decimal("1E-999999999")),
    (T.NUMBER, "9" * 5_000),
    (T.AMOUNT, 10000),
    (T.AMOUNT, "10000"),
    (T.AMOUNT, "10000 XXQ"),
    (T.AMOUNT, {"Amount": 1}),
    (T.AMOUNT, {"Amount": None, "Currency": "EUR"}),
    (T.AMOUNT, {"Amount": True, "Currency": "EUR"}),
    (T.AMOUNT, {"Amount": 1, "Currency": "EUR", "More": 1}),
    (T.AMOUNT, {"Amount": 1, "Currency": 978}),
    (T.AMOUNT, {"Amount": Decimal("1.00001"), "Currency": "EUR"}),
    (T.DATE, "23.11.2026"),
    (T.DATE, "20261123"),
    (T.DATE, "2026-02-30"),
    (T.DATE, "0000-01-01"),
    (T.DATE, "2026-11-23T10:00:00Z"),
    (T.DATE, 20261123),
    (T.DATE_TIME, "2026-11-23T10:00:00"),
    (T.DATE_TIME, "2026-11-23"),
    (T.DATE_TIME, "2026-11-23T25:00:00Z"),
    (T.DATE_TIME, "0001-01-01T00:00:00+14:00"),
    (T.DATE_TIME, "9999-12-31T23:59:59-14:00"),
    (T.DATE_TIME, "2026-11-23T10:00:00+99:00"),
    (T.DATE_TIME, 1_700_000_000),
    (T.YES_NO, 1),
    (T.YES_NO, "1"),
    (T.YES_NO, "maybe"),
    (T.CHOICE, "Medium"),
    (T.CHOICE, 1),
    (T.DOCUMENT, "12a"),
    (T.DOCUMENT, "²"),
    (T.DOCUMENT, 0),
    (T.DOCUMENT, True),
    (T.DOCUMENT, 2**53),
]


@pytest.mark.parametrize(("kind", "raw", "value"), TAKEN, ids=range(len(TAKEN)))
def test_what_is_without_doubt_is_read(kind: ValueType, raw: Any, value: Any) -> None:
    read = parse(kind, raw, PLAN.choices)
    assert read == value
    assert type(read) is type(value)
    assert str(read) == str(value)  # the digits too are as sent


@pytest.mark.parametrize(("kind", "raw"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_doubtful_is_refused_with_a_sentence_that_does_not_repeat_it(
    kind: ValueType, raw: Any
) -> None:
    with pytest.raises(ValueError, match=r"^must ") as refusal:
        parse(kind, raw, PLAN.choices)
    assert len(str(refusal.value)) < 120


@pytest.mark.parametrize("kind", list(T))
def test_null_and_the_empty_string_are_no_value(kind: ValueType) -> None:
    assert parse(kind, None) is None
    assert parse(kind, "") is None


def test_a_data_point_brings_its_type_and_choices() -> None:
    assert parse(PLAN, "small") == "Small"


def test_numbers_are_kept_as_decimal_strings_and_shown_as_numbers() -> None:
    assert to_stored(Decimal("10000.00")) == "10000.00"
    assert to_api(Decimal("10000.00")) == Decimal("10000.00")
    amount = Amount(Decimal("10000.00"), "EUR")
    assert to_stored(amount) == {"Amount": "10000.00", "Currency": "EUR"}
    assert to_api(amount) == {"Amount": Decimal("10000.00"), "Currency": "EUR"}


def test_times_are_shown_in_utc_with_milliseconds() -> None:
    moment = parse(T.DATE_TIME, "2026-11-23T10:00:00+01:00")
    assert moment is not None
    assert to_stored(moment) == to_api(moment) == "2026-11-23T09:00:00.000Z"


def test_minus_zero_is_zero() -> None:
    assert str(parse(T.NUMBER, "-0")) == "0"


numbers = st.decimals(
    min_value=Decimal("-999999999999999.9999"), max_value=Decimal("999999999999999.9999"), places=4
)
values: dict[ValueType, st.SearchStrategy[Any]] = {
    T.TEXT: st.text(min_size=1).filter(
        lambda text: not any(ord(c) < 160 and not c.isprintable() for c in text)
    ),
    T.NUMBER: numbers,
    T.AMOUNT: st.builds(Amount, numbers, st.sampled_from(["EUR", "JPY", "TND"])),
    T.DATE: st.dates(),
    T.DATE_TIME: st.datetimes(timezones=st.just(UTC)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    ),
    T.YES_NO: st.booleans(),
    T.CHOICE: st.sampled_from(PLAN.choices),
    T.DOCUMENT: st.integers(1, 2**53 - 1).map(str),
}
typed_values = st.sampled_from(list(T)).flatmap(lambda kind: st.tuples(st.just(kind), values[kind]))


@given(typed_values)
def test_what_is_kept_is_what_was_read(typed: tuple[ValueType, Any]) -> None:
    kind, value = typed
    kept = json.loads(json.dumps(to_stored(value)))
    assert from_stored(kind, kept) == value
    assert to_stored(from_stored(kind, kept)) == kept


@given(typed_values)
def test_what_is_kept_or_shown_is_read_as_the_same_value(typed: tuple[ValueType, Any]) -> None:
    kind, value = typed
    assert parse(kind, to_stored(value), PLAN.choices) == value
    assert parse(kind, to_api(value), PLAN.choices) == value


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_survives_its_json_to_the_millisecond(moment: datetime) -> None:
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        return
    assert time_from_json(time_to_json(moment)) == utc.replace(microsecond=utc.microsecond // 1000 * 1000)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.text(alphabet="0123456789.:-+TZ EUR", max_size=30)
    | st.binary().map(lambda raw: raw.decode("utf-16", "surrogatepass") if len(raw) % 2 == 0 else "x"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Amount", "Currency"]) | st.text(), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from(list(T)), anything)
def test_nothing_makes_the_reading_fail_otherwise_than_with_a_sentence(kind: ValueType, raw: Any) -> None:
    try:
        value = parse(kind, raw, PLAN.choices)
    except ValueError as refusal:
        sentence = str(refusal)
    else:
        sentence = "must be read"
        if value is not None:
            assert from_stored(kind, json.loads(json.dumps(to_stored(value)))) == value
    assert sentence.startswith("must ")
