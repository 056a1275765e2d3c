"""One-time links into the front-office: making, looking at, and using them up.

A link is known by its UUID, which is shown once; what is kept is its digest. It is good once, for five
minutes when a program asked for it, for 24 hours in a mail. Making a new one leaves older ones valid.
Looking at a link (``sign_in.open_link``) never uses it up, since mail scanners and previews open links;
only ``sign_in.use_link`` does, and of two that try at the same moment one succeeds.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

import orjson
from django.conf import settings

from kohomai.workspaces.sql import statement

FIVE_MINUTES = timedelta(minutes=5)
"""How long a link is good that a program asked for."""
ONE_DAY = timedelta(hours=24)
"""How long a link in a mail is good."""

PATH = "/internal/v1/autologin"

INSERT_LINKS = statement(__file__, "insert_links")
"""Keeps all links of a batch; its one parameter is the JSON array of their rows, as text."""


class Executes(Protocol):
    """Django's or psycopg's cursor, or a psycopg connection: what a statement can be sent by."""

    def execute(self, query: Any, params: Any = None, /) -> Any:
        """Send one statement."""
        ...


def digest_of(secret: str) -> bytes:
    """What is kept of a link's UUID, or of a cookie's value (32 bytes)."""
    return sha256(secret.encode()).digest()


def new_link(
    workspace_id: int,
    *,
    now: datetime,
    lead_id: int | None = None,
    email: str | None = None,
    journey_id: int | None = None,
    redirect_url: str | None = None,
    verified: bool = True,
    mailed: bool = False,
    held_data_id: int | None = None,
    valid_for: timedelta | None = None,
) -> tuple[dict[str, Any], str]:
    """A new link for a lead (``lead_id``) or a stakeholder (``email``): its row, and its UUID in plain.

    The row is JSON-ready, for ``insert_links``; ids that are not known yet may be put in later. Without
    ``journey_id`` the session is of all the person's journeys. ``verified`` is false for what a
    publishable key or a page asked for; ``mailed`` says that it goes to the person's own address, so that
    using it proves the address. It is valid for five minutes, a mailed one for 24 hours.
    """
    plain = str(uuid.uuid4())
    valid_for = valid_for or (ONE_DAY if mailed else FIVE_MINUTES)
    row = {
        "workspace_id": workspace_id,
        "digest": "\\x" + digest_of(plain).hex(),
        "lead_id": lead_id,
        "email": email,
        "journey_id": journey_id,
        "redirect_url": redirect_url,
        "mailed": mailed,
        "verified": verified,
        "held_data_id": held_data_id,
        "valid_until": (now + valid_for).isoformat(timespec="milliseconds"),
        "created_at": now.isoformat(timespec="milliseconds"),
    }
    return row, plain


def insert_links(cursor: Executes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep new links, in one statement, in the caller's transaction."""
    if rows:
        cursor.execute(INSERT_LINKS, [orjson.dumps(rows).decode()])


def connection_url(plain: str) -> str:
    """The absolute address of a link, built from ``KOHOMAI_URL``, never from a request's ``Host``."""
    return f"{settings.KOHOMAI_URL}{PATH}?UUID={plain}"
