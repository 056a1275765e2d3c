"""One registration decided: what it does to its lead and journeys, and the rows that keep it.

Nothing here talks to the database: what exists was read for the whole batch, what is to be written is
gathered in ``Writes``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kohomai.activities import registry
from kohomai.datapoints.catalogue import Catalogue
from kohomai.datapoints.providers import promised
from kohomai.engine.definition import Definition
from kohomai.engine.errors import Conflict
from kohomai.engine.events import DECIDED, Event
from kohomai.engine.happenings import Given, SetData, Start
from kohomai.engine.journey import advance
from kohomai.engine.state import State
from kohomai.engine.workdays import Calendar
from kohomai.funnels.compiled import definition
from kohomai.journeys import store
from kohomai.journeys.calendars import calendar_of
from kohomai.journeys.copies import COUNTRY, changed_values, phone_country
from kohomai.journeys.lead_record import LeadRecord
from kohomai.journeys.writes import Chain, Writes, bytea
from kohomai.leads.attribution import FIELDS as ATTRIBUTION
from kohomai.leads.attribution import data_point_values
from kohomai.registration.facts import BY_DOMAIN, given_lead_values, starting_data, told_by_domain
from kohomai.registration.model import Registration
from kohomai.workspaces.secrets import seal_with_site_key

NEVER, ALWAYS = "Never", "Always"


@dataclass(slots=True)
class Advanced:
    """A stored journey and what becomes of it."""

    loaded: store.Loaded
    definition: Definition
    state: State
    events: list[Event]


@dataclass(slots=True)
class Plan:
    """What one registration comes to. ``lead`` is the lead as stored, or a fresh one."""

    registration: Registration
    points: Catalogue
    now: datetime
    definition: Definition
    lead: LeadRecord
    journeys: list[store.Loaded]
    advanced: list[Advanced] = field(default_factory=list)
    started: tuple[State, list[Event]] | None = None
    kept: store.Loaded | None = None
    kept_changed: bool = False

    # --- deciding -------------------------------------------------------------------------------------------

    def decide(self) -> None:
        """Find out what happens. Raises ``Conflict`` where the rule of the funnel leaves nothing to do."""
        self._merge_lead()
        self._choose_journey()
        self._tell_running_journeys()
        if self.kept is None:
            happening = Start(
                data=self._starting_data(),
                pending=promised(self.registration.workspace.id, self.points),
                actor=self.registration.actor.to_json(),
                origin={
                    "Id": self.registration.origin.id,
                    "Type": self.registration.origin.type,
                    "Name": self.registration.origin.name,
                },
            )
            self.started = advance(self.definition, registry, None, happening, self.now, self._calendar())

    def _calendar(self) -> Calendar | None:
        return calendar_of(self.registration.workspace)

    def _merge_lead(self) -> None:
        """What was sent of the person goes into the lead; what differs is noted there."""
        registration, lead = self.registration, self.lead
        lead.put(given_lead_values(registration, self.points), registration.source, self.points, self.now)
        if lead.new:
            lead.put(told_by_domain(registration, self.points), BY_DOMAIN, self.points, self.now)
        if registration.phone_number:
            lead.put_phone_original(registration.phone_number.original)
        if registration.attribution and not lead.attribution:
            lead.attribution = registration.attribution
            lead.note("Attribution")
        if registration.test is not None and registration.test != lead.test:
            lead.test = registration.test
            lead.note("Test")

    def _choose_journey(self) -> None:
        """By the funnel's re-entry rule: the journey that is kept, or none where a new one begins."""
        mine = [
            journey
            for journey in self.journeys
            if journey.row.funnel_id == self.registration.origin.funnel_id
        ]
        running = [journey for journey in mine if journey.state.running]
        reentry = self.definition.reentry
        if mine and reentry != ALWAYS:
            if running:
                self.kept = running[-1]
            elif reentry == NEVER:
                self.kept = mine[-1]

    def _tell_running_journeys(self) -> None:
        """What the lead's own data has become goes into each running journey, the data sent into the kept one."""
        for journey in self.journeys:
            if not journey.state.running:
                continue
            mine = journey is self.kept
            given = self._told(journey) if mine else self._copies()
            changes_row = mine and self._touch(journey.row)
            its_definition = definition(journey.row.funnel_id, journey.state.version)
            state, events = (
                advance(
                    its_definition,
                    registry,
                    journey.state,
                    SetData(given, self.registration.actor.to_json()),
                    self.now,
                    self._calendar(),
                )
                if given
                else (journey.state, [])
            )
            if events or changes_row:
                self.advanced.append(Advanced(journey, its_definition, state, events))
                self.kept_changed = self.kept_changed or mine

    def _copies(self) -> tuple[Given, ...]:
        return changed_values(self.lead, self.registration.source, self.points, self.now)

    def _told(self, kept: store.Loaded) -> tuple[Given, ...]:
        """What the kept journey gets: the copies, what was sent, and where the lead came from this time."""
        registration, points = self.registration, self.points
        given = {item.data_point.id: item for item in self._copies()}
        country = points.system[COUNTRY].id
        for point_id, value in registration.values.items():
            if point_id == country and phone_country(self.lead, points):
                continue  # the phone's goes before what was sent
            given[point_id] = Given(points.by_id[point_id], value, registration.source, self.now)
        if registration.attribution and registration.attribution != kept.row.attribution:
            values = data_point_values(registration.attribution)
            for name in filter(None, ATTRIBUTION.values()):
                point = points.system[name]
                given[point.id] = Given(point, values.get(name), "System", self.now)
        return tuple(given.values())

    def _touch(self, row: store.JourneyRow) -> bool:
        """Last touch and way back of the kept journey; whether that changed its row."""
        before = (row.redirect_url, row.attribution, row.test)
        if self.registration.redirect_sent:
            row.redirect_url = self.registration.redirect_url
        if self.registration.attribution:
            row.attribution = dict(self.registration.attribution)
        if self.registration.test is not None:
            row.test = self.registration.test
        return (row.redirect_url, row.attribution, row.test) != before

    def _starting_data(self) -> tuple[Given, ...]:
        sent = self.registration.phone_number
        country = sent.country if sent else phone_country(self.lead, self.points)
        return starting_data(self.registration, self.lead, country, self.points, self.now)

    # --- what it needs --------------------------------------------------------------------------------------

    def needs(self) -> tuple[int, int, int]:
        """How many ids it needs for leads, journeys and activities."""
        activities = sum(store.count_new(item.loaded, item.state) for item in self.advanced)
        if self.started:
            activities += len(self.started[0].activities)
        return int(self.lead.new), int(self.started is not None), activities

    def definition_of(self, journey: store.Loaded) -> Definition:
        """What a journey runs on: one that was there before, on the version that it began with."""
        version = journey.state.version
        return (
            self.definition
            if version == self.definition.version
            else definition(journey.row.funnel_id, version)
        )

    def receipts(self) -> list[Any]:
        """The receipts of what the kept journey has decided now."""
        return [
            event.payload
            for item in self.advanced
            if item.loaded is self.kept
            for event in item.events
            if event.type == DECIDED
        ]

    @property
    def result(self) -> str:
        """``Created``, ``Updated`` when a stored value changed, else ``Existing``."""
        if self.lead.new:
            return "Created"
        return "Updated" if self.lead.changed or self.kept_changed else "Existing"

    # --- writing --------------------------------------------------------------------------------------------

    def write(self, writes: Writes, ids: tuple[Iterator[int], Iterator[int], Iterator[int]]) -> Written:
        """Gather the rows of all that happens; ``ids`` are those of leads, journeys and activities."""
        lead_ids, journey_ids, activity_ids = ids
        self._write_lead(writes, lead_ids)
        for item in self.advanced:
            store.put_changed(
                writes, item.loaded, item.definition, item.state, item.events, activity_ids, self.now
            )
        if self.started is None:
            assert self.kept is not None
            return Written(self.lead, self.kept, None)
        state, events = self.started
        registration = self.registration
        journey_id = next(journey_ids)
        row = store.JourneyRow(
            id=journey_id,
            workspace_id=registration.workspace.id,
            lead_id=self.lead.id,
            funnel_id=registration.origin.funnel_id,
            origin_id=registration.origin.id,
            exclusive=self.definition.reentry != ALWAYS,
            attribution=registration.attribution,
            redirect_url=registration.redirect_url,
            test=self.lead.test,
            created_at=self.now,
            changed_at=self.now,
            ended_at=None,
            chain=Chain(registration.workspace.id, self.lead.id, journey_id, 0, b""),
        )
        own = [next(activity_ids) for _ in state.activities]
        activity_refs = store.put_new(writes, row, self.definition, state, events, own)
        return Written(self.lead, store.Loaded(row, state, activity_refs), events)

    def _write_lead(self, writes: Writes, lead_ids: Iterator[int]) -> None:
        registration, lead = self.registration, self.lead
        if lead.new:
            lead.identify(next(lead_ids))
        if lead.changed:
            lead.write(writes, [self._lead_event()], self.points, self.now)
        if registration.no_hooks and not lead.new:
            writes.webhooks_off.append({"lead_id": lead.id})
        for hook in registration.hooks:
            writes.webhooks.append(
                {
                    "workspace_id": registration.workspace.id,
                    "lead_id": lead.id,
                    "url": hook.url,
                    "events": hook.events,
                    "secret": bytea(seal_with_site_key(hook.secret.encode())) if hook.secret else None,
                }
            )

    def _lead_event(self) -> tuple[str, dict[str, Any]]:
        registration = self.registration
        if not self.lead.new:
            return "lead.updated", {
                "Actor": registration.actor.to_json(),
                "Changed": self.lead.changed_names,
            }
        return "lead.registered", {
            "Actor": registration.actor.to_json(),
            "Source": registration.source,
            "Origin": {"Id": registration.origin.id, "Name": registration.origin.name},
            "Attribution": registration.attribution,
            "Test": self.lead.test,
        }


@dataclass(slots=True)
class Written:
    """What a plan came to, once its rows are gathered. ``events`` only where a journey was generated."""

    lead: LeadRecord
    journey: store.Loaded
    events: list[Event] | None


def version_of(registration: Registration, current_version: int | None) -> Definition:
    """The definition a registration runs on. Raises ``Conflict`` where the funnel was never published."""
    if current_version is None:
        raise Conflict("This funnel was never published, so nobody can be registered in it yet.")
    return definition(registration.origin.funnel_id, current_version)
