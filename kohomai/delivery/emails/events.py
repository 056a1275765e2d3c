"""Events of mails: that one was sent, has failed, or came back, in the chain of whom it was about.

A mail of a journey is told in the journey's chain, another one to a lead in the lead's; a mail to a user of the
back-office, or to a stakeholder apart from any journey, in none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from django.db import transaction

from kohomai.delivery.emails.kinds import KINDS
from kohomai.engine.errors import NotFound
from kohomai.journeys import store
from kohomai.journeys.unit import Unit, on_journey, on_lead


class About(Protocol):
    """A mail, as far as its events speak of it."""

    @property
    def id(self) -> int:
        """The mail's ``Id``."""
        ...

    @property
    def workspace_id(self) -> int:
        """Whose it is."""
        ...

    @property
    def lead_id(self) -> int | None:
        """The lead it is about."""
        ...

    @property
    def journey_id(self) -> int | None:
        """The journey it belongs to."""
        ...

    @property
    def kind(self) -> str:
        """Its kind."""
        ...


def with_event(mail: About, event_type: str, reason: str | None, change: Callable[[], bool]) -> bool:
    """Do ``change``, and where it changed something write the event, in one transaction; whether it did."""
    payload: dict[str, Any] = {"Email": {"Id": mail.id, "Kind": mail.kind}, "Reason": reason}
    kind = KINDS.get(mail.kind)
    lead_id, journey_id = mail.lead_id, mail.journey_id

    def on_the_journey(unit: Unit, loaded: store.Loaded) -> bool:
        done = change()
        if done:
            unit.note(loaded, event_type, payload)
        return done

    def on_the_lead(unit: Unit) -> bool:
        done = change()
        if done:
            unit.lead_events.append((event_type, payload))
        return done

    try:
        if kind is not None and kind.for_users:
            pass
        elif journey_id is not None:
            return on_journey(mail.workspace_id, journey_id, on_the_journey)
        elif lead_id is not None:
            return on_lead(mail.workspace_id, lead_id, on_the_lead)
    except NotFound:
        pass  # whom it was about has been erased: there is nobody to tell it of
    with transaction.atomic():
        return change()
