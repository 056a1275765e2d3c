"""Where in a document something stands, what is wrong there, and the reading of its plainest parts."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from kohomai.engine.durations import parse_duration
from kohomai.engine.types import DataPoints, Registry
from kohomai.engine.values import MAX_ID, DataPoint, parse_text

KEY = re.compile(r"[a-z][a-z0-9_-]{0,99}")
MAX_FAULTS = 1_000


@dataclass(frozen=True, slots=True)
class DefinitionFault:
    """One thing wrong with a definition. ``node`` is the key of the node it is in (``None``: outside of all),
    ``field`` the path below it (``Branches/0/When/All/1/Value``), ``code`` stable and machine-readable
    (``Required``, ``UnknownField``, ``Unknown``, ``WrongType``, ``WrongValue``, ``Duplicate``, ``Operator``,
    ``Limit``, ``Empty``, ``Unreachable``, ``NoEnd``, ``Loop``, ``Cycle``, ``Assignee``, or the activity
    type's own), ``detail`` says how to mend it."""

    node: str | None
    field: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a document: a node (or none), and the path below it. ``place / "When" / 0`` goes deeper."""

    node: str | None = None
    path: str = ""

    def __truediv__(self, step: str | int) -> Place:
        text = str(step)[:200].replace("~", "~0").replace("/", "~1")
        return Place(self.node, f"{self.path}/{text}" if self.path else text)


@dataclass(slots=True)
class Context:
    """What the reading of one document knows and gathers.

    ``activities`` maps the key of each activity to its type's name; ``nodes`` are the keys of all nodes.
    ``stored`` is set when a version that was published once is read again: what has changed around it since
    (the choices of a data point, the pickiness of a type) does not stop it then.
    """

    data_points: DataPoints
    registry: Registry
    stored: bool = False
    activities: dict[str, str] = field(default_factory=dict)
    nodes: Collection[str] = ()
    faults: list[DefinitionFault] = field(default_factory=list)
    mentioned: dict[int, DataPoint] = field(default_factory=dict)

    def fault(self, place: Place, code: str, detail: str) -> None:
        """Note that something is wrong at ``place``."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(DefinitionFault(place.node, place.path, code, detail))

    def find(self, reference: str | int) -> DataPoint | None:
        """The data point of this name or ``Id``; what is found is noted as mentioned."""
        if isinstance(reference, int) and not 0 < reference <= MAX_ID:
            return None
        point = self.data_points.find(reference)
        if point is not None:
            self.mentioned[point.id] = point
        return point

    def data_point(self, raw: object, place: Place) -> DataPoint | None:
        """The data point that ``raw`` names; a fault when there is none."""
        if isinstance(raw, bool) or not isinstance(raw, str | int) or raw == "":
            self.fault(place, "WrongType", "Name a data point.")
        elif (point := self.find(raw)) is not None:
            return point
        else:
            self.fault(place, "Unknown", f"There is no data point {quoted(raw)}.")
        return None


def quoted(raw: object) -> str:
    """What was sent, short enough for a sentence."""
    short = isinstance(raw, str) or (isinstance(raw, int) and abs(raw) <= MAX_ID)
    text = str(raw) if short else "of this kind"
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"


def read_object(
    raw: object, place: Place, context: Context, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Mapping[str, Any] | None:
    """``raw`` as an object; every field it lacks, and every one it should not have, is a fault."""
    if not isinstance(raw, Mapping):
        context.fault(place, "WrongType", "This must be an object.")
        return None
    for name in required:
        if name not in raw:
            context.fault(place / name, "Required", f"{name} is missing.")
    if not context.stored:
        for name in raw:
            if name not in required and name not in optional:
                context.fault(place / name, "UnknownField", f"There is no field {quoted(name)} here.")
    return raw


def read_list(raw: object, place: Place, context: Context, most: int) -> list[Any]:
    """``raw`` as a list of at most ``most``; empty, with a fault, when it is not one."""
    if not isinstance(raw, list):
        context.fault(place, "WrongType", "This must be a list.")
        return []
    if len(raw) > most:
        context.fault(place, "Limit", f"There may be at most {most:,} here.")
        return []
    return raw


def read_name(raw: object, place: Place, context: Context, longest: int = 200) -> str:
    """``raw`` as a name that people read: text that is not blank, of at most ``longest`` characters."""
    try:
        text = parse_text(raw)
    except ValueError as error:
        context.fault(place, "WrongType" if not isinstance(raw, str) else "WrongValue", f"This {error}.")
        return ""
    if not text.strip():
        context.fault(place, "Required", "This must not be blank.")
    elif len(text) > longest:
        context.fault(place, "WrongValue", f"This must not be longer than {longest} characters.")
    return text


def read_word(raw: object, place: Place, context: Context, words: Collection[str]) -> str | None:
    """``raw`` as one of ``words``."""
    if isinstance(raw, str) and raw in words:
        return raw
    context.fault(place, "WrongValue", f"This must be one of {', '.join(words)}.")
    return None


def read_duration(raw: object, place: Place, context: Context) -> timedelta | None:
    """``raw`` as an ISO 8601 duration."""
    try:
        return parse_duration(raw)
    except ValueError as error:
        context.fault(place, "WrongType" if not isinstance(raw, str) else "WrongValue", f"This {error}.")
        return None


def read_target(raw: object, place: Place, context: Context) -> str:
    """``raw`` as the key of a node; empty, with a fault, when there is none of this key."""
    if isinstance(raw, str) and raw in context.nodes:
        return raw
    if isinstance(raw, str):
        context.fault(place, "Unknown", f"There is no node {quoted(raw)}.")
    else:
        context.fault(place, "WrongType", "This must be the key of a node.")
    return ""


def check_key(key: object, place: Place, context: Context) -> None:
    """A fault when ``key`` is not made as keys are."""
    if not isinstance(key, str) or not KEY.fullmatch(key):
        context.fault(
            place,
            "WrongValue",
            "A key has at most 100 small letters, digits, “_” and “-”, and begins with a letter.",
        )
