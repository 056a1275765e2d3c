"""What is known of a lead the moment it registers: the system's data points, computed in the transaction.

The rules are those of "System data points" in the funnel reference.
"""

from __future__ import annotations

from datetime import datetime

from kohomai.datapoints.catalogue import Catalogue
from kohomai.engine.happenings import Given
from kohomai.engine.values import Value
from kohomai.journeys.lead_record import ENRICHMENT, LeadRecord
from kohomai.leads.attribution import data_point_values
from kohomai.leads.domains import PROVIDER as DOMAIN
from kohomai.leads.domains import told_by
from kohomai.registration.model import Registration


def given_lead_values(registration: Registration, points: Catalogue) -> dict[int, Value | None]:
    """The values sent that belong to the person: names, phone, country, language and what enrichment
    might have found; by data point ``Id``, ``None`` where it was cleared."""
    system = points.system
    values: dict[int, Value | None] = {system[name].id: value for name, value in registration.names.items()}
    if registration.phone is not ...:
        phone = registration.phone_number
        values[system["Phone"].id] = phone.e164 if phone else None
    for point_id, value in registration.values.items():
        if points.is_system(point_id):
            values[point_id] = value
    return values


BY_DOMAIN = f"{ENRICHMENT}:{DOMAIN}"
"""The source of what the e-mail's domain tells."""


def told_by_domain(registration: Registration, points: Catalogue) -> dict[int, Value | None]:
    """What the domain of the e-mail tells of a new lead, by data point ``Id``: found out here and now, since it needs
    nobody. What was sent goes before it, ``null`` too."""
    told, system, sent = told_by(registration.address.domain).values, points.system, registration.values
    return {system[name].id: value for name, value in told.items() if system[name].id not in sent}


def starting_data(
    registration: Registration,
    lead: LeadRecord,
    phone_country: str | None,
    points: Catalogue,
    now: datetime,
) -> tuple[Given, ...]:
    """All that a journey starts with: what the lead has, what was sent, and what is computed from both.

    ``lead`` has what was sent now already in it; ``phone_country`` is that of its phone.
    """
    by_id, system = points.by_id, points.system
    computed = _computed(registration, lead.email, phone_country, now)
    if system["Language"].id not in lead.data:
        computed["Language"] = registration.language or registration.workspace.language
    given = [
        Given(system[name], value, "System", now)
        for name, value in computed.items()
        if value not in (None, "")
    ]
    named = {item.data_point.id for item in given}
    given += [
        Given(by_id[point_id], datum.value, datum.source, datum.known_since)
        for point_id, datum in lead.data.items()
        if point_id not in named and point_id in by_id
    ]
    given += [
        Given(by_id[point_id], value, registration.source, now)
        for point_id, value in registration.values.items()
        if value is not None and not points.is_system(point_id)
    ]
    return tuple(given)


def _computed(
    registration: Registration, email: str, phone_country: str | None, now: datetime
) -> dict[str, Value | None]:
    address = registration.address
    values: dict[str, Value | None] = {
        "Email": email,
        "Email domain": address.domain,
        "Email is free": address.is_free,
        "Email is disposable": address.is_disposable,
        "Origin": registration.origin.name,
        "Registered at": now,
    }
    if phone_country:
        values["Phone country"] = phone_country
        values["Country"] = phone_country
    values.update(data_point_values(registration.attribution))
    return values
