"""`kohomai doctor --deep`: what must hold after any fault, checked on the tables.

The numbers of the invariants are those of the contracts ("What must hold after any fault", 1 to 6). Everything is
read in batches by key, each in a short transaction of its own, so that memory stays bounded however large the tables
are, and that a program that is running is not held up.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kohomai.site.doctor_acknowledged import missing
from kohomai.site.doctor_chains import broken_leads
from kohomai.site.doctor_finding import Finding
from kohomai.site.doctor_journeys import broken_journeys
from kohomai.site.doctor_tables import broken_rows, missing_deliveries, twice

__all__ = ["Finding", "check", "findings"]

SHOWN = 10_000
"""Findings printed at most; the others are counted."""


def findings(workspace_id: int | None = None, acknowledged: Path | None = None) -> Iterator[Finding]:
    """Every row that breaks what must hold, of one workspace or of all. ``acknowledged`` is a file of ids of
    registrations (and completions) that were answered with success: each of them has to be there.

    Raises ``ValueError`` when that file cannot be understood.
    """
    if acknowledged is not None:
        yield from missing(acknowledged)
    yield from broken_rows(workspace_id)
    yield from twice(workspace_id)
    yield from broken_leads(workspace_id)
    yield from broken_journeys(workspace_id)
    yield from missing_deliveries(workspace_id)


def check(acknowledged: Path | None = None, workspace_id: int | None = None) -> int:
    """Print every finding as it is found, then how many there were; 1 when there is one, else 0."""
    count = 0
    for finding in findings(workspace_id, acknowledged):
        count += 1
        if count <= SHOWN:
            print(finding, flush=True)
    if count:
        print(f"{count} findings.")
        return 1
    print("Invariants 1 to 6 hold: nothing is missing, half there, or stuck.")
    return 0
