"""The worker is killed with -9 while it hands mails over: each is sent, at worst once more, and none is lost."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import client_for
from tests.delivery.emails.mailbox import Mailbox
from tests.delivery.emails.test_claim import WAITING
from tests.delivery.support import rows, until
from tests.support.program import Program

pytestmark = pytest.mark.faults

MAILS = 100
KILLS = 4


@pytest.fixture
def program() -> Iterator[Program]:
    """A program of its own."""
    folder = Path(tempfile.mkdtemp(prefix="kohomai-faults-"))
    folder.chmod(0o711)
    made = Program(folder / "data")
    made.start()
    yield made
    made.stop(signal.SIGKILL)
    time.sleep(1)  # its parts notice that it is gone
    shutil.rmtree(folder, ignore_errors=True)


def slowly(_: str) -> str | None:
    """Takes every mail, after a moment."""
    time.sleep(0.03)
    return None


def test_no_mail_is_lost(program: Program) -> None:
    workspace = program.first_run["Workspace"]["Id"]
    with Mailbox(data=slowly) as box, client_for(program, program.first_run["ApiKey"]) as api:
        box.set(api)
        rows(program.database_url, WAITING, workspace, 0, MAILS)
        for _ in range(KILLS):
            before = len(box.taken)
            until(lambda before=before: len(box.taken) > before + 3, 30, "mails go on")  # type: ignore[misc]
            (worker, *_rest) = program.pids()["worker"]
            os.kill(worker, signal.SIGKILL)
            # Time passes, and what it had on lease is anybody's.
            rows(program.database_url, "UPDATE delivery_email SET next_at = now() WHERE status = 'Waiting'")
        left = "SELECT count(*) FROM delivery_email WHERE workspace_id = %s AND status <> 'Sent'"
        until(lambda: rows(program.database_url, left, workspace) == [(0,)], 60, "all are sent")
    arrived = Counter(one.recipient for one in box.taken)
    assert set(arrived) == {f"x{number}@corp.example" for number in range(1, MAILS + 1)}
    # Twice went only what was being handed over, on one of two connections, when the worker was killed.
    assert sum(arrived.values()) - MAILS <= KILLS * 2
