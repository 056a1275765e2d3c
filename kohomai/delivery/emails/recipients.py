"""Who leads are, as a mail addresses them: address, names, language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from kohomai.workspaces.services import LANGUAGES
from kohomai.workspaces.sql import statement

_LEADS = statement(__file__, "recipients")


@dataclass(frozen=True, slots=True)
class Recipient:
    """A lead, or just an address. ``language`` is one that mails are written in, ``None`` where it is not known."""

    email: str
    firstname: str | None = None
    lastname: str | None = None
    language: str | None = None

    def names(self) -> dict[str, Any]:
        """What templates see as ``Recipient``."""
        return {"Email": self.email, "Firstname": self.firstname, "Lastname": self.lastname}


def leads(lead_ids: Iterable[int]) -> dict[int, Recipient]:
    """These leads by their ``Id``, read at once; one that is gone is not in it."""
    ids = list(set(lead_ids))
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LEADS, [ids])
        return {
            lead_id: Recipient(email, firstname, lastname, written_language(language))
            for lead_id, email, firstname, lastname, language in cursor.fetchall()
        }


def written_language(text: str | None) -> str | None:
    """The language that mails are written in for somebody who reads ``text`` (``de-AT``, ``fr_CA``), if there is
    one."""
    head = (text or "").strip().lower().replace("_", "-").partition("-")[0]
    return head if head in LANGUAGES else None
