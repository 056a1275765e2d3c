"""Who calls: the workspace and the actor of the key that the door has let in."""

from __future__ import annotations

from datetime import datetime, time
from typing import cast

from django.http import HttpRequest

from kohomai.engine.values import time_to_json
from kohomai.journeys.actors import Actor
from kohomai.workspaces.keys import PresentedKey


def key_of(request: HttpRequest) -> PresentedKey:
    """The key that came with the call."""
    return cast(PresentedKey, request.key)  # type: ignore[attr-defined]


def workspace_of(request: HttpRequest) -> int:
    """The ``Id`` of the key's workspace."""
    return key_of(request).workspace_id


def actor_of(request: HttpRequest) -> Actor:
    """The key, as the one who acts."""
    return Actor("Key", key_of(request).id)


def moment(at: datetime | None) -> str | None:
    """A time as all answers have it."""
    return None if at is None else time_to_json(at)


def clock(at: time | None) -> str | None:
    """A time of the day as all answers have it."""
    return None if at is None else at.strftime("%H:%M")


def dates(row: object) -> dict[str, str]:
    """The two dates of a row."""
    return {
        "createdDate": time_to_json(row.created_at),  # type: ignore[attr-defined]
        "changedDate": time_to_json(row.changed_at),  # type: ignore[attr-defined]
    }
