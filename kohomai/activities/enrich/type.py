"""Enrich: has the lead found out about, in the middle of its journey."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from kohomai.activities.base import BaseType, Point, Settings, Text
from kohomai.activities.services import Place, Services, Situation
from kohomai.engine.errors import Fault
from kohomai.engine.system import COMPUTED, ENRICHED
from kohomai.engine.types import Facts, Outcome, Reference
from kohomai.engine.values import ValueType

USUAL = tuple(sorted(ENRICHED))
"""What is sought where nothing is said."""


class EnrichSettings(Settings):
    """What is sought (the six of enrichment, unless said), and by whom (all providers, unless named)."""

    data_points: Annotated[
        list[Point], Field(min_length=1, max_length=100, default=None, validate_default=True)
    ]
    providers: Annotated[list[Text], Field(min_length=1, max_length=50)] | None = None

    @field_validator("data_points", mode="before")
    @classmethod
    def _usual(cls, raw: Any, info: ValidationInfo) -> Any:
        return list(USUAL) if raw is None else raw


class Enrich(BaseType[EnrichSettings]):
    """Done when the providers have answered, whatever they know: a decision behind it sees what was found."""

    name = "Enrich"
    model = EnrichSettings
    automatic = True
    place = Place.OUTSIDE
    results = {"Found": ValueType.NUMBER}
    system_points = USUAL
    longest = 100.0

    def faults(self, settings: EnrichSettings) -> list[Fault]:
        """Data points that are there twice, or that nobody finds out."""
        faults = []
        seen: set[int] = set()
        for place, point in enumerate(settings.data_points):
            pointer = f"/Settings/DataPoints/{place}"
            if point.id in seen:
                faults.append(Fault(pointer, "Duplicate", f"{point.name} is there twice."))
            if point.name in COMPUTED:
                detail = f"{point.name} is filled by the system: nobody finds it out."
                faults.append(Fault(pointer, "NotAllowed", detail))
            seen.add(point.id)
        return faults

    def settings_references(self, raw: Mapping[str, Any]) -> Iterable[Reference]:
        """The items of ``DataPoints``."""
        items = raw.get("DataPoints")
        if not isinstance(items, list):
            return ()
        return [
            (items, place)
            for place, item in enumerate(items)
            if isinstance(item, str | int) and not isinstance(item, bool)
        ]

    def accepts(self, settings: EnrichSettings) -> frozenset[int]:
        """Nothing is completed with data: what is found comes to the lead, and from there."""
        return frozenset()

    def promises(self, settings: EnrichSettings) -> frozenset[int]:
        """What is sought."""
        return frozenset(point.id for point in settings.data_points)

    def run_pure(self, settings: EnrichSettings, facts: Facts) -> Outcome:
        """Where nobody is asked nothing is found."""
        return Outcome(result={"Found": 0})

    def run(self, settings: EnrichSettings, situation: Situation, services: Services) -> Outcome:
        """Have the providers asked, one after the other."""
        sought = services.enrichment.find_out(sorted(self.promises(settings)), settings.providers)
        return Outcome(result={"Found": sought.found}, explanation={"Enrichment": {"Id": sought.run_id}})


TYPE = Enrich()
