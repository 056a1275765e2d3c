"""A funnel's document: from names of data points to ids and back, and into the definition journeys run on.

A document is stored with the ``Id``s of its data points and shown with their names of today. Only those
places are changed; all else, faults too, stays as it was sent. Where a data point is named by the key of an
object (``Given`` and ``Data`` in a funnel's tests), its id is written ``#12``; a name of nobody's that begins
with ``#`` gets a second one there, so that it is still a name.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kohomai.engine.definition import Definition
from kohomai.engine.reading.document import read_document
from kohomai.engine.reading.places import Context
from kohomai.engine.types import ActivityType, DataPoints, Reference, Registry, references
from kohomai.engine.values import DataPoint


def named_to_ids(document: Any, data_points: DataPoints, registry: Registry) -> Any:
    """A copy of ``document`` whose data points are named by ``Id``; names of nobody's are left.

    ``document`` is any JSON, nested no deeper than the API takes it.
    """

    def by_value(name: str | int) -> str | int:
        point = data_points.find(name)
        return name if point is None else point.id

    def by_key(name: str) -> str:
        point = data_points.find(name)
        if point is not None:
            return f"#{point.id}"
        return f"#{name}" if name.startswith("#") else name

    return _renamed(document, registry, by_value, by_key)


def ids_to_names(document: Any, names: Mapping[int, str], registry: Registry) -> Any:
    """A copy of a stored ``document`` whose data points have their names of today; ``named_to_ids`` undone."""

    def by_value(name: str | int) -> str | int:
        return names.get(name, name) if isinstance(name, int) else name

    def by_key(name: str) -> str:
        if not name.startswith("#"):
            return name
        if name.startswith("##"):
            return name[1:]
        digits = name[1:]
        known = digits.isascii() and digits.isdigit() and len(digits) < 17
        return names.get(int(digits), name) if known else name

    return _renamed(document, registry, by_value, by_key)


def data_point_ids(document: Any, registry: Registry) -> frozenset[int]:
    """The ``Id``s of all data points that a stored ``document`` names, its tests included."""
    places = (part[key] for part, key in _places(document, registry))
    keys = (name[1:] for part in _keyed(document) for name in part if name.startswith("#"))
    return frozenset(
        [place for place in places if isinstance(place, int)]
        + [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 17]
    )


def used_data_points(document: Any, data_points: DataPoints, registry: Registry) -> dict[int, DataPoint]:
    """All data points that running a stored ``document`` takes, by ``Id``: those it names, its tests included,
    the owner's where an activity falls to the owner, and the system's that its activity types work with. What
    ``compile_definition`` is to be given."""
    found = [data_points.find(id) for id in sorted(data_point_ids(document, registry))]
    if any(one.get("Kind") == "Owner" for one in map(_assignee, _activities(document))):
        found.append(data_points.find("Owner"))
    kinds = [kind for one in _activities(document) if (kind := _kind(one, registry))]
    found += [
        data_points.find(name) for name in sorted({name for kind in kinds for name in kind.system_points})
    ]
    return {point.id: point for point in found if point is not None}


def compile_definition(
    document: Any, version: int, data_points: Mapping[int, DataPoint], registry: Registry
) -> Definition:
    """The definition that a stored document (data points by ``Id``, numbers as ``Decimal`` or ``int``) makes.

    What has changed since it was published, such as the choices of a data point, does not matter. Raises
    ``ValueError`` where it cannot be read at all.
    """
    context = Context(_ById(data_points), registry, stored=True)
    definition = read_document(document, version, context)
    if definition is None or context.faults:
        faults = "; ".join(f"{fault.node}/{fault.field}: {fault.detail}" for fault in context.faults[:5])
        raise ValueError(f"This definition cannot be run: {faults}")
    return definition


class _ById:
    """Finds data points in a mapping, by ``Id`` or by name."""

    def __init__(self, points: Mapping[int, DataPoint]) -> None:
        self._points = points
        self._names = {point.name.casefold(): point for point in points.values()}

    def find(self, reference: str | int) -> DataPoint | None:
        if isinstance(reference, int):
            return self._points.get(reference)
        return self._names.get(reference.casefold())


# --- the places that name data points -----------------------------------------------------------------------


def _renamed(
    document: Any,
    registry: Registry,
    by_value: Callable[[str | int], str | int],
    by_key: Callable[[str], str],
) -> Any:
    document = copy.deepcopy(document)
    for part, key in list(_places(document, registry)):
        part[key] = by_value(part[key])
    for part in list(_keyed(document)):
        renamed = dict(part)
        part.clear()
        for key, value in renamed.items():
            name = by_key(key)
            # Two names of one data point: the second stays as it is, so that nothing is lost.
            part[key if name in part or (name != key and name in renamed) else name] = value
    return document


def _places(document: Any, registry: Registry) -> Iterator[Reference]:
    """Every place where a data point is named by a value: in conditions, assignees and settings."""
    for node in _objects(document.get("Nodes") if isinstance(document, dict) else None):
        if node.get("Type") == "Decision":
            for branch in _objects(node.get("Branches")):
                yield from references(branch.get("When"))
    for activity in _activities(document):
        yield from references(activity.get("Assignee"))
        kind, settings = _kind(activity, registry), activity.get("Settings")
        if kind is not None and isinstance(settings, dict):
            yield from kind.settings_references(settings)


def _activities(document: Any) -> Iterator[dict[str, Any]]:
    """Every activity of every stage."""
    for node in _objects(document.get("Nodes") if isinstance(document, dict) else None):
        if node.get("Type") == "Stage":
            yield from _objects(node.get("Activities"))


def _kind(activity: dict[str, Any], registry: Registry) -> ActivityType | None:
    name = activity.get("Type")
    return registry.get(name) if isinstance(name, str) else None


def _assignee(activity: dict[str, Any]) -> dict[str, Any]:
    found = activity.get("Assignee")
    return found if isinstance(found, dict) else {}


def _keyed(document: Any) -> Iterator[dict[str, Any]]:
    """Every object whose keys name data points: what a funnel's tests give, send and expect."""
    for test in _objects(document.get("Tests") if isinstance(document, dict) else None):
        expected = test.get("Expect")
        holders = [*_objects(test.get("Do")), *([expected] if isinstance(expected, dict) else [])]
        named = [test.get("Given"), *(holder.get("Data") for holder in holders)]
        yield from (part for part in named if isinstance(part, dict))


def _objects(raw: Any) -> list[dict[str, Any]]:
    """The objects in a list, or under the keys of an object; none of anything else."""
    parts = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else ()
    return [part for part in parts if isinstance(part, dict)]
