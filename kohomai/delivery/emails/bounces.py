"""What comes back: reports of mail servers, and what mail services tell, that a mail was not delivered.

A delivery status notification (RFC 3464) is matched by the ``Message-ID`` in what it brings back of the mail, or by
the address it was sent to (VERP). Both carry what proves that the mail is ours.
"""

from __future__ import annotations

import email
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import Message

from django.db import connection

from kohomai.delivery.emails import events, tokens
from kohomai.delivery.models import Email
from kohomai.engine.errors import NotFound

MEDIA_TYPES = ("message/rfc822", "multipart/report")
"""What a notification comes as: a whole message, or what one holds."""
MAX_REASON = 1_000
_MAX_PARTS = 50
_BOUNCE = (
    "UPDATE delivery_email SET status = 'Bounced', last_error = %s, next_at = NULL, ended_at = now()"
    " WHERE id = %s AND workspace_id = %s AND status IN ('Waiting', 'Sent', 'Failed')"
)
_NOTE = (
    "UPDATE delivery_email SET last_error = %s WHERE id = %s AND workspace_id = %s AND status <> 'Bounced'"
)
_ADDRESSED = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_ANSWERED = ("In-Reply-To", "References", "X-Failed-Message-Id", "Original-Message-Id")


@dataclass(frozen=True, slots=True)
class Report:
    """That a mail was not delivered; ``permanent``: nobody will try any more."""

    email_id: int
    reason: str
    permanent: bool


def whole(raw: bytes, media_type: str) -> bytes:
    """The message that ``raw`` is; where it is only what one holds, with the type it was said to have."""
    if media_type.lower().startswith("multipart/") and raw.lstrip()[:2] == b"--":
        return f"Content-Type: {media_type}\r\n\r\n".encode("ascii", "replace") + raw.lstrip()
    return raw


def read_report(raw: bytes) -> Report:
    """The report that a message is. Raises ``ValueError`` (a sentence) when it is none, or of no mail of ours."""
    try:
        message = email.message_from_bytes(raw, policy=policy.compat32)
        parts = list(_parts(message))
        status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
        if status is None:
            raise ValueError("This is no delivery status notification (multipart/report).")
        fields = _fields(status)
        action = fields.get("action", "").lower()
        if action not in ("failed", "delayed"):
            raise ValueError("This reports that a mail was delivered, or passed on.")
        email_id = _mail_of(message, parts)
    except (LookupError, UnicodeError, AttributeError, TypeError, RecursionError) as error:
        raise ValueError(f"This is no message that can be read ({type(error).__name__}).") from None
    if email_id is None:
        raise ValueError("This reports of no mail of ours.")
    return Report(email_id, _reason(fields, action), action == "failed")


def note(workspace_id: int | None, report: Report) -> Email:
    """Note a report, of one workspace, or (``None``: its mark has proven it) of any. What is permanent makes the mail
    ``Bounced``, and an event, once; what is not is only noted.

    Raises ``NotFound`` when there is no such mail.
    """
    rows = Email.objects.filter(id=report.email_id)
    row = (rows if workspace_id is None else rows.filter(workspace_id=workspace_id)).first()
    if row is None:
        raise NotFound("This reports of no mail that is here.")
    shown = "".join(letter if letter.isprintable() else " " for letter in report.reason)
    reason = " ".join(shown.split())[:MAX_REASON] or "No reason was given."

    def change() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(_BOUNCE if report.permanent else _NOTE, [reason, row.id, row.workspace_id])
            return cursor.rowcount == 1

    if report.permanent:
        events.with_event(row, "email.bounced", reason, change)
    else:
        change()
    row.refresh_from_db()
    return row


# --- reading ------------------------------------------------------------------------------------------------


def _parts(message: Message) -> Iterator[Message]:
    for place, part in enumerate(message.walk()):
        if place >= _MAX_PARTS:
            return
        yield part


def _fields(status: Message) -> dict[str, str]:
    """The fields of the (only) recipient that the report speaks of, and those before it."""
    payload = status.get_payload()
    blocks = payload if isinstance(payload, list) else [email.message_from_string(str(payload))]
    found: dict[str, str] = {}
    for block in blocks[:_MAX_PARTS]:
        if isinstance(block, Message):
            found |= {name.lower(): " ".join(str(value).split()) for name, value in block.items()}
    return found


def _mail_of(message: Message, parts: list[Message]) -> int | None:
    """The mail it is about: by what it brings back, by whom it was sent to, by what it answers."""
    for part in parts[1:]:
        if found := tokens.read_message_id(_head(part)):
            return found
    for name in _ADDRESSED:
        if found := tokens.read_envelope_sender(_said(message, name)):
            return found
    for name in _ANSWERED:
        if found := tokens.read_message_id(_said(message, name)):
            return found
    return None


def _head(part: Message) -> str:
    """The ``Message-ID`` that a part brings back: as a message's own header, or in the text of its headers."""
    if part.get_content_type() == "text/rfc822-headers":
        payload = part.get_payload(decode=True)
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
        return _said(email.message_from_string(text), "Message-ID")
    return _said(part, "Message-ID")


def _said(message: Message, name: str) -> str:
    return " ".join(str(value) for value in message.get_all(name, []))[:10_000]


def _reason(fields: dict[str, str], action: str) -> str:
    """What the other server said, else its status."""
    said = fields.get("diagnostic-code", "").partition(";")[2].strip() or fields.get("diagnostic-code", "")
    status = fields.get("status", "")
    if said:
        return said if not status or status in said else f"{status} {said}"
    return f"{'Not delivered' if action == 'failed' else 'Delayed'} ({status or 'no status given'})."
