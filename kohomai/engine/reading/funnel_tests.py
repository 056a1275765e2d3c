"""The tests of a funnel that its document carries, checked as far as their form and their names go."""

from __future__ import annotations

from collections.abc import Mapping

from kohomai.engine.reading.places import (
    Context,
    Place,
    quoted,
    read_duration,
    read_list,
    read_name,
    read_object,
    read_target,
)
from kohomai.engine.types import DataPoints
from kohomai.engine.values import DataPoint, parse

MAX_TESTS = 500
MAX_STEPS = 1_000
_NAMING_AN_ACTIVITY = ("Complete", "Fail", "Skip", "Reopen")
_STEP = (*_NAMING_AN_ACTIVITY, "After", "Data", "Result")
_EXPECTED = ("Visits", "Node", "Status", "Outcome", "Reason", "Data", "Activities")


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


def find_key(key: str, data_points: DataPoints) -> DataPoint | None:
    """The data point that a key of ``Given`` or ``Data`` names: by its name, or as ``#<Id>`` in stored documents."""
    point = data_points.find(key)
    if point is None and key.startswith("#") and key[1:].isascii() and key[1:].isdigit() and len(key) < 18:
        point = data_points.find(int(key[1:]))
    return point


def _read_values(raw: object, place: Place, context: Context) -> None:
    if not isinstance(raw, Mapping):
        context.fault(place, "WrongType", "This must be an object: values by the name of their data point.")
        return
    seen: set[int] = set()
    for name, value in raw.items():
        point = find_key(name, context) if isinstance(name, str) else None
        if point is None:
            shown = str(name).removeprefix("#") if str(name).startswith("##") else name
            context.fault(place / shown, "Unknown", f"There is no data point {quoted(shown)}.")
            continue
        here = place / (point.name if name.startswith("#") else name)  # as people see it, not as it is stored
        if point.id in seen:
            context.fault(here, "Duplicate", f"The data point {quoted(point.name)} is there twice.")
        seen.add(point.id)
        try:
            parse(point, value)
        except ValueError as error:
            context.fault(here, "WrongType", f"This {error}.")


def _read_step(raw: object, place: Place, context: Context) -> None:
    fields = read_object(raw, place, context, (), _STEP)
    if fields is None:
        return
    if not fields:
        context.fault(place, "Empty", "There is nothing to do in this step.")
    named = [name for name in _NAMING_AN_ACTIVITY if name in fields]
    for name in named:
        _check_activity(fields[name], place / name, context)
    if len(named) > 1:
        context.fault(place / named[1], "WrongValue", f"A step does one thing: either {' or '.join(named)}.")
    if "After" in fields:
        read_duration(fields["After"], place / "After", context)
    if "Data" in fields:
        _read_values(fields["Data"], place / "Data", context)
    if not isinstance(fields.get("Result", {}), Mapping):
        context.fault(place / "Result", "WrongType", "This must be an object: result fields by their name.")


def _read_expectation(raw: object, place: Place, context: Context) -> None:
    fields = read_object(raw, place, context, (), _EXPECTED)
    if fields is None:
        return
    if fields.get("Node") is not None:
        read_target(fields["Node"], place / "Node", context)
    if "Visits" in fields:
        for index, key in enumerate(read_list(fields["Visits"], place / "Visits", context, MAX_STEPS)):
            read_target(key, place / "Visits" / index, context)
    for name in ("Status", "Outcome", "Reason"):
        if fields.get(name) is not None:
            read_name(fields[name], place / name, context)
    if "Data" in fields:
        _read_values(fields["Data"], place / "Data", context)
    activities = fields.get("Activities", {})
    if not isinstance(activities, Mapping):
        context.fault(
            place / "Activities", "WrongType", "This must be an object: states by the activity's key."
        )
        return
    for key, status in activities.items():
        _check_activity(key, place / "Activities" / key, context)
        read_name(status, place / "Activities" / key, context)


def _check_activity(key: object, place: Place, context: Context) -> None:
    if not isinstance(key, str) or key not in context.activities:
        context.fault(place, "Unknown", f"There is no activity {quoted(key)}.")
