"""SetData: gives data points the values its settings say, by itself."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from kohomai.activities.base import BaseType, Point, Settings
from kohomai.engine.errors import Fault
from kohomai.engine.system import COMPUTED
from kohomai.engine.types import Facts, Outcome
from kohomai.engine.values import Value, parse


class Assignment(Settings):
    """A data point and its new value; ``null`` is to forget it."""

    data_point: Point
    value: Any

    @field_validator("value")
    @classmethod
    def _typed(cls, raw: Any, info: ValidationInfo) -> Value | None:
        point = info.data.get("data_point")
        if point is None:  # a fault of its own
            return None
        try:
            return parse(point, raw)
        except ValueError as error:
            raise PydanticCustomError("WrongType", "{reason}", {"reason": str(error)}) from None


class SetDataSettings(Settings):
    """What is set to what."""

    values: Annotated[list[Assignment], Field(min_length=1, max_length=100)]


class SetData(BaseType[SetDataSettings]):
    """Touches nothing outside."""

    name = "SetData"
    model = SetDataSettings
    automatic = True

    def faults(self, settings: SetDataSettings) -> list[Fault]:
        """A data point set twice, and system data points that cannot be set."""
        faults = []
        seen: set[int] = set()
        for place, one in enumerate(settings.values):
            point, pointer = one.data_point, f"/Settings/Values/{place}/DataPoint"
            if point.id in seen:
                faults.append(Fault(pointer, "Duplicate", f"{point.name} is set twice."))
            if point.name in COMPUTED:
                detail = f"{point.name} cannot be set: it is filled by the system."
                faults.append(Fault(pointer, "NotAllowed", detail))
            seen.add(point.id)
        return faults

    def accepts(self, settings: SetDataSettings) -> frozenset[int]:
        """What it sets."""
        return frozenset(one.data_point.id for one in settings.values)

    def run_pure(self, settings: SetDataSettings, facts: Facts) -> Outcome:
        """The values of its settings."""
        return Outcome({one.data_point.id: one.value for one in settings.values})


TYPE = SetData()
