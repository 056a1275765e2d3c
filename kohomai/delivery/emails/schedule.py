"""When a mail that could not be sent is tried again."""

from __future__ import annotations

import random

PAUSES = (60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0)
"""Seconds from a failed try to the next: 1 min, 5 min, 15 min, 1 h, 4 h, 12 h. In all less than the 24 hours that a
link in a mail is good."""
TRIES = len(PAUSES) + 1
"""How often a mail is tried at most."""
JITTER = 0.1
"""By how much, at most, a pause is longer than the schedule says, so that not all try at the same moment."""


def pause_after(tries: int) -> float | None:
    """Seconds until the next try when so many have failed; ``None`` when that was the last one."""
    if tries >= TRIES:
        return None
    return PAUSES[tries - 1] * random.uniform(1.0, 1.0 + JITTER)  # noqa: S311  (spreads the tries)
