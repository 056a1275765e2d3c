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
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.lib import api, processes, program

RATE, RATIO, LATENCY, SLOWDOWN, NOISE = 400.0, 0.4, 300.0, 1.5, 0.05


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="bench/delivery", description=__doc__)
    parser.add_argument("--leads", type=int, default=600, help="leads of each round (default 600)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the medians are given (default 3)")
    parser.add_argument("--seconds", type=float, default=6.0, help="of steady registrations (default 6)")
    return parser.parse_args()


@dataclass(frozen=True, slots=True)
class Backlog:
    """How a backlog was told: deliveries a second, how many came, how many came twice, and the milliseconds of
    processor time that each took in the program (its workers, PostgreSQL, and the web processes that registered)."""

    rate: float
    came: int
    twice: int
    processor: float


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
        self.calm = api.make_funnel(ours.api, api.REGISTRATION)

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

    def backlog(self, to: Receiver, leads: int, *extra: int, ref: str | None = None) -> Backlog:
        """Tell a backlog of events, in which nothing is to be done automatically unless ``ref`` says otherwise; by
        the program's worker and by those in ``extra``."""
        before = len(to.lines())
        pids = [*self.workers(), *extra]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        for start in range(0, leads, 100):
            bodies = [self.body() for _ in range(min(100, leads - start))]
            self.ours.api.call("POST", f"/leads/batch?ref={ref or self.calm}", {"Items": bodies})
        used = self.processor(extra)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        lines = settled(to)[before:]
        used = self.processor(extra) - used
        times = sorted(float(line[0]) for line in lines)
        low, high = int(len(times) * 0.05), int(len(times) * 0.95)
        rate = (high - low) / (times[high] - times[low])
        twice = len(lines) - len({line[2] for line in lines})
        return Backlog(rate, len(lines), twice, used / len(lines) * 1000)

    def processor(self, extra: Sequence[int]) -> float:
        """The seconds of processor time that the program has used, and these workers beside it."""
        return sum(processes.cpu_seconds(pid) for pid in (self.ours.process.pid, *extra))

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


def rates(bench: Bench, well: Receiver, leads: int, rounds: int) -> tuple[float, float]:
    """Backlogs told by one worker and by two, in turn, each beside the bare loop of the same moment. Gives what one
    worker makes of the bare loop, and what two make of one."""
    hook = bench.hook(well.url + "/one")
    bench.backlog(well, 100)  # warms up
    bench.backlog(well, 100, ref=bench.ref)
    ones, shares, pairs, twice = [], [], [], 0
    for _ in range(rounds):
        loop = bare(well, 2000)
        one = bench.backlog(well, leads)
        loop = (loop + bare(well, 2000)) / 2
        with second_worker(bench.folder) as pid:
            two = bench.backlog(well, leads, pid)
        print(
            f"bare loop {loop:.0f}/s; one worker {one.rate:.0f}/s, {one.processor:.2f} ms of processor each;"
            f" two {two.rate:.0f}/s, {two.processor:.2f} ms; {one.came + two.came} deliveries",
            flush=True,
        )
        ones.append(one.rate)
        shares.append(one.rate / loop)
        pairs.append(two.rate / one.rate)
        twice += one.twice + two.twice
    busy = bench.backlog(well, leads, ref=bench.ref)
    print(f"one worker {busy.rate:.0f}/s while it also runs an automatic activity for every seven deliveries")
    bench.disable(hook)
    rate, share, pair = (statistics.median(found) for found in (ones, shares, pairs))
    say(rate >= RATE, f"{rate:.0f} a second with one worker (at least {RATE:.0f})")
    say(share >= RATIO, f"{share:.2f} of the bare loop (at least {RATIO})")
    say(twice == 0, f"{twice} sent twice")
    say(pair >= 1 - NOISE, f"with two workers {pair:.2f} of one (not lower; {NOISE} is the noise)")
    return share, pair


def delays(bench: Bench, well: Receiver, hanging: Receiver, seconds: float) -> None:
    """From the answer to the webhook, and what one of ten endpoints that hangs does to the others."""
    hook = bench.hook(well.url + "/one")
    median = bench.steady(well, 50, seconds)
    say(median < LATENCY, f"median {median:.0f} ms from answer to webhook at 50/s (under {LATENCY:.0f})")
    bench.disable(hook)
    told = {"Events": ["lead.registered"]}
    for number in range(9):
        bench.hook(f"{well.url}/e{number}", **told)
    tenth = bench.hook(f"{well.url}/tenth", **told)
    before = bench.steady(well, 20, seconds)
    bench.disable(tenth)
    bench.hook(f"{hanging.url}/tenth", **told)
    after = bench.steady(well, 20, seconds)
    ratio = after / before
    say(
        ratio <= SLOWDOWN,
        f"{after:.0f} ms with one of ten hanging, {before:.0f} before: {ratio:.2f} (at most {SLOWDOWN})",
    )


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
        share, pair = rates(bench, well, chosen.leads, chosen.rounds)
        delays(bench, well, hanging, chosen.seconds)
    print(f"ratio delivery {share:.2f} two {pair:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
