"""Telling a workspace's administrators that a webhook was disabled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from kohomai.delivery import mail
from kohomai.delivery.people import Members
from kohomai.delivery.webhooks.schedule import DISABLED_AFTER_DAYS
from kohomai.workspaces.models import Role

KIND = "endpoint_disabled"


@dataclass(frozen=True, slots=True)
class Disabled:
    """A webhook that was just disabled; ``lead_id`` where it is a lead's own."""

    id: int
    workspace_id: int
    url: str
    reason: str
    lead_id: int | None


def disabled(webhooks: Sequence[Disabled]) -> None:
    """Write the mails, in the caller's transaction. Of leads' own webhooks one mail a day tells for each host:
    there can be as many as leads."""
    if not webhooks:
        return
    members = Members({webhook.workspace_id for webhook in webhooks})
    mails = []
    for webhook in webhooks:
        host = urlsplit(webhook.url).netloc
        about = f"{webhook.id}:{datetime.now(UTC).timestamp():.0f}"
        if webhook.lead_id is not None:
            about = f"{host}:{datetime.now(UTC):%Y-%m-%d}"
        for person in members.of_role(webhook.workspace_id, Role.ADMINISTRATOR):
            mails.append(
                mail.render(
                    webhook.workspace_id,
                    kind=KIND,
                    to=person.email,
                    context={
                        "Webhook": webhook.id,
                        "Host": host,
                        "Reason": webhook.reason,
                        "Days": DISABLED_AFTER_DAYS,
                    },
                    dedup=f"{KIND}:{person.user_id}:{webhook.workspace_id}:{about}"[:200],
                )
            )
    mail.insert(mails)
