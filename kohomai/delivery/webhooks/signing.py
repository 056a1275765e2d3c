"""Secrets, and the headers that prove who sends (Standard Webhooks 1.0)."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from standardwebhooks import Webhook

from kohomai.engine.values import time_from_json, time_to_json
from kohomai.workspaces.secrets import seal_with_site_key, unseal_with_site_key

PREFIX = "whsec_"
SECRET_BYTES = 32
MAX_FORMER = 3
"""Secrets that were rotated away and still sign, at most."""


def new_secret() -> str:
    """A secret that nobody has."""
    return PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def sealed(secret: str) -> bytes:
    """The secret as it is kept."""
    return seal_with_site_key(secret.encode())


@lru_cache(maxsize=4_096)
def signer(kept: bytes) -> Webhook:
    """What signs with a secret that was kept: the text ``whsec_…``, or the bytes themselves. Raises ``ValueError``
    when it was sealed with another key."""
    plain = unseal_with_site_key(kept)
    return Webhook(plain.decode() if plain.startswith(PREFIX.encode()) else plain)


def former(entries: Iterable[Mapping[str, Any]], now: datetime) -> list[Mapping[str, Any]]:
    """Those of the secrets rotated away that still sign."""
    return [entry for entry in entries if time_from_json(entry["Until"]) > now]


def rotated(
    secret: bytes, entries: Iterable[Mapping[str, Any]], overlap: timedelta, now: datetime
) -> list[Mapping[str, Any]]:
    """``entries`` with the secret that is now rotated away, for as long as it still signs."""
    kept = former(entries, now)
    if overlap > timedelta():
        entry = {"Secret": base64.b64encode(bytes(secret)).decode(), "Until": time_to_json(now + overlap)}
        kept = [entry, *kept]
    return kept[:MAX_FORMER]


def signers(kept: bytes, entries: Sequence[Mapping[str, Any]], now: datetime) -> list[Webhook]:
    """All that sign now: the secret first, then those that were rotated away a short while ago."""
    return [signer(kept), *(signer(base64.b64decode(entry["Secret"])) for entry in former(entries, now))]


def headers(
    message_id: str, body: bytes, by: Iterable[Webhook], now: datetime | None = None
) -> list[tuple[str, str]]:
    """The headers of one request."""
    at = (now or datetime.now(UTC)).replace(microsecond=0)
    text = body.decode()
    signatures = " ".join(webhook.sign(message_id, at, text) for webhook in by)
    return [
        ("webhook-id", message_id),
        ("webhook-timestamp", str(int(at.timestamp()))),
        ("webhook-signature", signatures),
    ]
