"""From events to work: the relay follows all events and writes a row for everything they call for.

It reads in order of (xid, id), never past a transaction that is still running, and moves its mark in the
transaction that writes the rows. So each event is turned into work once, in order, however often and
wherever the relay runs, and whenever it is killed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from kohomai.activities import registry
from kohomai.activities.services import Place
from kohomai.delivery import enrichment, notices
from kohomai.delivery.database import short_transaction
from kohomai.delivery.webhooks.lanes import LANE_OF_LEAD_WEBHOOK
from kohomai.journeys.event_types import WEBHOOK_EVENTS
from kohomai.workspaces.sql import statement

BATCH = 1_000
"""Events per transaction at most."""
DELIVERIES = 5_000
"""Deliveries per transaction, about: a workspace may have a hundred endpoints, each told of each event."""
MAILS = 50
"""Events per transaction, at most, that make a mail of their own: rendering takes its time."""

READ = (
    "activity.opened",
    "activity.retried",
    "activity.reassigned",
    "activity.reminded",
    "activity.overdue",
    "journey.started",
    "journey.stopped",
    "link.requested",
)
"""The events whose payload matters here; that of the others is not even fetched."""
MAILED = "link.requested"
"""What is a mail of its own. All else that people are told of is looked at later (``notifications``)."""

_LOCK = "SELECT xid::text, event_id FROM delivery_relaymark WHERE name = 'relay' FOR UPDATE SKIP LOCKED"
_BEGIN = (
    "INSERT INTO delivery_relaymark (name, xid, event_id) VALUES ('relay', '0'::xid8, 0)"
    " ON CONFLICT (name) DO NOTHING"
)
_RELAY = statement(__file__, "relay").replace("LANE_OF_LEAD_WEBHOOK", LANE_OF_LEAD_WEBHOOK)


@dataclass(frozen=True, slots=True)
class Event:
    """An event that is a mail of its own, or a provider is asked about. ``place`` is its place in the batch."""

    id: int
    workspace_id: int
    lead_id: int
    journey_id: int | None
    sequence: int
    type: str
    payload: dict[str, Any]
    place: int


@dataclass(frozen=True, slots=True)
class Relayed:
    """What one step of the relay did: how many events it passed, and the rows it wrote.

    ``notices`` says that somebody is to be told by mail of what has happened, now. ``full`` says that there is more
    to read at once, ``held`` that another worker holds the mark.
    """

    events: int = 0
    runs: int = 0
    deliveries: int = 0
    enrichments: int = 0
    mails: int = 0
    notices: bool = False
    full: bool = False
    held: bool = False


def run_types() -> list[str]:
    """Names of the activity types that have to be run: automatic, and not completed by the clock."""
    return [name for name, kind in registry.items() if kind.automatic and not kind.timed]


def calling_types() -> list[str]:
    """Names of those of them that call somebody."""
    return [name for name in run_types() if getattr(registry[name], "place", None) is Place.OUTSIDE]


def step(limit: int = BATCH) -> Relayed:
    """Turn the next events, at most ``limit``, into rows of work, in one short transaction."""
    while True:
        try:
            return _step(limit)
        except _TooManyMails as found:
            limit = found.place


class _TooManyMails(Exception):
    """The batch is to end at this place, and the rest to be the next one's."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


def _step(limit: int) -> Relayed:
    with short_transaction() as cursor:
        cursor.execute(_LOCK)
        mark = cursor.fetchone()
        if mark is None:
            cursor.execute(_BEGIN)
            return Relayed(held=cursor.rowcount == 0, full=cursor.rowcount > 0)
        arguments = {
            "xid": mark[0],
            "event_id": mark[1],
            "limit": limit,
            "deliveries": DELIVERIES,
            "read": list(READ),
            "types": run_types(),
            "calling": calling_types(),
            "told": sorted(WEBHOOK_EVENTS),
        }
        cursor.execute(_RELAY, arguments)
        events, runs, deliveries, noticed, found = cursor.fetchone()
        noted = [_event(row) for row in orjson.loads(found)]
        mailed = [event for event in noted if event.type == MAILED]
        if len(mailed) > MAILS:
            raise _TooManyMails(mailed[MAILS - 1].place)
        enrichments = enrichment.plan([event for event in noted if event.type != MAILED])
        mails = notices.write(mailed)
    full = events == limit or deliveries >= DELIVERIES
    return Relayed(events, runs, deliveries, enrichments, mails, noticed, full=full)


def _event(row: dict[str, Any]) -> Event:
    return Event(
        row["id"], row["workspace_id"], row["lead_id"], row["journey_id"], row["sequence"], row["type"],
        row["payload"] or {}, row["place"],
    )  # fmt: skip
