"""What enters by the one door, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kohomai.datapoints.catalogue import Catalogue
from kohomai.engine.definition import Definition
from kohomai.engine.values import Value
from kohomai.funnels.origins import OriginInfo
from kohomai.journeys.actors import Actor
from kohomai.journeys.lead_record import LeadRecord
from kohomai.journeys.store import Loaded
from kohomai.leads.contact import Address, Phone
from kohomai.workspaces.services import WorkspaceSettings


@dataclass(frozen=True, slots=True)
class LeadHook:
    """One ``WebhookInput``: where to, of which events (``None``: all), signed with its own secret if any."""

    url: str
    events: tuple[str, ...] | None
    secret: str | None


@dataclass(slots=True)
class Keep:
    """An ``Idempotency-Key`` that came with a call, and how its answer is kept.

    ``answer`` makes status and body of the call's answer from its outcome; ``seal`` encrypts it.
    """

    api_key_id: int
    key: str
    fingerprint: bytes
    answer: Callable[[Outcome], tuple[int, bytes]]
    seal: Callable[[bytes], bytes]
    unseal: Callable[[bytes], bytes]


@dataclass(slots=True)
class Registration:
    """One lead at the door: checked, typed, and told where it wants to go.

    ``names`` holds only the fields that were sent (``Firstname``, ``Lastname``; ``None`` clears), ``phone``
    is ``...`` where none was sent. ``values`` are journey data by data point ``Id`` (``None`` forgets).
    ``no_hooks`` says that the lead's program wants to be told of nothing any more.
    ``public`` marks what came from a publishable key or a page: it opens nobody's account.
    """

    workspace: WorkspaceSettings
    origin: OriginInfo
    address: Address
    names: Mapping[str, str | None]
    phone: Any  # Phone, None (cleared) or ... (not sent)
    values: Mapping[int, Value | None]
    source: str
    actor: Actor
    redirect_url: str | None = None
    redirect_sent: bool = False
    hooks: tuple[LeadHook, ...] = ()
    no_hooks: bool = False
    attribution: Mapping[str, str] = field(default_factory=dict)
    test: bool | None = None
    language: str | None = None
    public: bool = False
    always_session: bool = False
    body: Any = None  # as sent: held for the address's owner when it is public and the lead is known
    keep: Keep | None = None

    @property
    def phone_number(self) -> Phone | None:
        """The phone number that was sent, if one was."""
        return self.phone if isinstance(self.phone, Phone) else None


@dataclass(slots=True)
class SessionRecord:
    """A link into the front-office that an answer gives away once."""

    uuid: str
    valid_until: datetime
    redirect_url: str | None
    created_at: datetime


@dataclass(slots=True)
class Outcome:
    """What came of a registration: ``result`` is Created, Updated or Existing; Held where what was sent
    waits for the address's owner; Replayed where ``replayed`` carries the answer given before.

    ``decisions`` are the receipts of a journey just generated, ``None`` where it was there before; then
    ``receipts`` are its receipts, unless they are yet to be read. ``lead`` of what is Held is not to be shown.
    """

    result: str
    lead: LeadRecord | None = None
    journey: Loaded | None = None
    decisions: list[Any] | None = None
    receipts: list[Any] | None = None
    definition: Definition | None = None
    points: Catalogue | None = None
    session: SessionRecord | None = None
    replayed: tuple[int, bytes] | None = None
