"""The tests of a funnel that its document carries, checked as far as their form and their names go."""

from __future__ import annotations

from collections.abc import Mapping

from kohomai.engine.durations import parse_duration
from kohomai.engine.reading.places import (
    Context,
    Place,
    quoted,
    read_list,
    read_name,
    read_object,
    read_target,
)
from kohomai.engine.values import DataPoint, parse

MAX_TESTS = 500
MAX_STEPS = 1_000
_NAMING_AN_ACTIVITY = ("Complete", "Fail", "Skip", "Reopen")
_STEP = (*_NAMING_AN_ACTIVITY, "After", "Data", "Result", "Enriched")


def read_tests(raw: object, context: Context) -> None:
    """Faults of the tests: unknown data points, activities and nodes, values of a wrong type, wrong form."""
    place = Place() / "Tests"
    for index, one in enumerate(read_list(raw, place, context, MAX_TESTS)):
        here = place / index
        fields = read_object(one, here, context, ("Name", "Expect"), ("Given", "Do"))
        if fields is None:
            continue
        if "Name" in fields:
            read_name(fields["Name"], here / "Name", context)
        _read_values(fields.get("Given", {}), here / "Given", context)
        steps = read_list(fields.get("Do", []), here / "Do", context, MAX_STEPS)
        for position, step in enumerate(steps):
            _read_step(step, here / "Do" / position, context)
        if "Expect" in fields:
            _read_expectation(fields["Expect"], here / "Expect", context)


def find_key(key: str, context: Context) -> DataPoint | None:
    """The data point that a key of ``Given`` or ``Data`` names: by its name, or as ``#<Id>`` in stored documents."""
    point = context.find(key)
    if point is None and key.startswith("#") and key[1:].isascii() and key[1:].isdigit() and len(key) < 18:
        point = context.find(int(key[1:]))
    return point


def _read_values(raw: object, place: Place, context: Context) -> None:
    if not isinstance(raw, Mapping):
        context.fault(place, "WrongType", "This must be an object: values by the name of their data point.")
        return
    seen: set[int] = set()
    for name, value in raw.items():
        point = find_key(name, context) if isinstance(name, str) else None
        if point is None:
            context.fault(place / name, "Unknown", f"There is no data point {quoted(name)}.")
            continue
        if point.id in seen:
            context.fault(place / name, "Duplicate", f"The data point {quoted(point.name)} is there twice.")
        seen.add(point.id)
        try:
            parse(point, value)
        except ValueError as error:
            context.fault(place / name, "WrongType", f"This {error}.")


def _read_step(raw: object, place: Place, context: Context) -> None:
    fields = read_object(raw, place, context, (), _STEP)
    if fields is None:
        return
    for name in _NAMING_AN_ACTIVITY:
        key = fields.get(name)
        if name in fields and (not isinstance(key, str) or key not in context.activities):
            context.fault(place / name, "Unknown", f"There is no activity {quoted(key)}.")
    if "After" in fields:
        try:
            parse_duration(fields["After"])
        except ValueError as error:
            context.fault(place / "After", "WrongValue", f"This {error}.")
    if "Data" in fields:
        _read_values(fields["Data"], place / "Data", context)


def _read_expectation(raw: object, place: Place, context: Context) -> None:
    if not isinstance(raw, Mapping):
        context.fault(place, "WrongType", "This must be an object.")
        return
    if "Node" in raw:
        read_target(raw["Node"], place / "Node", context)
    if "Visits" in raw:
        for index, key in enumerate(read_list(raw["Visits"], place / "Visits", context, MAX_STEPS)):
            read_target(key, place / "Visits" / index, context)
