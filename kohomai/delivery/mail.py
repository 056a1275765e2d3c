"""The built-in outbox: mails are rendered when they are written, and kept as rows.

A kind of mail is three templates in ``templates/email``: ``<kind>.subject.txt``, ``<kind>.txt`` and
``<kind>.html``. What is put into the HTML is escaped; the text parts hold it as it is. Kinds:

* ``sign_in_link``: ``url`` (a link of 24 hours) and, where one was asked for, ``code`` (6 digits);
* ``confirm_data``: ``url``, which shows what was sent for a known address and applies it;
* ``reminder``: ``items`` that wait for the person (``name``, ``about``, ``due``, ``url``), ``count``, ``more``,
  ``url``, and ``single_use`` where that is good once;
* ``overdue``, ``unassigned``, ``loop``, for managers: ``items``, ``count``, ``more``;
* ``endpoint_disabled``, for administrators: ``webhook`` (its ``Id``), ``host``, ``reason``
  (``Gone``, ``Failing``), ``days``.

Sending what lies in the outbox is another matter; until it is sent it can be read at ``GET /api/v1/emails``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from django.db import connection
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import translation

from kohomai.workspaces.services import settings as workspace_settings
from kohomai.workspaces.sql import statement

KINDS = frozenset(
    {"sign_in_link", "confirm_data", "reminder", "overdue", "unassigned", "loop", "endpoint_disabled"}
)
MAX_SUBJECT = 300

_INSERT = statement(__file__, "insert_emails")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, rendered. ``dedup`` is the same for the same cause: the second one is not written."""

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
) -> int | None:
    """Render a mail and put it into the outbox, in the caller's transaction; its ``Id``.

    ``None`` when a mail of the same ``dedup`` is there already. Raises ``ValueError`` for an unknown kind.
    """
    mail = render(
        workspace_id, kind=kind, to=to, language=language, context=context, lead_id=lead_id,
        journey_id=journey_id, dedup=dedup,
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
    lead_id: int | None = None,
    journey_id: int | None = None,
    dedup: str | None = None,
) -> Mail:
    """A mail from its templates, in the person's language, else the workspace's; templates see ``context``,
    ``workspace`` (its name) and ``language``. Raises ``ValueError`` for an unknown kind."""
    if kind not in KINDS:
        raise ValueError(f"there is no kind of mail {kind!r}")
    workspace = workspace_settings(workspace_id)
    language = language or workspace.language
    values = {**context, "workspace": workspace.name, "language": language}
    with translation.override(language):
        subject = " ".join(_part(kind, "subject.txt", values).split())[:MAX_SUBJECT]
        text = _part(kind, "txt", values).strip() + "\n"
        html = _part(kind, "html", values)
    return Mail(workspace_id, kind, to, subject, text, html, language, lead_id, journey_id, dedup)


def _part(kind: str, ending: str, values: Mapping[str, Any]) -> str:
    try:
        template = get_template(f"email/{kind}.{ending}")
    except TemplateDoesNotExist as error:
        raise ValueError(f"the mail {kind!r} has no template {ending!r}") from error
    return template.render(dict(values))


def insert(mails: Iterable[Mail]) -> list[int]:
    """Put rendered mails into the outbox in one statement, in the caller's transaction; the ids of those that
    are new (by ``dedup``)."""
    rows = [asdict(mail) for mail in mails]
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [orjson.dumps(rows).decode()])
        return [row[0] for row in cursor.fetchall()]
