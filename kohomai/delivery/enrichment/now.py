"""Finding out about a lead here and now, for whoever waits for it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic

from kohomai.datapoints.http_services import Service
from kohomai.datapoints.providers import in_order, key_of
from kohomai.delivery.database import give_back
from kohomai.delivery.enrichment import pace, runs
from kohomai.delivery.enrichment.runs import Run

WITHIN = 60.0
"""Seconds after which nobody else is asked."""
TOO_LATE = "There was no time left to ask it."


def find_out(
    workspace_id: int, lead_id: int, sought: Iterable[int], only: Sequence[str] | None, mark: str
) -> tuple[int, int]:
    """Ask the providers (``only`` these, by their names, if given) in order for what is sought, and tell the lead's
    journeys as the background does; the run's ``Id``, and how many data points were found.

    Takes ``WITHIN`` seconds and one provider's time limit at most. Of the same ``mark`` it goes on where it was left.
    """
    ends = monotonic() + WITHIN
    run_id = runs.begin_now(workspace_id, lead_id, sought, only, mark)
    call_id: int | None = None
    while (run := runs.running(run_id)) is not None:
        run = replace(run, call_id=call_id)
        left = ends - monotonic()
        if left <= 0:
            _stop(run)
            break
        answered = runs.step(run)
        call_id = answered.call_id if answered.later else None
        if answered.later is not None:
            pause = (answered.later - datetime.now(UTC)).total_seconds()
            if pause > left:
                _stop(replace(run, call_id=call_id))
                break
            give_back()
            time.sleep(max(0.0, pause))
    return run_id, runs.found_by(run_id)


def _stop(run: Run) -> None:
    """Nobody else is asked: what was not found is settled."""
    service = next((one for one in in_order(run.workspace_id) if key_of(one) == run.provider), None)
    if isinstance(service, Service):
        pace.give_up_turn(service, run.call_id)
    runs.give_up(replace(run, call_id=None), TOO_LATE, last=True)
