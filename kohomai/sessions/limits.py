"""Limits that all processes share: how often something may be done by one network, or for one address."""

from __future__ import annotations

import hmac
import ipaddress
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection

from kohomai.engine.errors import DomainError

_COUNT = (
    "INSERT INTO lead_sessions_ratelimit AS r (name, window_start, count) VALUES (%s, %s, 1)"
    " ON CONFLICT (name, window_start) DO UPDATE SET count = r.count + 1 RETURNING count"
)


class TooMany(DomainError):
    """It was done too often; ``retry_after`` says in how many seconds it may be done again (429)."""

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


def keyed(text: str) -> str:
    """A digest of something that is not to be kept itself, which only we can make (64 characters)."""
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), "sha256").hexdigest()


def network_of(address: str) -> str:
    """The network an IP address counts for: itself, for IPv6 its /64; text that is none counts as itself."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def count(what: str, who: str, *, at_most: int, per: timedelta, now: datetime) -> None:
    """Count one more of ``what`` by (or for) ``who``; windows of ``per`` begin at fixed times.

    Raises ``TooMany`` past the limit. It counts for itself, whatever becomes of the caller's work: call it
    outside a transaction that may be rolled back.
    """
    seconds = int(per.total_seconds())
    start = int(now.timestamp()) // seconds * seconds
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [f"{what}:{keyed(who)}", datetime.fromtimestamp(start, UTC)])
        row = cursor.fetchone()
    if row is not None and row[0] > at_most:
        wait = max(1, start + seconds - int(now.timestamp()))
        raise TooMany("Too many tries in a short time.", wait)
