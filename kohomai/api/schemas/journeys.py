"""Journeys, their activities, sessions and events."""

from __future__ import annotations

from typing import Annotated

from ninja import Schema
from pydantic import Field, RootModel

from kohomai.api.schemas.common import Dated, Id, Item, Json, Known, Moment, Named, Ref, Shape, Since


class LeadRef(Shape):
    """The journey's lead."""

    Id: Id
    Email: str


class FunnelRef(Shape):
    """The journey's funnel, and the version it runs on."""

    Id: Id
    Version: int


class NodeRef(Shape):
    """The node a journey is at."""

    Key: str
    Name: str


class Activity(Shape):
    """One activity of one visit of a stage, in one attempt."""

    Id: Id
    Key: str
    Node: str
    Visit: int
    Attempt: int
    Type: str
    Name: str
    Required: bool
    Status: str
    Assignee: dict[str, Json]
    OpenedAt: Moment | None
    DueAt: Moment | None
    Overdue: bool
    EndedAt: Moment | None
    Result: Json
    Explanation: Json
    Error: str | None


class JourneyLine(Shape):
    """A journey as lists show it."""

    Id: Id
    Status: str
    Outcome: str | None
    Reason: str | None
    Lead: LeadRef
    Funnel: FunnelRef
    Node: NodeRef | None
    RedirectURL: str | None
    Test: bool
    createdDate: Moment
    changedDate: Moment


class Journey(JourneyLine):
    """A journey whole: activities of all visits, oldest first; data; a receipt for each decision."""

    Activities: list[Activity]
    Data: list[Known]
    Decisions: list[dict[str, Json]]


class Journeys(Shape):
    """A page of journeys."""

    Items: list[JourneyLine]
    Next: str | None


class JourneyQuery(Dated):
    """Filters of the list of journeys."""

    Lead: int | None = Field(None, ge=1, le=2**53 - 1)
    Funnel: int | None = Field(None, ge=1, le=2**53 - 1)
    Status: str | None = Field(None, max_length=10)
    Outcome: str | None = Field(None, max_length=100)
    Node: str | None = Field(None, max_length=100)


class Assign(Shape):
    """Assign a lead that is there to a funnel: its journey is generated."""

    Lead: Named
    Funnel: Named
    RedirectURL: str | None = None
    JourneyData: Annotated[list[Item], Field(max_length=1000)] | None = None


class AssignOrOldCall(RootModel[dict[str, Json]]):
    """``{"Lead": {"Id"}, "Funnel": {"Id"}}`` assigns a lead that is there to a funnel.

    With ``?ref=`` it is the older documented call: flat as for ``POST /leads``, or nested in ``Journey``.
    """


class Stop(Shape):
    """Why a journey is stopped."""

    Reason: Annotated[str, Field(max_length=500)] | None = None


class Restart(Shape):
    """The stage from which a journey goes on."""

    Node: str


class Move(Shape):
    """The version to move to; ``Node`` where the present one has no counterpart."""

    Version: int
    Node: str | None = None


class SetData(Shape):
    """Values from outside any activity."""

    Data: Annotated[list[Item], Field(min_length=1, max_length=1000)]


class Complete(Shape):
    """What completes an activity: the form's data, the type's result."""

    Data: Annotated[list[Item], Field(max_length=1000)] | None = None
    Result: dict[str, Json] | None = None


class AssigneeIn(Shape):
    """Who an activity is given to."""

    Kind: str
    Role: str | None = None
    Id: int | None = None
    Email: str | None = None


class Reassign(Shape):
    """Who an activity is given to."""

    Assignee: AssigneeIn


class Empty(Shape):
    """Nothing needs to be said."""


class SessionIn(Shape):
    """A session for a journey, or for a lead (``User``) in all its journeys."""

    Journey: Named | None = None
    User: Named | None = None
    RedirectURL: str | None = None


class SessionUser(Shape):
    """The lead; ``Id`` is the lead's."""

    Firstname: str | None
    Lastname: str | None
    Id: Id


class Session(Shape):
    """A one-time link into the front-office, good for five minutes."""

    UUID: str
    RedirectURL: str | None
    ConnectionURL: str
    ValidUntil: Moment
    createdDate: Moment
    changedDate: Moment
    User: SessionUser


class JourneyOrSession(RootModel[Journey | Session]):
    """The journey; the session, with ``?ref=``."""


class Event(Shape):
    """One fact of a journey's or a lead's life."""

    Id: Id
    Type: str
    At: Moment
    Lead: Ref
    Journey: Ref | None
    Sequence: int
    Data: Json


class Events(Shape):
    """A part of the stream; ``Next`` is always there, so that a client can follow."""

    Items: list[Event]
    Next: str


class EventQuery(Schema):
    """Where to go on in the stream of events, which only runs forward; and filters."""

    limit: int = Field(50, ge=1, le=200, description="How many at most.")
    cursor: str | None = Field(None, max_length=100, description="`Next` of the part before.")

    Type: str | None = Field(None, max_length=1000, description="One or more types, separated by commas.")
    Lead: int | None = Field(None, ge=1, le=2**53 - 1)
    Journey: int | None = Field(None, ge=1, le=2**53 - 1)
    created_after: Since | None = None
