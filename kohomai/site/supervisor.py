"""`kohomai` without a command: PostgreSQL, web and worker as children of one process, in its process group.

A child that ends is started again, after a pause that grows. A signal to stop ends web and worker first, then
PostgreSQL, all within 5 s. Children that outlive a killed supervisor are ended by the kernel, or by the next start.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kohomai.site import data_folder
from kohomai.site.environment import Environment
from kohomai.site.failures import Refusal
from kohomai.site.gate import VARIABLE, Gate
from kohomai.site.postgres import Server
from kohomai.site.processes import child_setup

STEADY = 30.0  # seconds after which a child counts as well again
LONGEST_PAUSE = 10.0


@dataclass(slots=True)
class Child:
    """One part of the program, and how it has fared."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = field(default_factory=time.monotonic)

    def ended(self) -> int | None:
        """How it ended, None while it runs; also plans when it is due again."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        now = time.monotonic()
        self.process = None
        self.failures = 1 if now - self.started > STEADY else self.failures + 1
        self.due = now + pause_after(self.failures)
        return code

    def start(self, gate: Gate | None = None) -> None:
        """Start it, as a process that ends with the supervisor; with a gate it waits there for word from us."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kohomai.site", self.name],
            preexec_fn=child_setup(signal.SIGKILL),
            stdin=subprocess.DEVNULL,
            env={**os.environ, VARIABLE: gate.as_variable()} if gate else None,
            pass_fds=(gate.reading, gate.writing) if gate else (),
        )


def pause_after(failures: int) -> float:
    """Seconds to wait before a start, after so many failures in a row: none after the first."""
    return 0.0 if failures <= 1 else min(LONGEST_PAUSE, 0.25 * 2.0 ** (failures - 1))


def log(event: str, level: str = "info", **details: object) -> None:
    """One line of the log, as the other processes write it."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"event": event, "level": level, "timestamp": now, **details}
    with contextlib.suppress(OSError, ValueError):
        print(json.dumps(line), file=sys.stderr, flush=True)


def say(text: str) -> None:
    """Tell the person at the terminal; one that has gone is no fault."""
    with contextlib.suppress(OSError, ValueError):
        print(text, flush=True)


class Supervisor:
    """Starts the parts in order, keeps them running, stops them in order."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.stopping = False
        self.server = Server(environment) if environment.embedded else None
        self.children = [Child("web"), Child("worker")]
        self.database_failures = 0
        self.database_due = 0.0
        self.announced = False
        self.wake_read, self.wake_write = socket.socketpair()

    def run(self) -> int:
        """Run until told to stop; the exit code. Raises Refusal when something is in the way."""
        self._listen_to_signals()
        data_folder.make(self.environment.data)
        lock = data_folder.hold(self.environment.data)
        if lock is None:
            by = data_folder.holder(self.environment.data)
            raise Refusal(f"The data folder {self.environment.data} is in use by another run (process {by}).")
        try:
            check_port(self.environment)
            code = self._prepare()
            while code == 0 and not self.stopping:
                self._look_after()
                self._wait(0.05 if not self.announced else 1.0)
            return code
        finally:
            self.stop()
            os.close(lock)

    def stop(self) -> None:
        """Stop what runs: web and worker, then PostgreSQL."""
        self.stopping = True
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.terminate()
        end = time.monotonic() + 2.0
        for process in running:
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.server is not None:
            self.server.stop(1.5)

    def _listen_to_signals(self) -> None:
        """Turn signals into bytes on a socket, so that waiting ends at once and nothing runs in between."""
        self.wake_read.setblocking(False)
        self.wake_write.setblocking(False)
        signal.set_wakeup_fd(self.wake_write.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _on_stop(self, *_: object) -> None:
        self.stopping = True

    def is_stopping(self) -> bool:
        """Whether a signal has asked to stop."""
        return self.stopping

    def _wait(self, seconds: float) -> None:
        select.select([self.wake_read], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            self.wake_read.recv(4096)

    def _prepare(self) -> int:
        """Start the database, and have the web server bring it up to date; 0, or the code with which that ended.

        The web server is started first: it loads itself while PostgreSQL starts.
        """
        if self.server is not None:
            self.server.prepare()
        ours, its = Gate.pair()
        web = self.children[0]
        web.start(its)
        its.close()
        try:
            if self.server is not None:
                self.server.start(self.is_stopping)
            assert web.process is not None
            ours.pass_on()
            while not self.is_stopping():
                if select.select([ours.reading], [], [], 0)[0] and os.read(ours.reading, 1):
                    return 0
                if (code := web.process.poll()) is not None:
                    return code or 1
                self._wait(0.02)
            return 0
        finally:
            os.close(ours.reading)

    def _look_after(self) -> None:
        """Start again what has ended; say once that all is ready."""
        self._look_after_database()
        for child in self.children:
            code = child.ended()
            if code is not None and not self.stopping:
                log("ended", "error", part=child.name, code=code)
            if child.process is None and not self.stopping and time.monotonic() >= child.due:
                child.start()
        if not self.announced and is_ready(self.environment):
            self.announced = True
            log("ready", url=self.environment.url)
            say(f"Kohomai is ready at {self.environment.url} (Ctrl-C stops it).")

    def _look_after_database(self) -> None:
        """Start PostgreSQL again when it has ended; the others wait for it by themselves."""
        server = self.server
        if server is None or self.stopping or time.monotonic() < self.database_due:
            return
        if server.process is not None and (code := server.process.poll()) is not None:
            log("ended", "error", part="postgres", code=code)
            server.process = None
        if server.process is None:
            try:
                server.start(self.is_stopping)
                self.database_failures = 0
            except (Refusal, OSError) as error:
                self.database_failures += 1
                self.database_due = time.monotonic() + max(0.5, pause_after(self.database_failures))
                log("postgres_refused", "error", reason=str(error))


def check_port(environment: Environment, patience: float = 3.0) -> None:
    """Raise Refusal when the port is taken. What a killed run left there ends within moments: wait for that."""
    family = socket.AF_INET6 if ":" in environment.bind else socket.AF_INET
    end = time.monotonic() + patience
    while True:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((environment.bind, environment.port))
                return
            except PermissionError:
                raise Refusal(
                    f"Port {environment.port} may not be opened by this user: set KOHOMAI_PORT to one above 1023."
                ) from None
            except OSError as error:
                if time.monotonic() > end:
                    place = f"{environment.bind} port {environment.port}"
                    raise Refusal(
                        f"{place} cannot be listened on ({error.strerror}): set KOHOMAI_PORT to a free one."
                    ) from None
        time.sleep(0.1)


def is_ready(environment: Environment) -> bool:
    """Whether the web server answers, with its database."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(environment.bind, environment.bind)  # noqa: S104
    connection = http.client.HTTPConnection(host, environment.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
