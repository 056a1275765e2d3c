"""Group commit: single calls meet here and go in together.

Each process has one committer thread. Whatever arrived while it was writing the last batch is its next batch:
one transaction for all, and nobody waits for a timer. Under no load a call is a batch of one.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future

from kohomai.registration.model import Outcome, Registration
from kohomai.registration.service import Result
from kohomai.registration.service import register as register_batch

MAX_BATCH = 64
"""How many go in at once; more would keep the first of them waiting for too long."""

_Waiting = tuple[Registration, "Future[Outcome]"]


class Collector:
    """The queue and the thread of one process."""

    def __init__(self) -> None:
        self._queue: deque[_Waiting] = deque()
        self._wake = threading.Semaphore(0)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def submit(self, registration: Registration) -> Future[Outcome]:
        """Put a registration into the next batch."""
        future: Future[Outcome] = Future()
        self._queue.append((registration, future))
        self._wake.release()
        if self._thread is None:
            self._start()
        return future

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wake.acquire()
            batch: list[_Waiting] = [self._queue.popleft()]
            while len(batch) < MAX_BATCH and self._wake.acquire(blocking=False):
                batch.append(self._queue.popleft())
            self._commit(batch)

    def _commit(self, batch: list[_Waiting]) -> None:
        results: list[Result]
        try:
            results = register_batch([registration for registration, _ in batch])
        except Exception as error:
            results = [error] * len(batch)
        for (_, future), result in zip(batch, results, strict=True):
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)


_collector = Collector()


def register(registration: Registration) -> Outcome:
    """Register one lead with whatever else arrives now; returns when its batch is committed.

    Raises ``DomainError`` (what its sender can mend) and Django's ``OperationalError`` (the database is away;
    whether it was kept is not known).
    """
    return _collector.submit(registration).result()
