"""What activity types have in common: settings read by pydantic, and plain answers to the engine's questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    ValidationError,
    ValidationInfo,
)
from pydantic.alias_generators import to_pascal
from pydantic_core import ErrorDetails, PydanticCustomError

from kohomai.activities import texts
from kohomai.activities.services import Place, Services, Situation
from kohomai.engine.definition import Condition
from kohomai.engine.durations import parse_duration
from kohomai.engine.errors import Fault
from kohomai.engine.reading import conditions, places
from kohomai.engine.types import DataPoints, Facts, Outcome, Reference, references
from kohomai.engine.values import DataPoint, Value, ValueType, parse_number, parse_text

S = TypeVar("S", bound="Settings")


class Settings(BaseModel):
    """The base of a type's settings: fields in ``PascalCase``, no others, no guessing of types."""

    model_config = ConfigDict(
        alias_generator=to_pascal,
        arbitrary_types_allowed=True,
        extra="forbid",
        frozen=True,
        strict=True,
    )


def _find(raw: Any, info: ValidationInfo) -> DataPoint:
    points: DataPoints = (info.context or {})["data_points"]
    if isinstance(raw, bool) or not isinstance(raw, str | int) or raw == "":
        raise PydanticCustomError("WrongType", "must name a data point")
    point = points.find(raw)
    if point is None:
        raise PydanticCustomError("Unknown", "there is no such data point")
    return point


Point = Annotated[DataPoint, BeforeValidator(_find)]
"""A data point, named in the document by its name or its ``Id``."""


def _reader(parse: Callable[[Any], Any], *native: type) -> BeforeValidator:
    """A validator that reads as ``parse`` does; what it refuses is a fault with its own words."""

    def read(raw: Any) -> Any:
        try:
            return parse(raw)
        except ValueError as error:
            code = "WrongValue" if isinstance(raw, native or str) else "WrongType"
            raise PydanticCustomError(code, "{reason}", {"reason": str(error)}) from None

    return BeforeValidator(read)


Text = Annotated[str, _reader(parse_text)]
"""Text of up to 10,000 characters, without control characters; may be empty."""

Number = Annotated[Decimal, _reader(parse_number, str, int, Decimal)]
"""A decimal of at most 15 digits before and 4 after the point."""

Duration = Annotated[timedelta, _reader(parse_duration)]
"""An ISO 8601 duration."""

Template = Annotated[str, _reader(lambda raw: texts.check(parse_text(raw)))]
"""A text with data in it, in Liquid (see ``texts``)."""


def _condition(raw: Any, info: ValidationInfo) -> Condition:
    points: DataPoints = (info.context or {})["data_points"]
    outer = points if isinstance(points, places.Context) else places.Context(points, {})
    inner = places.Context(outer, outer.registry, outer.stored, outer.activities)
    found = conditions.read_condition(raw, places.Place(), inner)
    if found is None or inner.faults:
        raise PydanticCustomError(_MANY, "{faults}", {"faults": inner.faults})
    return found


When = Annotated[Condition, PlainValidator(_condition)]
"""A condition, as a decision's branches have it; its data points are noted, its faults are the settings'."""

_MANY = "Conditions"
"""The type of an error that stands for all the faults of a condition."""


class BaseType(Generic[S]):
    """An activity type whose settings are the model ``model``. Each type says what differs."""

    name: ClassVar[str]
    model: type[S]
    automatic: ClassVar[bool] = False
    timed: ClassVar[bool] = False
    results: ClassVar[Mapping[str, ValueType]] = {}
    system_points: ClassVar[tuple[str, ...]] = ()
    place: ClassVar[Place] = Place.INSIDE
    pauses: ClassVar[tuple[float, ...]] = (1.0, 5.0, 30.0, 120.0)
    """Seconds from a failure to the next try; after the last of them it has failed, and waits for a manager."""
    longest: ClassVar[float] = 10.0
    """Seconds that one run takes at most."""

    def parse_settings(self, raw: Mapping[str, Any], data_points: DataPoints) -> tuple[S | None, list[Fault]]:
        """The settings as the model, and every fault (pointers below ``/Settings``)."""
        try:
            settings = self.model.model_validate(raw, context={"data_points": data_points})
        except ValidationError as error:
            return None, [fault for one in error.errors(include_url=False) for fault in _faults(one)]
        return settings, self.faults(settings)

    def faults(self, settings: S) -> list[Fault]:
        """What is wrong with settings that are well formed."""
        return []

    def settings_references(self, raw: Mapping[str, Any]) -> Iterable[Reference]:
        """The places of the settings that name a data point."""
        return references(raw)

    def check(
        self,
        settings: S,
        result: Mapping[str, Value],
        data: Mapping[int, Value | None],
        known: Mapping[int, Value],
    ) -> list[Fault]:
        """Faults of a completion; none, unless the type says so."""
        return []

    def accepts(self, settings: S) -> frozenset[int] | None:
        """Ids of the data points a completion by the assignee may set."""
        return None

    def promises(self, settings: S) -> frozenset[int]:
        """Ids of the data points it will find."""
        return frozenset()

    def due_by_itself(self, settings: S, opened_at: datetime, known: Mapping[int, Value]) -> datetime | None:
        """When the clock completes it."""
        return None

    def run_pure(self, settings: S, facts: Facts) -> Outcome:
        """What it yields where nothing outside is touched: nothing, unless the type says so."""
        return Outcome()

    def run(self, settings: S, situation: Situation, services: Services) -> Outcome:
        """Do it, at its ``place``; may be called more than once for the same ``situation.mark``, and must not do
        twice outside what is done. Raises ``GivenUp`` where trying again is of no use; after anything else it is
        tried again (``pauses``)."""
        return self.run_pure(settings, situation.facts)

    def failed(self, settings: S, detail: str) -> Outcome | None:
        """What it comes to when it has been given up; ``None``: it has failed, and waits for a manager."""
        return None


_CODES = {
    "missing": "Required",
    "extra_forbidden": "UnknownField",
    "too_short": "Empty",
    "string_too_short": "Empty",
    "too_long": "Limit",
}


def _faults(error: ErrorDetails) -> list[Fault]:
    """Faults as the engine words them. ``loc`` holds the names and places as they are in the document."""
    steps = [str(step)[:200].replace("~", "~0").replace("/", "~1") for step in error["loc"]]
    pointer = "/".join(("/Settings", *steps))
    if error["type"] == _MANY:
        inner: list[places.DefinitionFault] = error["ctx"]["faults"]
        return [Fault(f"{pointer}/{one.field}".rstrip("/"), one.code, one.detail) for one in inner]
    return [_fault(error, pointer)]


def _fault(error: ErrorDetails, pointer: str) -> Fault:
    kind = error["type"]
    code = _CODES.get(kind) or ("WrongType" if kind.endswith("_type") else "WrongValue")
    detail = error["msg"]
    if kind[:1].isupper():
        code, detail = kind, f"This {detail}." if kind != "Unknown" else "There is no such data point."
    elif kind == "missing":
        detail = f"{error['loc'][-1]} is missing."
    elif kind == "extra_forbidden":
        detail = "There is no such field here."
    elif code == "Empty":
        detail = "This must not be empty."
    elif code == "Limit":
        detail = "There is too much here."
    return Fault(pointer, code, detail)
