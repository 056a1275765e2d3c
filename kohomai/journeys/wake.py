"""Waking the background: one NOTIFY for many commits, sent outside the transactions that registered.

A NOTIFY inside a registering transaction would make all commits wait for one another. Here a thread of its
own, with a connection of its own, sends at most one per ``PAUSE``; whoever commits only sets a flag.
A wake-up that is lost costs nothing but time: the worker looks by itself once a second.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import psycopg
from django.conf import settings

CHANNEL = "kohomai_events"
"""The channel that workers listen on."""
PAUSE = 0.1
"""Seconds between two notifications of one process; the first after a pause goes out at once."""
IDLE = 60.0
"""Seconds without a notification after which the connection is given back."""


def notify() -> None:
    """Tell the workers that there is something new. To be called after the commit; never blocks, never raises.

    Calls that come while one is being sent become one. Nothing is sent where nobody can listen
    (``KOHOMAI_LISTEN_URL`` unset behind a pooler): workers poll there.
    """
    url: str | None = settings.KOHOMAI_LISTEN_URL
    if url is not None:
        _notifier(url).wanted.set()


class _Notifier:
    """The thread that sends, one for each process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pid = os.getpid()
        self.wanted = threading.Event()
        self._connection: psycopg.Connection[Any] | None = None
        threading.Thread(target=self._run, name="wake", daemon=True).start()

    def _run(self) -> None:
        while True:
            if not self.wanted.wait(IDLE):
                self._close()
                self.wanted.wait()
            self.wanted.clear()
            try:
                self._send()
            except psycopg.Error:
                # The database is away; whoever works will look by themselves when it is back.
                self._close()
                time.sleep(0.2)
            time.sleep(PAUSE)

    def _send(self) -> None:
        if self._connection is None:
            # Nothing that is sent here needs to survive a crash, so no commit waits for the disk.
            options = "-c synchronous_commit=off -c statement_timeout=2000"
            self._connection = psycopg.connect(
                self.url, autocommit=True, connect_timeout=3, options=options, application_name="kohomai wake"
            )
        self._connection.execute(f"NOTIFY {CHANNEL}")

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


_lock = threading.Lock()
_current: _Notifier | None = None


def _notifier(url: str) -> _Notifier:
    """This process's notifier; a forked child gets its own."""
    global _current
    found = _current
    if found is not None and found.pid == os.getpid():
        return found
    with _lock:
        if _current is None or _current.pid != os.getpid():
            _current = _Notifier(url)
        return _current
