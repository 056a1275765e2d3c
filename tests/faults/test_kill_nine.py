"""Web, worker and PostgreSQL are killed with -9 in turn, for a minute, under registrations and completions.

What was answered with success is written down by the clients, who try again with the same idempotency key until they
are answered. Afterwards everything is killed and started once more, and the doctor is asked.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import client_for
from tests.delivery.support import Door, form, open_door, rows, set_data, stage, until, wait
from tests.support.program import ROOT, Program

pytestmark = pytest.mark.faults

SECONDS = float(os.environ.get("KOHOMAI_FAULTS_SECONDS", "60"))
CLIENTS = 6
PATIENCE = 60.0


@pytest.fixture
def program() -> Iterator[Program]:
    """A program of its own, that keeps what it says it keeps (fsync on)."""
    folder = Path(tempfile.mkdtemp(prefix="kohomai-faults-"))
    folder.chmod(0o711)
    made = Program(folder / "data", KOHOMAI_DATABASE_FSYNC="1")
    made.start()
    yield made
    made.stop(signal.SIGKILL)
    time.sleep(1)  # its parts notice that it is gone
    shutil.rmtree(folder, ignore_errors=True)


class Clients:
    """Programs that register leads and complete their forms, and remember what they were told."""

    def __init__(self, program: Program, door: Door) -> None:
        self.program = program
        self.door = door
        self.stopping = threading.Event()
        self.acknowledged: list[dict[str, int]] = []
        self.emails: set[str] = set()
        self.completed: set[int] = set()
        self.tries = 0
        self.faults: list[str] = []
        self.threads = [threading.Thread(target=self._run, args=(n,)) for n in range(CLIENTS)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(PATIENCE + 20)
            assert not thread.is_alive()

    def _run(self, number: int) -> None:
        with client_for(self.program, self.program.first_run["ApiKey"]) as api:
            count = 0
            while not self.stopping.is_set() and not self.faults:
                count += 1
                email = f"lead-{number}-{count}@corp.example"
                try:
                    self._one(api, email)
                except AssertionError as error:
                    self.faults.append(f"{email}: {error}")

    def _one(self, api: httpx.Client, email: str) -> None:
        body: dict[str, Any] = {
            "Email": email,
            "JourneyData": [{"Name": "Segment", "Value": random.choice("AB")}],
            "WebhookInput": {"URL": "http://127.0.0.1:9/hook"},
        }
        answer = self._insist(api, f"leads?ref={self.door.ref}", body)
        journey = answer["Journey"]
        self.emails.add(email)
        self.acknowledged.append({"Lead": answer["Id"], "Journey": journey["Id"]})
        if random.random() < 0.2:
            return  # somebody who never comes back
        activity = next(one["Id"] for one in journey["Activities"] if one["Key"].startswith("form"))
        self._insist(
            api,
            f"journeys/{journey['Id']}/activities/{activity}/complete",
            {"Data": [{"Name": "Answer", "Value": "yes"}]},
        )
        self.acknowledged.append({"Lead": answer["Id"], "Journey": journey["Id"], "Completed": activity})
        self.completed.add(journey["Id"])

    def _insist(self, api: httpx.Client, path: str, body: Any) -> Any:
        """Post with one idempotency key until there is an answer."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        end = time.monotonic() + PATIENCE
        while True:
            self.tries += 1
            response = None
            with contextlib.suppress(httpx.HTTPError):
                response = api.post(path, json=body, headers=headers, timeout=10)
            if response is not None and response.status_code < 300:
                return response.json()
            # Away (503), cut off (no answer), or the same call still running (409): all to be tried again.
            status = response.status_code if response is not None else None
            assert status in (None, 502, 503, 409), f"{path}: {status} {response and response.text}"
            assert time.monotonic() < end, f"{path}: no answer for {PATIENCE} seconds, last {status}"
            time.sleep(0.1)


def test_nothing_acknowledged_is_lost(program: Program, tmp_path: Path) -> None:
    with client_for(program, program.first_run["ApiKey"]) as api:
        segment = {"DataPoint": "Segment", "Operator": "Is", "Value": "A"}
        branch = {"Name": "A", "When": segment, "Next": "left"}
        door = open_door(
            api,
            {
                "which": {"Type": "Decision", "Name": "?", "Branches": [branch], "Default": "right"},
                "left": stage(form("form-left"), set_data("set-left", "C"), next="calm"),
                "right": stage(set_data("set-right", "D"), form("form-right"), next="calm"),
                "calm": stage(wait(length="PT1S"), set_data("set-last", "E"), next="won"),
            },
        )
        clients = Clients(program, door)
        clients.start()
        killed = _kill_in_turn(program, SECONDS)
        program.wait_ready(60)
        clients.stop()
        assert not clients.faults, clients.faults
        # And all of it at once.
        program.stop(signal.SIGKILL)
        program.start()
        _wait_until_settled(program, clients)
        print(
            f"killed {killed}; {len(clients.emails)} leads, {len(clients.completed)} completions acknowledged in"
            f" {clients.tries} tries"
        )
        assert len(clients.emails) > SECONDS / 2
        _ask_the_doctor(program, clients, tmp_path / "acknowledged")


def _kill_in_turn(program: Program, seconds: float) -> dict[str, int]:
    """Kill one part after the other, every second or so, as long as it answers in between; how often each was."""
    killed = {"web": 0, "worker": 0, "postgres": 0}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for part in killed:
            found = program.pids()[part]
            if found:
                killed[part] += 1
                with contextlib.suppress(ProcessLookupError):
                    os.kill(found[0] if part == "postgres" else random.choice(found), signal.SIGKILL)
            time.sleep(random.uniform(0.5, 1.5))
            program.wait_ready(30)
    assert all(times > seconds / 30 for times in killed.values()), killed
    return killed


def _wait_until_settled(program: Program, clients: Clients) -> None:
    """Until all whose forms were completed have gone through, and no work is left."""
    running = "SELECT count(*) FROM journeys_journey WHERE id = ANY (%s) AND status = 'InProgress'"
    until(lambda: rows(program.database_url, running, list(clients.completed)) == [(0,)], 90, "all through")
    waiting = "SELECT count(*) FROM delivery_activityrun WHERE status = 'Waiting'"
    until(lambda: rows(program.database_url, waiting) == [(0,)], 60, "nothing queued")


def _ask_the_doctor(program: Program, clients: Clients, file: Path) -> None:
    file.write_text("".join(json.dumps(line) + "\n" for line in clients.acknowledged))
    command = [program.python, "-m", "kohomai.site", "doctor", "--deep", "--acknowledged", str(file)]
    asked = subprocess.run(
        command, env=program.environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    said = asked.stdout[-3000:] + asked.stderr[-3000:]
    assert asked.returncode == 0, said
    assert "hold" in said
    found = rows(program.database_url, "SELECT email FROM leads_lead WHERE strpos(email, 'lead-') = 1")
    there = [row[0] for row in found]
    assert len(there) == len(set(there))
    assert clients.emails <= set(there)
    journeys = (
        "SELECT count(*) FROM journeys_journey AS j JOIN leads_lead AS l ON l.id = j.lead_id"
        " WHERE strpos(l.email, 'lead-') = 1"
    )
    assert rows(program.database_url, journeys) == [(len(there),)]
