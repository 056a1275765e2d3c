"""What belongs to the person and not to one journey: written to the lead, copied into running journeys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kohomai.datapoints.catalogue import Catalogue
from kohomai.engine.errors import Fault, Invalid
from kohomai.engine.happenings import Enriched, Given, SetData
from kohomai.engine.values import DataPoint, Value
from kohomai.journeys.actors import Actor
from kohomai.journeys.copies import changed_values
from kohomai.journeys.lead_record import ENRICHMENT, found_out
from kohomai.journeys.unit import Unit, on_lead
from kohomai.leads.contact import NAME_LENGTH, read_name, read_phone
from kohomai.workspaces.services import settings

FIELDS = {"Firstname": "Firstname", "Lastname": "Lastname", "PhoneNumber": "Phone"}
"""The fields of a lead that may be changed, and the system data points that hold them."""


def lead_values(point: DataPoint, value: Value | None, points: Catalogue) -> Value | None:
    """A value of one of the lead's own data points as the lead keeps it: names bounded, phones as E.164.

    Raises ``ValueError`` with the rest of a sentence about it.
    """
    if value is None or not points.is_system(point.id):
        return value
    if point.name in ("Firstname", "Lastname"):
        return read_name(value)
    if point.name == "Phone":
        return read_phone(str(value), settings(points.workspace_id).default_country).e164
    return value


def keep_with_lead(
    unit: Unit, values: Mapping[int, Value | None], actor: Actor, phone_typed: str | None = None
) -> None:
    """Write ``values`` (by data point ``Id``; ``None`` forgets) to the lead, and the phone as it was typed."""
    lead = unit.lead
    lead.put(values, actor.source, unit.points, unit.now)
    if unit.points.system["Phone"].id in values:
        phone = lead.value("Phone", unit.points)
        lead.put_phone_original((phone_typed or phone) if phone else None)


def tell_journeys(unit: Unit, actor: Actor, but: int | None = None) -> None:
    """Tell of what has changed of the lead, and copy it into its running journeys, the one numbered ``but``
    aside."""
    lead = unit.lead
    if not lead.changed:
        return
    unit.lead_events.append(("lead.updated", {"Actor": actor.to_json(), "Changed": lead.changed_names}))
    changed = changed_values(lead, actor.source, unit.points, unit.now)
    if changed:
        for journey in unit.running():
            if journey.row.id != but:
                unit.advance(journey, SetData(changed, actor.to_json()))


def change_lead(workspace_id: int, lead_id: int, changes: Mapping[str, Any], actor: Actor) -> None:
    """Change what ``changes`` names: Firstname, Lastname, PhoneNumber (``None`` clears), Test.

    Raises ``NotFound``, and ``Invalid`` with every fault. The e-mail is what a lead is known by: it never changes.
    """

    def work(unit: Unit) -> None:
        values: dict[int, Value | None] = {}
        faults: list[Fault] = []
        if "Email" in changes:
            faults.append(Fault("/Email", "NotAllowed", "The e-mail of a lead never changes."))
        for field, name in FIELDS.items():
            if field in changes:
                try:
                    values[unit.points.system[name].id] = _read(unit, field, changes[field])
                except ValueError as error:
                    faults.append(Fault(f"/{field}", "WrongValue", f"{field} {error}."))
        test = changes.get("Test", unit.lead.test) or False
        if not isinstance(test, bool):
            faults.append(Fault("/Test", "WrongType", "Test must be true or false."))
        if faults:
            raise Invalid(faults)
        keep_with_lead(unit, values, actor, changes.get("PhoneNumber"))
        if test != unit.lead.test:
            unit.lead.test = test
            unit.lead.note("Test")
        tell_journeys(unit, actor)

    on_lead(workspace_id, lead_id, work)


def _read(unit: Unit, field: str, raw: object) -> Value | None:
    if raw is None or raw == "":
        return None
    if not isinstance(raw, str):
        raise ValueError("must be text")
    if field == "PhoneNumber":
        return read_phone(raw, settings(unit.workspace_id).default_country).e164
    if len(raw) > NAME_LENGTH:
        raise ValueError(f"must not be longer than {NAME_LENGTH} characters")
    return read_name(raw)


def enriched(
    workspace_id: int,
    lead_id: int,
    provider: str,
    found: Mapping[int, Value],
    not_found: Iterable[int],
) -> None:
    """A provider has answered for a lead: what it found, and what it looked for in vain.

    It never replaces what a person or the API gave; of what providers gave the later wins.
    """
    missing = frozenset(not_found)

    def work(unit: Unit) -> None:
        source = f"{ENRICHMENT}:{provider}"
        lead = unit.lead
        open_to_it = {
            i: value for i, value in found.items() if i not in lead.data or found_out(lead.data[i].source)
        }
        lead.put(open_to_it, source, unit.points, unit.now)
        names = [unit.points.by_id[i].name for i in found if i in unit.points.by_id]
        vain = [unit.points.by_id[i].name for i in sorted(missing) if i in unit.points.by_id]
        unit.lead_events.append(("lead.enriched", {"Provider": provider, "Found": names, "NotFound": vain}))
        given = tuple(Given(unit.points.by_id[i], v, source, unit.now) for i, v in found.items())
        for journey in unit.running():
            unit.advance(journey, Enriched(provider, given, missing))

    on_lead(workspace_id, lead_id, work)
