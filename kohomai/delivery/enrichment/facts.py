"""What is known of a lead that is to be found out about, and how its providers see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection
from psycopg.rows import dict_row

from kohomai.activities.texts import ByName
from kohomai.datapoints.catalogue import Catalogue, catalogue, name_key
from kohomai.datapoints.providers import LeadFacts
from kohomai.engine.errors import NotFound
from kohomai.journeys.copies import country_of
from kohomai.journeys.lead_record import LeadRecord, found_out
from kohomai.leads.contact import read_email
from kohomai.workspaces.services import settings

_LEAD = "SELECT * FROM leads_lead WHERE id = %s AND workspace_id = %s"
_BY_EMAIL = "SELECT * FROM leads_lead WHERE email_key = lower(%s) AND workspace_id = %s"


def lead_of(workspace_id: int, lead_id: int, points: Catalogue) -> LeadRecord:
    """The lead as it stands, not locked. Raises ``NotFound``."""
    return _record(_LEAD, (lead_id, workspace_id), points)


def facts_of(lead: LeadRecord, points: Catalogue) -> LeadFacts:
    """What a provider is told of a lead."""
    return LeadFacts(
        workspace_id=points.workspace_id,
        lead_id=lead.id,
        email=lead.email,
        firstname=lead.value("Firstname", points),
        lastname=lead.value("Lastname", points),
        phone=lead.value("Phone", points),
        catalogue=points,
        data={point_id: datum.value for point_id, datum in lead.data.items()},
        country=str(country) if (country := country_of(lead, points)[0]) else None,
    )


def facts_by_email(workspace_id: int, email: str) -> LeadFacts:
    """The same of the lead with this address or, where there is none, of nobody but the address. Raises
    ``ValueError`` with the rest of a sentence when it is no address."""
    address = read_email(email)
    points = catalogue(workspace_id)
    try:
        return facts_of(_record(_BY_EMAIL, (address.email, workspace_id), points), points)
    except NotFound:
        return LeadFacts(workspace_id, 0, address.email, None, None, None, points)


def given_by_people(lead: LeadRecord) -> frozenset[int]:
    """What is known of the lead that no provider may replace."""
    return frozenset(point_id for point_id, datum in lead.data.items() if not found_out(datum.source))


def texts_of(facts: LeadFacts) -> Mapping[str, Any]:
    """What the texts of a service's request see of a lead."""
    address = read_email(facts.email)
    points = facts.catalogue
    return {
        "Email": facts.email,
        "Domain": address.domain,
        "EmailIsFree": address.is_free,
        "EmailIsDisposable": address.is_disposable,
        "Firstname": facts.firstname,
        "Lastname": facts.lastname,
        "PhoneNumber": facts.phone,
        "Country": facts.country,
        "Data": ByName(facts.data, lambda name: points.ids.get(name_key(name)), points.name),
        "Lead": {"Id": facts.lead_id or None},
        "Workspace": {"Name": settings(facts.workspace_id).name},
    }


def _record(sql: str, values: tuple[Any, ...], points: Catalogue) -> LeadRecord:
    connection.ensure_connection()
    with connection.connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(sql, values).fetchone()
    if row is None or row["merged_into_id"] is not None:
        raise NotFound("There is no such lead.")
    return LeadRecord.stored(row, points)
