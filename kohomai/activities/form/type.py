"""Form: the assignee fills in data points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from kohomai.activities.base import BaseType, Point, Settings, Text
from kohomai.engine.errors import Fault
from kohomai.engine.system import LEAD_FIELDS, SYSTEM
from kohomai.engine.values import Value

MAX_FIELDS = 100


class FormField(Settings):
    """One field: the data point it fills, how it is labelled, and whether it must be filled in."""

    data_point: Point
    required: bool = False
    label: Text | None = None
    help: Text | None = None


class FormSettings(Settings):
    """The fields, in order, and what is said above them."""

    fields: Annotated[list[FormField], Field(min_length=1, max_length=MAX_FIELDS)]
    introduction: Text | None = None


class Form(BaseType[FormSettings]):
    """A required field that is known already counts as filled, and can be corrected."""

    name = "Form"
    model = FormSettings

    def faults(self, settings: FormSettings) -> list[Fault]:
        """A data point asked for twice, and system data points that nobody fills in."""
        faults = []
        seen: set[int] = set()
        for place, field in enumerate(settings.fields):
            point, pointer = field.data_point, f"/Settings/Fields/{place}/DataPoint"
            if point.id in seen:
                faults.append(Fault(pointer, "Duplicate", f"{point.name} is asked for twice."))
            if point.name in SYSTEM and point.name not in LEAD_FIELDS:
                detail = f"A form cannot ask for {point.name}: it is filled by the system."
                faults.append(Fault(pointer, "NotAllowed", detail))
            seen.add(point.id)
        return faults

    def check(
        self,
        settings: FormSettings,
        result: Mapping[str, Value],
        data: Mapping[int, Value | None],
        known: Mapping[int, Value],
    ) -> list[Fault]:
        """Every required field must be known, or filled in now."""
        return [
            Fault(f"/Data/{point.id}", "Required", f"{point.name} must be filled in.")
            for field in settings.fields
            if field.required
            and (point := field.data_point)
            and data.get(point.id, known.get(point.id)) is None
        ]

    def accepts(self, settings: FormSettings) -> frozenset[int]:
        """The form's fields."""
        return frozenset(field.data_point.id for field in settings.fields)


TYPE = Form()
