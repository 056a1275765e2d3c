"""Behind a pooler nobody can LISTEN: the worker looks by itself; and a database that went away is found again."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import client_for
from tests.delivery.support import form, open_door, rows, set_data, stage, until
from tests.support.program import Program


@pytest.fixture
def pooled() -> Iterator[Program]:
    """A program that takes its database for a pooler."""
    folder = Path(tempfile.mkdtemp(prefix="kohomai-pooled-"))
    folder.chmod(0o711)
    program = Program(folder / "data", KOHOMAI_DATABASE_POOLER="1", KOHOMAI_WEB_PROCESSES="1")
    program.start()
    yield program
    program.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_without_listen_and_after_the_database_was_away(pooled: Program) -> None:
    with client_for(pooled, pooled.first_run["ApiKey"]) as api:
        door = open_door(api, {"first": stage(set_data(), form())})
        door.wait_for(door.register()["Journey"]["Id"], "set", "Completed", 30)
        names = "('kohomai listener', 'kohomai wake')"
        listening = f"SELECT count(*) FROM pg_stat_activity WHERE application_name IN {names}"
        assert rows(pooled.database_url, listening) == [(0,)]
        worker = pooled.pids()["worker"]
        os.kill(pooled.pids()["postgres"][0], signal.SIGKILL)
        time.sleep(0.5)
        pooled.wait_ready()
        body = {"Email": "second@corp.example"}
        answer = until(
            lambda: (found := api.post("leads", params={"ref": door.ref}, json=body)).is_success and found, 30
        )
        done = (
            "SELECT 1 FROM journeys_activity WHERE journey_id = %s AND key = 'set' AND status = 'Completed'"
        )
        until(lambda: rows(pooled.database_url, done, answer.json()["Journey"]["Id"]), 30)
        assert pooled.pids()["worker"] == worker  # it went on, it was not started anew
