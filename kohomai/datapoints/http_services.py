"""The HTTP services that a workspace asks about its leads, as everybody looks them up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from kohomai.datapoints.catalogue import Catalogue
from kohomai.datapoints.models import HttpProvider
from kohomai.workspaces.caching import ShortCache

KEY = "http:"


@dataclass(frozen=True, slots=True)
class Mapped:
    """What is taken from an answer: the data point, where its value stands (JSONPath), and the currency of a bare
    number that goes to an amount."""

    data_point_id: int
    path: str
    currency: str | None


@dataclass(frozen=True, slots=True)
class Service:
    """An HTTP service as it is set up. ``headers`` are sealed."""

    id: int
    workspace_id: int
    name: str
    url: str
    method: str
    body: Any
    mapping: Sequence[Mapped]
    time_limit: float
    cache_for: timedelta
    rate_limit: int | None
    currency: str | None
    cost: Decimal | None
    monthly_budget: Decimal | None
    version: int
    headers: bytes = field(repr=False, default=b"")

    @property
    def key(self) -> str:
        """What it is known by, whatever it is called."""
        return f"{KEY}{self.id}"

    def promises(self, workspace_id: int, catalogue: Catalogue) -> Iterable[int]:
        """What its answers are searched for."""
        return [one.data_point_id for one in self.mapping if one.data_point_id not in catalogue.archived]


def configured(workspace_id: int, fresh: bool = False) -> tuple[Service, ...]:
    """The workspace's services that are active, in their order; at most a few seconds old, ``fresh`` reads them now."""
    return (_cache.fresh(workspace_id) if fresh else _cache.get(workspace_id)) or ()


def forget(workspace_id: int) -> None:
    """Read them anew next time: this process has changed them."""
    _cache.forget(workspace_id)


def service_of(row: HttpProvider) -> Service:
    """A row as it is asked."""
    return Service(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        url=row.url,
        method=row.method,
        headers=bytes(row.headers),
        body=row.body,
        mapping=[Mapped(one["Id"], one["Path"], one.get("Currency")) for one in row.mapping],
        time_limit=row.time_limit,
        cache_for=timedelta(seconds=row.cache_for),
        rate_limit=row.rate_limit,
        currency=row.currency,
        cost=row.cost,
        monthly_budget=row.monthly_budget,
        version=row.version,
    )


def _load(workspace_id: int) -> tuple[Service, ...]:
    rows = HttpProvider.objects.filter(workspace_id=workspace_id, active=True).order_by("position", "id")
    return tuple(service_of(row) for row in rows)


_cache: ShortCache[int, tuple[Service, ...]] = ShortCache(_load)
