"""What a registration is answered: its outcome, and the JSON of the documented calls, old and new."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kohomai.engine.events import DECIDED
from kohomai.engine.state import IN_PROGRESS, State
from kohomai.engine.values import time_to_json as stamp
from kohomai.journeys.shown import journey_json
from kohomai.journeys.view import receipts_of
from kohomai.registration.model import Outcome, SessionRecord
from kohomai.registration.plan import Plan, Written
from kohomai.sessions.links import connection_url

NO_SESSION = {"UUID": None, "ConnectionURL": None, "ValidUntil": None, "RedirectURL": None}


def wants_session(state: State) -> bool:
    """Whether something waits for the lead, a decision waits for data, or an automatic activity runs."""
    if not state.running:
        return False
    if state.waiting_until is not None:
        return True
    return any(
        activity.status == IN_PROGRESS and activity.assignee.kind in ("Lead", "Automatic")
        for activity in state.activities
    )


def outcome_of(plan: Plan, written: Written, session: tuple[Mapping[str, Any], str] | None) -> Outcome:
    """The outcome of a plan whose rows are gathered; ``session`` is the link's row and its UUID in plain."""
    decisions = None
    if written.events is not None:
        decisions = [event.payload for event in written.events if event.type == DECIDED]
    record = None
    if session is not None:
        link, uuid = session
        record = SessionRecord(
            uuid, datetime.fromisoformat(link["valid_until"]), link["redirect_url"], plan.now
        )
    return Outcome(
        result=plan.result,
        lead=written.lead,
        journey=written.journey,
        decisions=decisions,
        definition=plan.definition_of(written.journey),
        points=plan.points,
        session=record,
    )


def lead_answer(outcome: Outcome) -> dict[str, Any]:
    """The JSON of ``POST /leads``, flat. Reads the receipts of a journey that was there before."""
    lead = outcome.lead
    assert lead is not None
    assert outcome.points is not None
    return {
        "Id": lead.id,
        "Email": lead.email,
        "Firstname": lead.value("Firstname", outcome.points),
        "Lastname": lead.value("Lastname", outcome.points),
        "PhoneNumber": lead.value("Phone", outcome.points),
        "PhoneNumberOriginal": lead.phone_original,
        "createdDate": stamp(lead.created_at),
        "changedDate": stamp(lead.changed_at),
        "Result": outcome.result,
        "Journey": _journey(outcome),
        **_session(outcome.session),
    }


def public_answer(outcome: Outcome, sent: Mapping[str, Any], *, replay: bool = False) -> dict[str, Any]:
    """What a publishable key is answered: what it sent itself, ``Id`` and ``ConnectionURL``.

    Both are ``null`` for an address that was known; a ``replay`` never opens anything again.
    """
    created = outcome.result == "Created" and outcome.lead is not None
    url = connection_url(outcome.session.uuid) if created and outcome.session and not replay else None
    echoed = {
        name: sent.get(name) for name in ("Email", "Firstname", "Lastname", "PhoneNumber", "RedirectURL")
    }
    return {"Id": outcome.lead.id if created and outcome.lead else None, **echoed, "ConnectionURL": url}


def session_answer(outcome: Outcome) -> dict[str, Any]:
    """The session object that the older documented calls give."""
    session, lead = outcome.session, outcome.lead
    assert session is not None
    assert lead is not None
    assert outcome.points is not None
    return {
        **_session(session),
        "createdDate": stamp(session.created_at),
        "changedDate": stamp(session.created_at),
        "User": {
            "Firstname": lead.value("Firstname", outcome.points),
            "Lastname": lead.value("Lastname", outcome.points),
            "Id": lead.id,
        },
    }


def _session(session: SessionRecord | None) -> dict[str, Any]:
    if session is None:
        return NO_SESSION
    return {
        "UUID": session.uuid,
        "ConnectionURL": connection_url(session.uuid),
        "ValidUntil": stamp(session.valid_until),
        "RedirectURL": session.redirect_url,
    }


def _journey(outcome: Outcome) -> dict[str, Any]:
    assert outcome.journey
    assert outcome.lead
    assert outcome.definition
    assert outcome.points
    decisions = outcome.receipts if outcome.decisions is None else outcome.decisions
    if decisions is None:
        decisions = receipts_of(outcome.journey.row.id)
    return journey_json(
        outcome.journey, outcome.lead.email, outcome.definition, outcome.points.by_id, decisions
    )
