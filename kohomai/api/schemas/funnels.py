"""Funnels, drafts, versions and origins."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from kohomai.api.schemas.common import Dated, Id, Json, Moment, Shape


class FunnelIn(Shape):
    """A funnel to be made."""

    Name: str


class FunnelChange(Shape):
    """``Archived``: nobody new comes in, running journeys go on. The name is the draft's."""

    Archived: bool


class Funnel(Shape):
    """A funnel; ``Version`` is the one that new journeys run on, ``null`` before the first is published."""

    Id: Id
    Name: str
    Version: int | None
    Archived: bool
    createdDate: Moment
    changedDate: Moment


class Funnels(Shape):
    """A page of funnels."""

    Items: list[Funnel]
    Next: str | None


class FunnelQuery(Dated):
    """Filters of the list of funnels."""

    Name: str | None = Field(None, max_length=200)
    Archived: bool | None = None


class DefinitionDocument(Shape):
    """A funnel's definition, as the funnel reference describes it. A draft may have any faults."""

    model_config = ConfigDict(extra="allow")


class DefinitionFault(Shape):
    """One fault; ``Node`` is ``null`` for what is outside of all nodes."""

    Node: str | None
    Field: str
    Code: str
    Detail: str


class DraftShown(Shape):
    """The draft and all its faults."""

    Id: Id
    Draft: DefinitionDocument
    Faults: list[DefinitionFault]


class Publish(Shape):
    """``ConfirmFailingTests`` publishes although tests of the funnel fail; that is recorded."""

    ConfirmFailingTests: bool = False


class Published(Shape):
    """The number of the new version."""

    Version: int


class Version(Shape):
    """A published version."""

    Version: int
    Funnel: Json
    PublishedAt: Moment
    PublishedBy: dict[str, Json]
    FailingTests: list[Json]


class VersionWhole(Version):
    """A published version with its definition, data points by today's names."""

    Definition: DefinitionDocument


class Versions(Shape):
    """A page of versions."""

    Items: list[Version]
    Next: str | None


class FieldChange(Shape):
    """One field that differs."""

    Field: str
    From: Json
    To: Json


class NodeChange(Shape):
    """A node that differs, field by field."""

    Node: str
    Fields: list[FieldChange]


class Difference(Shape):
    """What changed between two versions."""

    From: int
    To: int
    Added: list[str]
    Removed: list[str]
    Changed: list[NodeChange]
    Fields: list[FieldChange]


class TestsIn(Shape):
    """Tests to run in place of the draft's own."""

    Tests: Annotated[list[dict[str, Json]], Field(max_length=500)] | None = None


class TestOut(Shape):
    """How a test came out."""

    Name: str
    Passed: bool
    Problems: list[str]


class TestsOut(Shape):
    """How the tests came out."""

    Passed: bool
    Tests: list[TestOut]


class ConsentText(Shape):
    """The text of the consent box, and which version of it this is."""

    Text: str
    Version: str | None = None


class PageSettings(Shape):
    """What a registration page asks for beside the e-mail."""

    Consent: ConsentText | None = None
    DoubleOptIn: bool | None = None
    Required: list[str] | None = None


class OriginIn(Shape):
    """A way into the funnel. ``DataPoints`` (names or ``Id``s) are what publishable keys and pages may send."""

    Type: str
    Name: str
    DataPoints: list[str | int] | None = None
    Settings: PageSettings | None = None


class OriginChange(Shape):
    """What may be changed of an origin."""

    Name: str | None = None
    DataPoints: list[str | int] | None = None
    Settings: PageSettings | None = None
    Closed: bool | None = None


class Origin(Shape):
    """A way into the funnel, and the reference it is found by."""

    Id: Id
    Type: str
    Name: str
    Ref: str
    Funnel: Json
    BuiltIn: bool
    Closed: bool
    DataPoints: list[str]
    Settings: Json
    createdDate: Moment
    changedDate: Moment


class Origins(Shape):
    """A page of origins."""

    Items: list[Origin]
    Next: str | None
