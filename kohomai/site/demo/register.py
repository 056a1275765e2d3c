"""Sends the rows, a few at a time, and keeps what was answered to each."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kohomai.site.demo.client import Client
from kohomai.site.demo.leads_file import Column, Row, to_send
from kohomai.site.failures import Refusal

CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Sent:
    """A row, and what was answered: the journey, or why it was refused."""

    row: Row
    status: int
    result: str
    journey_id: int | None
    decisions: tuple[tuple[str, str], ...]
    faults: str


@dataclass(slots=True)
class Registered:
    """What all rows came to; `missing` were not answered, since the server went away."""

    sent: list[Sent] = field(default_factory=list)
    missing: list[Row] = field(default_factory=list)
    seconds: float = 0.0


def body(row: Row, columns: Mapping[str, tuple[str, Column]]) -> dict[str, Any]:
    """One registration. `columns` maps a column to its data point's name, and how it is read."""
    data = [
        {"Name": columns[name][0], "Value": to_send(columns[name][1], value)}
        for name, value in row.values.items()
    ]
    return {"Email": f"{row.prospect}@leads.example", "JourneyData": data}


def register(
    base_url: str, key: str, ref: str, rows: Sequence[Row], columns: Mapping[str, tuple[str, Column]]
) -> Registered:
    """Send all rows over a few connections at a time."""
    waiting: queue.SimpleQueue[Row] = queue.SimpleQueue()
    for row in rows:
        waiting.put(row)
    done = Registered()
    gone = threading.Event()

    def work() -> None:
        client = Client(base_url, key)
        while True:
            try:
                row = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                if gone.is_set():
                    raise Refusal("the server went away")
                done.sent.append(send(client, ref, row, columns))
            except Refusal:
                gone.set()
                done.missing.append(row)
                continue
            tell(len(done.sent), len(rows))

    started = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.seconds = time.monotonic() - started
    return done


def send(client: Client, ref: str, row: Row, columns: Mapping[str, tuple[str, Column]]) -> Sent:
    """Register one row."""
    answer = client.call("POST", f"/leads?ref={ref}", body(row, columns))
    if not answer.ok:
        return Sent(row, answer.status, "Refused", None, (), answer.faults)
    journey = answer.json["Journey"]
    decisions = tuple((receipt["Node"], receipt["Taken"]) for receipt in journey["Decisions"])
    return Sent(row, answer.status, answer.json["Result"], journey["Id"], decisions, "")


def tell(done: int, of: int) -> None:
    """Say how far it is, to a person who watches."""
    if sys.stderr.isatty() and (done % 100 == 0 or done == of):
        print(f"\r{done:,} of {of:,}", end="" if done < of else "\n", file=sys.stderr, flush=True)
