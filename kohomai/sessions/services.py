"""Opening sessions for programs: ``POST /api/v1/sessions``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from kohomai.engine.errors import Fault, Invalid, NotFound
from kohomai.engine.values import time_to_json
from kohomai.sessions.links import FIVE_MINUTES, connection_url, insert_links, new_link
from kohomai.sessions.redirects import check_redirect_url
from kohomai.sessions.sign_in import utc_now
from kohomai.workspaces.services import settings as workspace_settings
from kohomai.workspaces.sql import statement

_FOR_JOURNEY = statement(__file__, "session_for_journey")
_FOR_LEAD = statement(__file__, "session_for_lead")


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just opened; its UUID is known here only."""

    uuid: str
    lead_id: int
    firstname: str | None
    lastname: str | None
    journey_id: int | None
    redirect_url: str | None
    created_at: datetime
    valid_until: datetime

    @property
    def connection_url(self) -> str:
        """The absolute address that signs in, good once."""
        return connection_url(self.uuid)

    def to_json(self) -> Mapping[str, Any]:
        """The session object as documented."""
        created = time_to_json(self.created_at)
        return {
            "UUID": self.uuid,
            "RedirectURL": self.redirect_url,
            "ConnectionURL": self.connection_url,
            "ValidUntil": time_to_json(self.valid_until),
            "createdDate": created,
            "changedDate": created,
            "User": {"Firstname": self.firstname, "Lastname": self.lastname, "Id": self.lead_id},
        }


def create_session(
    workspace_id: int,
    *,
    journey_id: int | None = None,
    lead_id: int | None = None,
    redirect_url: str | None = None,
    now: datetime | None = None,
) -> NewSession:
    """Open a session for a journey, or for a lead in all its journeys, good once and for five minutes.

    ``redirect_url`` wins over the journey's. Raises ``Invalid`` when neither or both are named or the
    address may not be gone to, ``NotFound`` when this workspace has no such journey or lead.
    """
    now = now or utc_now()
    _check(workspace_id, journey_id, lead_id, redirect_url)
    with transaction.atomic(), connection.cursor() as cursor:
        if journey_id is not None:
            cursor.execute(_FOR_JOURNEY, [journey_id, workspace_id])
        else:
            cursor.execute(_FOR_LEAD, [lead_id, workspace_id])
        row = cursor.fetchone()
        if row is None:
            raise NotFound(
                "There is no such journey." if journey_id is not None else "There is no such user."
            )
        found_lead, firstname, lastname, journey_redirect = row
        link, plain = new_link(
            workspace_id, now=now, lead_id=found_lead, journey_id=journey_id, redirect_url=redirect_url
        )
        insert_links(cursor, [link])
    return NewSession(
        plain,
        found_lead,
        firstname,
        lastname,
        journey_id,
        redirect_url or journey_redirect,
        now,
        now + FIVE_MINUTES,
    )


def _check(workspace_id: int, journey_id: int | None, lead_id: int | None, redirect_url: str | None) -> None:
    faults = []
    if (journey_id is None) == (lead_id is None):
        detail = "name a journey (Journey.Id) or a lead (User.Id), one of the two"
        faults.append(Fault("/Journey/Id", "Required" if journey_id is None else "NotBoth", detail))
    if redirect_url is not None:
        fault = check_redirect_url(redirect_url, workspace_settings(workspace_id).redirect_hosts)
        if fault is not None:
            faults.append(fault)
    if faults:
        raise Invalid(faults)
