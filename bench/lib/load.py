"""Loading a program: by wrk where it is installed, else by a generator of our own; connections stay open."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SCRIPT = Path(__file__).with_name("register.lua")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run of the load gave; times in milliseconds."""

    answered: int
    seconds: float
    wrong: int
    lost: int
    p50: float
    p99: float
    cpu: float = 0.0
    """Milliseconds of processor for each answer: the program's and the database's, not the load's."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where registrations are posted to."""

    base_url: str
    path: str
    headers: dict[str, str]


def register(
    target: Target, body: dict[str, Any], *, prefix: str, connections: int, seconds: float
) -> Measured:
    """Post registrations for some seconds, each with an e-mail of its own that begins with `prefix`.

    `body` has `{email}` where the e-mail goes. Whatever is not answered 201 counts as wrong.
    """
    text = json.dumps(body, ensure_ascii=False)
    if shutil.which("wrk"):
        return by_wrk(target, text, prefix, connections, seconds)
    requests = registrations(target, text, prefix)
    return drive(target.base_url, requests, connections=connections, seconds=seconds, expected=201)


def by_wrk(target: Target, text: str, prefix: str, connections: int, seconds: float) -> Measured:
    """Run wrk with one thread; its Lua script writes what it saw as JSON on the last line."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "30s", "-s",
                   str(SCRIPT), target.base_url, "--", prefix, target.path,
                   *(f"{name}: {value}" for name, value in target.headers.items())]  # fmt: skip
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "BENCH_BODY": file.name}, check=False
        )
    try:
        found = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise RuntimeError(f"wrk said: {done.stdout}{done.stderr}") from error
    return Measured(
        found["requests"], found["seconds"], found["wrong"], found["lost"], found["p50"], found["p99"]
    )


def registrations(target: Target, text: str, prefix: str) -> Iterator[bytes]:
    """Requests without end, each with its own e-mail."""
    number = 0
    while True:
        number += 1
        body = text.replace("{email}", f"{prefix}-1-{number}@bench.example").encode()
        yield request("POST", target.path, body, target.headers)


def request(method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """One request of HTTP/1.1 as it goes over the wire, but for its Host, which `drive` puts in."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: \x00",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def drive(
    base_url: str, requests: Iterable[bytes], *, connections: int, seconds: float | None, expected: int
) -> Measured:
    """Send requests over so many connections, one at a time on each, until they or the seconds are over."""
    return asyncio.run(_drive(base_url, iter(requests), connections, seconds, expected))


async def _drive(
    base_url: str, requests: Iterator[bytes], connections: int, seconds: float | None, expected: int
) -> Measured:
    address = urlsplit(base_url)
    loop = asyncio.get_running_loop()
    load = _Load(requests, (address.netloc or "").encode(), expected)
    started = time.perf_counter()
    assert address.hostname is not None
    assert address.port is not None
    load.ends = started + seconds if seconds is not None else float("inf")
    users = [
        (await loop.create_connection(lambda: _User(load), address.hostname, address.port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(user.done for user in users))
    took = time.perf_counter() - started
    times = sorted(load.times)
    p50 = statistics.median(times) * 1000 if times else 0.0
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))] * 1000 if times else 0.0
    return Measured(len(times), took, load.wrong, load.lost, p50, p99)


class _Load:
    """What all connections of one run share."""

    def __init__(self, requests: Iterator[bytes], host: bytes, expected: int) -> None:
        self.requests = requests
        self.host = host
        self.expected = b" %d " % expected
        self.ends = 0.0
        self.times: list[float] = []
        self.wrong = 0
        self.lost = 0


class _User(asyncio.Protocol):
    """One connection: sends a request, waits for its whole answer, sends the next."""

    LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)

    def __init__(self, load: _Load) -> None:
        self.load = load
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = b""
        self.sent_at = 0.0
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        self.send()

    def send(self) -> None:
        """Send the next request; end when there is none, or no time."""
        assert self.transport is not None
        following = next(self.load.requests, None) if time.perf_counter() < self.load.ends else None
        if following is None:
            self.sent_at = 0.0
            self.transport.close()
            return
        self.sent_at = time.perf_counter()
        self.transport.write(following.replace(b"\x00", self.load.host, 1))

    def data_received(self, data: bytes) -> None:
        """Take in a part of the answer; when it is whole, note its time and go on."""
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        found = self.LENGTH.search(self.received, 0, end + 2)
        if len(self.received) < end + 4 + (int(found[1]) if found else 0):
            return
        self.load.times.append(time.perf_counter() - self.sent_at)
        if self.load.expected not in self.received[:16]:
            self.load.wrong += 1
        self.received = b""
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        """An answer that was still owed is lost."""
        if self.sent_at:
            self.load.lost += 1
        if not self.done.done():
            self.done.set_result(None)
