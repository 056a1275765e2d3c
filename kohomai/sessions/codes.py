"""Signing in without a link at hand: a mail to the address, with a one-time link and a 6-digit code.

Whether an address is known is told to nobody: a known and an unknown one get the same answer, after the
same time, and their wrong codes are counted alike. One address has five tries in all in a day; the link in
the mail works all the same.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from kohomai.engine.errors import Fault, Invalid
from kohomai.journeys import wake
from kohomai.leads.contact import read_email
from kohomai.sessions.limits import TooMany, count, keyed
from kohomai.sessions.links import connection_url, insert_links, new_link
from kohomai.sessions.sign_in import Link, SignedIn, sign_in_person
from kohomai.workspaces.sql import statement

CODE_VALID = timedelta(minutes=15)
"""How long a code is good."""
TRIES = 5
"""Wrong codes of one address, in all, before only the link is left."""
_TRIES_KEPT = timedelta(hours=24)
_ANSWER_AFTER = 0.25
"""Seconds that asking for a mail takes, whatever became of it."""

_KNOWN = statement(__file__, "known_addresses")
_KEEP_CODE = statement(__file__, "keep_code")
_CODES = statement(__file__, "codes_of_address")
_TRIED = "UPDATE lead_sessions_signincode SET tries = tries + 1 WHERE id = %s"
_USED = (
    "UPDATE lead_sessions_signincode SET tries = 0,"
    " used_at = coalesce(used_at, CASE WHEN workspace_id = %s THEN %s::timestamptz END)"
    " WHERE address_key = %s"
)


class WriteMail(Protocol):
    """``kohomai.delivery.mail.write``, which lies above this room and is handed in."""

    def __call__(
        self,
        workspace_id: int,
        *,
        kind: str,
        to: str,
        language: str | None = None,
        context: Mapping[str, Any],
        lead_id: int | None = None,
        journey_id: int | None = None,
        dedup: str | None = None,
    ) -> Any:
        """Write one mail into the outbox, in the caller's transaction."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """One workspace that knows an address: as a lead's, or as a stakeholder's."""

    workspace_id: int
    lead_id: int | None
    email: str
    firstname: str | None


@dataclass(frozen=True, slots=True)
class _Code:
    """A code of an address, as it is kept."""

    id: int
    workspace_id: int | None
    lead_id: int | None
    digest: bytes
    good: bool
    tries: int

    def is_right(self, key: str, digits: str) -> bool:
        """Whether this is what was typed; an unknown address has none that is."""
        if not self.good or self.workspace_id is None:
            return False
        return secrets.compare_digest(bytes(self.digest), _digest(key, digits, self.workspace_id))


def ask_by_address(
    address: str, network: str, now: datetime, write_mail: WriteMail, language: str | None = None
) -> None:
    """Send a link and a code to an address, one mail for each workspace that knows it; tells nothing.

    Raises ``Invalid`` when it is no e-mail address, ``TooMany`` past the limits of the address or the
    network, known or not.
    """
    started = time.monotonic()
    try:
        key = read_email(address.strip()).key
    except ValueError as error:
        raise Invalid([Fault("/Email", "WrongType", str(error))]) from None
    _limit(key, network, now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_KNOWN, {"key": key})
        known = [Known(*row) for row in cursor.fetchall()]
        for person in known:
            _send(cursor, person, key, now, write_mail, language)
        if not known:
            _keep_code(cursor, None, key, now)
    time.sleep(max(0.0, _ANSWER_AFTER - (time.monotonic() - started)))


def ask_by_link(
    link: Link, network: str, now: datetime, write_mail: WriteMail, language: str | None = None
) -> str:
    """Send a fresh link and a code to the own address of the person whose link was used or has expired.

    Whoever holds the old link is not told the address; gives what ``use_code`` takes in its place.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT %s::bigint, id, email_key, firstname FROM leads_lead WHERE id = %s AND workspace_id = %s",
            [link.workspace_id, link.lead_id, link.workspace_id],
        )
        row = cursor.fetchone()
    person = Known(*row) if row else Known(link.workspace_id, None, link.email or "", None)
    _limit(person.email, network, now)
    with transaction.atomic(), connection.cursor() as cursor:
        _send(cursor, person, person.email, now, write_mail, language, link)
    return person.email


def use_code(
    address: str, code: str, network: str, now: datetime, replaces: str | None = None
) -> tuple[SignedIn, str]:
    """Sign in by the code that was mailed to an address; gives what ``sign_in.use_link`` gives.

    Raises ``Invalid`` for a wrong code, ``TooMany`` when the address has had its tries.
    """
    key = address.strip().lower()
    count("code", network, at_most=30, per=timedelta(minutes=10), now=now)
    digits = "".join(character for character in code if character.isdecimal())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CODES, [now, keyed(key), now - _TRIES_KEPT])
        rows = [_Code(*row) for row in cursor.fetchall()]
        if sum(row.tries for row in rows) >= TRIES:
            raise TooMany("This address has had its tries for today.", 3600)
        right = next((row for row in rows if row.is_right(key, digits)), None)
        if right is None or right.workspace_id is None:
            # The wrong try is kept, so the transaction ends well, and it is refused after it.
            cursor.execute(_TRIED, [rows[0].id if rows else None])
            begun = None
        else:
            # Codes of the same address in other workspaces stay good: each mail is its own.
            cursor.execute(_USED, [right.workspace_id, now, keyed(key)])
            begun = sign_in_person(
                cursor, right.workspace_id, lead_id=right.lead_id, email=key, now=now, replaces=replaces
            )
    if begun is None:
        raise Invalid([Fault("/Code", "Wrong", "This code is wrong, was used, or is older than 15 minutes.")])
    wake.notify()
    return begun


def _limit(key: str, network: str, now: datetime) -> None:
    count("sign-in mail from", network, at_most=20, per=timedelta(minutes=10), now=now)
    count("sign-in mail to", key, at_most=3, per=timedelta(minutes=10), now=now)


def _send(
    cursor: CursorWrapper,
    person: Known,
    key: str,
    now: datetime,
    write_mail: WriteMail,
    language: str | None,
    old: Link | None = None,
) -> None:
    """One mail: a link and a code of one workspace."""
    row, plain = new_link(
        person.workspace_id,
        now=now,
        lead_id=person.lead_id,
        email=None if person.lead_id else key,
        journey_id=old.journey_id if old else None,
        redirect_url=old.redirect_url if old else None,
        held_data_id=old.held_data_id if old else None,
        mailed=True,
    )
    insert_links(cursor, [row])
    code = _keep_code(cursor, person, key, now)
    write_mail(
        person.workspace_id,
        kind="sign_in_link",
        to=person.email,
        language=language,
        context={
            "URL": connection_url(plain),
            "Code": code,
            "Minutes": int(CODE_VALID.total_seconds() // 60),
        },
        lead_id=person.lead_id,
    )


def _keep_code(cursor: CursorWrapper, person: Known | None, key: str, now: datetime) -> str:
    """Make a code; an unknown address gets one as well, which nobody is told and which opens nothing."""
    code = f"{secrets.randbelow(1_000_000):06}"
    workspace_id = person.workspace_id if person else None
    values = [
        workspace_id,
        keyed(key),
        person.lead_id if person else None,
        _digest(key, code, workspace_id or 0),
        now + CODE_VALID,
        now,
    ]
    cursor.execute(_KEEP_CODE, values)
    return code


def _digest(key: str, code: str, workspace_id: int) -> bytes:
    """What is kept of a code; keyed, since six digits alone are soon guessed from their digest."""
    return sha256(keyed(f"code:{workspace_id}:{key}:{code}").encode()).digest()
