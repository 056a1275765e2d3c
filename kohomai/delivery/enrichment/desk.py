"""The desk: takes the runs that are due, and has their providers asked.

Each provider has a number of places, fewer while it is slow, so that nobody else waits for it: no other lead's run
that has come to another provider, and no other workspace's.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

import structlog
from django.db import connection

from kohomai.datapoints.providers import providers, time_limit_of
from kohomai.delivery.database import AWAY, short_transaction
from kohomai.delivery.enrichment import runs
from kohomai.delivery.enrichment.runs import Run
from kohomai.workspaces.sql import statement

HANDS = 32
"""Providers asked at the same time, by one worker."""
PLACES = 8
"""Of these, one provider's."""
SLOW_PLACES = 2
"""The same while its last answer was late."""
SLOW = 2.0
"""Seconds from which on an answer is late."""
TRIES = 5
"""How often it is tried when not the provider but something of ours fails."""
GRACE = 10.0
"""Seconds on top of a provider's time limit after which another worker may ask anew."""

_log = structlog.get_logger()
_CLAIM = statement(__file__, "claim")


@dataclass(slots=True)
class Lane:
    """The places of one provider."""

    held: int = 0
    slow: bool = False
    seen: float = 0.0

    @property
    def free(self) -> int:
        return (SLOW_PLACES if self.slow else PLACES) - self.held


class Desk:
    """Takes runs and has their providers asked, in threads; ``wake`` is called when there may be more to take."""

    def __init__(self, wake: Callable[[], None] = lambda: None) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._lanes: defaultdict[str, Lane] = defaultdict(Lane)

    def step(self) -> int:
        """Take what is due, as far as there are hands and places free, and have it asked; how many were begun."""
        with self._lock:
            hands = HANDS - sum(lane.held for lane in self._lanes.values())
            free = {key: max(0, lane.free) for key, lane in self._lanes.items()}
        claimed = claim(hands, free) if hands > 0 else []
        for run in claimed:
            with self._lock:
                self._lanes[run.provider].held += 1
            threading.Thread(target=self._work, args=(run,), name="enrichment", daemon=True).start()
        return len(claimed)

    def _work(self, run: Run) -> None:
        began = monotonic()
        try:
            work(run)
        except AWAY:
            pass  # the lease ends, and somebody tries again
        except Exception as error:
            _log.exception("enrichment failed", run=run.id, provider=run.provider)
            if run.tries >= TRIES:
                self._give_up(run, type(error).__name__)
        finally:
            connection.close()
            with self._lock:
                lane = self._lanes[run.provider]
                lane.held -= 1
                lane.seen = monotonic()
                lane.slow = lane.seen - began >= SLOW
                self._forget()
            self._wake()

    def _give_up(self, run: Run, reason: str) -> None:
        """Something of ours fails again and again: the run goes on without this provider, or ends if that fails too."""
        try:
            runs.give_up(run, f"It could not be asked ({reason}).")
        except Exception:
            _log.exception("a run could not be moved on", run=run.id)
            runs.end(run, runs.FAILED, reason)

    def _forget(self) -> None:
        if len(self._lanes) > 1_000:
            before = monotonic() - 60.0
            for key in [key for key, lane in self._lanes.items() if not lane.held and lane.seen < before]:
                del self._lanes[key]


def claim(limit: int, free: Mapping[str, int]) -> list[Run]:
    """Take runs on lease, at most ``limit``: of each provider no more than it has places ``free``."""
    longest = max((time_limit_of(provider) for provider in providers()), default=0.0)
    with short_transaction() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "limit": limit,
                "free": PLACES,
                "lanes": list(free),
                "frees": list(free.values()),
                "longest": max(longest, TRIES),
                "grace": GRACE,
            },
        )
        return [Run(*row) for row in cursor.fetchall()]


def work(run: Run) -> None:
    """Ask the one whose turn it is, unless an older run of the lead is under way."""
    if runs.has_older(run):
        runs.put_off(run, datetime.now(UTC) + timedelta(seconds=runs.AGAIN), run.call_id)
        return
    answered = runs.step(run)
    if answered.later is not None:
        runs.put_off(run, answered.later, answered.call_id)
