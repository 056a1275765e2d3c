"""Memory of everything when idle, PostgreSQL included, and how long the first and the second start take."""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path

from bench.lib import processes, program

MOST_MEMORY = 500.0
MOST_SECONDS = 4.0


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="bench/footprint", description=__doc__)
    parser.add_argument(
        "--idle", type=float, default=10, help="seconds to be idle before memory is read (default 10)"
    )
    return parser.parse_args()


def main() -> int:
    """Start twice, measure, print."""
    chosen = options()
    with program.data_folder() as folder:
        with program.kohomai(folder) as first:
            started = first.ready_after
        with program.kohomai(folder) as second:
            again = second.ready_after
            time.sleep(chosen.idle)
            found = {process: memory(process) for process in processes.tree(second.process.pid)}
            names = {process: name(process) for process in found}
    for process, megabytes in sorted(found.items(), key=lambda each: -each[1]):
        print(f"{megabytes:7.1f} MB  {names[process]}")
    total = sum(found.values())
    print(f"{total:7.1f} MB in all, {verdict(total < MOST_MEMORY)} (under {MOST_MEMORY:.0f} MB)")
    print(f"second start {verdict(again < MOST_SECONDS)} (under {MOST_SECONDS:.0f} s)")
    print(f"memory {total:.0f} MB, first start {started:.1f} s, second start {again:.1f} s")
    return 0


def verdict(reached: bool) -> str:
    """In words."""
    return "reached" if reached else "NOT reached"


def memory(process: int) -> float:
    """Megabytes of one process; what it shares with others counts by its part (PSS)."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^Pss: +([0-9]+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def name(process: int) -> str:
    """How the process was started."""
    try:
        return (
            Path(f"/proc/{process}/cmdline")
            .read_bytes()
            .replace(b"\0", b" ")
            .decode(errors="replace")
            .strip()[:100]
        )
    except OSError:
        return "?"


if __name__ == "__main__":
    sys.exit(main())
