"""Enrichment: the HTTP services a workspace asks, the runs about a lead, and the company directory."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from kohomai.api.schemas.common import Id, Json, Moment, Ref, Shape

AMOUNT = '`{"Amount": 0.05, "Currency": "EUR"}` or `"0.05 EUR"`.'


class ProviderHeader(Shape):
    """A header; its ``Value`` is sealed, and shown as ``hidden``. Sent as ``hidden`` it stays as it is."""

    Name: str
    Value: str


class ProviderMapping(Shape):
    """A data point, and where its value stands in the answer (JSONPath); ``Currency`` of a bare number that goes to an
    amount."""

    DataPoint: str | Id
    Path: str
    Currency: str | None = None


class ProviderChange(Shape):
    """What may be said of an HTTP service. ``URL`` and the texts of ``Body`` are Liquid."""

    Name: str | None = Field(None, max_length=80)
    URL: str | None = Field(None, max_length=2000)
    Method: Literal["GET", "POST", "PUT"] | None = None
    Headers: Annotated[list[ProviderHeader], Field(max_length=50)] | None = None
    Body: Json = Field(None, description="A JSON object or list, its texts filled in; not with GET.")
    Mapping: Annotated[list[ProviderMapping], Field(min_length=1, max_length=100)] | None = None
    TimeLimit: Annotated[float, Field(ge=0.1, le=30)] | None = Field(None, description="Seconds.")
    CacheFor: str | None = Field(None, description="How long an answer is kept, such as `P30D`.")
    RateLimit: Annotated[int, Field(ge=1, le=60000, strict=True)] | None = Field(
        None, description="Calls a minute."
    )
    Cost: Json = Field(None, description=f"Of one call: {AMOUNT}")
    MonthlyBudget: Json = Field(
        None, description=f"What a month may cost, in the currency of `Cost`: {AMOUNT}"
    )
    Active: Annotated[bool, Field(strict=True)] | None = None


class ProviderIn(ProviderChange):
    """An HTTP service to be asked about leads."""

    Name: str = Field(max_length=80)
    URL: str = Field(max_length=2000)
    Mapping: Annotated[list[ProviderMapping], Field(min_length=1, max_length=100)]


class ProviderMonth(Shape):
    """What was asked in a month (UTC). ``Calls`` were made; ``Hits`` found something, ``Misses`` nothing, ``Failures``
    are no answers; ``Cached`` of the first two were answers that had been kept."""

    Month: str
    Calls: int
    Hits: int
    Misses: int
    Failures: int
    Cached: int
    Cost: Json


class EnrichmentProvider(Shape):
    """An HTTP service that is asked about leads, in order of ``Position``; ``PausedUntil``: it has asked for that."""

    Id: Id
    Name: str
    URL: str
    Method: str
    Headers: list[ProviderHeader]
    Body: Json
    Mapping: list[ProviderMapping]
    TimeLimit: float
    CacheFor: str
    RateLimit: int | None
    Cost: Json
    MonthlyBudget: Json
    Active: bool
    Position: int
    PausedUntil: Moment | None
    Months: list[ProviderMonth]
    createdDate: Moment
    changedDate: Moment


class EnrichmentProviders(Shape):
    """All of a workspace's, in the order in which they are asked."""

    Items: list[EnrichmentProvider]
    Next: str | None


class ProviderOrder(Shape):
    """Each of the workspace's providers once."""

    Order: Annotated[list[Annotated[int, Field(ge=1, le=2**53 - 1, strict=True)]], Field(max_length=50)]


class ProviderTest(Shape):
    """Whom to ask about; it need not be a lead."""

    Email: str = Field(max_length=254)


class ProviderTried(Shape):
    """What was sent, what was answered (its first 4,096 characters), and what would be taken from it."""

    Request: Json
    Answer: Json
    Took: int = Field(description="Milliseconds.")
    Found: list[Json]
    Error: str | None


class EnrichmentCall(Shape):
    """A question to one provider. ``Took`` is in milliseconds; ``Cached``: by an answer that was kept."""

    Provider: str
    At: Moment
    Asked: list[str]
    Found: list[str] | None
    Cached: bool
    Status: int | None
    Error: str | None
    Took: int | None
    Cost: Json


class Enrichment(Shape):
    """A run: a lead is found out about. ``Cause``: ``Registered``, ``Asked`` or ``Activity``; ``Status``: ``Waiting``,
    ``Running``, ``Done`` or ``Failed``."""

    Id: Id
    Lead: Ref
    Cause: str
    Status: str
    Sought: list[str]
    Calls: list[EnrichmentCall]
    Error: str | None
    createdDate: Moment
    EndedAt: Moment | None


class Enrichments(Shape):
    """A page of runs."""

    Items: list[Enrichment]
    Next: str | None


# --- the company directory ----------------------------------------------------------------------------------


class DirectoryMonth(Shape):
    """How often the directory was asked in a month (UTC), and how often it knew something."""

    Month: str
    Asked: int
    Found: int


class UploadLine(Shape):
    """An upload and how it stands."""

    Id: Id
    Status: str


class CompanyDirectory(Shape):
    """The companies a workspace knows: how many, since when, and from which upload."""

    Rows: int
    Since: Moment | None
    Upload: Ref | None
    LastUpload: UploadLine | None
    Months: list[DirectoryMonth]


class CompanyQuery(Schema):
    """Which company is looked for."""

    Domain: str = Field(min_length=1, max_length=253)


class Company(Shape):
    """A company, known by its domain."""

    Domain: str
    Name: str | None
    Size: Json
    Revenue: Json
    Industry: str | None
    Sector: str | None


class Companies(Shape):
    """What was found."""

    Items: list[Company]
    Next: str | None


class DirectoryFault(Shape):
    """A line that could not be read, and why; ``Column`` where it is one's."""

    Line: int
    Column: str | None
    Code: str
    Detail: str


class DirectoryUpload(Shape):
    """A file of companies. ``Status``: ``Receiving``, ``Waiting``, ``Importing``, ``Done``, ``Failed`` or
    ``Cancelled``; ``Progress`` from 0 to 1."""

    Id: Id
    Status: str
    Progress: float
    Size: int
    Imported: int
    Faulty: int
    Encoding: str
    Separator: str
    Columns: list[str]
    IgnoredColumns: list[str]
    Faults: list[DirectoryFault]
    Error: str | None
    createdDate: Moment
    changedDate: Moment
    EndedAt: Moment | None
