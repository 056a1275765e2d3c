"""When a delivery that failed is tried again."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

PAUSES = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 36_000.0)
"""Seconds from a failed attempt to the next: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h."""
ATTEMPTS = len(PAUSES) + 1
"""How often a delivery is attempted at most."""
JITTER = 0.2
"""By how much, at most, a pause is longer than the schedule says, so that not all try at the same moment."""
LONGEST_WAIT = 86_400.0
"""Seconds that a receiver's ``Retry-After`` can put the next attempt off for, at most."""
DISABLED_AFTER_DAYS = 5
"""Days of nothing but failures after which a webhook is disabled."""


def pause_after(attempts: int, *, retry_after: float | None = None) -> float | None:
    """Seconds until the next attempt when so many have failed; ``None`` when that was the last one.

    ``retry_after`` is how long the receiver asked not to be called: it is never called earlier.
    """
    if attempts >= ATTEMPTS:
        return None
    pause = PAUSES[attempts - 1] * random.uniform(1.0, 1.0 + JITTER)  # noqa: S311  (spreads the attempts)
    return max(pause, retry_after or 0.0)


def read_retry_after(text: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a ``Retry-After`` stands for (a number of seconds, or a date); ``None`` for anything else."""
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(LONGEST_WAIT, float(text[:9]))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(LONGEST_WAIT, max(0.0, (at - (now or datetime.now(UTC))).total_seconds()))
