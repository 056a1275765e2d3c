"""The worker: one process that does all that happens in the background. Any number of them may run.

Eight threads: the relay, with the journeys' clock; the automatic activities; the notices to people; the senders of
webhooks and of mails; the import of company directories; the listener that wakes them; and procrastinate, for what is
rarer and heavier. Providers are asked, and mails handed over, in threads of their own. All that is to be done is a
row, done once or, after a crash, again; so a worker may be killed at any moment.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from types import FrameType

import psycopg
import structlog
from django.conf import settings
from django.db import connection

from kohomai.datapoints.providers import providers
from kohomai.delivery import enrichment, relay, runs, timers
from kohomai.delivery.database import AWAY, give_back
from kohomai.delivery.emails.sender import Sender as MailSender
from kohomai.delivery.notifications import looks
from kohomai.delivery.periodic import Periodic
from kohomai.delivery.webhooks import replays
from kohomai.delivery.webhooks.sender import Sender
from kohomai.journeys.wake import CHANNEL
from kohomai.leads.directory import importing
from kohomai.workspaces.sql import statement

LONGEST_SLEEP = 1.0
"""Seconds after which a thread looks by itself, whatever wakes it or not."""
LONGEST_REST = 60.0
"""The same for what the relay's thread looks for."""
BREATH = 0.05
"""Seconds between two steps of the relay while events trickle in: under load a step then takes many at once."""
BUSY = 0.25
"""Seconds after which it is seen again whether a provider can be asked."""
STOP_WITHIN = 1.5
"""Seconds that threads get to end what they are at."""

_log = structlog.get_logger()
_AGENDA = statement(__file__, "agenda")


@dataclass(frozen=True, slots=True)
class Agenda:
    """What there is to do: ``events`` for the relay, and seconds until the next of each kind, if any."""

    events: bool
    run: float | None
    enrichment: float | None
    clock: float | None
    delivery: float | None
    mail: float | None
    notice: float | None
    replay: bool
    directory: bool


def read_agenda() -> Agenda:
    """Ask the database what there is to do."""
    with connection.cursor() as cursor:
        cursor.execute(_AGENDA)
        return Agenda(*cursor.fetchone())


class Worker:
    """The threads of one worker process."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.wake_relay = threading.Event()
        self.wake_runs = threading.Event()
        self.wake_notices = threading.Event()
        self.wake_directory = threading.Event()
        self._enrichment = enrichment.Desk(self.wake_relay.set)
        self._runner = runs.Runner()
        self._periodic = Periodic(self.stopping)
        self._sender = Sender()
        self._mails = MailSender()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start all threads."""
        self._start("relay", lambda: self._loop(self._relay_step, self.wake_relay))
        self._start("runs", lambda: self._loop(self._runs_step, self.wake_runs))
        self._start("notices", lambda: self._loop(self._notices_step, self.wake_notices))
        self._start("webhooks", lambda: self._sender.run(lambda: read_agenda().delivery))
        self._start("mails", lambda: self._mails.run(lambda: read_agenda().mail))
        self._start("directory", lambda: self._loop(self._directory_step, self.wake_directory))
        self._start("procrastinate", self._periodic.run)
        url: str | None = settings.KOHOMAI_LISTEN_URL
        if url is not None:
            self._start("listener", partial(self._listen, url))

    def stop(self) -> None:
        """End all threads, soon: what cannot end in time is left to be done again."""
        self.stopping.set()
        self.wake_relay.set()
        self.wake_runs.set()
        self.wake_notices.set()
        self.wake_directory.set()
        self._periodic.stop()
        self._sender.stop()
        self._mails.stop()
        self._runner.stop()
        end = monotonic() + STOP_WITHIN
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))

    def _start(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _loop(self, step: Callable[[], float], wake: threading.Event) -> None:
        """Take steps for ever; each says how long to sleep, at most, before the next."""
        pause = 0.1
        while not self.stopping.is_set():
            try:
                sleep = step()
                pause = 0.1
            except AWAY as error:
                _log.warning(
                    "the database is away", error=type(error).__name__, thread=threading.current_thread().name
                )
                give_back()
                self.stopping.wait(pause)
                pause = min(1.0, pause * 2)
                continue
            except Exception:
                _log.exception("a step failed", thread=threading.current_thread().name)
                give_back()
                self.stopping.wait(pause)
                pause = min(30.0, pause * 2)
                continue
            if sleep > 0:
                wake.wait(sleep)
            wake.clear()
        give_back()

    # --- relay and clock ------------------------------------------------------------------------------------

    def _relay_step(self) -> float:
        agenda = read_agenda()
        relayed = relay.step() if agenda.events else relay.Relayed()
        if relayed.runs:
            self.wake_runs.set()
        if relayed.notices:
            self.wake_notices.set()
        replayed = replays.step() if agenda.replay else False
        if relayed.deliveries or replayed or _is_due(agenda.delivery):
            self._sender.wake()
        if relayed.mails or _is_due(agenda.mail):
            self._mails.wake()
        if relayed.enrichments or _is_due(agenda.enrichment):
            self._enrichment.step()
        if agenda.directory:
            self.wake_directory.set()
        ticked = timers.step() if _is_due(agenda.clock) else 0
        if relayed.full or replayed or ticked >= timers.BATCH:
            return 0.0
        if relayed.events or ticked:
            # Something is going on: let the next events gather, then look again.
            self.stopping.wait(BREATH)
            return 0.0
        if agenda.events or _is_due(agenda.clock):
            return BREATH  # what is there may not be read yet: an older transaction is still running
        if _is_due(agenda.enrichment):
            return BUSY  # all hands are asking already
        return _sleep(agenda.clock, agenda.enrichment)

    def _runs_step(self) -> float:
        begun = self._runner.step()
        if begun:
            self.wake_relay.set()
            return 0.0
        due = read_agenda().run
        return BUSY if _is_due(due) else _sleep(due)

    def _notices_step(self) -> float:
        due = read_agenda().notice
        if not _is_due(due):
            return _sleep(due)
        looked = looks.step()
        if looked.mails:
            self._mails.wake()
        return 0.0 if looked.persons else BREATH  # another worker has them just now

    def _directory_step(self) -> float:
        """Import, a batch at a time, with a breath between two: the other threads have their work, too."""
        if importing.step():
            self.stopping.wait(BREATH)
            return 0.0
        give_back()
        return LONGEST_REST

    # --- waking ---------------------------------------------------------------------------------------------

    def _listen(self, url: str) -> None:
        """Be woken by whoever commits; without this the threads look by themselves, only later."""
        while not self.stopping.is_set():
            try:
                with psycopg.connect(
                    url,
                    autocommit=True,
                    connect_timeout=3,
                    keepalives_idle=30,
                    application_name="kohomai listener",
                ) as listening:
                    listening.execute(f"LISTEN {CHANNEL}")
                    self.wake_relay.set()
                    while not self.stopping.is_set():
                        for _ in listening.notifies(timeout=1.0):
                            self.wake_relay.set()
            except psycopg.Error:
                self.stopping.wait(0.5)


def _is_due(seconds: float | None) -> bool:
    return seconds is not None and seconds <= 0


def _sleep(*seconds: float | None) -> float:
    """Until the first of these, and never for longer than a second."""
    return max(0.005, min([LONGEST_SLEEP, *(one for one in seconds if one is not None)]))


def run() -> None:
    """Work until SIGTERM or SIGINT, then stop within two seconds. Django has to be set up.

    Raises ``ProvidersFault`` when ``KOHOMAI_PROVIDERS`` cannot be loaded.
    """
    providers()
    asked = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        asked.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    worker = Worker()
    worker.start()
    _log.info("worker started", pid=os.getpid())
    while not asked.wait(3600):
        pass
    worker.stop()
    _log.info("worker stopped", pid=os.getpid())
    # Threads that did not end in time (a provider that hangs) must not keep the process.
    os._exit(0)
