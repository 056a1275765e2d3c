"""Who is told, and how they want to be: by what clock, at once or by a digest, not in which hours."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.db import connection

from kohomai.delivery.emails import recipients
from kohomai.delivery.emails.recipients import Recipient
from kohomai.delivery.notifications.moments import Quiet
from kohomai.delivery.people import Person
from kohomai.workspaces.models import Workspace
from kohomai.workspaces.sql import statement

ACTIVE = timedelta(minutes=10)
"""Whoever was seen at the front-office within this time is there."""
NEVER = "Never"
DIGEST = "Digest"

Key = tuple[int, str]
"""A workspace's ``Id``, and a person as the rows name them: ``lead-<id>``, ``user-<id>``, ``address-<address>``."""

_USERS = statement(__file__, "users")
_ACTIVE = statement(__file__, "active")


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who is told, and how.

    ``falls_to`` are the names under which activities fall to them. ``digest_at`` is set where they want one mail a
    day. ``waits`` says whether they are told that something waits for them, ``there_until`` until when they are taken
    to be at the front-office.
    """

    person: Person
    recipient: Recipient
    falls_to: frozenset[str]
    zone: ZoneInfo
    quiet: Quiet | None
    digest_at: time | None = None
    waits: bool = True
    there_until: datetime | None = None

    @property
    def user(self) -> bool:
        """Whether they are a user of the back-office."""
        return self.person.user_id is not None


def read(keys: Collection[Key]) -> dict[Key, Told]:
    """These persons; whoever is gone, or wants to be told of nothing, is not among them."""
    workspaces = {row.id: row for row in Workspace.objects.filter(id__in={key[0] for key in keys})}
    split: dict[str, list[tuple[Key, str]]] = {"lead": [], "user": [], "address": []}
    for key in keys:
        kind, _, name = key[1].partition("-")
        split[kind].append((key, name))
    found = _users([(key[0], int(name)) for key, name in split["user"]], workspaces)
    leads = recipients.leads(int(name) for _, name in split["lead"])
    there = _there(leads, [name for _, name in split["address"]])
    for key, name in split["lead"]:
        if int(name) in leads:
            person = Person(key[0], leads[int(name)].email, lead_id=int(name))
            found[key] = _outside(key, person, leads[int(name)], workspaces[key[0]], there)
    for key, name in split["address"]:
        found[key] = _outside(key, Person(key[0], name), Recipient(name), workspaces[key[0]], there)
    return found


def _outside(
    key: Key, person: Person, recipient: Recipient, workspace: Workspace, there: dict[Key, datetime]
) -> Told:
    """A lead or a stakeholder: by the workspace's settings."""
    zone = ZoneInfo(workspace.time_zone)
    return Told(
        person,
        recipient,
        frozenset((key[1],)),
        zone,
        _quiet(workspace.quiet_from, workspace.quiet_until, zone),
        waits=workspace.notify_leads_after is not None,
        there_until=there.get(key),
    )


def _users(sought: list[tuple[int, int]], workspaces: dict[int, Workspace]) -> dict[Key, Told]:
    if not sought:
        return {}
    rows = [{"workspace_id": workspace_id, "user_id": user_id} for workspace_id, user_id in sought]
    with connection.cursor() as cursor:
        cursor.execute(_USERS, [orjson.dumps(rows).decode()])
        found = cursor.fetchall()
    told = {}
    for workspace_id, user_id, email, firstname, lastname, role, mode, digest_at, start, end, zone in found:
        if mode == NEVER:
            continue
        clock = ZoneInfo(zone or workspaces[workspace_id].time_zone)
        names = frozenset((f"user-{user_id}", f"role-{role}", f"address-{email.lower()}"))
        told[workspace_id, f"user-{user_id}"] = Told(
            Person(workspace_id, email, user_id=user_id),
            Recipient(email, firstname or None, lastname or None),
            names,
            clock,
            _quiet(start, end, clock),
            digest_at if mode == DIGEST else None,
        )
    return told


def _quiet(start: time | None, end: time | None, zone: ZoneInfo) -> Quiet | None:
    return Quiet(start, end, zone) if start is not None and end is not None else None


def _there(leads: Collection[int], addresses: list[str]) -> dict[Key, datetime]:
    """Until when these leads and stakeholders are taken to be at the front-office: those who are."""
    if not leads and not addresses:
        return {}
    sought: dict[str, Any] = {
        "since": datetime.now(UTC) - ACTIVE,
        "leads": list(leads),
        "addresses": addresses,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVE, sought)
        rows = cursor.fetchall()
    found: dict[Key, datetime] = {}
    for workspace_id, lead_id, email, seen_at in rows:
        for name in (lead_id and f"lead-{lead_id}", email and f"address-{email}"):
            if name:
                until = seen_at.astimezone(UTC) + ACTIVE
                found[workspace_id, name] = max(until, found.get((workspace_id, name), until))
    return found
