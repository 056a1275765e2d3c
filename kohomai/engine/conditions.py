"""Operators over typed data, three-valued: ``True``, ``False``, and ``None`` for unknown.

A test on what is not known, or on an amount in another currency, is unknown; ``Not`` of unknown is unknown;
``All`` and ``Any`` are as in SQL. ``IsKnown`` and ``IsUnknown`` are never unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import re2

from kohomai.engine.definition import All, Condition, Not, Test, leaves
from kohomai.engine.values import Amount, Value, ValueType

Results = Mapping[str, Mapping[str, Value]]
"""Result fields by activity key, of each activity's last visit."""
Outcomes = Mapping[Test, bool | None]
"""What each test comes to."""

MAX_PATTERN = 1_000

ON_ALL = ("Is", "IsNot", "In", "NotIn", "IsKnown", "IsUnknown")
ON_TEXT = ("Contains", "StartsWith", "EndsWith", "Matches")
ON_ORDERED = ("AtLeast", "AtMost", "MoreThan", "LessThan", "Between")
ON_DATES = ("InTheLast", "InTheNext")
ABOUT_KNOWING = frozenset({"IsKnown", "IsUnknown"})

OPERATORS: Mapping[ValueType, tuple[str, ...]] = {
    ValueType.TEXT: ON_ALL + ON_TEXT,
    ValueType.NUMBER: ON_ALL + ON_ORDERED,
    ValueType.AMOUNT: ON_ALL + ON_ORDERED,
    ValueType.DATE: ON_ALL + ON_ORDERED + ON_DATES,
    ValueType.DATE_TIME: ON_ALL + ON_ORDERED + ON_DATES,
    ValueType.YES_NO: ON_ALL,
    ValueType.CHOICE: ON_ALL,
    ValueType.DOCUMENT: ON_ALL,
}
"""The operators that fit each type."""


# --- one test -----------------------------------------------------------------------------------------------


def run_test(leaf: Test, known: Mapping[int, Value], results: Results, now: datetime) -> bool | None:
    """What one test comes to over the known values; ``now`` is an aware time in UTC."""
    if leaf.data_point is not None:
        value = known.get(leaf.data_point.id)
    else:
        key, name = leaf.result or ("", "")
        value = results.get(key, {}).get(name)
    if leaf.operator == "IsKnown":
        return value is not None
    if leaf.operator == "IsUnknown":
        return value is None
    if value is None:
        return None
    try:
        return _OPERATORS[leaf.operator](value, leaf.value, now)
    except TypeError:  # a value of another type than the test's: nothing can be said about it
        return None


def compile_pattern(pattern: str) -> Any:
    """The linear-time regular expression of ``Matches``, without regard to case, found anywhere in the text
    (``^`` and ``$`` tie it to its ends). Raises ``ValueError`` when it is none."""
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"must not be longer than {MAX_PATTERN:,} characters")
    try:
        return _compile(pattern)
    except re2.error:
        raise ValueError("must be a regular expression of RE2 (no look-around, no back-references)") from None


@lru_cache(maxsize=1_024)
def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    return re2.compile(pattern, options)


def _is(value: Any, other: Any, now: datetime) -> bool | None:
    if isinstance(value, str):
        return value == other or value.casefold() == other.casefold() if isinstance(other, str) else None
    if isinstance(value, Amount):
        return value.amount == other.amount if value.currency == other.currency else None
    return bool(value == other)


def _in(value: Any, others: Any, now: datetime) -> bool | None:
    return _any([_is(value, other, now) for other in others])


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any, datetime], bool | None]:
    def operator(value: Any, other: Any, now: datetime) -> bool | None:
        if isinstance(value, Amount):
            return compare(value.amount, other.amount) if value.currency == other.currency else None
        return compare(value, other)

    return operator


_at_least = _comparison(lambda value, other: value >= other)
_at_most = _comparison(lambda value, other: value <= other)


def _between(value: Any, bounds: Any, now: datetime) -> bool | None:
    low, high = bounds
    return _all([_at_least(value, low, now), _at_most(value, high, now)])


def _within(value: date, first: datetime, last: datetime) -> bool:
    """Whether ``value`` lies in the span, both ends included; a date does when any moment of its day in UTC does."""
    if isinstance(value, datetime):
        return first <= value <= last
    return first.date() <= value <= last.date()


def _in_the_last(value: Any, length: Any, now: datetime) -> bool:
    return _within(value, now - length, now)


def _in_the_next(value: Any, length: Any, now: datetime) -> bool:
    return _within(value, now, now + length)


_OPERATORS: Mapping[str, Callable[[Any, Any, datetime], bool | None]] = {
    "Is": _is,
    "IsNot": lambda value, other, now: _not(_is(value, other, now)),
    "In": _in,
    "NotIn": lambda value, others, now: _not(_in(value, others, now)),
    "Contains": lambda value, part, now: part.casefold() in value.casefold(),
    "StartsWith": lambda value, part, now: value.casefold().startswith(part.casefold()),
    "EndsWith": lambda value, part, now: value.casefold().endswith(part.casefold()),
    "Matches": lambda value, pattern, now: _compile(pattern).search(value) is not None,
    "AtLeast": _at_least,
    "AtMost": _at_most,
    "MoreThan": _comparison(lambda value, other: value > other),
    "LessThan": _comparison(lambda value, other: value < other),
    "Between": _between,
    "InTheLast": _in_the_last,
    "InTheNext": _in_the_next,
}


# --- conditions ---------------------------------------------------------------------------------------------


def run_tests(tests: Iterable[Test], known: Mapping[int, Value], results: Results, now: datetime) -> Outcomes:
    """What each of ``tests`` comes to."""
    return {leaf: run_test(leaf, known, results, now) for leaf in tests}


def holds(condition: Condition, outcomes: Outcomes) -> bool | None:
    """What a condition comes to when its tests come to ``outcomes``."""
    if isinstance(condition, Test):
        return outcomes[condition]
    if isinstance(condition, Not):
        return _not(holds(condition.part, outcomes))
    parts = [holds(part, outcomes) for part in condition.parts]
    return _all(parts) if isinstance(condition, All) else _any(parts)


def evaluate(
    condition: Condition, known: Mapping[int, Value], results: Results, now: datetime
) -> bool | None:
    """What a condition comes to over the known values; ``now`` is an aware time in UTC."""
    return holds(condition, run_tests(leaves(condition), known, results, now))


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _all(parts: list[bool | None]) -> bool | None:
    return False if False in parts else None if None in parts else True


def _any(parts: list[bool | None]) -> bool | None:
    return True if True in parts else None if None in parts else False


# --- waiting for data ---------------------------------------------------------------------------------------

_TRUE, _FALSE, _UNKNOWN = 1, 2, 4
_BIT = {True: _TRUE, False: _FALSE, None: _UNKNOWN}


def waits_for(condition: Condition, outcomes: Outcomes, open_ids: frozenset[int]) -> frozenset[int]:
    """The data points a branch of this condition waits for; empty when it does not wait.

    ``open_ids`` are the data points that some provider has promised and that are not known yet. A branch
    waits when it is unknown now, or asks whether something is known, and whether it is true still hangs on
    one of them.
    """
    asked = [leaf for leaf in leaves(condition) if leaf.subject in open_ids]
    if not asked:
        return frozenset()
    if holds(condition, outcomes) is not None and not _asks_about_knowing(condition):
        return frozenset()
    possible = possible_outcomes(condition, outcomes, open_ids)
    if possible & _TRUE and possible != _TRUE:
        return frozenset(leaf.data_point.id for leaf in asked if leaf.data_point is not None)
    return frozenset()


def could_depend(
    condition: Condition,
    known: Mapping[int, Value],
    results: Results,
    now: datetime,
    pending: frozenset[int],
) -> bool:
    """Whether a branch of this condition waits for one of the ``pending`` data points; those known do not count."""
    open_ids = pending.difference(known)
    return bool(waits_for(condition, run_tests(leaves(condition), known, results, now), open_ids))


def possible_outcomes(condition: Condition, outcomes: Outcomes, open_ids: frozenset[int]) -> int:
    """The set of what ``condition`` may still come to, as bits 1 (true), 2 (false) and 4 (unknown).

    A test on an open data point may come to anything (``IsKnown`` and ``IsUnknown``: true or false), each
    taken on its own.
    """
    if isinstance(condition, Test):
        if condition.subject in open_ids:
            return _TRUE | _FALSE if condition.operator in ABOUT_KNOWING else _TRUE | _FALSE | _UNKNOWN
        return _BIT[outcomes[condition]]
    if isinstance(condition, Not):
        part = possible_outcomes(condition.part, outcomes, open_ids)
        return part & _UNKNOWN | (part & _TRUE) << 1 | (part & _FALSE) >> 1
    parts = [possible_outcomes(part, outcomes, open_ids) for part in condition.parts]
    return _combine(parts, _TRUE, _FALSE) if isinstance(condition, All) else _combine(parts, _FALSE, _TRUE)


def _combine(parts: list[int], neutral: int, deciding: int) -> int:
    """All (neutral true, deciding false) or Any (the other way) over sets of outcomes."""
    possible = 0
    if all(part & neutral for part in parts):
        possible |= neutral
    if any(part & deciding for part in parts):
        possible |= deciding
    if any(part & _UNKNOWN for part in parts) and all(part & (neutral | _UNKNOWN) for part in parts):
        possible |= _UNKNOWN
    return possible


def _asks_about_knowing(condition: Condition) -> bool:
    return any(leaf.operator in ABOUT_KNOWING for leaf in leaves(condition))
