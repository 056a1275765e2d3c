"""The events that are a mail of their own: links that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import connection

from kohomai.delivery import mail
from kohomai.delivery.emails import recipients
from kohomai.sessions.links import connection_url, insert_links, new_link

if TYPE_CHECKING:
    from kohomai.delivery.relay import Event


def write(events: Sequence[Event]) -> int:
    """Write the mails that these events call for, in the caller's transaction; how many there were."""
    return len(mail.insert(_links(events))) if events else 0


def _links(events: Sequence[Event]) -> list[mail.Mail]:
    """The mail with the link by which the owner of a known address sees, and applies, what was sent for it."""
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
