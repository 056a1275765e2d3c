"""Registrations a second, Kohomai against the floor program (docs/explanation/benchmark.md)."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import dataclass, field, replace

from bench.lib import api, load, processes, program, tables

TARGETS = {16: 0.7, 64: 1.0}
MOST_P99 = 3.0


@dataclass(slots=True)
class Cell:
    """What all rounds gave at one number of connections."""

    ours: list[load.Measured] = field(default_factory=list)
    floor: list[load.Measured] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios: what disturbs one round disturbs both programs in it."""
        return statistics.median(a.rate / b.rate for a, b in zip(self.ours, self.floor, strict=True))

    @property
    def p99_ratio(self) -> float:
        """Our 99th percentile against the floor's, by the same rule."""
        return statistics.median(a.p99 / b.p99 for a, b in zip(self.ours, self.floor, strict=True))


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="bench/registration", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6, help="of each measurement (default 6)")
    parser.add_argument("--rounds", type=int, default=3, help="of all measurements (default 3)")
    parser.add_argument(
        "--connections", type=lambda text: [int(part) for part in text.split(",")], default=[1, 16, 64],
        metavar="N,N,…", help="how many connections load at a time (default 1,16,64)",
    )  # fmt: skip
    return parser.parse_args()


def main() -> int:
    """Measure, print, and tell by the exit code whether every answer and every row was as it must be."""
    chosen = options()
    with program.data_folder() as folder, program.kohomai(folder) as ours:
        api.make_data_points(ours.api)
        ref = api.make_funnel(ours.api, api.REGISTRATION)
        lead = ours.api.call("POST", f"/leads?ref={ref}", api.body("pattern@bench.example"))
        print(f"One registration writes {tables.count(ours.database_url)}", flush=True)
        with program.floor(ours.database_url, lead["Id"]) as floor:
            return compare(ours, floor, ref, chosen)


def compare(ours: program.Kohomai, floor: program.Floor, ref: str, chosen: argparse.Namespace) -> int:
    """Load both in turn, and print the table and the ratios."""
    target = ours.target(ref)
    body = api.body("{email}")
    pattern = tables.count(ours.database_url)
    cells = {connections: Cell() for connections in chosen.connections}
    for each in (target, floor.target):
        load.register(each, body, prefix="warm", connections=16, seconds=2)
    warm = count(ours)
    for round_ in range(chosen.rounds):
        for connections, cell in cells.items():
            turns = [(target, cell.ours), (floor.target, cell.floor)]
            for where, measured in turns if round_ % 2 == 0 else reversed(turns):
                tables.settle(ours.database_url)
                processes.wait_until_quiet(ours.process.pid)
                prefix = f"r{round_}c{connections}"
                before = used(ours, floor)
                found = load.register(
                    where, body, prefix=prefix, connections=connections, seconds=chosen.seconds
                )
                cpu = (used(ours, floor) - before) * 1000 / max(1, found.answered)
                measured.append(replace(found, cpu=cpu))
            ratio = cell.ours[-1].rate / cell.floor[-1].rate
            print(f"round {round_ + 1}, {connections:>2} connections: ratio {ratio:.2f}", flush=True)
    time.sleep(1)  # what was under way when the load stopped is written in the end
    faults = check(cells, pattern, warm, count(ours))
    show(cells)
    for fault in faults:
        print(f"FAULT: {fault}")
    print("ratio " + " ".join(f"c={connections} {cell.ratio:.2f}" for connections, cell in cells.items()))
    return 1 if faults else 0


def used(ours: program.Kohomai, floor: program.Floor) -> float:
    """Seconds of processor that everything but the load has used so far."""
    return processes.cpu_seconds(ours.process.pid) + processes.cpu_seconds(floor.process.pid)


def count(ours: program.Kohomai) -> dict[str, dict[str, int]]:
    """The rows of both programs."""
    return {
        "Kohomai": tables.count(ours.database_url),
        "floor": tables.count(ours.database_url, tables.PREFIX),
    }


def check(
    cells: dict[int, Cell],
    pattern: dict[str, int],
    before: dict[str, dict[str, int]],
    after: dict[str, dict[str, int]],
) -> list[str]:
    """What is wrong with the answers and the rows: every answer 201, its rows there, none half there."""
    faults = []
    runs = {"Kohomai": [(c, m) for c, cell in cells.items() for m in cell.ours],
            "floor": [(c, m) for c, cell in cells.items() for m in cell.floor]}  # fmt: skip
    for name, measured in runs.items():
        wrong, lost = sum(m.wrong for _, m in measured), sum(m.lost for _, m in measured)
        if wrong or lost:
            faults.append(f"{name}: {wrong} answers were not 201, {lost} connections failed")
        answered = sum(m.answered for _, m in measured)
        under_way = sum(connections for connections, _ in measured)
        new = {table: after[name][table] - before[name][table] for table in tables.TABLES}
        leads = new[tables.LEAD]
        if not answered <= leads <= answered + under_way:
            faults.append(f"{name}: {answered} answers, but {leads} leads")
        for table in tables.TABLES:
            if new[table] != leads * pattern[table]:
                faults.append(f"{name}: {leads} leads, but {new[table]} rows in {table}")
        print(f"{name}: {answered} answers, {leads} leads, {sum(new.values())} rows")
    return faults


def show(cells: dict[int, Cell]) -> None:
    """Print the table: medians of the rounds."""

    def median(measured: list[load.Measured], name: str) -> float:
        return float(statistics.median(getattr(each, name) for each in measured))

    print()
    print("| connections | program | per second | p50 ms | p99 ms | processor ms | ratio | p99 ratio |   |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for connections, cell in cells.items():
        ratios = f"{cell.ratio:.2f} | {cell.p99_ratio:.2f} | {verdict(connections, cell)}"
        for name, measured, last in (("floor", cell.floor, " |  | "), ("Kohomai", cell.ours, ratios)):
            numbers = [f"{median(measured, 'rate'):,.0f}"]
            numbers += [f"{median(measured, field):.1f}" for field in ("p50", "p99", "cpu")]
            print(f"| {connections} | {name} | {' | '.join(numbers)} | {last} |")
    print()


def verdict(connections: int, cell: Cell) -> str:
    """Whether what is asked for at this number of connections was reached."""
    if connections not in TARGETS:
        return ""
    wanted = TARGETS[connections]
    reached = cell.ratio >= wanted and cell.p99_ratio <= MOST_P99
    return f"{'reached' if reached else 'NOT reached'} (at least {wanted}, p99 at most {MOST_P99:.0f} ×)"


if __name__ == "__main__":
    sys.exit(main())
