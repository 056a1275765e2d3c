"""Mails: the outbox, the mail server, templates, what came back, who has unsubscribed."""

from __future__ import annotations

from typing import Literal

from ninja import Schema
from pydantic import Field

from kohomai.api.schemas.common import Id, Json, Moment, Named, Paging, Shape

OneCategory = Literal["Reminders", "Digests", "Messages"]


class Email(Shape):
    """A mail of the outbox. ``Category`` is what it can be unsubscribed from; ``LastError`` what became of the last
    try, or was reported later."""

    Id: Id
    Kind: str
    Category: str | None
    To: str
    Subject: str
    Text: str
    HTML: str | None
    Language: str
    Status: str = Field(description="Kept, Waiting, Sent, Failed, Bounced or Suppressed.")
    Tries: int
    NextAt: Moment | None
    LastError: str | None
    Lead: Json
    Journey: Json
    createdDate: Moment
    SentAt: Moment | None
    EndedAt: Moment | None


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


class SmtpServerIn(Shape):
    """The mail server. ``Password`` is never shown; where it is left out it stays."""

    Host: str
    Port: int = Field(ge=1, le=65_535, strict=True)
    Security: str = Field(description="TLS (mostly port 465), StartTLS (mostly 587) or None.")
    Username: str | None = None
    Password: str | None = None
    FromAddress: str
    FromName: str | None = None
    ReplyTo: str | None = None
    BounceAddress: str | None = Field(None, description="Where servers report to; each mail adds its mark.")


class SmtpServer(Shape):
    """The mail server, without its password."""

    Host: str
    Port: int
    Security: str
    Username: str | None
    HasPassword: bool
    FromAddress: str
    FromName: str | None
    ReplyTo: str | None
    BounceAddress: str | None
    createdDate: Moment
    changedDate: Moment


class SmtpTestIn(Shape):
    """Whom the test mail goes to."""

    To: str


class SmtpTest(Shape):
    """Whether the server took the mail, else why not; how many milliseconds it took."""

    Accepted: bool
    Reason: str | None
    Took: int


class EmailTemplateIn(Shape):
    """A template in Liquid."""

    Subject: str
    Text: str
    HTML: str


class EmailPreviewIn(Shape):
    """What is tried in the place of what is kept."""

    Subject: str | None = None
    Text: str | None = None
    HTML: str | None = None


class EmailTemplate(Shape):
    """What mails of a kind say in a language. ``Changed``: in the workspace's own words. ``Names`` may be used, each
    with an example value."""

    Kind: str
    Language: str
    Meaning: str
    Category: str | None
    Changed: bool
    Subject: str
    Text: str
    HTML: str
    Names: Json
    changedDate: Moment | None


class EmailTemplates(Shape):
    """All templates."""

    Items: list[EmailTemplate]
    Next: str | None


class EmailPreview(Shape):
    """A mail with example values; ``HTML`` is the whole page."""

    Subject: str
    Text: str
    HTML: str


class BounceIn(Shape):
    """That a mail was not delivered. ``Permanent``: nobody will try any more."""

    Email: Named
    Reason: str = Field(max_length=10_000)
    Permanent: bool = Field(strict=True)


class Unsubscribed(Shape):
    """An address that wants no more mails of a category. ``Email`` where it is a lead's, or was asked for."""

    Id: Id
    Category: str
    Email: str | None
    Lead: Json
    createdDate: Moment


class UnsubscribedList(Shape):
    """A page of those who have unsubscribed."""

    Items: list[Unsubscribed]
    Next: str | None


class UnsubscribedQuery(Paging):
    """Filters of the list of those who have unsubscribed."""

    Email: str | None = Field(None, max_length=254)
    Category: OneCategory | None = None


class SubscribeQuery(Schema):
    """Whom mails are to be written to again; of all categories, unless one is named."""

    Email: str = Field(max_length=254)
    Category: OneCategory | None = None


class TemplateQuery(Schema):
    """Filters of the list of templates."""

    Kind: str | None = Field(None, max_length=40)
    Language: str | None = Field(None, max_length=8)
