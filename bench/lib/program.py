"""Starts what is measured: Kohomai as `./run` does, and the floor program beside it in the same database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.lib import processes, tables
from bench.lib.api import Api
from bench.lib.load import Target

WEB_PROCESSES = 2
FLOOR_POOL = 8
"""Connections of each floor process: more made it slower, at 16 and at 64 connections alike."""


@dataclass(frozen=True, slots=True)
class Kohomai:
    """A Kohomai that runs."""

    process: subprocess.Popen[bytes]
    data: Path
    api: Api
    ready_after: float

    @property
    def database_url(self) -> str:
        """The address of its database."""
        return (self.data / "database-url").read_text().strip()

    def target(self, ref: str) -> Target:
        """Where registrations by this reference are posted to."""
        return Target(
            self.api.base_url, f"/api/v1/leads?ref={ref}", {"Authorization": f"Bearer {self.api.key}"}
        )


def answers(url: str) -> bool:
    """Whether a GET of this address is answered 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


@contextmanager
def data_folder() -> Iterator[Path]:
    """A data folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kohomai-bench-") as folder:
        yield Path(folder) / "data"


@contextmanager
def kohomai(data: Path, **more: str) -> Iterator[Kohomai]:
    """PostgreSQL, web and worker on this data folder, until the block ends. Everything is as by default, but what
    ``more`` sets in the environment."""
    port = processes.free_port()
    url = f"http://127.0.0.1:{port}"
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("KOHOMAI_") and name != "DATABASE_URL"
    }
    environment = {
        **kept, "KOHOMAI_DATA": str(data), "KOHOMAI_PORT": str(port), "KOHOMAI_LOG_LEVEL": "WARNING",
        "KOHOMAI_WEB_PROCESSES": str(WEB_PROCESSES), **more,
    }  # fmt: skip
    log = data.with_name(data.name + ".log")
    with log.open("ab") as output:
        command = [sys.executable, "-m", "kohomai.site"]
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
    try:
        try:
            took = processes.wait_for(lambda: answers(f"{url}/healthz"), process, patience=60, what="Kohomai")
        except RuntimeError as error:
            raise RuntimeError(f"{error}:\n{log.read_text()[-4000:]}") from error
        first_run = json.loads((data / "first-run.json").read_text())
        yield Kohomai(process, data, Api(url, first_run["ApiKey"]), took)
    finally:
        processes.stop(process)


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor program that runs."""

    process: subprocess.Popen[bytes]
    target: Target


@contextmanager
def floor(database_url: str, lead_id: int) -> Iterator[Floor]:
    """The floor program, with tables of its own, writing rows like this lead's; until the block ends."""
    tables.make_copies(database_url)
    port = processes.free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "FLOOR_DATABASE_URL": database_url,
        "FLOOR_LEAD": str(lead_id),
        "FLOOR_POOL": str(FLOOR_POOL),
    }
    command = [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)),
        *(
            "--workers",
            str(WEB_PROCESSES),
            "--loop",
            "uvloop",
            "--http",
            "1",
            "--no-ws",
            "--log-level",
            "warning",
        ),
        "bench.lib.floor:application",
    ]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
    try:
        processes.wait_for(lambda: answers(f"{url}/ready"), process, patience=30, what="The floor program")
        # The header is there so that both read as much.
        yield Floor(process, Target(url, "/api/v1/leads", {"Authorization": "Bearer " + "x" * 36}))
    finally:
        processes.stop(process)
