"""What is public opens nobody's account: what a publishable key or a page sent for a known address is kept
aside, and a link is mailed to that address, whose owner may apply it (contracts, "Keys")."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection

from kohomai.journeys.events import append_lead_event
from kohomai.registration.model import Registration
from kohomai.sessions.models import HeldData
from kohomai.workspaces.secrets import seal_with_site_key, unseal_with_site_key

KEPT_FOR = timedelta(hours=24)
ONE_MAIL_IN = timedelta(minutes=10)


def hold(registration: Registration, lead_row: Mapping[str, Any], now: datetime) -> None:
    """Keep what was sent for 24 hours and ask for a link to be mailed; in the caller's transaction, which has
    locked the lead. Within ten minutes of the last such mail nothing is kept and none is sent."""
    lead_id = lead_row["id"]
    if HeldData.objects.filter(lead_id=lead_id, created_at__gt=now - ONE_MAIL_IN).exists():
        return
    held = HeldData.objects.create(
        workspace_id=registration.workspace.id,
        lead_id=lead_id,
        funnel_id=registration.origin.funnel_id,
        origin_id=registration.origin.id,
        body=seal_with_site_key(orjson.dumps(registration.body, default=str)),
        valid_until=now + KEPT_FOR,
        created_at=now,
    )
    with connection.cursor() as cursor:
        append_lead_event(
            cursor, registration.workspace.id, lead_id, "link.requested", {"HeldData": held.id}, now
        )


def read_held(held: HeldData) -> Any:
    """The body that was kept aside; ``None`` when it is gone."""
    return orjson.loads(unseal_with_site_key(bytes(held.body))) if held.body else None
