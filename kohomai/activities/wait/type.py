"""Wait: is done by the clock, a while after its opening or at a time that a data point holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from kohomai.activities.base import BaseType, Duration, Point, Settings
from kohomai.engine.errors import Fault
from kohomai.engine.types import Reference, references
from kohomai.engine.values import Value, ValueType


class WaitSettings(Settings):
    """Either how long, or the data point that holds until when."""

    length: Annotated[Duration | None, Field(alias="For")] = None
    until: Point | None = None


class Wait(BaseType[WaitSettings]):
    """A wait until a time that is not known yet lasts until it is, and a time that is past ends it at once."""

    name = "Wait"
    model = WaitSettings
    automatic = True
    timed = True

    def faults(self, settings: WaitSettings) -> list[Fault]:
        """Neither or both, and a data point that holds no time."""
        if (settings.length is None) == (settings.until is None):
            return [Fault("/Settings/For", "Required", "A wait has either For or Until.")]
        if settings.until is not None and settings.until.type is not ValueType.DATE_TIME:
            detail = f"{settings.until.name} holds no date with a time."
            return [Fault("/Settings/Until", "WrongType", detail)]
        return []

    def settings_references(self, raw: Mapping[str, Any]) -> Iterable[Reference]:
        """``Until`` names a data point."""
        return references(raw, "Until")

    def due_by_itself(
        self, settings: WaitSettings, opened_at: datetime, known: Mapping[int, Value]
    ) -> datetime | None:
        """When it is over, as far as that is known."""
        if settings.length is not None:
            return opened_at + settings.length
        until = known.get(settings.until.id) if settings.until else None
        return until if isinstance(until, datetime) else None


TYPE = Wait()
