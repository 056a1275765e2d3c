"""The HTTP services that a workspace asks about its leads: made, changed, put in order, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction

from kohomai.datapoints.http_services import forget
from kohomai.datapoints.models import HttpProvider, ProviderMonth
from kohomai.datapoints.services import mark_used
from kohomai.delivery.enrichment import reading
from kohomai.delivery.enrichment.reading import Read
from kohomai.engine.errors import Conflict, Fault, Invalid, NotFound
from kohomai.workspaces.checks import raise_faults

MAX_SERVICES = 50
"""Services of one workspace at most."""
MONTHS = 12
"""Months whose counts are shown."""
SAYS_NOTHING_ANY_MORE = frozenset(("url", "method", "headers", "body", "mapping"))
"""Changes after which what was answered before is not what would be answered now."""


def listed(workspace_id: int) -> list[HttpProvider]:
    """All services, in the order in which they are asked (there are few)."""
    rows = HttpProvider.objects.filter(workspace_id=workspace_id).order_by("position", "id")
    return list(rows[:MAX_SERVICES])


def get(workspace_id: int, service_id: int) -> HttpProvider:
    """One service. Raises ``NotFound``."""
    row = HttpProvider.objects.filter(workspace_id=workspace_id, id=service_id).first()
    if row is None:
        raise NotFound("There is no such enrichment provider.")
    return row


def months(workspace_id: int, keys: Sequence[str]) -> dict[str, list[ProviderMonth]]:
    """The last months' counts by the providers' keys, newest first."""
    found: dict[str, list[ProviderMonth]] = {key: [] for key in keys}
    rows = ProviderMonth.objects.filter(workspace_id=workspace_id, provider__in=keys).order_by("-month")
    for row in rows[: MONTHS * max(1, len(keys))]:
        if len(found[row.provider]) < MONTHS:
            found[row.provider].append(row)
    return found


@transaction.atomic
def create(workspace_id: int, sent: Mapping[str, object]) -> HttpProvider:
    """A new service, asked after all that are there. Raises ``Invalid`` with every fault, ``Conflict`` when there
    are as many as there can be."""
    there = HttpProvider.objects.filter(workspace_id=workspace_id)
    if there.count() >= MAX_SERVICES:
        raise Conflict(f"A workspace has at most {MAX_SERVICES} enrichment providers.")
    read = reading.read(workspace_id, sent, None)
    raise_faults(read.faults)
    last = there.order_by("-position").values_list("position", flat=True).first()
    row = HttpProvider(workspace_id=workspace_id, position=(last or 0) + 1)
    return _save(row, read)


@transaction.atomic
def change(workspace_id: int, service_id: int, sent: Mapping[str, object]) -> HttpProvider:
    """Change what is named; a header sent as ``hidden`` stays as it is. Raises ``NotFound``, and ``Invalid`` with
    every fault."""
    row = HttpProvider.objects.select_for_update().filter(workspace_id=workspace_id, id=service_id).first()
    if row is None:
        raise NotFound("There is no such enrichment provider.")
    read = reading.read(workspace_id, sent, row)
    raise_faults(read.faults)
    return _save(row, read)


@transaction.atomic
def delete(workspace_id: int, service_id: int) -> None:
    """It is asked nothing more; what it has found stays. Raises ``NotFound``."""
    if not HttpProvider.objects.filter(workspace_id=workspace_id, id=service_id).delete()[0]:
        raise NotFound("There is no such enrichment provider.")
    forget(workspace_id)


@transaction.atomic
def reorder(workspace_id: int, ids: object) -> list[HttpProvider]:
    """Ask the services in this order: ``ids`` names each once. Raises ``Invalid``."""
    rows = {row.id: row for row in HttpProvider.objects.select_for_update().filter(workspace_id=workspace_id)}
    wanted = [one for one in ids if isinstance(one, int)] if isinstance(ids, list) else []
    if not isinstance(ids, list) or len(wanted) != len(ids) or sorted(wanted) != sorted(rows):
        detail = "Order must name the Id of each of the workspace's enrichment providers once."
        raise Invalid([Fault("/Order", "WrongValue", detail)])
    for position, service_id in enumerate(wanted, 1):
        rows[service_id].position = position
    HttpProvider.objects.bulk_update(rows.values(), ["position"])
    forget(workspace_id)
    return [rows[service_id] for service_id in wanted]


def _save(row: HttpProvider, read: Read) -> HttpProvider:
    for name, value in read.values.items():
        setattr(row, name, value)
    if row.id is not None and not SAYS_NOTHING_ANY_MORE.isdisjoint(read.values):
        row.version += 1
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Invalid([reading.taken(row.name)]) from None
    mark_used(row.workspace_id, [one["Id"] for one in row.mapping])
    transaction.on_commit(lambda: forget(row.workspace_id))
    forget(row.workspace_id)
    return row
