"""What all shapes share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from kohomai.engine.values import MAX_ID, parse_date_time

Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""ISO 8601 in UTC with milliseconds and ``Z``."""
Since = Annotated[datetime, BeforeValidator(parse_date_time)]
"""A time that is sent: ISO 8601 with its zone."""
Json = Any


class Shape(BaseModel):
    """The base of every shape: fields as they are named, and no others."""

    model_config = ConfigDict(extra="forbid")


class Named(Shape):
    """A thing named by its ``Id``; taken as a number or as a string of digits."""

    Id: Annotated[int, Field(ge=1, le=MAX_ID)] | Annotated[str, Field(pattern="^[0-9]{1,16}$")]


class Ref(Shape):
    """A thing named by its ``Id``."""

    Id: Id


class Item(Shape):
    """A data point's name and its value; ``null`` forgets."""

    Name: str
    Value: Json


class Known(Shape):
    """A value that is known, from whom, and since when."""

    Name: str
    Value: Json
    Source: str
    ChangedAt: Moment


class ErrorItem(Shape):
    """One fault: where it is, a stable code, and how to mend it."""

    pointer: str | None = Field(None, description="JSON pointer into the body.")
    parameter: str | None = Field(None, description="Name of the query parameter or header.")
    code: str
    detail: str


class Problem(Shape):
    """RFC 9457; ``errors`` names every fault at once."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None
    errors: list[ErrorItem]


class Paging(Schema):
    """The query of each list."""

    limit: int = Field(50, ge=1, le=200, description="How many at most.")
    cursor: str | None = Field(None, max_length=100, description="`Next` of the page before.")
    order: Literal["Id", "-Id"] = Field("Id", description="`Id`: oldest first; `-Id`: newest first.")


class Dated(Paging):
    """The query of a list whose things have both dates."""

    created_after: Since | None = None
    changed_after: Since | None = None


def id_of(raw: object) -> int | None:
    """The number of an ``Id`` sent as a number or as a string of digits; ``None`` for anything else."""
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) <= 16:
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 < raw <= MAX_ID:
        return None
    return raw
