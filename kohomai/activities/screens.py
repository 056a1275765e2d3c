"""What an activity type shows to the lead or stakeholder who does it, and how their answers are read.

A type that people do has a module ``screen.py`` in its folder with the two functions of ``Screen``, and a
template ``templates/activities/<folder>/screen.html``, which extends ``frontoffice/activity.html``. Both are
found by convention; nothing else names them. A screen knows nothing of requests: it gets what is known, and
the form as it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from kohomai.engine.types import ActivityType
from kohomai.engine.values import Value


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: the language numbers are typed in, the zone times are meant in, the usual currency."""

    language: str = "en"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    currency: str = "EUR"


@dataclass(slots=True)
class Field:
    """One question on a screen.

    ``kind`` chooses how it is asked (``frontoffice/field.html``): text, line, number, amount, date, datetime,
    yesno, choice, select or check. ``value`` is what stands in it, ``unit`` the currency beside an amount.
    ``error`` is put in by whoever shows it.
    """

    name: str
    kind: str
    label: str
    required: bool = False
    value: str = ""
    unit: str = ""
    options: tuple[str, ...] = ()
    help: str = ""
    autocomplete: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer that cannot be taken: the field's name, a code, and a sentence for codes nobody knows."""

    field: str
    code: str
    detail: str


class Refused(Exception):
    """Answers that cannot be taken, with every problem at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.detail for problem in problems[:3]))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Reply:
    """A form that was read: values by data point ``Id`` (``None`` forgets), and the activity's result."""

    data: Mapping[int, Value | None] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """What a screen's template gets: the questions, and whatever else it shows."""

    fields: tuple[Field, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


class Screen(Protocol):
    """The module ``screen.py`` of an activity type."""

    def present(
        self, settings: Any, known: Mapping[int, Value], viewer: Viewer, sent: Mapping[str, str] | None
    ) -> View:
        """The screen's view; ``sent`` is a form that was refused, so that what was typed stays."""
        ...

    def read_form(
        self, settings: Any, known: Mapping[int, Value], viewer: Viewer, sent: Mapping[str, str]
    ) -> Reply:
        """What a form says. Raises ``Refused`` with every problem."""
        ...


def folder_of(type: ActivityType) -> str:
    """The name of the folder that an activity type lives in."""
    return type.__class__.__module__.rpartition(".")[0].rpartition(".")[2]


def screen_of(type: ActivityType) -> Screen | None:
    """The screen of an activity type; ``None`` when nobody can do it in the front-office."""
    module = f"{__package__}.{folder_of(type)}.screen"
    if find_spec(module) is None:
        return None
    return import_module(module)


def template_folders() -> list[Path]:
    """The folders that the types' templates are found in."""
    return sorted(path for path in Path(__file__).parent.glob("*/templates") if path.is_dir())
