"""What was asked about a lead: its runs, and each question they put."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from kohomai.datapoints.models import Enrichment, EnrichmentCall
from kohomai.engine.errors import NotFound
from kohomai.leads.models import Lead

MAX_CALLS = 200
"""Questions of one run that are shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A run with the questions it put, in order."""

    run: Enrichment
    calls: Sequence[EnrichmentCall]


def listed(
    workspace_id: int, lead_id: int, *, after: int = 0, limit: int = 50, descending: bool = False
) -> list[Shown]:
    """The runs of a lead, in order of ``Id``. Raises ``NotFound``."""
    if not Lead.objects.filter(workspace_id=workspace_id, id=lead_id).exists():
        raise NotFound("There is no such lead.")
    rows = Enrichment.objects.filter(workspace_id=workspace_id, lead_id=lead_id)
    if after:
        rows = rows.filter(id__lt=after) if descending else rows.filter(id__gt=after)
    return _with_calls(workspace_id, list(rows.order_by("-id" if descending else "id")[:limit]))


def get(workspace_id: int, run_id: int) -> Shown:
    """One run. Raises ``NotFound``."""
    run = Enrichment.objects.filter(workspace_id=workspace_id, id=run_id).first()
    if run is None:
        raise NotFound("There is no such run.")
    return _with_calls(workspace_id, [run])[0]


def _with_calls(workspace_id: int, runs: list[Enrichment]) -> list[Shown]:
    calls: defaultdict[int | None, list[EnrichmentCall]] = defaultdict(list)
    ids = [run.id for run in runs]
    rows = EnrichmentCall.objects.filter(workspace_id=workspace_id, enrichment_id__in=ids).order_by("id")
    for row in rows[: MAX_CALLS * max(1, len(ids))]:
        calls[row.enrichment_id].append(row)
    return [Shown(run, calls[run.id]) for run in runs]
