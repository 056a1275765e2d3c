"""What the tests of the background share: a funnel by the API, leads through the public door, and waiting."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import psycopg

from tests.support.program import Program

T = TypeVar("T")

AUTOMATIC = {"Kind": "Automatic"}
LEAD = {"Kind": "Lead"}
WON = {"won": {"Type": "End", "Name": "Won", "Outcome": "Converted"}}


def stage(*activities: dict[str, Any], next: str = "won", name: str = "Stage") -> dict[str, Any]:
    """A stage of a definition."""
    return {"Type": "Stage", "Name": name, "Next": next, "Activities": list(activities)}


def set_data(key: str = "set", value: str = "A", **more: Any) -> dict[str, Any]:
    """An automatic activity that has to be run."""
    settings = {"Values": [{"DataPoint": "Segment", "Value": value}]}
    return {
        "Key": key,
        "Type": "SetData",
        "Name": "Set",
        "Assignee": AUTOMATIC,
        "Settings": settings,
        **more,
    }


def form(key: str = "form", **more: Any) -> dict[str, Any]:
    """A form for the lead."""
    settings = {"Fields": [{"DataPoint": "Answer", "Required": True}]}
    return {"Key": key, "Type": "Form", "Name": "About you", "Assignee": LEAD, "Settings": settings, **more}


def wait(key: str = "wait", length: str = "PT1S", **more: Any) -> dict[str, Any]:
    """A wait of some length."""
    return {
        "Key": key,
        "Type": "Wait",
        "Name": "Wait",
        "Assignee": AUTOMATIC,
        "Settings": {"For": length},
        **more,
    }


@dataclass(frozen=True, slots=True)
class Door:
    """A published funnel and how leads come into it."""

    api: httpx.Client
    funnel: int
    ref: str

    def register(self, **body: Any) -> dict[str, Any]:
        """A new lead; the answer."""
        sent = {"Email": f"{secrets.token_hex(6)}@corp.example", **body}
        return told(self.api.post("leads", params={"ref": self.ref}, json=sent))

    def journey(self, journey: int) -> dict[str, Any]:
        """The journey as it stands."""
        return told(self.api.get(f"journeys/{journey}"))

    def activity(self, journey: int, key: str) -> dict[str, Any]:
        """The last row of one of its activities."""
        return [one for one in self.journey(journey)["Activities"] if one["Key"] == key][-1]

    def complete(self, journey: int, key: str, **body: Any) -> dict[str, Any]:
        """Complete an activity; the journey then."""
        activity = self.activity(journey, key)["Id"]
        return told(self.api.post(f"journeys/{journey}/activities/{activity}/complete", json=body))

    def wait_for(self, journey: int, key: str, status: str, seconds: float = 10.0) -> dict[str, Any]:
        """Wait until an activity has a status."""
        return until(
            lambda: (found := self.activity(journey, key))["Status"] == status and found,
            seconds,
            f"{key} {status}",
        )


def told(response: httpx.Response) -> Any:
    """The JSON of an answer that has to be a success."""
    assert response.status_code < 300, f"{response.status_code}: {response.text}"
    return response.json()


def open_door(api: httpx.Client, nodes: dict[str, Any], *, start: str | None = None, **more: Any) -> Door:
    """Make the data points that the tests use, a funnel of these nodes, and publish it."""
    for name, kind in (("Segment", "Text"), ("Answer", "Text"), ("Until", "DateTime")):
        answer = api.post("datapoints", json={"Name": name, "Type": kind})
        assert answer.status_code in (201, 409, 422), answer.text
    funnel = told(api.post("funnels", json={"Name": f"Funnel {secrets.token_hex(3)}"}))["Id"]
    definition = {
        "Name": "Funnel",
        "Reentry": "WhenEnded",
        "Start": start or next(iter(nodes)),
        "Nodes": {**nodes, **WON},
        **more,
    }
    saved = told(api.put(f"funnels/{funnel}/draft", json=definition))
    assert not saved["Faults"], saved["Faults"]
    told(api.post(f"funnels/{funnel}/publish", json={}))
    origin = told(api.post(f"funnels/{funnel}/origins", json={"Type": "API", "Name": "Tests"}))
    return Door(api, funnel, origin["Ref"])


def until(ask: Callable[[], T], seconds: float = 10.0, what: str = "it") -> T:
    """Ask until the answer is true, and give it; fails after some seconds."""
    end = time.monotonic() + seconds
    while True:
        found = ask()
        if found:
            return found
        assert time.monotonic() < end, f"not after {seconds} s: {what}"
        time.sleep(0.01)


def rows(url: str, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """What a statement of our own gives, on a connection of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql, arguments or None)
        return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def worker_paused(program: Program) -> Iterator[None]:
    """The program's worker stands still, between two transactions, so that a test can be the worker itself."""
    worker = program.pids()["worker"][0]
    busy = (
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        " AND state <> 'idle'"
    )
    try:
        os.kill(worker, signal.SIGSTOP)
        for _ in range(100):
            if rows(program.database_url, busy) == [(0,)]:
                break
            os.kill(worker, signal.SIGCONT)
            time.sleep(0.02)
            os.kill(worker, signal.SIGSTOP)
        yield
    finally:
        os.kill(worker, signal.SIGCONT)
