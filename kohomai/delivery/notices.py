"""Which events become mails: requested links, and what managers are told of. Reminders: ``reminders``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from kohomai.delivery import mail, reminders
from kohomai.delivery.emails import recipients
from kohomai.delivery.people import Members
from kohomai.sessions.links import connection_url, insert_links, new_link

if TYPE_CHECKING:
    from kohomai.delivery.relay import Event

SHOWN = 50
"""Items one mail lists; the others are counted."""


def write(events: Sequence[Event]) -> int:
    """Write the mails that these events call for, in the caller's transaction; how many there were."""
    if not events:
        return 0
    requested = [event for event in events if event.type == "link.requested"]
    reminded = [event for event in events if event.type == "activity.reminded"]
    mails = _links(requested) + reminders.mails(reminded) + _for_managers(events)
    return len(mail.insert(mails))


def _links(events: Sequence[Event]) -> list[mail.Mail]:
    """The mail with the link by which the owner of a known address sees, and applies, what was sent for it."""
    if not events:
        return []
    found = recipients.leads(event.lead_id for event in events)
    now = datetime.now(UTC)
    rows, mails = [], []
    for event in events:
        lead = found.get(event.lead_id)
        if lead is None:
            continue
        row, plain = new_link(
            event.workspace_id,
            now=now,
            lead_id=event.lead_id,
            mailed=True,
            held_data_id=event.payload.get("HeldData"),
        )
        rows.append(row)
        mails.append(
            mail.render(
                event.workspace_id,
                kind="confirm_data" if event.payload.get("HeldData") else "sign_in_link",
                to=lead.email,
                language=lead.language,
                context={"URL": connection_url(plain), "Recipient": lead.names()},
                lead_id=event.lead_id,
                dedup=f"link:{event.id}",
            )
        )
    with connection.cursor() as cursor:
        insert_links(cursor, rows)
    return mails


# --- managers -----------------------------------------------------------------------------------------------


def _kind(event: Event) -> str | None:
    """Which kind of mail tells the managers of this event, if one does."""
    if event.type == "activity.overdue":
        return "overdue" if event.payload.get("WhenOverdue", "Notify") == "Notify" else None
    return {
        "activity.opened": "unassigned",
        "activity.failed": "activity_failed",
        "journey.stopped": "loop",
    }.get(event.type)


def _for_managers(events: Sequence[Event]) -> list[mail.Mail]:
    """One mail for each manager and kind, whatever the batch holds of it."""
    groups: dict[tuple[int, str], list[Event]] = defaultdict(list)
    for event in events:
        kind = _kind(event)
        if kind is not None:
            groups[event.workspace_id, kind].append(event)
    if not groups:
        return []
    members = Members({workspace_id for workspace_id, _ in groups})
    return [
        _notice(workspace_id, kind, group, person.user_id, person.email)
        for (workspace_id, kind), group in groups.items()
        for person in members.managers(workspace_id)
    ]


def _notice(workspace_id: int, kind: str, events: Sequence[Event], user_id: int | None, to: str) -> mail.Mail:
    single = len(events) == 1
    items = [_item(event) for event in events[:SHOWN]]
    return mail.render(
        workspace_id,
        kind=kind,
        to=to,
        context={"Items": items, "Count": len(events), "More": max(0, len(events) - SHOWN)},
        lead_id=events[0].lead_id if single else None,
        journey_id=events[0].journey_id if single else None,
        dedup=f"{kind}:{user_id}:{events[0].id}",
    )


def _item(event: Event) -> dict[str, Any]:
    """What a notice says of an event: ids only, since the mail outlives the erasure of a lead."""
    return {
        "Name": event.payload.get("Name"),
        "Lead": event.lead_id,
        "Journey": event.journey_id,
        "Due": None,
        "Reason": event.payload.get("Error"),
        "URL": f"{settings.KOHOMAI_URL}/p/journeys/{event.journey_id}",
    }
