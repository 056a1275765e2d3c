"""What activity types have in common: settings read by pydantic, and plain answers to the engine's questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo
from pydantic.alias_generators import to_pascal
from pydantic_core import ErrorDetails, PydanticCustomError

from kohomai.engine.errors import Fault
from kohomai.engine.types import DataPoints, Reference, references
from kohomai.engine.values import DataPoint, Value, ValueType, parse_text

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


def _text(raw: Any) -> Any:
    try:
        return parse_text(raw)
    except ValueError as error:
        code = "WrongValue" if isinstance(raw, str) else "WrongType"
        raise PydanticCustomError(code, "{reason}", {"reason": str(error)}) from None


Text = Annotated[str, BeforeValidator(_text)]
"""Text of up to 10,000 characters, without control characters; may be empty."""


class BaseType(Generic[S]):
    """An activity type whose settings are the model ``model``. Each type says what differs."""

    name: ClassVar[str]
    model: type[S]
    automatic: ClassVar[bool] = False
    timed: ClassVar[bool] = False
    results: ClassVar[Mapping[str, ValueType]] = {}

    def parse_settings(self, raw: Mapping[str, Any], data_points: DataPoints) -> tuple[S | None, list[Fault]]:
        """The settings as the model, and every fault (pointers below ``/Settings``)."""
        try:
            settings = self.model.model_validate(raw, context={"data_points": data_points})
        except ValidationError as error:
            return None, [_fault(one) for one in error.errors(include_url=False)]
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

    def run_pure(
        self, settings: S, known: Mapping[int, Value], now: datetime
    ) -> tuple[Mapping[int, Value | None], Mapping[str, Any]]:
        """The data and result it yields where nothing outside is touched."""
        return {}, {}


_CODES = {
    "missing": "Required",
    "extra_forbidden": "UnknownField",
    "too_short": "Empty",
    "string_too_short": "Empty",
    "too_long": "Limit",
}


def _fault(error: ErrorDetails) -> Fault:
    """A fault as the engine words it. ``loc`` holds the names and places as they are in the document."""
    steps = (str(step)[:200].replace("~", "~0").replace("/", "~1") for step in error["loc"])
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
    return Fault("/".join(("/Settings", *steps)), code, detail)
