"""Group commit: whatever arrives by single calls meets here and goes in together.

Each process has one committer thread. Whatever arrived while it was writing the last batch is its next batch:
one transaction for all, and nobody waits for a timer. Under no load a call is a batch of one. Reading a call
and making its answer are the committer's work too, where the caller wants that: handing every call from
thread to thread costs as much as writing it.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from typing import Protocol

import structlog
from django.db import connection

from kohomai.registration.model import Outcome, Registration
from kohomai.registration.service import Result
from kohomai.registration.service import register as register_batch

MAX_BATCH = 64
"""How many go in at once; more would keep the first of them waiting for too long."""


class Call(Protocol):
    """One call that wants a lead registered. Both methods run in the committer's thread, and raise nothing."""

    def begin(self) -> Registration | None:
        """What is to be registered; ``None`` when the call is answered already."""
        ...

    def finish(self, result: Result) -> None:
        """Take what came of it."""
        ...


class Collector:
    """The queue and the thread of one process."""

    def __init__(self) -> None:
        self._queue: deque[Call] = deque()
        self._arrived = threading.Semaphore(0)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def put(self, call: Call) -> None:
        """Put a call into the next batch; its ``finish`` is called when that is committed."""
        self._queue.append(call)
        self._arrived.release()
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._arrived.acquire()
            batch = [self._queue.popleft()]
            while len(batch) < MAX_BATCH and self._arrived.acquire(blocking=False):
                batch.append(self._queue.popleft())
            try:
                _commit(batch)
            except Exception as error:
                _log(error)


def _commit(batch: list[Call]) -> None:
    if connection.errors_occurred:
        connection.close_if_unusable_or_obsolete()
    going = [(call, registration) for call in batch if (registration := _begin(call)) is not None]
    if not going:
        return
    results: list[Result]
    try:
        results = register_batch([registration for _, registration in going])
    except Exception as error:
        results = [error] * len(going)
    for (call, _), result in zip(going, results, strict=True):
        try:
            call.finish(result)
        except Exception as error:
            _log(error)


def _begin(call: Call) -> Registration | None:
    try:
        return call.begin()
    except Exception as error:
        _log(error)
        return None


def _log(error: Exception) -> None:
    # A call that breaks its word must not take the others' answers with it, nor the thread: without that
    # nobody would be registered any more.
    structlog.get_logger("kohomai.registration").error("committer_failed", exc_info=error)


class _Waiting:
    """A call whose caller waits in a thread of its own."""

    def __init__(self, registration: Registration) -> None:
        self.registration = registration
        self.future: Future[Outcome] = Future()

    def begin(self) -> Registration:
        return self.registration

    def finish(self, result: Result) -> None:
        if isinstance(result, Exception):
            self.future.set_exception(result)
        else:
            self.future.set_result(result)


_collector = Collector()
put = _collector.put


def register(registration: Registration) -> Outcome:
    """Register one lead with whatever else arrives now; returns when its batch is committed.

    Raises ``DomainError`` (what its sender can mend) and Django's ``OperationalError`` (the database is away;
    whether it was kept is not known).
    """
    call = _Waiting(registration)
    put(call)
    return call.future.result()
