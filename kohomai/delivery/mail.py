"""Writing mails: rendered when they are written, and put into the outbox as rows.

A kind of mail (``kohomai.delivery.emails.kinds``) says which names its templates may use; ``context`` gives their
values, moments as ``datetime``. A mail is sent when its workspace has an SMTP server at that moment; else it is kept
in the outbox, where it can be read (``GET /api/v1/emails``).

What can be unsubscribed from carries the link by which that is done; who has unsubscribed gets none, and the row says
``Suppressed``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from kohomai.delivery.emails import recipients, sealed, templates, unsubscribes
from kohomai.delivery.emails.kinds import kind_of
from kohomai.delivery.emails.recipients import Recipient, written_language
from kohomai.delivery.emails.rendering import MAX_SUBJECT, in_words
from kohomai.delivery.emails.templates import Broken
from kohomai.delivery.people import Members
from kohomai.workspaces.models import Role
from kohomai.workspaces.services import settings as workspace_settings
from kohomai.workspaces.sql import statement

__all__ = ["MAX_SUBJECT", "Mail", "insert", "render", "write"]

_BROKEN = "template_failed"
_INSERT = statement(__file__, "insert_emails")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, rendered. ``dedup`` is the same for the same cause: the second one is not written. ``category`` is
    what it can be unsubscribed from; a necessary one has none. ``broken`` is the workspace's own template that could
    not be used for it."""

    workspace_id: int
    kind: str
    to: str
    subject: str
    text: str
    html: str
    language: str
    lead_id: int | None = None
    journey_id: int | None = None
    dedup: str | None = None
    category: str | None = None
    broken: Broken | None = None


def write(
    workspace_id: int,
    *,
    kind: str,
    to: str,
    language: str | None = None,
    context: Mapping[str, Any],
    lead_id: int | None = None,
    journey_id: int | None = None,
    dedup: str | None = None,
    necessary: bool = False,
) -> int | None:
    """Render a mail and put it into the outbox, in the caller's transaction; its ``Id``.

    Of a lead who is written to at their own address, language and names are looked up where they are not given.
    ``None`` when a mail of the same ``dedup`` is there already. Raises ``ValueError`` for an unknown kind.
    """
    if lead_id is not None:
        lead = recipients.leads([lead_id]).get(lead_id)
        if lead is not None and lead.email.lower() == to.lower():
            language = language or lead.language
            context = {"Recipient": lead.names(), **context}
    mail = render(
        workspace_id, kind=kind, to=to, language=language, context=context, lead_id=lead_id,
        journey_id=journey_id, dedup=dedup, necessary=necessary,
    )  # fmt: skip
    found = insert([mail])
    return found[0] if found else None


def render(
    workspace_id: int,
    *,
    kind: str,
    to: str,
    context: Mapping[str, Any],
    language: str | None = None,
    time_zone: str | None = None,
    lead_id: int | None = None,
    journey_id: int | None = None,
    dedup: str | None = None,
    necessary: bool = False,
) -> Mail:
    """A mail from its templates, in the language given, else the workspace's, with moments as the clock of
    ``time_zone`` shows them, else the workspace's. ``necessary`` says that it goes out
    whether the person has unsubscribed or not. Raises ``ValueError`` for an unknown kind."""
    known = kind_of(kind)
    category = None if necessary else known.category
    workspace = workspace_settings(workspace_id)
    language = written_language(language) or workspace.language
    values = {
        "Workspace": {"Name": workspace.name},
        "Recipient": Recipient(to).names(),
        "Language": language,
        **in_words(context, language, time_zone or workspace.time_zone),
    }
    link = None
    if category is not None:
        link = unsubscribes.url(unsubscribes.subscription(workspace_id, category, to, lead_id))
    made, broken = templates.render(workspace_id, kind, language, values, link)
    return Mail(
        workspace_id, kind, to, made.subject, made.text, made.html, language, lead_id, journey_id, dedup,
        category, broken,
    )  # fmt: skip


def insert(mails: Iterable[Mail]) -> list[int]:
    """Put rendered mails into the outbox in one statement, in the caller's transaction; the ids of those that
    are new (by ``dedup``)."""
    written = list(mails)
    found = _put(written)
    _put(_of_broken_templates(written))
    return found


def _put(mails: Sequence[Mail]) -> list[int]:
    if not mails:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [orjson.dumps([_row(mail) for mail in mails]).decode()])
        return [row[0] for row in cursor.fetchall()]


def _of_broken_templates(mails: Iterable[Mail]) -> list[Mail]:
    """What tells the administrators of templates that these mails could not be written with; once for each."""
    broken = {(mail.workspace_id, mail.broken) for mail in mails if mail.broken is not None}
    if not broken:
        return []
    members = Members({workspace_id for workspace_id, _ in broken})
    return [
        render(
            workspace_id,
            kind=_BROKEN,
            to=person.email,
            context={"Kind": fault.kind, "TemplateLanguage": fault.language, "Reason": fault.reason},
            dedup=f"{_BROKEN}:{person.user_id}:{fault.template_id}:{fault.changed_at.timestamp()}",
        )
        for workspace_id, fault in broken
        if fault.kind != _BROKEN
        for person in members.of_role(workspace_id, Role.ADMINISTRATOR)
    ]


def _row(mail: Mail) -> dict[str, Any]:
    digest = None
    if mail.category is not None:
        digest = unsubscribes.subscription(mail.workspace_id, mail.category, mail.to).digest
    return {
        "workspace_id": mail.workspace_id,
        "lead_id": mail.lead_id,
        "journey_id": mail.journey_id,
        "kind": mail.kind,
        "category": mail.category,
        "to": mail.to,
        "subject": mail.subject,
        "text": sealed.seal(mail.text),
        "html": sealed.seal(mail.html),
        "language": mail.language,
        "dedup": mail.dedup,
        "digest": digest,
    }
