"""Who wants no more mails of a category: kept by workspace and address, found by a signed token in each such mail.

The token says all that is needed, so that it works for as long as the mail lies in somebody's box. Of the address
only a digest is kept and said (``kohomai.sessions.limits.keyed``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import connection

from kohomai.delivery.emails import recipients
from kohomai.delivery.emails.kinds import CATEGORIES
from kohomai.delivery.emails.recipients import Recipient
from kohomai.delivery.models import Unsubscribed
from kohomai.engine.errors import NotFound
from kohomai.sessions.limits import keyed

_SALT = "kohomai unsubscribe"
_PUT = (
    "INSERT INTO delivery_unsubscribed (workspace_id, digest, category, lead_id) VALUES (%s, %s, %s, %s)"
    " ON CONFLICT (workspace_id, digest, category) DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """Mails of one category from one workspace to one address (its digest, 64 characters)."""

    workspace_id: int
    category: str
    digest: str
    lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An address that has unsubscribed, as it is listed; ``email`` where it is a lead's that is still known."""

    id: int
    category: str
    lead_id: int | None
    email: str | None
    created_at: datetime


def subscription(workspace_id: int, category: str, address: str, lead_id: int | None = None) -> Subscription:
    """The subscription that a mail to ``address`` belongs to."""
    return Subscription(workspace_id, category, keyed(f"mail:{workspace_id}:{address.lower()}"), lead_id)


def url(one: Subscription) -> str:
    """The address under which it is ended (``/u/<token>``)."""
    said = f"{one.workspace_id}.{one.lead_id or 0}.{CATEGORIES.index(one.category)}.{one.digest}"
    return f"{settings.KOHOMAI_URL}/u/{signing.Signer(salt=_SALT, sep='.').sign(said)}"


def read(token: str) -> Subscription:
    """The subscription that a token of ours names. Raises ``NotFound`` for any other."""
    try:
        said = signing.Signer(salt=_SALT, sep=".").unsign(token)
        workspace_id, lead_id, category, digest = said.split(".")
        return Subscription(int(workspace_id), CATEGORIES[int(category)], digest, int(lead_id) or None)
    except (signing.BadSignature, ValueError, IndexError):
        raise NotFound("This link is not one of ours, or not whole.") from None


def end(one: Subscription) -> None:
    """Write nothing more of this category to the address."""
    with connection.cursor() as cursor:
        cursor.execute(_PUT, [one.workspace_id, bytes.fromhex(one.digest), one.category, one.lead_id])


def begin_again(one: Subscription) -> None:
    """Take ``end`` back."""
    _rows(one.workspace_id).filter(digest=bytes.fromhex(one.digest), category=one.category).delete()


def has_ended(one: Subscription) -> bool:
    """Whether nothing of this category is to be written to the address."""
    rows = _rows(one.workspace_id)
    return rows.filter(digest=bytes.fromhex(one.digest), category=one.category).exists()


def ended_among(found: Sequence[Subscription]) -> set[Subscription]:
    """Those of these that have ended; one question for all, which may be of several workspaces."""
    if not found:
        return set()
    digests = [bytes.fromhex(one.digest) for one in found]
    rows = Unsubscribed.objects.filter(
        workspace_id__in={one.workspace_id for one in found}, digest__in=digests
    ).values_list("workspace_id", "category", "digest")
    there = {(workspace_id, category, bytes(digest).hex()) for workspace_id, category, digest in rows}
    return {one for one in found if (one.workspace_id, one.category, one.digest) in there}


def listed(
    workspace_id: int, *, after: int, limit: int, descending: bool, address: str | None, category: str | None
) -> list[Entry]:
    """A page of those who have unsubscribed, of one address or of all."""
    rows = _matching(workspace_id, address, category)
    if after:
        rows = rows.filter(id__lt=after) if descending else rows.filter(id__gt=after)
    found = list(rows.order_by("-id" if descending else "id")[:limit])
    leads = recipients.leads(row.lead_id for row in found if row.lead_id is not None)
    return [_entry(row, address, leads.get(row.lead_id or 0)) for row in found]


def _entry(row: Unsubscribed, address: str | None, lead: Recipient | None) -> Entry:
    """The lead's address is that of the entry only where its digest is: a mail about a lead may go to others."""
    if address is None and lead is not None:
        theirs = subscription(row.workspace_id, row.category, lead.email).digest
        address = lead.email if bytes.fromhex(theirs) == bytes(row.digest) else None
    return Entry(row.id, row.category, row.lead_id, address, row.created_at)


def forget(workspace_id: int, address: str, category: str | None) -> int:
    """Write to the address again (of one category, or of all); how many there were."""
    return _matching(workspace_id, address, category).delete()[0]


def _rows(workspace_id: int) -> Any:
    return Unsubscribed.objects.filter(workspace_id=workspace_id)


def _matching(workspace_id: int, address: str | None, category: str | None) -> Any:
    rows = _rows(workspace_id)
    if address is not None:
        rows = rows.filter(digest=bytes.fromhex(subscription(workspace_id, CATEGORIES[0], address).digest))
    if category is not None:
        rows = rows.filter(category=category)
    return rows
