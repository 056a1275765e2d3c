"""Conditions of a document, read into typed tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kohomai.engine.conditions import ABOUT_KNOWING, OPERATORS, compile_pattern
from kohomai.engine.definition import All, Any_, Condition, Not, Test
from kohomai.engine.durations import parse_duration
from kohomai.engine.reading.places import Context, Place, quoted, read_object
from kohomai.engine.values import Amount, DataPoint, Value, ValueType, parse, parse_text

MAX_DEPTH = 20
MAX_PARTS = 100
MAX_VALUES = 1_000
_GROUPS = ("All", "Any", "Not")
_KNOWN_OPERATORS = frozenset(operator for fitting in OPERATORS.values() for operator in fitting)


def read_condition(raw: object, place: Place, context: Context, depth: int = 1) -> Condition | None:
    """One test, or ``All``, ``Any``, ``Not`` around conditions; ``None``, with faults, if it is not readable."""
    if depth > MAX_DEPTH:
        context.fault(place, "Limit", f"Conditions may be nested at most {MAX_DEPTH} deep.")
        return None
    group = next((name for name in _GROUPS if isinstance(raw, Mapping) and name in raw), None)
    if group is None:
        return _read_test(raw, place, context)
    fields = read_object(raw, place, context, (group,))
    assert fields is not None  # it is an object: its group was found
    inner = fields[group]
    if group == "Not":
        part = read_condition(inner, place / "Not", context, depth + 1)
        return None if part is None else Not(part)
    if not isinstance(inner, list) or not 0 < len(inner) <= MAX_PARTS:
        code = "Empty" if inner == [] else "Limit" if isinstance(inner, list) else "WrongType"
        context.fault(place / group, code, f"{group} must be a list of 1 to {MAX_PARTS} conditions.")
        return None
    parts = [
        read_condition(part, place / group / index, context, depth + 1) for index, part in enumerate(inner)
    ]
    whole = tuple(part for part in parts if part is not None)
    if len(whole) < len(parts):
        return None
    return All(whole) if group == "All" else Any_(whole)


def _read_test(raw: object, place: Place, context: Context) -> Test | None:
    """One test: a data point or a result, an operator, and a value where the operator takes one."""
    fields = read_object(raw, place, context, ("Operator",), ("DataPoint", "Result", "Value"))
    if fields is None:
        return None
    point: DataPoint | None = None
    result: tuple[str, str] | None = None
    kind: DataPoint | ValueType | None = None
    if ("DataPoint" in fields) == ("Result" in fields):
        context.fault(place / "DataPoint", "Required", "A test names either a DataPoint or a Result.")
    elif "DataPoint" in fields:
        point = kind = context.data_point(fields["DataPoint"], place / "DataPoint")
    elif found := read_result(fields["Result"], place / "Result", context):
        result, kind = found
    if "Operator" not in fields:
        return None
    operator = fields["Operator"]
    if not isinstance(operator, str) or operator not in _KNOWN_OPERATORS:
        context.fault(place / "Operator", "Unknown", f"There is no operator {quoted(operator)}.")
        return None
    if kind is None:
        return None
    bare = kind.type if isinstance(kind, DataPoint) else kind
    if operator not in OPERATORS[bare]:
        context.fault(place / "Operator", "Operator", f"{operator} does not fit the type {bare}.")
        return None
    if operator in ABOUT_KNOWING:
        if fields.get("Value") is not None:
            context.fault(place / "Value", "WrongValue", f"{operator} takes no value.")
        return Test(operator, point, result)
    raw_value = fields.get("Value")
    value = _read_value(operator, kind, raw_value, place / "Value", context)
    return None if value is None else Test(operator, point, result, value, raw_value)


def read_result(raw: object, place: Place, context: Context) -> tuple[tuple[str, str], ValueType] | None:
    """``"check.Approved"`` as activity key and field, with the field's type."""
    key, _, name = raw.partition(".") if isinstance(raw, str) else ("", "", "")
    if key not in context.activities:
        context.fault(place, "Unknown", f"There is no activity {quoted(key or raw)}.")
        return None
    activity_type = context.registry.get(context.activities[key])
    if activity_type is None:  # its type is a fault of its own
        return None
    if name not in activity_type.results:
        fields = ", ".join(activity_type.results) or "none"
        context.fault(
            place, "Unknown", f"{activity_type.name} has no result {quoted(name)} (it has: {fields})."
        )
        return None
    kind = activity_type.results[name]
    # The choices of a result are its type's own business: as a test's value any text will do.
    return (key, name), ValueType.TEXT if kind is ValueType.CHOICE else kind


def _read_value(operator: str, kind: DataPoint | ValueType, raw: Any, place: Place, context: Context) -> Any:
    """The typed value (or values, or length of time) of a test; ``None``, with a fault, if it has none."""
    try:
        if operator in ("InTheLast", "InTheNext"):
            return parse_duration(raw)
        if operator == "Matches":
            compile_pattern(parse_text(raw))
            return raw
        if operator == "Between":
            return _read_bounds(kind, raw, place, context)
        if operator in ("In", "NotIn"):
            return _read_several(kind, raw, place, context)
    except ValueError as error:
        context.fault(place, "Required" if raw is None else "WrongValue", f"This {error}.")
        return None
    return _read_one(kind, raw, place, context)


def _read_one(kind: DataPoint | ValueType, raw: object, place: Place, context: Context) -> Value | None:
    if context.stored and isinstance(kind, DataPoint) and kind.type is ValueType.CHOICE:
        kind = ValueType.TEXT  # the choice may have been taken from the list since
    try:
        value = parse(kind, raw)
    except ValueError as error:
        context.fault(place, "WrongType", f"This {error}.")
        return None
    if value is None:
        context.fault(place, "Required", "A value is missing.")
    return value


def _read_several(
    kind: DataPoint | ValueType, raw: object, place: Place, context: Context
) -> tuple[Value, ...] | None:
    if not isinstance(raw, list) or not 0 < len(raw) <= MAX_VALUES:
        context.fault(place, "WrongType", f"This must be a list of 1 to {MAX_VALUES:,} values.")
        return None
    values = [_read_one(kind, one, place / index, context) for index, one in enumerate(raw)]
    whole = tuple(value for value in values if value is not None)
    return whole if len(whole) == len(values) else None


def _read_bounds(
    kind: DataPoint | ValueType, raw: object, place: Place, context: Context
) -> tuple[Value, ...] | None:
    if not isinstance(raw, list) or len(raw) != 2:
        context.fault(place, "WrongType", "This must be a list of two values, the lower one first.")
        return None
    bounds = _read_several(kind, raw, place, context)
    if bounds is None:
        return None
    low, high = bounds
    if isinstance(low, Amount) and isinstance(high, Amount):
        if low.currency != high.currency:
            context.fault(place, "WrongValue", "Both amounts must be in the same currency.")
            return None
        low, high = low.amount, high.amount
    if low > high:  # type: ignore[operator]  # both are of the data point's one type
        context.fault(place, "WrongValue", "The lower value must come first.")
        return None
    return bounds
