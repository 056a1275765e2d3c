"""What an automatic activity is told when it is run, and what it may ask of the world: implemented above, handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from kohomai.engine.types import Facts


class Place(StrEnum):
    """Where an automatic activity runs. ``INSIDE``: in the transaction that completes it, on what the journey knows
    then; it may write to our own tables, and must be quick. ``OUTSIDE``: it calls somebody; no transaction is held."""

    INSIDE = "Inside"
    OUTSIDE = "Outside"


class GivenUp(Exception):
    """It has failed, and trying again is of no use; ``detail`` is what a manager is told (no personal data)."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class TryAgain(Exception):
    """It has failed, and may succeed later; ``detail`` is what a manager is told (no personal data), ``after`` the
    seconds that it is not to be tried before, if the other side has said so."""

    def __init__(self, detail: str, after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.after = after


@dataclass(frozen=True, slots=True)
class Situation:
    """A run of an automatic activity. ``mark`` names it for ever: the same for every try, another one when a manager
    has it run again. ``texts`` is what templates see (see ``texts.render``)."""

    workspace_id: int
    lead_id: int
    journey_id: int
    key: str
    mark: str
    language: str
    facts: Facts
    texts: Mapping[str, Any]


class Mail(Protocol):
    """Writes e-mails."""

    def link(self, to: str) -> str:
        """The address of a new link that signs the one at this e-mail address in to the front-office, once."""
        ...

    def write(
        self,
        *,
        to: str,
        subject: str,
        paragraphs: Sequence[str],
        button: tuple[str, str] | None,
        necessary: bool,
    ) -> int | None:
        """Put a message into the outbox, once for the situation's ``mark``: its ``Id``, or ``None`` when it lay there.
        ``button`` is what stands on it, and where it leads. Raises ``ValueError``, with the rest of a sentence about
        it, when there is too much in it."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """A user of the workspace, as far as owning a lead goes. ``load`` counts the leads with a running journey that
    they own, ``capacity`` how many they take at most, ``turn`` grows with each lead they are given in their turn."""

    id: int
    email: str
    role: str
    present: bool
    capacity: int | None
    load: int
    turn: int


class Team(Protocol):
    """The workspace's users, as owners of leads."""

    def members(self) -> Sequence[Member]:
        """All of them; none of them is given a lead by anybody else until the transaction ends."""
        ...

    def take_turn(self, member_id: int) -> None:
        """This one had their turn: all others come before them."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call was answered: the status, the headers (names in lower case), the body up to a limit. ``broken_off``:
    the connection was lost before the body's end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    broken_off: bool = False


class Calls(Protocol):
    """Calls addresses that a user of the workspace has chosen."""

    @property
    def secrets(self) -> Mapping[str, str]:
        """The workspace's keys of other services, by name; for what is sent, never for what is kept."""
        ...

    def call(
        self,
        url: str,
        *,
        method: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        time_limit: float,
        signed: bool,
    ) -> Answer:
        """Send one request, with the situation's ``mark`` as its ``Idempotency-Key`` and, when ``signed``, the
        workspace's signature (Standard Webhooks). Raises ``TryAgain`` when there is no answer, ``GivenUp`` where the
        address must not be called."""
        ...


@dataclass(frozen=True, slots=True)
class Sought:
    """What came of finding out: the ``Id`` of the run, which has all questions, and how many data points it found."""

    run_id: int
    found: int


class Enrichment(Protocol):
    """Finds out about the lead."""

    def find_out(self, data_points: Sequence[int], providers: Sequence[str] | None) -> Sought:
        """Ask the workspace's providers (these, by their names, or all) in order for what is not known yet of the data
        points; what is found comes to the lead and all its running journeys. Takes its time; of the same ``mark`` it
        goes on where it was left."""
        ...


class Services(Protocol):
    """The world, as an automatic activity sees it while it runs."""

    @property
    def mail(self) -> Mail:
        """For those ``INSIDE``."""
        ...

    @property
    def team(self) -> Team:
        """For those ``INSIDE``."""
        ...

    @property
    def calls(self) -> Calls:
        """For those ``OUTSIDE``."""
        ...

    @property
    def enrichment(self) -> Enrichment:
        """For those ``OUTSIDE``."""
        ...
