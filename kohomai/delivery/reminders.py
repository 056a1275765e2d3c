"""Reminders: at most one a day for each person, with everything that waits for them in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings
from django.db import connection

from kohomai.delivery import mail
from kohomai.delivery.emails import recipients
from kohomai.delivery.emails.recipients import Recipient
from kohomai.delivery.people import Members, Person, persons
from kohomai.sessions.links import connection_url, insert_links, new_link
from kohomai.workspaces.services import settings as workspace_settings
from kohomai.workspaces.sql import statement

if TYPE_CHECKING:
    from kohomai.delivery.relay import Event

SHOWN = 50
"""Items one mail lists; the others are counted."""

_REMINDED = statement(__file__, "reminded")
_FOR_LEADS = statement(__file__, "waiting_for_leads")
_FOR_OTHERS = statement(__file__, "waiting_for_others")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An activity that waits, and whom for."""

    workspace_id: int
    journey_id: int
    lead_id: int
    name: str
    due_at: datetime | None
    assignee: dict[str, Any]


def mails(events: Sequence[Event]) -> list[mail.Mail]:
    """The mails for these reminders, rendered; the links in them are kept in the caller's transaction.

    Whoever has had a reminder today, by the workspace's clock, gets none: what waits was in that one.
    """
    if not events:
        return []
    members = Members({event.workspace_id for event in events})
    found = _not_yet_today(_reminded(events, members))
    if not found:
        return []
    waiting: dict[str, list[_Waiting]] = defaultdict(list)
    for one in _waiting(found):
        for person in persons(one.assignee, one.workspace_id, (one.lead_id, ""), members):
            waiting[person.mark].append(one)
    links: list[dict[str, Any]] = []
    leads = recipients.leads(person.lead_id for person in found if person.lead_id is not None)
    written = [
        _mail(person, leads.get(person.lead_id or 0), dedup, waiting[person.mark], links)
        for person, dedup in found.items()
        if waiting[person.mark]
    ]
    with connection.cursor() as cursor:
        insert_links(cursor, links)
    return written


def _reminded(events: Sequence[Event], members: Members) -> Iterable[Person]:
    """Everybody an activity falls to that was reminded of and still waits; each once."""
    refs = [
        {
            "journey_id": event.journey_id,
            "key": event.payload.get("Key"),
            "visit": event.payload.get("Visit"),
            "attempt": event.payload.get("Attempt"),
        }
        for event in events
    ]
    with connection.cursor() as cursor:
        cursor.execute(_REMINDED, [orjson.dumps(refs).decode()])
        rows = cursor.fetchall()
    found = [
        person
        for workspace_id, lead_id, email, assignee in rows
        for person in persons(orjson.loads(assignee), workspace_id, (lead_id, email), members)
    ]
    return {person.mark: person for person in found}.values()


def _not_yet_today(found: Iterable[Person]) -> dict[Person, str]:
    """Those who had no reminder yet today, each with the mark of today's."""
    now = datetime.now(UTC)
    marks = {}
    for person in found:
        zone = ZoneInfo(workspace_settings(person.workspace_id).time_zone)
        marks[person] = f"reminder:{person.workspace_id}:{person.mark}:{now.astimezone(zone).date()}"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT dedup FROM delivery_email WHERE dedup = ANY (%s::text[])", [list(marks.values())]
        )
        had = {row[0] for row in cursor.fetchall()}
    return {person: mark for person, mark in marks.items() if mark not in had}


def _waiting(found: Iterable[Person]) -> list[_Waiting]:
    """Everything that waits for these persons, what is due first at the top."""
    leads = [person.lead_id for person in found if person.lead_id is not None]
    others = [person for person in found if person.lead_id is None]
    rows: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        if leads:
            cursor.execute(_FOR_LEADS, [leads])
            rows += cursor.fetchall()
        if others:
            sought: dict[str, Any] = {
                "addresses": [person.email.lower() for person in others],
                "users": [person.user_id for person in others if person.user_id is not None],
                "workspaces": list({person.workspace_id for person in others}),
            }
            cursor.execute(_FOR_OTHERS, sought)
            rows += cursor.fetchall()
    return [
        _Waiting(workspace_id, journey_id, lead_id, name, due_at, orjson.loads(assignee))
        for workspace_id, journey_id, lead_id, name, due_at, assignee in rows
    ]


def _mail(
    person: Person, lead: Recipient | None, dedup: str, items: Sequence[_Waiting], links: list[dict[str, Any]]
) -> mail.Mail:
    front = person.user_id is None
    url = f"{settings.KOHOMAI_URL}/p/tasks"
    if front:
        email = person.email if person.lead_id is None else None
        row, plain = new_link(
            person.workspace_id, now=datetime.now(UTC), lead_id=person.lead_id, email=email, mailed=True
        )
        links.append(row)
        url = connection_url(plain)
    shown = [
        {
            "Name": one.name,
            "Lead": None if front else one.lead_id,
            "Journey": None if front else one.journey_id,
            "Due": one.due_at,
            "URL": None if front else f"{settings.KOHOMAI_URL}/p/journeys/{one.journey_id}",
        }
        for one in items[:SHOWN]
    ]
    context = {
        "Items": shown, "Count": len(items), "More": max(0, len(items) - SHOWN), "URL": url, "SingleUse": front,
    }  # fmt: skip
    return mail.render(
        person.workspace_id,
        kind="reminder",
        to=person.email,
        language=None if lead is None else lead.language,
        context={**context, "Recipient": (lead or Recipient(person.email)).names()},
        lead_id=person.lead_id,
        dedup=dedup,
    )
