"""Leads and what registers them."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from kohomai.api.schemas.common import Dated, Id, Item, Json, Known, Moment, Shape
from kohomai.api.schemas.journeys import Journey as JourneyWhole


class HookInput(Shape):
    """An address that is told of this lead's events; no ``Events`` means all."""

    URL: str
    Events: list[str] | None = None
    Secret: str | None = None


class AttributionFields(Shape):
    """Where the lead came from."""

    Referrer: str | None = None
    LandingPage: str | None = None
    UTMSource: str | None = None
    UTMMedium: str | None = None
    UTMCampaign: str | None = None
    UTMTerm: str | None = None
    UTMContent: str | None = None
    UTMId: str | None = None
    GCLID: str | None = None
    FBCLID: str | None = None
    MSCLKID: str | None = None


class LeadIn(Shape):
    """A lead to be registered. A field that is absent leaves what is there; ``null`` clears."""

    Email: str
    Firstname: str | None = None
    Lastname: str | None = None
    PhoneNumber: str | None = None
    RedirectURL: str | None = None
    JourneyData: Annotated[list[Item], Field(max_length=1000)] | None = None
    WebhookInput: HookInput | list[HookInput] | None = None
    Attribution: AttributionFields | None = None
    Test: bool | None = None


class LeadsBatch(Shape):
    """Up to 1,000 leads; each fares as it would alone."""

    Items: Annotated[list[dict[str, Json]], Field(min_length=1, max_length=1000)]


class LeadChange(Shape):
    """What may be changed of a lead."""

    Firstname: str | None = None
    Lastname: str | None = None
    PhoneNumber: str | None = None
    Test: bool | None = None


class Registered(Shape):
    """The lead, its journey in this funnel, and a session where something waits for the lead.

    A publishable key gets back what it sent, ``Id`` and ``ConnectionURL`` only; both are ``null`` for an
    address that was known.
    """

    Id: int | None
    Email: str
    Firstname: str | None
    Lastname: str | None
    PhoneNumber: str | None
    PhoneNumberOriginal: str | None = None
    createdDate: Moment | None = None
    changedDate: Moment | None = None
    Result: str | None = None
    Journey: JourneyWhole | None = None
    UUID: str | None = None
    ConnectionURL: str | None
    ValidUntil: Moment | None = None
    RedirectURL: str | None


class BatchItem(Shape):
    """What the single call would have answered, with its status."""

    model_config = ConfigDict(extra="allow")
    Status: int


class BatchAnswer(Shape):
    """One item for each that was sent, in the same order."""

    Items: list[BatchItem]


class LeadLine(Shape):
    """A lead as lists show it."""

    Id: Id
    Email: str
    Firstname: str | None
    Lastname: str | None
    PhoneNumber: str | None
    PhoneNumberOriginal: str | None
    Attribution: AttributionFields
    Test: bool
    createdDate: Moment
    changedDate: Moment


class Lead(LeadLine):
    """A lead with what is known of the person."""

    Data: list[Known]


class Leads(Shape):
    """A page of leads."""

    Items: list[LeadLine]
    Next: str | None


class LeadQuery(Dated):
    """Filters of the list of leads."""

    Email: str | None = Field(None, max_length=254)
    Test: bool | None = None
