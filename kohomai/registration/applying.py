"""What was kept aside for a known address, shown to its owner, and applied when they say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from kohomai.engine.errors import NotFound
from kohomai.funnels import origins
from kohomai.funnels.models import Origin
from kohomai.journeys.actors import Actor
from kohomai.registration import service
from kohomai.registration.held import read_held
from kohomai.registration.intake import Context, read
from kohomai.registration.model import Outcome
from kohomai.sessions.models import HeldData
from kohomai.workspaces.services import settings as workspace_settings

_LABELS = {"Email": "E-mail", "Firstname": "First name", "Lastname": "Last name", "PhoneNumber": "Phone"}


def show_held(workspace_id: int, held_id: int, now: datetime) -> list[tuple[str, str]] | None:
    """What was sent, as labels and texts to be shown; ``None`` when it is over, or was applied."""
    held = _held(workspace_id, held_id, now)
    body = read_held(held) if held else None
    return list(_shown(body)) if isinstance(body, Mapping) else None


def apply_held(workspace_id: int, held_id: int, lead_id: int, now: datetime) -> Outcome:
    """Register what was sent, now that its owner has said so; it is dropped with that.

    Raises ``NotFound`` when it is over or was applied, and what registration raises.
    """
    with transaction.atomic():  # applied once, whoever else asks at the same moment
        held = _held(workspace_id, held_id, now, lock=True)
        if held is None or held.lead_id != lead_id:
            raise NotFound("What was sent is no longer here.")
        result = _register(workspace_id, held, lead_id)
        HeldData.objects.filter(id=held.id).update(applied_at=now, body=None)
    return result


def _register(workspace_id: int, held: HeldData, lead_id: int) -> Outcome:
    origin = Origin.objects.filter(id=held.origin_id, workspace_id=workspace_id).first()
    if origin is None:
        raise NotFound("What was sent is no longer here.")
    context = Context(workspace_settings(workspace_id), origins.info(origin), "Lead", Actor("Lead", lead_id))
    (result,) = service.register([read(read_held(held), context)])
    if isinstance(result, Exception):
        raise result
    return result


def drop_held(workspace_id: int, held_id: int, now: datetime) -> None:
    """Forget what was sent: its owner does not want it."""
    HeldData.objects.filter(id=held_id, workspace_id=workspace_id).update(applied_at=now, body=None)


def _held(workspace_id: int, held_id: int, now: datetime, *, lock: bool = False) -> HeldData | None:
    rows = HeldData.objects.select_for_update() if lock else HeldData.objects
    return rows.filter(id=held_id, workspace_id=workspace_id, applied_at=None, valid_until__gt=now).first()


def _shown(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, label in _LABELS.items():
        if body.get(name) not in (None, ""):
            yield label, str(body[name])
    for item in body.get("JourneyData") or ():
        value = item.get("Value")
        if isinstance(value, Mapping):
            value = " ".join(str(part) for part in value.values())
        yield str(item.get("Name")), {True: "Yes", False: "No", None: "–"}.get(value, str(value))
