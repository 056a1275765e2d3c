"""Webhook deliveries a second with one worker and with two, beside a bare loop of the same client and signing; how
long after the answer to POST /leads its webhook is received; what a hanging endpoint costs the others."""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.lib import api, processes, program

RATE, RATIO, LATENCY, SLOWDOWN = 400.0, 0.4, 300.0, 1.5


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="bench/delivery", description=__doc__)
    parser.add_argument("--leads", type=int, default=600, help="leads of each round (default 600)")
    parser.add_argument("--seconds", type=float, default=6.0, help="of steady registrations (default 6)")
    return parser.parse_args()


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver that runs, and what it has noted: time, path, message id, lead."""

    url: str
    log: Path

    def lines(self) -> list[list[str]]:
        """All that came so far."""
        return [line.split() for line in self.log.read_text().splitlines()]


@contextmanager
def receiver(folder: Path, name: str, *words: str) -> Iterator[Receiver]:
    """A receiver in a process of its own, until the block ends."""
    log = folder / f"{name}.log"
    log.touch()
    command = [sys.executable, "-m", "bench.lib.receiver", str(log), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Receiver(f"http://127.0.0.1:{int(process.stdout.readline())}", log)
    finally:
        process.kill()
        process.wait()


class Bench:
    """A running Kohomai with a funnel, and the rounds that are measured on it."""

    def __init__(self, ours: program.Kohomai, folder: Path) -> None:
        self.ours, self.folder, self.number = ours, folder, 0
        api.make_data_points(ours.api)
        self.ref = api.make_funnel(ours.api, api.BACKGROUND)

    def hook(self, url: str, **more: object) -> int:
        """A webhook; its Id."""
        return int(self.ours.api.call("POST", "/webhooks", {"URL": url, **more})["Id"])

    def disable(self, *hooks: int) -> None:
        """Tell these nothing more."""
        for hook in hooks:
            self.ours.api.call("PATCH", f"/webhooks/{hook}", {"Disabled": True})

    def body(self) -> dict[str, object]:
        """A lead that is new."""
        self.number += 1
        return api.body(f"delivery-{self.number}@bench.example")

    def workers(self) -> list[int]:
        """The worker processes below the program."""
        found = []
        for pid in processes.tree(self.ours.process.pid):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
            if words[-1] == b"worker":
                found.append(pid)
        return found

    def backlog(self, to: Receiver, leads: int, extra: list[int]) -> tuple[float, int, int]:
        """Deliveries a second while a backlog of events is told: rate, how many came, how many came twice."""
        before = len(to.lines())
        pids = [*self.workers(), *extra]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        for start in range(0, leads, 100):
            bodies = [self.body() for _ in range(min(100, leads - start))]
            self.ours.api.call("POST", f"/leads/batch?ref={self.ref}", {"Items": bodies})
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        lines = settled(to)[before:]
        times = sorted(float(line[0]) for line in lines)
        low, high = int(len(times) * 0.05), int(len(times) * 0.95)
        rate = (high - low) / (times[high] - times[low])
        return rate, len(lines), len(lines) - len({line[2] for line in lines})

    def steady(self, to: Receiver, rate: float, seconds: float, path: str | None = None) -> float:
        """Median milliseconds from the answer until the webhook is received, at so many registrations a second."""
        answered: dict[str, float] = {}
        before = len(to.lines())

        def register(body: dict[str, object]) -> None:
            lead = self.ours.api.call("POST", f"/leads?ref={self.ref}", body)
            answered[str(lead["Id"])] = time.time()

        with ThreadPoolExecutor(16) as pool:
            began = time.monotonic()
            for turn in range(int(rate * seconds)):
                time.sleep(max(0.0, began + turn / rate - time.monotonic()))
                pool.submit(register, self.body())
        first: dict[tuple[str, str], float] = {}
        for at, where, _, lead in settled(to)[before:]:
            first.setdefault((lead, where), float(at))
        took = [
            (at - answered[lead]) * 1000
            for (lead, where), at in first.items()
            if lead in answered and path in (None, where)
        ]
        return statistics.median(took)


def settled(to: Receiver) -> list[list[str]]:
    """What has come once nothing more comes."""
    lines = to.lines()
    while True:
        time.sleep(1.5)
        if len(more := to.lines()) == len(lines) and lines:
            return more
        lines = more


def bare(to: Receiver, count: int) -> float:
    """Calls a second of the bare loop."""
    command = [sys.executable, "-m", "bench.lib.bare", to.url + "/bare", str(count)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


@contextmanager
def second_worker(data: Path) -> Iterator[int]:
    """Another worker process on the same data."""
    environment = {**os.environ, "KOHOMAI_DATA": str(data), "KOHOMAI_WEBHOOK_ALLOW": "127.0.0.0/8"}
    environment["KOHOMAI_LOG_LEVEL"] = "WARNING"
    process = subprocess.Popen([sys.executable, "-m", "kohomai.site", "worker"], env=environment)
    try:
        time.sleep(4)
        yield process.pid
    finally:
        processes.stop(process)


def say(reached: bool, what: str) -> None:
    """One figure, and whether it is what was to be reached."""
    print("reached" if reached else "NOT reached", what, flush=True)


def main() -> int:
    """Measure, and print each figure."""
    chosen = options()
    with (
        program.data_folder() as folder,
        program.kohomai(folder, KOHOMAI_WEBHOOK_ALLOW="127.0.0.0/8") as ours,
        receiver(folder.parent, "well") as well,
        receiver(folder.parent, "hanging", "hang") as hanging,
    ):
        bench = Bench(ours, folder)
        processes.wait_until_quiet(ours.process.pid)
        loop = bare(well, 2000)
        hook = bench.hook(well.url + "/one")
        bench.backlog(well, 100, [])  # warms up
        rate, came, twice = bench.backlog(well, chosen.leads, [])
        print(f"bare loop {loop:.0f}/s; one worker {rate:.0f}/s ({came} deliveries, {twice} twice)")
        say(rate >= RATE, f"{rate:.0f} a second with one worker (at least {RATE:.0f})")
        say(rate / loop >= RATIO, f"{rate / loop:.2f} of the bare loop (at least {RATIO})")
        with second_worker(folder) as pid:
            both, came, twice = bench.backlog(well, chosen.leads, [pid])
        say(twice == 0, f"{twice} of {came} sent twice by two workers")
        say(both >= rate * 0.95, f"{both:.0f} a second with two workers ({both / rate:.2f} of one)")
        median = bench.steady(well, 50, chosen.seconds)
        say(median < LATENCY, f"median {median:.0f} ms from answer to webhook at 50/s (under {LATENCY:.0f})")
        bench.disable(hook)
        told = {"Events": ["lead.registered"]}
        nine = [bench.hook(f"{well.url}/e{number}", **told) for number in range(9)]
        tenth = bench.hook(f"{well.url}/tenth", **told)
        before = bench.steady(well, 20, chosen.seconds)
        bench.disable(tenth)
        bench.hook(f"{hanging.url}/tenth", **told)
        after = bench.steady(well, 20, chosen.seconds)
        assert len(nine) == 9
        say(
            after <= before * SLOWDOWN,
            f"{after:.0f} ms with one of ten hanging, {before:.0f} before ({after / before:.2f})",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
