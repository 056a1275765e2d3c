"""All data points of a workspace at once, as every room looks them up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kohomai.datapoints.models import DataPoint as Row
from kohomai.datapoints.models import DataPointName
from kohomai.engine.values import DataPoint, ValueType
from kohomai.workspaces.caching import ShortCache


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The data points of one workspace, archived ones too.

    ``by_id`` has them by ``Id``, ``system`` the system's by name, ``ids`` the ``Id`` by each name that is or
    was one's (see ``name_key``); ``unused`` are those whose type can still be changed.
    """

    workspace_id: int
    by_id: Mapping[int, DataPoint]
    system: Mapping[str, DataPoint]
    ids: Mapping[str, int]
    unused: frozenset[int]
    archived: frozenset[int]
    _system_ids: frozenset[int]

    def find(self, reference: str | int) -> DataPoint | None:
        """By name (without regard to case, former names too) or by ``Id``; ``None`` when there is none."""
        if isinstance(reference, str):
            found = self.ids.get(name_key(reference))
            return None if found is None else self.by_id.get(found)
        return None if isinstance(reference, bool) else self.by_id.get(reference)

    def is_system(self, data_point_id: int) -> bool:
        """Whether the data point is one of the system's."""
        return data_point_id in self._system_ids

    def name(self, data_point_id: int) -> str:
        """Today's name; the ``Id`` as text for one that is not there."""
        point = self.by_id.get(data_point_id)
        return point.name if point is not None else str(data_point_id)


def name_key(name: str) -> str:
    """What is compared of a name: case does not count."""
    return name.casefold()


def catalogue(workspace_id: int, fresh: bool = False) -> Catalogue:
    """The workspace's data points, at most a few seconds old; ``fresh`` reads them now."""
    found = _cache.fresh(workspace_id) if fresh else _cache.get(workspace_id)
    assert found is not None  # an empty catalogue is one too
    return found


def forget(workspace_id: int) -> None:
    """Read the workspace's data points anew next time: this process has changed them."""
    _cache.forget(workspace_id)


def engine_point(row: Row) -> DataPoint:
    """The data point as the engine knows it."""
    return DataPoint(row.id, row.name, ValueType(row.type), tuple(row.choices))


def _load(workspace_id: int) -> Catalogue:
    rows = list(Row.objects.filter(workspace_id=workspace_id).order_by("id"))
    names = DataPointName.objects.filter(workspace_id=workspace_id).values_list("name_key", "data_point_id")
    by_id = {row.id: engine_point(row) for row in rows}
    return Catalogue(
        workspace_id=workspace_id,
        by_id=by_id,
        system={row.name: by_id[row.id] for row in rows if row.system},
        ids=dict(names),
        unused=frozenset(row.id for row in rows if row.used_at is None),
        archived=frozenset(row.id for row in rows if row.archived_at is not None),
        _system_ids=frozenset(row.id for row in rows if row.system),
    )


_cache: ShortCache[int, Catalogue] = ShortCache(_load)
