"""What a webhook is told: the event's type and time, the lead, the journey, and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from django.conf import settings

from kohomai.engine.values import ValueType, from_stored, time_to_json, to_api
from kohomai.journeys.shown import result_json

LIMIT = 20_000
"""Bytes of a body at most."""
TEST = "webhook.test"
ERASED = "lead.erased"

_OWN = frozenset(
    {"Pending", "Former", "Follow", "Restored", "Kept", "Blocked", "Added", "Settled", "HeldData"}
)
"""Book-keeping of the engine in payloads, of no meaning outside."""
_KINDS = {str(kind): kind for kind in ValueType}


@dataclass(frozen=True, slots=True)
class Happening:
    """An event and whom it is about, as read for sending; ``payload`` is JSON. A test has no ``event_id``."""

    delivery_id: int
    event_id: int | None
    type: str
    at: datetime
    webhook_id: int
    lead_id: int | None
    lead: Mapping[str, Any] | None
    journey_id: int | None
    funnel_id: int | None
    payload: str

    @property
    def message_id(self) -> str:
        """What ``webhook-id`` says: the same for all endpoints, retries and replays."""
        if self.event_id is None:
            return f"evt_test_{self.delivery_id}"
        return f"evt_{self.event_id}"


def body(happening: Happening) -> bytes:
    """The body, under ``LIMIT``: what makes it larger, largest first, is replaced by the URL where it can be read."""
    happened = _public(happening)
    whom = {"Lead": _lead(happening), "Journey": _journey(happening, happened.pop("Journey", None))}
    made = _written(happening, {**happened, **whom})
    instead = {"URL": _url(happening)}
    while len(made) >= LIMIT and (large := _largest(happened, instead)) is not None:
        happened[large] = instead
        made = _written(happening, {**happened, **whom})
    return made


def _written(happening: Happening, data: Mapping[str, Any]) -> bytes:
    whole = {"type": happening.type, "timestamp": time_to_json(happening.at), "data": data}
    return orjson.dumps(whole, default=_exact)


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(f"{value:f}")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _lead(happening: Happening) -> dict[str, Any] | None:
    if happening.lead_id is None:
        return None
    if happening.lead is None or happening.type == ERASED:
        return {"Id": happening.lead_id}
    return {"Id": happening.lead_id, **happening.lead}


def _journey(happening: Happening, named: object) -> dict[str, Any] | None:
    """The event's journey; where it is one of the lead's, the journey that it names, if it does (a sign-in's)."""
    if happening.journey_id is None:
        return {"Id": named} if isinstance(named, int) else None
    shown: dict[str, Any] = {"Id": happening.journey_id}
    if happening.funnel_id is not None:
        shown["Funnel"] = {"Id": happening.funnel_id}
    return shown


def _public(happening: Happening) -> dict[str, Any]:
    if happening.type == ERASED:
        return {}
    if happening.event_id is None:
        return {"Webhook": {"Id": happening.webhook_id}}
    shown = {name: value for name, value in orjson.loads(happening.payload).items() if name not in _OWN}
    if isinstance(data := shown.get("Data"), list):
        shown["Data"] = [_item(item) for item in data]
    if isinstance(result := shown.get("Result"), dict):
        shown["Result"] = result_json(str(shown.get("Type")), result)
    return shown


def _item(item: Any) -> Any:
    """A value in the form in which the API shows it."""
    if not isinstance(item, Mapping) or item.get("Value") is None or item.get("Type") not in _KINDS:
        return item
    try:
        return {**item, "Value": to_api(from_stored(_KINDS[item["Type"]], item["Value"]))}
    except (ValueError, TypeError, KeyError, ArithmeticError):
        return item


def _largest(happened: Mapping[str, Any], instead: Mapping[str, Any]) -> str | None:
    sizes = {
        name: len(orjson.dumps(value, default=_exact))
        for name, value in happened.items()
        if value is not instead
    }
    name = max(sizes, key=sizes.__getitem__, default=None)
    return name if name is not None and sizes[name] > 200 else None


def _url(happening: Happening) -> str:
    """Where the whole can be read: a journey has its receipts, activities and data in it."""
    where = (
        f"journeys/{happening.journey_id}"
        if happening.journey_id is not None
        else f"leads/{happening.lead_id}"
    )
    return f"{settings.KOHOMAI_URL}/api/v1/{where}"
