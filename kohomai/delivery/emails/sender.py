"""The sender of mails: takes what is due in batches of one workspace, and hands each batch over on one connection.

Workspaces have a few connections each, and those whose server was slow or away share a part of the threads, so that
the others do not wait for them. What was being sent when the process died is sent again after its lease.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import structlog

from kohomai.delivery.database import AWAY, give_back
from kohomai.delivery.emails import rows
from kohomai.delivery.emails.session import Session

THREADS = 24
"""Connections of one worker process at the same time."""
SLOW_THREADS = 8
"""How many of them, at most, workspaces have together whose server was slow or away the last time."""
PER_WORKSPACE = 2
"""Connections of one workspace."""
SLOW = 10.0
"""Seconds for connecting, or for one mail, from which on a server is slow."""
LONGEST_SLEEP = 1.0
AGAIN = 0.1
"""Seconds until it is looked again for what is due and could not be taken."""

_log = structlog.get_logger()


class Sender:
    """The sender of one worker process."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="mails")
        self._lock = threading.Lock()
        self._sessions: list[Session] = []
        self._slow: set[int] = set()

    # --- from other threads -----------------------------------------------------------------------------------

    def wake(self) -> None:
        """There is something to be sent."""
        self._wake.set()

    def stop(self) -> None:
        """End soon; what is not written down is sent again."""
        self._stopping.set()
        self._wake.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def run(self, next_due: Callable[[], float | None]) -> None:
        """Send until stopped. ``next_due`` asks the database how many seconds it is until the next mail."""
        pause = 0.1
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                sleep = 0.0 if self._step() else self._sleep_for(next_due)
                pause = 0.1
            except AWAY as error:
                _log.warning("the database is away", error=type(error).__name__, thread="mails")
                give_back()
                sleep, pause = pause, min(1.0, pause * 2)
            except Exception:
                _log.exception("a step failed", thread="mails")
                give_back()
                sleep, pause = pause, min(30.0, pause * 2)
            self._watch()
            if sleep > 0:
                self._wake.wait(sleep)
        give_back()

    # --- the loop ---------------------------------------------------------------------------------------------

    def _step(self) -> int:
        """Take what is due and begin to send it; how many mails were taken."""
        room, but = self._places()
        if room <= 0:
            return 0
        batches = rows.claim(room, but)
        for batch in batches:
            session = Session(batch, self._stopping, self._note_pace)
            with self._lock:
                self._sessions.append(session)
            try:
                self._threads.submit(self._carry_out, session)
            except RuntimeError:  # it is being stopped
                self._end(session)
                rows.give_back(batch)
        return sum(len(batch) for batch in batches)

    def _places(self) -> tuple[int, set[int]]:
        """How many connections can be begun, and the workspaces that must have none of them."""
        with self._lock:
            held: defaultdict[int, int] = defaultdict(int)
            for session in self._sessions:
                held[session.workspace_id] += 1
            full = {
                number
                for number, many in held.items()
                if many >= (1 if number in self._slow else PER_WORKSPACE)
            }
            if sum(many for number, many in held.items() if number in self._slow) >= SLOW_THREADS:
                full |= self._slow
            return THREADS - len(self._sessions), full

    def _sleep_for(self, next_due: Callable[[], float | None]) -> float:
        due = next_due()
        if due is None:
            return LONGEST_SLEEP
        return min(LONGEST_SLEEP, max(due, AGAIN if due <= 0 else 0.005))

    def _watch(self) -> None:
        with self._lock:
            sessions = list(self._sessions)
        for session in sessions:
            session.watch(monotonic())

    def _end(self, session: Session) -> None:
        with self._lock:
            self._sessions.remove(session)

    def _note_pace(self, workspace_id: int, took: float, failed: bool) -> None:
        """A slow or absent server is remembered until it has answered in time again."""
        with self._lock:
            if failed or took >= SLOW:
                self._slow.add(workspace_id)
            else:
                self._slow.discard(workspace_id)

    # --- in a thread of its own -------------------------------------------------------------------------------

    def _carry_out(self, session: Session) -> None:
        try:
            session.carry_out()
        except AWAY as error:
            _log.warning("the database is away", error=type(error).__name__, thread="mails")
        except Exception:
            # What was not written down is taken again after its lease; what is wrong is in the log.
            _log.exception("mails could not be sent", workspace=session.workspace_id)
        finally:
            self._end(session)
            give_back()
            self.wake()
