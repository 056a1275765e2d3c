"""Conditions: operators over typed data, three-valued."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.engine import definition as d
from kohomai.engine.conditions import (
    OPERATORS,
    could_depend,
    evaluate,
    holds,
    possible_outcomes,
    run_test,
    waits_for,
)
from kohomai.engine.values import Amount, DataPoint, Value, ValueType

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TEXT = DataPoint(1, "Industry", ValueType.TEXT)
NUMBER = DataPoint(2, "Company size", ValueType.NUMBER)
AMOUNT = DataPoint(3, "Budget", ValueType.AMOUNT)
DATE = DataPoint(4, "Start date", ValueType.DATE)
TIME = DataPoint(5, "Registered at", ValueType.DATE_TIME)
YES_NO = DataPoint(6, "Email is free", ValueType.YES_NO)
CHOICE = DataPoint(7, "Plan", ValueType.CHOICE, ("Small", "Large"))


def euros(number: str) -> Amount:
    return Amount(Decimal(number), "EUR")


def run(point: DataPoint, value: Value | None, operator: str, other: Any = None) -> bool | None:
    known = {} if value is None else {point.id: value}
    return run_test(d.Test(operator, point, value=other), known, {}, NOW)


@pytest.mark.parametrize(
    ("point", "value", "operator", "other", "expected"),
    [
        (TEXT, "Banking", "Is", "bankING", True),
        (TEXT, "STRASSE", "Is", "straße", True),
        (TEXT, "Banking", "IsNot", "banking", False),
        (TEXT, "Banking", "In", ("Insurance", "BANKING"), True),
        (TEXT, "Banking", "NotIn", ("Insurance",), True),
        (TEXT, "Banking", "Contains", "ANK", True),
        (TEXT, "Banking", "StartsWith", "bank", True),
        (TEXT, "Banking", "StartsWith", "king", False),
        (TEXT, "Banking", "EndsWith", "KING", True),
        (TEXT, "Banking", "Matches", "^b.n", True),
        (TEXT, "Banking", "Matches", "an", True),
        (TEXT, "Banking", "Matches", "^an", False),
        (CHOICE, "Small", "Is", "Small", True),
        (CHOICE, "Small", "In", ("Large",), False),
        (YES_NO, True, "Is", True, True),
        (YES_NO, False, "Is", True, False),
        (NUMBER, Decimal("250.0"), "Is", Decimal(250), True),
        (NUMBER, Decimal(250), "AtLeast", Decimal(250), True),
        (NUMBER, Decimal(250), "AtMost", Decimal(250), True),
        (NUMBER, Decimal(250), "MoreThan", Decimal(250), False),
        (NUMBER, Decimal(249), "LessThan", Decimal(250), True),
        (NUMBER, Decimal(250), "Between", (Decimal(250), Decimal(300)), True),
        (NUMBER, Decimal(300), "Between", (Decimal(250), Decimal(300)), True),
        (NUMBER, Decimal(301), "Between", (Decimal(250), Decimal(300)), False),
        (AMOUNT, euros("10000.00"), "AtLeast", euros("10000"), True),
        (AMOUNT, euros("10000.00"), "Is", euros("10000"), True),
        (DATE, date(2026, 11, 23), "AtLeast", date(2026, 11, 23), True),
        (DATE, date(2026, 11, 23), "Between", (date(2026, 11, 1), date(2026, 11, 23)), True),
        (TIME, NOW, "LessThan", NOW, False),
    ],
)
def test_each_operator_on_known_values(
    point: DataPoint, value: Value, operator: str, other: Any, expected: bool
) -> None:
    assert run(point, value, operator, other) is expected


@pytest.mark.parametrize(
    ("value", "last", "following"),
    [
        (NOW, True, True),
        (NOW - timedelta(days=7), True, False),
        (NOW - timedelta(days=7, milliseconds=1), False, False),
        (NOW + timedelta(days=7), False, True),
        (NOW + timedelta(days=7, milliseconds=1), False, False),
    ],
)
def test_in_the_last_and_in_the_next_include_both_ends(value: datetime, last: bool, following: bool) -> None:
    assert run(TIME, value, "InTheLast", timedelta(days=7)) is last
    assert run(TIME, value, "InTheNext", timedelta(days=7)) is following


@pytest.mark.parametrize(
    ("value", "last", "following"),
    [
        (date(2026, 11, 23), True, True),
        (date(2026, 11, 16), True, False),
        (date(2026, 11, 15), False, False),
        (date(2026, 11, 30), False, True),
        (date(2026, 12, 1), False, False),
    ],
)
def test_a_date_counts_as_its_whole_day_in_utc(value: date, last: bool, following: bool) -> None:
    assert run(DATE, value, "InTheLast", timedelta(days=7)) is last
    assert run(DATE, value, "InTheNext", timedelta(days=7)) is following
    assert run(DATE, value, "InTheLast", timedelta(minutes=1)) is (value == NOW.date())


ARGUMENTS: dict[str, Any] = {
    "In": (Decimal(1),),
    "NotIn": (Decimal(1),),
    "Between": (Decimal(1), Decimal(2)),
    "InTheLast": timedelta(1),
    "InTheNext": timedelta(1),
}


@pytest.mark.parametrize("operator", sorted({name for fitting in OPERATORS.values() for name in fitting}))
def test_a_test_on_what_is_not_known_is_unknown(operator: str) -> None:
    expected = {"IsKnown": False, "IsUnknown": True}.get(operator)
    assert run(NUMBER, None, operator, ARGUMENTS.get(operator, Decimal(1))) is expected


def test_is_known_and_is_unknown_are_never_unknown() -> None:
    assert run(TEXT, "x", "IsKnown") is True
    assert run(TEXT, "x", "IsUnknown") is False


@pytest.mark.parametrize("operator", ["Is", "IsNot", "AtLeast", "AtMost", "MoreThan", "LessThan"])
def test_an_amount_in_another_currency_is_unknown(operator: str) -> None:
    assert run(AMOUNT, Amount(Decimal(1), "USD"), operator, euros("1")) is None


def test_an_amount_among_several_is_unknown_only_where_another_currency_could_matter() -> None:
    mixed = (euros("1"), Amount(Decimal(2), "USD"))
    assert run(AMOUNT, euros("1"), "In", mixed) is True
    assert run(AMOUNT, euros("2"), "In", mixed) is None
    assert run(AMOUNT, euros("2"), "NotIn", mixed) is None
    assert run(AMOUNT, Amount(Decimal(1), "USD"), "Between", (euros("1"), euros("2"))) is None


def test_a_value_of_another_type_is_unknown_and_no_crash() -> None:
    assert run(NUMBER, "text", "AtLeast", Decimal(1)) is None


def test_results_are_tested_like_data_points() -> None:
    leaf = d.Test("Is", result=("check", "Approved"), value=True)
    assert evaluate(leaf, {}, {"check": {"Approved": True}}, NOW) is True
    assert evaluate(leaf, {}, {"check": {}}, NOW) is None
    assert evaluate(leaf, {}, {}, NOW) is None


# --- All, Any, Not ------------------------------------------------------------------------------------------

A, B = (d.Test("IsKnown", DataPoint(number, f"Point {number}", ValueType.TEXT)) for number in (1, 2))
THREE = (True, False, None)


@pytest.mark.parametrize(("a", "b"), list(product(THREE, THREE)))
def test_all_any_and_not_are_as_in_sql(a: bool | None, b: bool | None) -> None:
    outcomes = {A: a, B: b}
    rank = {False: 0, None: 1, True: 2}
    back = {0: False, 1: None, 2: True}
    assert holds(d.All((A, B)), outcomes) is back[min(rank[a], rank[b])]
    assert holds(d.Any_((A, B)), outcomes) is back[max(rank[a], rank[b])]
    assert holds(d.Not(A), outcomes) is back[2 - rank[a]]


LEAVES = [
    d.Test("Is", DataPoint(number, f"Point {number}", ValueType.NUMBER), value=Decimal(1))
    for number in range(4)
]


def trees(leaves: list[d.Test]) -> st.SearchStrategy[d.Condition]:
    return st.recursive(
        st.sampled_from(leaves),
        lambda part: (
            part.map(d.Not)
            | st.lists(part, min_size=1, max_size=3).map(tuple).map(d.All)
            | st.lists(part, min_size=1, max_size=3).map(tuple).map(d.Any_)
        ),
        max_leaves=6,
    )


@given(trees(LEAVES), st.lists(st.sampled_from(THREE), min_size=4, max_size=4))
def test_a_known_outcome_stays_whatever_the_unknown_turn_out_to_be(
    condition: d.Condition, chosen: list[bool | None]
) -> None:
    outcomes = dict(zip(LEAVES, chosen, strict=True))
    before = holds(condition, outcomes)
    open_leaves = [leaf for leaf, outcome in outcomes.items() if outcome is None]
    for settled in product((True, False), repeat=len(open_leaves)):
        after = holds(condition, {**outcomes, **dict(zip(open_leaves, settled, strict=True))})
        assert after is not None
        assert before is None or after is before


# --- waiting for data ---------------------------------------------------------------------------------------

SIZE = d.Test("AtLeast", NUMBER, value=Decimal(250))
FREE = d.Test("Is", YES_NO, value=True)
NO_SIZE = d.Test("IsUnknown", NUMBER)
PENDING = frozenset({NUMBER.id})


def test_a_branch_waits_when_it_is_unknown_and_hangs_on_a_pending_data_point() -> None:
    assert could_depend(SIZE, {}, {}, NOW, PENDING)
    assert not could_depend(SIZE, {}, {}, NOW, frozenset())


def test_a_branch_does_not_wait_for_what_is_known_already() -> None:
    assert not could_depend(SIZE, {NUMBER.id: Decimal(3)}, {}, NOW, PENDING)


def test_a_branch_does_not_wait_when_the_pending_cannot_change_it() -> None:
    assert not could_depend(d.All((SIZE, FREE)), {YES_NO.id: False}, {}, NOW, PENDING)
    assert not could_depend(d.Any_((SIZE, FREE)), {YES_NO.id: True}, {}, NOW, PENDING)
    assert could_depend(d.All((SIZE, FREE)), {YES_NO.id: True}, {}, NOW, PENDING)


def test_a_branch_does_not_wait_when_the_unknown_rest_keeps_it_from_being_true() -> None:
    assert not could_depend(d.All((SIZE, FREE)), {}, {}, NOW, PENDING)


def test_a_branch_that_asks_whether_something_is_known_waits_though_it_is_true_or_false_now() -> None:
    assert could_depend(NO_SIZE, {}, {}, NOW, PENDING)
    assert could_depend(d.Not(NO_SIZE), {}, {}, NOW, PENDING)
    assert not could_depend(d.All((NO_SIZE, FREE)), {YES_NO.id: False}, {}, NOW, PENDING)


def test_the_data_points_waited_for_are_named() -> None:
    both = d.All((SIZE, d.Test("IsKnown", TEXT), FREE))
    outcomes = {leaf: run_test(leaf, {YES_NO.id: True}, {}, NOW) for leaf in d.leaves(both)}
    assert waits_for(both, outcomes, frozenset({NUMBER.id, TEXT.id, 99})) == {NUMBER.id, TEXT.id}


MIXED = [*LEAVES[:2], d.Test("IsKnown", LEAVES[2].data_point), d.Test("IsUnknown", LEAVES[3].data_point)]


@given(
    trees(MIXED),
    st.lists(st.sampled_from(THREE), min_size=4, max_size=4),
    st.frozensets(st.integers(0, 3)),
)
def test_what_may_still_come_out_holds_all_that_does(
    condition: d.Condition, chosen: list[bool | None], open_ids: frozenset[int]
) -> None:
    outcomes = dict(zip(MIXED, chosen, strict=True))
    possible = possible_outcomes(condition, outcomes, open_ids)
    ways = [
        ((True, False) if leaf.operator.startswith("IsK") or leaf.operator == "IsUnknown" else THREE)
        if leaf.subject in open_ids
        else (outcome,)
        for leaf, outcome in outcomes.items()
    ]
    found = {holds(condition, dict(zip(MIXED, way, strict=True))) for way in product(*ways)}
    bits = {True: 1, False: 2, None: 4}
    assert all(possible & bits[outcome] for outcome in found)
    if len(list(d.leaves(condition))) == len(set(d.leaves(condition))):
        assert possible == sum(bits[outcome] for outcome in found)
