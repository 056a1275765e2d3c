"""Signing in at the front-office: looking at a link, using it up, and who a cookie's bearer is.

A sign-in lasts until it has been idle for seven days. One that began from a publishable key or a page is
*unverified*: it sees only what was entered in it, and it ends when the address is first proven, by a link
that was mailed to it or by a code.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from kohomai.engine.errors import Gone, NotFound
from kohomai.journeys import wake
from kohomai.journeys.events import append_lead_event
from kohomai.sessions.links import digest_of
from kohomai.workspaces.sql import statement

IDLE = timedelta(days=7)
"""How long a sign-in lasts without a request."""
_SEEN_AGAIN = timedelta(minutes=5)

_OPEN_LINK = statement(__file__, "open_link")
_USE_LINK = statement(__file__, "use_link")
_SIGN_IN = statement(__file__, "sign_in")
_WHO_IS = statement(__file__, "who_is")
_PROVE = statement(__file__, "prove_address")


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is kept. ``state`` says whether it can be used. ``lead_id`` is the one it leads to now,
    merged leads followed."""

    id: int
    workspace_id: int
    lead_id: int | None
    email: str | None
    journey_id: int | None
    redirect_url: str | None
    mailed: bool
    verified: bool
    held_data_id: int | None
    state: Literal["Good", "Used", "Expired"]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in: a lead (``lead_id``), a stakeholder (``email``), or both in one person.

    ``journey_id`` is the journey the session was opened for, ``None`` for one of all the person's journeys;
    ``fresh`` says that the cookie's life should be begun anew.
    """

    id: int
    workspace_id: int
    lead_id: int | None
    email: str | None
    journey_id: int | None
    redirect_url: str | None
    verified: bool
    created_at: datetime
    fresh: bool = False

    @property
    def actor_kind(self) -> str:
        """What the person counts as when they act."""
        return "Lead" if self.lead_id is not None else "Stakeholder"


def open_link(plain: str, now: datetime) -> Link:
    """The link of this UUID, looked at and not used. Raises ``NotFound``."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_LINK, [now, digest_of(plain.strip().lower())])
        row = cursor.fetchone()
    if row is None:
        raise NotFound("There is no such link.")
    return Link(*row)


def use_link(plain: str, now: datetime, replaces: str | None = None) -> tuple[SignedIn, str]:
    """Use a link up: who is signed in from now on, and the cookie's value, which is shown here only.

    ``replaces`` is the value of the cookie that the browser had until now; that sign-in ends. Using a
    mailed link proves the address: unverified sessions end, and what they left open is closed.
    Raises ``NotFound``, and ``Gone`` when it was used or has expired; of two at once, one gets in.
    """
    link = open_link(plain, now)
    with transaction.atomic(), connection.cursor() as cursor:
        if link.lead_id is not None:
            _lock_lead(cursor, link.workspace_id, link.lead_id)
        cursor.execute(_USE_LINK, [now, link.id, now])
        if cursor.fetchone() is None:
            raise Gone("This link was used before, or has expired.")
        if link.mailed and link.lead_id is not None:
            prove_address(cursor, link.workspace_id, link.lead_id, now)
        begun = _begin(cursor, link, now, replaces)
    wake.notify()
    return begun


def sign_in_person(
    cursor: CursorWrapper,
    workspace_id: int,
    *,
    lead_id: int | None,
    email: str | None,
    now: datetime,
    replaces: str | None = None,
) -> tuple[SignedIn, str]:
    """Sign in somebody who has just proven their address by a code, in the caller's transaction."""
    if lead_id is not None:
        _lock_lead(cursor, workspace_id, lead_id)
        prove_address(cursor, workspace_id, lead_id, now)
    link = Link(0, workspace_id, lead_id, email, None, None, True, True, None, "Good")
    return _begin(cursor, link, now, replaces)


def who_is(cookie: str | None, now: datetime) -> SignedIn | None:
    """Who the bearer of a cookie is, if anybody still."""
    if not cookie or len(cookie) > 100:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_WHO_IS, [digest_of(cookie), now - IDLE])
        row = cursor.fetchone()
        if row is None:
            return None
        *fields, last_seen_at = row
        fresh = now - last_seen_at > _SEEN_AGAIN
        if fresh:
            cursor.execute(
                "UPDATE lead_sessions_signin SET last_seen_at = %s WHERE id = %s", [now, fields[0]]
            )
    return replace(SignedIn(*fields), fresh=fresh)


def sign_out(cookie: str | None, now: datetime) -> None:
    """End a sign-in; nothing happens when there is none."""
    if cookie:
        with connection.cursor() as cursor:
            _end(cursor, cookie, now)


def prove_address(cursor: CursorWrapper, workspace_id: int, lead_id: int, now: datetime) -> None:
    """Somebody has shown that the lead's address is theirs: whatever began unverified ends, and its unused
    links with it. The lead's row is locked."""
    cursor.execute(_PROVE, {"workspace_id": workspace_id, "lead_id": lead_id, "now": now})


def _begin(cursor: CursorWrapper, link: Link, now: datetime, replaces: str | None) -> tuple[SignedIn, str]:
    if replaces:
        _end(cursor, replaces, now)
    value = secrets.token_urlsafe(32)
    columns: dict[str, Any] = {
        "workspace_id": link.workspace_id,
        "digest": digest_of(value),
        "lead_id": link.lead_id,
        "email": link.email,
        "journey_id": link.journey_id,
        "redirect_url": link.redirect_url,
        "verified": link.verified,
        "now": now,
    }
    cursor.execute(_SIGN_IN, columns)
    row = cursor.fetchone()
    if link.lead_id is not None:
        payload = {"Journey": link.journey_id, "Verified": link.verified, "Mailed": link.mailed}
        append_lead_event(cursor, link.workspace_id, link.lead_id, "session.opened", payload, now)
    return SignedIn(*row), value


def _end(cursor: CursorWrapper, cookie: str, now: datetime) -> None:
    cursor.execute(
        "UPDATE lead_sessions_signin SET ended_at = %s WHERE digest = %s AND ended_at IS NULL",
        [now, digest_of(cookie)],
    )


def _lock_lead(cursor: CursorWrapper, workspace_id: int, lead_id: int) -> None:
    """Whoever changes something of a lead's locks its row first; so nobody waits in a circle."""
    cursor.execute(
        "SELECT id FROM leads_lead WHERE id = %s AND workspace_id = %s FOR UPDATE", [lead_id, workspace_id]
    )
    if cursor.fetchone() is None:
        raise NotFound("There is no such lead.")


def utc_now() -> datetime:
    """Now, in UTC, to the millisecond, as all our times are kept."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
