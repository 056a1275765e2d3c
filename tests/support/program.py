"""Starts the real program, as `./run` does, in a folder of its own, and tells what becomes of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from kohomai.site.processes import child_setup

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Program:
    """One Kohomai: its data folder, its port, its process. Started and stopped as often as a test likes."""

    def __init__(self, data: Path, port: int | None = None, **more: str) -> None:
        self.data = data
        self.port = port or free_port()
        self.log = data.parent / f"{data.name}.log"
        self.python = sys.executable
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("KOHOMAI_")},
            "KOHOMAI_DATA": str(data),
            "KOHOMAI_PORT": str(self.port),
            "KOHOMAI_DATABASE_FSYNC": "0",
            "KOHOMAI_WEBHOOK_ALLOW": "127.0.0.0/8",
            **more,
        }
        self.environment.pop("DATABASE_URL", None)
        self.environment.update({key: value for key, value in more.items() if key == "DATABASE_URL"})
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """Its database's address."""
        return (self.data / "database-url").read_text().strip()

    @property
    def first_run(self) -> dict[str, Any]:
        """What the first run wrote for scripts."""
        found: dict[str, Any] = json.loads((self.data / "first-run.json").read_text())
        return found

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        assert self.process is not None
        return self.process.pid

    def start(self, *, wrap: tuple[str, ...] = (), seconds: float = 60.0) -> float:
        """Start it and wait until it is ready; how many seconds that took."""
        began = time.monotonic()
        self.launch(wrap=wrap)
        try:
            self.wait_ready(seconds)
        except BaseException:
            self.stop(signal.SIGKILL)
            raise
        return time.monotonic() - began

    def launch(self, *, wrap: tuple[str, ...] = ()) -> None:
        """Start it and do not wait. `wrap` is put before the command (to become another user, say)."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*wrap, self.python, "-m", "kohomai.site"],
                env=self.environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # Tests that are killed leave nothing running.
                preexec_fn=child_setup(signal.SIGTERM),
            )

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Wait until it answers with its database; fails with its log when it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"It ended with {self.process.returncode}:\n{self.said()}")
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.base_url}/healthz", timeout=2).status_code == 200:
                    return
            time.sleep(0.03)
        raise AssertionError(f"It was not ready after {seconds} s:\n{self.said()}")

    def stop(self, number: int = signal.SIGTERM, seconds: float = 10.0) -> float:
        """Send it a signal and wait for its end; how many seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(seconds)
        return time.monotonic() - began

    def said(self, characters: int = 4000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-characters:] if self.log.exists() else ""

    def pids(self) -> dict[str, list[int]]:
        """The process ids of its parts: `web` (the serving ones too), `worker`, `postgres` (the first of them)."""
        found: dict[str, list[int]] = {"web": [], "worker": [], "postgres": []}
        for pid in _descendants(self.pid):
            words = _command(pid)
            if words[:1] and words[0].endswith("bin/postgres"):
                found["postgres"].append(pid)
            elif words[-1:] and words[-1] in found:
                found[words[-1]].append(pid)
        return found


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [found for child in children for found in (int(child), *_descendants(int(child)))]


def _command(pid: int) -> list[str]:
    try:
        return [word for word in Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0") if word]
    except OSError:
        return []
