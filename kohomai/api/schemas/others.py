"""Data points, users, keys, mails, the workspace."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kohomai.api.schemas.common import Dated, Id, Moment, Paging, Shape, Since

ChoiceList = Annotated[list[str], Field(max_length=1000)]


class DataPointIn(Shape):
    """A data point to be made; ``Choices`` belong to the type Choice."""

    Name: str
    Type: str = Field(description="Text, Number, Amount, Date, DateTime, YesNo, Choice or Document.")
    Choices: ChoiceList | None = None
    Description: str | None = None


class DataPointChange(Shape):
    """What may be changed of a data point; its type only before it is used."""

    Name: str | None = None
    Type: str | None = None
    Choices: ChoiceList | None = None
    Description: str | None = None
    Archived: bool | None = None


class DataPoint(Shape):
    """A named, typed piece of information."""

    Id: Id
    Name: str
    Type: str
    Choices: list[str]
    Description: str
    System: bool
    Used: bool
    Archived: bool
    createdDate: Moment
    changedDate: Moment


class DataPoints(Shape):
    """A page of data points."""

    Items: list[DataPoint]
    Next: str | None


class DataPointQuery(Dated):
    """Filters of the list of data points."""

    Name: str | None = Field(None, max_length=600)
    Type: str | None = Field(None, max_length=8)
    System: bool | None = None
    Archived: bool | None = None


class UserIn(Shape):
    """A person to be added."""

    Email: str
    Role: str = Field(description="Administrator, Manager or Stakeholder.")
    Firstname: str | None = None
    Lastname: str | None = None


Clock = Annotated[str, Field(pattern="^[0-2][0-9]:[0-5][0-9]$")]
"""A time of the day, by the user's clock: ``08:00``."""


class Notifications(Shape):
    """How a user is told of what waits for them: at once, by one mail a day, or never; not in their quiet hours."""

    Mode: Literal["AtOnce", "Digest", "Never"]
    DigestAt: Clock
    QuietFrom: Clock | None
    QuietUntil: Clock | None


class NotificationsChange(Shape):
    """What is to be changed of it."""

    Mode: str | None = Field(None, description="AtOnce, Digest or Never.")
    DigestAt: str | None = None
    QuietFrom: str | None = None
    QuietUntil: str | None = None


class UserChange(Shape):
    """What is to be changed; what is not named stays."""

    Role: str | None = Field(None, description="Administrator, Manager or Stakeholder.")
    Presence: str | None = Field(None, description="Available or Away.")
    AwayUntil: Since | None = Field(None, description="When an absence ends by itself.")
    Capacity: int | None = Field(
        None, description="Leads with a running journey that they own at most; null: any number."
    )
    TimeZone: str | None = Field(None, description="Null: the workspace's.")
    Notifications: NotificationsChange | None = None


class User(Shape):
    """A person who can sign in, their role here, and how they take part. ``Present`` is whether they are there now."""

    Id: Id
    Email: str
    Firstname: str
    Lastname: str
    Role: str
    Presence: Literal["Available", "Away"]
    AwayUntil: Moment | None
    Present: bool
    Capacity: int | None
    TimeZone: str | None
    Notifications: Notifications
    createdDate: Moment
    changedDate: Moment


class Users(Shape):
    """A page of users."""

    Items: list[User]
    Next: str | None


class UserQuery(Paging):
    """Filters of the list of users."""

    Email: str | None = Field(None, max_length=254)
    Role: str | None = Field(None, max_length=16)


class SecretIn(Shape):
    """A key of another service, and the name by which calls use it."""

    Name: str = Field(description="Letters, digits and _; begins with a letter.")
    Value: str


class SecretChange(Shape):
    """Its new value."""

    Value: str


class Secret(Shape):
    """What is shown of a secret."""

    Id: Id
    Name: str
    createdDate: Moment
    changedDate: Moment


class Secrets(Shape):
    """A page of secrets."""

    Items: list[Secret]
    Next: str | None


class ApiKeyIn(Shape):
    """A key to be made. ``Origins`` (references) and ``WebOrigins`` are for publishable keys."""

    Name: str
    Kind: str = Field("Secret", description="Secret or Publishable.")
    Origins: list[str] | None = None
    WebOrigins: list[str] | None = None
    ExpiresAt: Since | None = None


class Rotate(Shape):
    """For how many seconds the old key goes on working (a day, unless said otherwise)."""

    Overlap: Annotated[int, Field(ge=0, le=30 * 86400, strict=True)] = 86400


class ApiKey(Shape):
    """A key; ``Hint`` is how it begins."""

    Id: Id
    Name: str
    Kind: str
    Hint: str
    Origins: list[str]
    WebOrigins: list[str]
    LastUsedAt: Moment | None
    ExpiresAt: Moment | None
    RevokedAt: Moment | None
    createdDate: Moment
    changedDate: Moment


class NewApiKey(ApiKey):
    """A key just made: ``Key`` is shown this once."""

    Key: str


class ApiKeys(Shape):
    """A page of keys."""

    Items: list[ApiKey]
    Next: str | None


class WorkspaceChange(Shape):
    """What may be changed of the workspace."""

    Name: str | None = None
    DefaultCountry: str | None = None
    Language: str | None = None
    TimeZone: str | None = None
    WorkingDays: bool | None = None
    RedirectHosts: list[str] | None = None
    NotifyLeadsAfter: str | None = Field(
        None,
        description="How long a journey has run before its lead is told by mail of what waits; null: never.",
    )
    QuietFrom: str | None = Field(None, description="No notice goes to leads and stakeholders from then on;")
    QuietUntil: str | None = Field(None, description="until then, by the workspace's clock.")


class Workspace(Shape):
    """The workspace of the key; ``WebhookSecret`` signs what leads' own webhooks are told."""

    Id: Id
    Name: str
    DefaultCountry: str
    Language: str
    TimeZone: str
    WorkingDays: bool
    RedirectHosts: list[str]
    NotifyLeadsAfter: str | None
    QuietFrom: Clock | None
    QuietUntil: Clock | None
    WebhookSecret: str
    createdDate: Moment
    changedDate: Moment
