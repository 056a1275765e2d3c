"""Webhooks: endpoints of the workspace, leads' own, their deliveries."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from kohomai.api.schemas.common import Id, Json, Moment, Paging, Ref, Shape


class WebhookIn(Shape):
    """An endpoint to be made; no ``Events`` means all."""

    URL: str
    Events: list[str] | None = None


class WebhookChange(Shape):
    """What may be changed of a webhook; the ``URL`` of a lead's own stays."""

    URL: str | None = None
    Events: list[str] | None = None
    Disabled: bool | None = None


class Webhook(Shape):
    """An address that is told of events. ``Lead`` where it is a lead's own; ``Events`` ``null`` means all.

    ``DisabledReason``: ``Asked``, ``Gone`` (it answered 410) or ``Failing`` (for 5 days).
    """

    Id: Id
    Lead: Json
    URL: str
    Events: list[str] | None
    Disabled: bool
    DisabledReason: str | None
    FailingSince: Moment | None
    FormerSecretUntil: Moment | None
    createdDate: Moment
    changedDate: Moment


class NewWebhook(Webhook):
    """A webhook with its new secret, which is shown this once."""

    Secret: str


class Webhooks(Shape):
    """A page of webhooks."""

    Items: list[Webhook]
    Next: str | None


class WebhookQuery(Paging):
    """Filters of the list of webhooks."""

    Lead: int | None = Field(None, ge=1, le=2**53 - 1)


class RotateSecret(Shape):
    """For how many seconds the old secret goes on signing beside the new one (a day, unless said otherwise)."""

    Overlap: Annotated[int, Field(ge=0, le=30 * 86400, strict=True)] = 86400


class ReplayIn(Shape):
    """From when on everything is told once more."""

    Since: AwareDatetime


class Replay(Shape):
    """A replay that was begun."""

    Webhook: Ref
    Since: Moment


class WebhookDelivery(Shape):
    """An event that is, was, or was not told. ``AnswerStatus`` and ``Error`` are those of the last attempt."""

    Id: Id
    MessageId: str
    Event: Json
    Type: str
    Lead: Json
    Journey: Json
    Status: str = Field(description="Waiting, Done, GivenUp or Cancelled.")
    Tries: int
    NextAt: Moment | None
    AnswerStatus: int | None
    Error: str | None
    createdDate: Moment
    EndedAt: Moment | None


class Attempt(Shape):
    """One call: what was sent, what was answered (its first 4 KB), how many milliseconds it took."""

    Number: int
    At: Moment
    Took: int
    Request: Json
    Answer: Json
    Error: str | None


class WebhookDeliveryWhole(WebhookDelivery):
    """A delivery with its attempts."""

    Attempts: list[Attempt]


class WebhookDeliveries(Shape):
    """A page of deliveries."""

    Items: list[WebhookDelivery]
    Next: str | None


class DeliveryQuery(Paging):
    """Filters of the list of deliveries."""

    Status: str | None = Field(None, max_length=10)
