"""Invariant 1 from outside: everything that was answered with success is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import orjson

from kohomai.site.doctor_finding import Finding, select

BATCH = 1_000

_LEADS = """
SELECT r.lead, l.id IS NOT NULL, l.merged_into_id IS NOT NULL OR EXISTS (
    SELECT FROM journeys_event AS e WHERE e.lead_id = r.lead AND e.journey_id IS NULL AND e.sequence = 1
)
FROM unnest(%(ids)s::bigint[]) AS r (lead)
LEFT JOIN leads_lead AS l ON l.id = r.lead
"""
_JOURNEYS = """
SELECT r.journey, j.lead_id, EXISTS (SELECT FROM journeys_event AS e WHERE e.journey_id = r.journey AND e.sequence = 1)
FROM unnest(%(ids)s::bigint[]) AS r (journey)
LEFT JOIN journeys_journey AS j ON j.id = r.journey
"""
_COMPLETED = """
SELECT r.activity, a.status FROM unnest(%(ids)s::bigint[]) AS r (activity)
LEFT JOIN journeys_activity AS a ON a.id = r.activity
"""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One line: ids of what was answered with success, each where it is known."""

    lead: int | None
    journey: int | None
    completed: int | None


def missing(path: Path) -> Iterator[Finding]:
    """What the file names and the tables do not have. A line is a lead's ``Id``, may go on with its journey's, or is
    JSON: ``{"Lead": 1, "Journey": 2, "Completed": 3}``, the last the ``Id`` of an activity that was completed.

    Raises ``ValueError`` for a line that is neither.
    """
    with path.open(encoding="utf-8") as file:
        lines = (line for line in file if line.strip())
        while batch := [read_line(line) for line in islice(lines, BATCH)]:
            yield from _missing(batch)


def read_line(line: str) -> Acknowledged:
    """One line of the file. Raises ``ValueError``."""
    text = line.strip()
    if text.startswith("{"):
        raw = orjson.loads(text)
        lead = raw.get("Lead", raw.get("Id"))
        return Acknowledged(*(one and int(one) for one in (lead, raw.get("Journey"), raw.get("Completed"))))
    numbers = [int(part) for part in text.strip("[],").replace(",", " ").split()]
    if not 1 <= len(numbers) <= 2:
        raise ValueError(f"not an id of a lead, perhaps followed by its journey's: {text[:80]}")
    return Acknowledged(numbers[0], numbers[1] if len(numbers) > 1 else None, None)


def _missing(batch: list[Acknowledged]) -> Iterator[Finding]:
    for lead, there, whole in select(_LEADS, ids=[one.lead for one in batch if one.lead]):
        if not there:
            yield Finding(1, "leads_lead", str(lead), "was acknowledged and is not there")
        elif not whole:
            yield Finding(1, "leads_lead", str(lead), "was acknowledged and has no event")
    leads = {one.journey: one.lead for one in batch if one.journey}
    for journey, lead, whole in select(_JOURNEYS, ids=list(leads)):
        if lead is None:
            yield Finding(1, "journeys_journey", str(journey), "was acknowledged and is not there")
        elif leads[journey] not in (None, lead):
            yield Finding(
                1, "journeys_journey", str(journey), f"belongs to lead {lead}, not to {leads[journey]}"
            )
        elif not whole:
            yield Finding(1, "journeys_journey", str(journey), "was acknowledged and has no event")
    for activity, status in select(_COMPLETED, ids=[one.completed for one in batch if one.completed]):
        if status != "Completed":
            found = "not there" if status is None else status
            yield Finding(
                1, "journeys_activity", str(activity), f"was acknowledged as completed and is {found}"
            )
