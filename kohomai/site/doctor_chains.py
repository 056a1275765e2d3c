"""Sequences without a gap, and chains of hashes that hold: of journeys, and of leads' own events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from kohomai.journeys import chain
from kohomai.site.doctor_finding import Finding, snapshot

BATCH = 500

_LEADS = """
SELECT id, sequence, hash FROM leads_lead
WHERE id > %(after)s AND (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s)
ORDER BY id LIMIT %(limit)s
"""
_EVENTS = """
SELECT id, {owner}, sequence, type, at, payload::text, salt, digest, hash
FROM journeys_event
WHERE {owner} = ANY (%(ids)s::bigint[]) {only}
ORDER BY {owner}, sequence, id
"""
LEAD_EVENTS = _EVENTS.format(owner="lead_id", only="AND journey_id IS NULL")
JOURNEY_EVENTS = _EVENTS.format(owner="journey_id", only="")


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as stored; ``payload`` is ``None`` where it was erased."""

    id: int
    owner: int
    sequence: int
    type: str
    at: datetime
    payload: Any
    salt: bytes | None
    digest: bytes
    hash: bytes


def event_rows(cursor: Any, sql: str, ids: Sequence[int]) -> dict[int, list[EventRow]]:
    """The events of these journeys or leads, in order."""
    found: dict[int, list[EventRow]] = {one: [] for one in ids}
    cursor.execute(sql, {"ids": list(ids)})
    for row_id, owner, sequence, kind, at, payload, salt, digest, hash_ in cursor.fetchall():
        body = None if payload is None else orjson.loads(payload)
        found[owner].append(
            EventRow(
                row_id,
                owner,
                sequence,
                kind,
                at.astimezone(UTC),
                body,
                salt and bytes(salt),
                bytes(digest),
                bytes(hash_),
            )
        )
    return found


def broken_chain(
    table: str, owner: int, sequence: int, hash_: bytes, events: Sequence[EventRow]
) -> Iterator[Finding]:
    """What is wrong with one chain of events, and with what its owner's row (``table``) says of its end."""
    previous, expected = b"", 1
    for event in events:
        row = str(event.id)
        if event.sequence != expected:
            detail = f"has sequence {event.sequence}, expected {expected} ({table} {owner})"
            yield Finding(3, "journeys_event", row, detail)
        expected = event.sequence + 1
        if event.payload is not None and chain.digest(event.salt or b"", event.payload) != event.digest:
            yield Finding(3, "journeys_event", row, "its payload is not the one it was written with")
        if chain.link(previous, event.sequence, event.type, event.at, event.digest) != event.hash:
            yield Finding(3, "journeys_event", row, "its hash does not follow from the event before")
        previous = event.hash
    last = events[-1] if events else None
    if sequence != (last.sequence if last else 0):
        yield Finding(
            3,
            table,
            str(owner),
            f"says sequence {sequence}, its events end at {last.sequence if last else 0}",
        )
    elif hash_ != (last.hash if last else b""):
        yield Finding(3, table, str(owner), "its hash is not that of its last event")


def broken_leads(workspace_id: int | None) -> Iterator[Finding]:
    """Leads whose own events have a gap, do not hold together, or are not there at all."""
    after = 0
    while True:
        with snapshot() as cursor:
            cursor.execute(_LEADS, {"after": after, "workspace": workspace_id, "limit": BATCH})
            leads = cursor.fetchall()
            events = event_rows(cursor, LEAD_EVENTS, [lead[0] for lead in leads])
        if not leads:
            return
        for lead_id, sequence, hash_ in leads:
            if not events[lead_id]:
                yield Finding(1, "leads_lead", str(lead_id), "has no event: it is only half there")
            yield from broken_chain("leads_lead", lead_id, sequence, bytes(hash_), events[lead_id])
        after = leads[-1][0]
