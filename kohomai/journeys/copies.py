"""What a running journey gets of its lead when that has changed: the copies, and what is computed from them."""

from __future__ import annotations

from datetime import datetime

from kohomai.datapoints.catalogue import Catalogue
from kohomai.engine.happenings import Given
from kohomai.engine.values import Value
from kohomai.journeys.lead_record import LeadRecord
from kohomai.leads.contact import read_phone

COUNTRY, PHONE_COUNTRY = "Country", "Phone country"


def phone_country(lead: LeadRecord, points: Catalogue) -> str | None:
    """The country of the lead's phone, where it has one that belongs to a country."""
    phone = lead.value("Phone", points)
    # As it is kept (E.164) it names its country, so that no default is asked for.
    return read_phone(phone, "US").country if phone else None


def country_of(lead: LeadRecord, points: Catalogue) -> tuple[Value | None, str]:
    """The lead's country with its source: the phone's, else what was sent, else what enrichment found."""
    of_phone = phone_country(lead, points)
    known = lead.data.get(points.system[COUNTRY].id)
    if of_phone is None and known is not None:
        return known.value, known.source
    return of_phone, "System"


def changed_values(lead: LeadRecord, source: str, points: Catalogue, now: datetime) -> tuple[Given, ...]:
    """All of ``lead.changes``, and what follows from them: the countries, where the phone has changed.

    A country that was sent does not replace that of a phone.
    """
    given = {
        name: Given(points.system[name], value, source, now)
        for name, value in lead.changes.items()
        if name in points.system
    }
    if "Phone" in given:
        given[PHONE_COUNTRY] = Given(points.system[PHONE_COUNTRY], phone_country(lead, points), "System", now)
    if "Phone" in given or COUNTRY in given:
        given[COUNTRY] = Given(points.system[COUNTRY], *country_of(lead, points), now)
    return tuple(given.values())
