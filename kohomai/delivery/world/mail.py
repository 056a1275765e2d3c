"""Messages that E-mail activities write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import connection

from kohomai.activities.services import Situation
from kohomai.delivery import mail
from kohomai.sessions.links import connection_url, insert_links, new_link


class Mail:
    """Writes in the transaction that completes the activity: the mail is there when that is, or not at all."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation

    def link(self, to: str) -> str:
        """The address of a new link into the front-office for whoever is at ``to``: the lead, or a stakeholder."""
        row, plain = new_link(
            self._situation.workspace_id,
            now=datetime.now(UTC),
            lead_id=self._situation.lead_id if self._is_lead(to) else None,
            email=None if self._is_lead(to) else to,
            mailed=True,
        )
        with connection.cursor() as cursor:
            insert_links(cursor, [row])
        return connection_url(plain)

    def write(
        self,
        *,
        to: str,
        subject: str,
        paragraphs: Sequence[str],
        button: tuple[str, str] | None,
        necessary: bool,
    ) -> int | None:
        """Put a message into the outbox, once for the situation's ``mark``."""
        return mail.write(
            self._situation.workspace_id,
            kind="message",
            to=to,
            language=self._situation.language if self._is_lead(to) else None,
            context={
                "Subject": subject,
                "Paragraphs": list(paragraphs),
                "Button": {"Text": button[0], "URL": button[1]} if button else None,
            },
            lead_id=self._situation.lead_id,
            journey_id=self._situation.journey_id,
            dedup=f"activity:{self._situation.mark}",
            necessary=necessary,
        )

    def _is_lead(self, to: str) -> bool:
        return to.casefold() == str(self._situation.texts["Lead"]["Email"]).casefold()
