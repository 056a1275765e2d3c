"""The outbox as people use it: reading it, and sending once more what did not go out."""

from __future__ import annotations

from django.db.models.functions import Now

from kohomai.delivery.emails import sealed, servers
from kohomai.delivery.models import Email
from kohomai.engine.errors import Conflict, NotFound

STATUSES = ("Kept", "Waiting", "Sent", "Failed", "Bounced", "Suppressed")
_AGAIN = ("Kept", "Failed", "Bounced")
_WHY_NOT = {
    "Waiting": "It is going to be sent anyway.",
    "Sent": "It was sent.",
    "Suppressed": "The person has unsubscribed from such mails.",
}


def get(workspace_id: int, email_id: int) -> Email:
    """One mail. Raises ``NotFound``."""
    row = Email.objects.filter(workspace_id=workspace_id, id=email_id).first()
    if row is None:
        raise NotFound("There is no such mail.")
    return row


def said(kept: str) -> str:
    """What a mail says, of how it is kept; nothing where that cannot be read any more."""
    try:
        return sealed.unseal(kept)
    except ValueError:
        return ""


def retry(workspace_id: int, email_id: int) -> Email:
    """Send a mail that has failed, has bounced, or was only kept: its tries begin anew.

    Raises ``NotFound``, and ``Conflict`` in any other status, when its text has been thrown away, and where there is
    no mail server.
    """
    row = get(workspace_id, email_id)
    if row.status not in _AGAIN:
        raise Conflict(f"{_WHY_NOT[row.status]} Only what was kept, failed or bounced can be sent once more.")
    if not row.text:
        raise Conflict("Its text was thrown away, since it is old.")
    if servers.find(workspace_id) is None:
        raise Conflict("No mail server is set: PUT /api/v1/workspace/smtp sets one.")
    changed = Email.objects.filter(id=row.id, status=row.status).update(
        status="Waiting", tries=0, next_at=Now(), ended_at=None
    )
    if not changed:
        raise Conflict("Something has just become of it. Look again.")
    return get(workspace_id, email_id)
