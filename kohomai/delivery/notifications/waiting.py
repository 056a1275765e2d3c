"""What waits for people: the activities that are in progress and fall to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection

from kohomai.delivery.notifications.persons import Told
from kohomai.delivery.notifications.rows import Row
from kohomai.workspaces.sql import statement

SHOWN = 50
"""Items one mail lists of a kind; the others are counted."""

_FOR_LEADS = statement(__file__, "waiting_for_leads")
_FOR_OTHERS = statement(__file__, "waiting_for_others")
_OPENED = statement(__file__, "opened")


@dataclass(frozen=True, slots=True)
class Item:
    """An activity that waits."""

    workspace_id: int
    journey_id: int
    lead_id: int
    id: int
    name: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one person: how many ``count``, of them the first ``items`` by due time, and when the ``newest``
    opened."""

    count: int
    items: tuple[Item, ...]
    newest: datetime | None


class Read:
    """All that waits for a few persons, read at once; and what of it some rows' events opened for them."""

    def __init__(self, people: Collection[Told], rows: Iterable[Row]) -> None:
        self._found: dict[tuple[int, str], list[tuple[Item, int, datetime]]] = {}
        leads = [one.person.lead_id for one in people if one.person.lead_id is not None]
        others = [one for one in people if one.person.lead_id is None]
        for workspace_id, journey_id, lead_id, id, name, due_at, who, count, newest in [
            *_of_leads(leads),
            *_of_others(others),
        ]:
            item = Item(workspace_id, journey_id, lead_id, id, name, _utc(due_at))
            self._found.setdefault((workspace_id, who), []).append((item, count, newest))
        self._opened: dict[int, tuple[str, Item]] = {}
        events = sorted({event for row in rows for event in row.events})
        if events:
            with connection.cursor() as cursor:
                cursor.execute(_OPENED, [events])
                for workspace_id, journey_id, lead_id, id, name, due_at, who, event in cursor.fetchall():
                    item = Item(workspace_id, journey_id, lead_id, id, name, _utc(due_at))
                    self._opened[event] = (who, item)

    def all(self, one: Told) -> Waiting:
        """What waits for this person."""
        count, items, newest = 0, [], []
        for who in one.falls_to:
            found = self._found.get((one.person.workspace_id, who), [])
            if found:
                count += found[0][1]
                newest.append(found[0][2].astimezone(UTC))
                items += [item for item, _, _ in found]
        return Waiting(count, tuple(_by_due(items)), max(newest, default=None))

    def new(self, one: Told, row: Row) -> list[Item]:
        """What of it the row's events opened."""
        found = {
            item.id: item
            for who, item in (self._opened[event] for event in row.events if event in self._opened)
            if who in one.falls_to and item.workspace_id == one.person.workspace_id
        }
        return _by_due(found.values())


def _of_leads(leads: list[int]) -> list[tuple[Any, ...]]:
    if not leads:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_FOR_LEADS, [leads, SHOWN])
        return list(cursor.fetchall())


def _of_others(others: Sequence[Told]) -> list[tuple[Any, ...]]:
    if not others:
        return []
    sought = {(one.person.workspace_id, who) for one in others for who in one.falls_to}
    values: dict[str, Any] = {
        "sought": orjson.dumps([{"workspace_id": ws, "who": who} for ws, who in sorted(sought)]).decode(),
        "workspaces": sorted({ws for ws, _ in sought}),
        "addresses": sorted(
            {who.removeprefix("address-") for _, who in sought if who.startswith("address-")}
        ),
        "shown": SHOWN,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOR_OTHERS, values)
        return list(cursor.fetchall())


def _by_due(items: Iterable[Item]) -> list[Item]:
    """What is due first at the top, what has no due time at the end."""
    return sorted(items, key=lambda item: (item.due_at is None, item.due_at or datetime.max, item.id))


def _utc(moment: datetime | None) -> datetime | None:
    return moment and moment.astimezone(UTC)
