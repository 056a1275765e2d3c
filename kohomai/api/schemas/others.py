"""Data points, users, keys, mails, the workspace."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kohomai.api.schemas.common import Dated, Id, Json, Moment, Paging, Shape, Since

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


class UserChange(Shape):
    """The person's new role."""

    Role: str


class User(Shape):
    """A person who can sign in, and their role here."""

    Id: Id
    Email: str
    Firstname: str
    Lastname: str
    Role: str
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


class Email(Shape):
    """A mail of the outbox."""

    Id: Id
    Kind: str
    To: str
    Subject: str
    Text: str
    HTML: str | None
    Language: str
    Status: str
    Lead: Json
    Journey: Json
    createdDate: Moment
    SentAt: Moment | None


class Emails(Shape):
    """A page of mails."""

    Items: list[Email]
    Next: str | None


class EmailQuery(Paging):
    """Filters of the list of mails."""

    To: str | None = Field(None, max_length=254)
    Kind: str | None = Field(None, max_length=40)
    Status: str | None = Field(None, max_length=10)
    Lead: int | None = Field(None, ge=1, le=2**53 - 1)


class WorkspaceChange(Shape):
    """What may be changed of the workspace."""

    Name: str | None = None
    DefaultCountry: str | None = None
    Language: str | None = None
    TimeZone: str | None = None
    WorkingDays: bool | None = None
    RedirectHosts: list[str] | None = None


class Workspace(Shape):
    """The workspace of the key; ``WebhookSecret`` signs what leads' own webhooks are told."""

    Id: Id
    Name: str
    DefaultCountry: str
    Language: str
    TimeZone: str
    WorkingDays: bool
    RedirectHosts: list[str]
    WebhookSecret: str
    createdDate: Moment
    changedDate: Moment
