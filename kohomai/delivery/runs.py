"""Running automatic activities: claimed on lease, run, completed; tried again with backoff, then given up.

Those that write to our own tables only are run here, one after the other, each in the transaction that completes it.
Those that call somebody get a hand (a thread): a workspace has a bounded number of them, and so has one activity of a
funnel, so that a service that hangs holds up nothing but itself. Everything can be done twice without harm: a run of
an activity is completed once, and who comes second is told.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import monotonic
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

import structlog
from django.db import connection

from kohomai.activities.services import GivenUp, Place, TryAgain
from kohomai.delivery.database import AWAY, give_back, short_transaction
from kohomai.delivery.world import World
from kohomai.engine.errors import Conflict, DomainError, NotFound
from kohomai.funnels.compiled import registry
from kohomai.journeys import automatic
from kohomai.workspaces.sql import statement

if TYPE_CHECKING:
    from kohomai.activities.base import BaseType

BATCH = 50
"""Activities claimed at once."""
LEASE = 30.0
"""Seconds after which another worker may run what was claimed and not ended."""
HANDS = 24
"""Activities that call somebody, at the same time."""
HANDS_OF_WORKSPACE = 12
HANDS_OF_LANE = 6
STEP = 3.0
"""Seconds after which it is taken anew: what one workspace's activities take is taken from all others'."""
NO_HAND = 0.5
"""Seconds after which it is looked again whether there is a hand free."""
LONGEST_PAUSE = 86_400.0
"""Seconds that the other side can put the next try off for, at most."""
STUCK = 3_600.0
"""Seconds after which one is looked at again that can neither be ended nor be given up."""

Taken = tuple[()] | tuple[int] | tuple[int, str]
"""Whose hands are counted: everybody's, a workspace's, those of one of its lanes."""

_log = structlog.get_logger()
_CLAIM = statement(__file__, "claim_runs")
_BY_INDEX = (
    "SELECT set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true),"
    " set_config('enable_seqscan', 'off', true)"
)
"""Before taking, as for mails (``emails.rows``): what is wanted is read by the index that has it, in order."""
_END = (
    "UPDATE delivery_activityrun SET status = 'Done', ended_at = now()"
    " WHERE id = ANY (%s::bigint[]) AND status = 'Waiting'"
)
_LATER = (
    "UPDATE delivery_activityrun SET next_at = now() + make_interval(secs => %s::float8)"
    " WHERE id = ANY (%s::bigint[]) AND status = 'Waiting' RETURNING next_at::text"
)
# What has become of a try counts as long as nobody else has taken the row since.
_HELD = "SELECT FROM delivery_activityrun WHERE id = %s AND status = 'Waiting' AND next_at = %s::timestamptz"
_AGAIN = (
    "UPDATE delivery_activityrun SET tries = tries + 1, last_error = %s,"
    " next_at = now() + make_interval(secs => %s::float8)"
    " WHERE id = %s AND status = 'Waiting' AND next_at = %s::timestamptz"
)
_GIVE_UP = (
    "UPDATE delivery_activityrun SET tries = tries + 1, last_error = %s, status = 'Failed',"
    " ended_at = now() WHERE id = %s AND status = 'Waiting'"
)


@dataclass(frozen=True, slots=True)
class Run:
    """A row of work taken on ``lease``, with what it needs. ``open`` says whether the activity still waits for this
    run of it (the number is in ``turn``)."""

    id: int
    workspace_id: int
    lane: str
    journey_id: int
    key: str
    visit: int
    attempt: int
    run: int
    tries: int
    lease: str
    open: bool | None
    type: str | None

    @property
    def turn(self) -> automatic.Turn:
        """What this run of the activity is known by in its journey."""
        return self.key, self.visit, self.attempt, self.run

    @property
    def kind(self) -> BaseType[Any] | None:
        """Its type; ``None`` where there is none of this name any more."""
        return registry.get(self.type or "")  # type: ignore[return-value]


class Runner:
    """Runs what is due. One for each worker process."""

    def __init__(self) -> None:
        self._hands = ThreadPoolExecutor(HANDS, thread_name_prefix="activities")
        self._busy: Counter[Taken] = Counter()
        self._lock = threading.Lock()

    def step(self, limit: int = BATCH) -> int:
        """Run what is due, at most ``limit``, or hand it to somebody; how many were begun."""
        with self._lock:
            busy = Counter(self._busy)
        claimed = claim(limit, busy)
        began = monotonic()
        ended: list[int] = []
        later: list[int] = []
        late: list[int] = []
        try:
            for run in claimed:
                kind = run.kind
                if monotonic() - began > STEP:
                    late.append(run.id)
                elif run.open and kind is not None and kind.place is Place.OUTSIDE:
                    if not self._hand_over(run, kind):
                        later.append(run.id)
                elif carry_out(run):
                    ended.append(run.id)
        finally:
            end(ended)
            _put_off(NO_HAND, later)
            _put_off(0.0, late)
        return len(claimed) - len(later)

    def stop(self) -> None:
        """Begin nothing more; what is under way is left to its lease."""
        self._hands.shutdown(wait=False, cancel_futures=True)

    def _hand_over(self, run: Run, kind: BaseType[Any]) -> bool:
        """Have it run by a hand, if there is one free for it."""
        limits: dict[Taken, int] = {
            (): HANDS,
            (run.workspace_id,): HANDS_OF_WORKSPACE,
            (run.workspace_id, run.lane): HANDS_OF_LANE,
        }
        with self._lock:
            if any(self._busy[one] >= limit for one, limit in limits.items()):
                return False
            self._busy.update(limits.keys())

        def work() -> None:
            try:
                longer = kind.longest > LEASE / 2
                if carry_out(_held_for(run, kind.longest + LEASE) if longer else run):
                    end([run.id])
            except AWAY:
                pass  # the lease ends, and it is run again
            except Exception as error:
                _log.error("a run could not be ended", run=run.id, error=type(error).__name__)
            finally:
                give_back()
                with self._lock:
                    self._busy.subtract(limits.keys())
                    self._busy += Counter()  # forget what is at zero

        self._hands.submit(work)
        return True


def claim(limit: int, busy: Mapping[Taken, int] | None = None) -> list[Run]:
    """Take what is due on lease; of what calls somebody no more than there are hands free (``busy`` counts those that
    are not)."""
    busy = busy or {}
    workspaces = {one[0]: many for one, many in busy.items() if len(one) == 1}
    lanes = {one: many for one, many in busy.items() if len(one) == 2}
    asked = {
        "limit": limit,
        "lease": LEASE,
        "free": max(0, HANDS - busy.get((), 0)),
        "free_of_workspace": HANDS_OF_WORKSPACE,
        "free_of_lane": HANDS_OF_LANE,
        "workspaces": list(workspaces),
        "workspaces_free": [HANDS_OF_WORKSPACE - many for many in workspaces.values()],
        "lane_workspaces": [workspace_id for workspace_id, _ in lanes],
        "lanes": [lane for _, lane in lanes],
        "lanes_free": [HANDS_OF_LANE - many for many in lanes.values()],
    }
    with short_transaction() as cursor:
        cursor.execute(_BY_INDEX)
        cursor.execute(_CLAIM, asked)
        return [Run(*row) for row in cursor.fetchall()]


def end(ids: Sequence[int]) -> None:
    """These need not be looked at again. (Lost in a crash, they are, and nothing happens then.)"""
    if ids:
        with short_transaction() as cursor:
            cursor.execute(_END, [list(ids)])


def _put_off(seconds: float, ids: Sequence[int]) -> list[str]:
    """They are looked at again then; when that is."""
    if not ids:
        return []
    with short_transaction() as cursor:
        cursor.execute(_LATER, [seconds, list(ids)])
        return [row[0] for row in cursor.fetchall()]


def _held_for(run: Run, seconds: float) -> Run:
    """The run, taken for longer."""
    leases = _put_off(seconds, [run.id])
    return replace(run, lease=leases[0]) if leases else run


def carry_out(run: Run) -> bool:
    """Run one activity and complete it; whether its row is done with. Raises when the database is away."""
    kind = run.kind
    if not run.open or kind is None:
        return True
    try:
        if kind.place is Place.OUTSIDE:
            ready = automatic.look(run.workspace_id, run.journey_id, run.turn)
            outcome = kind.run(ready.activity.settings, ready.situation, World(ready.situation))
            automatic.complete(run.workspace_id, run.journey_id, run.turn, outcome)
        else:
            automatic.run(
                run.workspace_id,
                run.journey_id,
                run.turn,
                lambda activity, situation: kind.run(activity.settings, situation, World(situation)),
            )
    except AWAY:
        raise
    except (NotFound, Conflict):
        return True  # somebody else completed it, or its journey went on without it
    except Exception as error:
        _failed(run, kind, error)
        return False
    return True


def _failed(run: Run, kind: BaseType[Any], error: Exception) -> None:
    """Try it again later, or, after the last try, let it wait for a manager."""
    detail = _detail(error)
    known = isinstance(error, GivenUp | TryAgain | DomainError)
    where = None if known else str(extract_tb(error.__traceback__)[-1:])
    _log.warning(
        "activity failed", run=run.id, journey=run.journey_id, tries=run.tries + 1,
        error=type(error).__name__, at=where,
    )  # fmt: skip
    if run.tries < len(kind.pauses) and not isinstance(error, GivenUp):
        pause = kind.pauses[run.tries] * random.uniform(0.8, 1.2)  # noqa: S311  (spreads the tries)
        asked = error.after if isinstance(error, TryAgain) else None
        _try_again(run, detail, max(pause, min(asked or 0.0, LONGEST_PAUSE)))
        return
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [run.id, run.lease])
        if cursor.fetchone() is None:
            return  # its lease has ended, and somebody else is at it: what they say counts
    try:
        _give_up(run, kind, detail)
    except AWAY:
        raise
    except Exception as wrong:
        _log.error("an activity could not be given up", run=run.id, error=type(wrong).__name__)
        _try_again(run, detail, STUCK)


def _try_again(run: Run, detail: str, seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_AGAIN, [detail, seconds, run.id, run.lease])


def _give_up(run: Run, kind: BaseType[Any], detail: str) -> None:
    """It has failed, unless its type has something else for the case."""
    try:
        ready = automatic.look(run.workspace_id, run.journey_id, run.turn)
        outcome = kind.failed(ready.activity.settings, detail)
        if outcome is None:
            automatic.fail(run.workspace_id, run.journey_id, run.turn, error=detail)
        else:
            automatic.complete(run.workspace_id, run.journey_id, run.turn, outcome)
    except (NotFound, Conflict):
        end([run.id])
        return
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_UP, [detail, run.id])


def _detail(error: Exception) -> str:
    """What a manager is told: our own words where we have some, else only the error's class (its text may
    hold somebody's data)."""
    own = error.detail if isinstance(error, GivenUp | TryAgain | DomainError) else type(error).__name__
    return own.encode(errors="replace").decode().replace("\0", " ")[:1_000]
