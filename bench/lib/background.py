"""From the answer to POST /leads until a due automatic activity has run, with an idle worker."""

from __future__ import annotations

import argparse
import statistics
import sys
import time

import psycopg

from bench.lib import api, processes, program

WANTED = 300.0


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="bench/background", description=__doc__)
    parser.add_argument("--leads", type=int, default=30, help="to register, one after the other (default 30)")
    return parser.parse_args()


def main() -> int:
    """Measure, and print the median."""
    chosen = options()
    with program.data_folder() as folder, program.kohomai(folder) as ours:
        api.make_data_points(ours.api)
        ref = api.make_funnel(ours.api, api.BACKGROUND)
        processes.wait_until_quiet(ours.process.pid)
        with psycopg.connect(ours.database_url, autocommit=True) as database:
            times = []
            for number in range(chosen.leads + 3):
                body = api.body(f"background-{number}@bench.example")
                lead = ours.api.call("POST", f"/leads?ref={ref}", body)
                times.append(until_run(database, lead["Journey"]["Id"]))
                time.sleep(0.3)
    times = sorted(times[3:])  # the first ones warm up
    print(f"{len(times)} leads: fastest {times[0]:.0f} ms, slowest {times[-1]:.0f} ms")
    median = statistics.median(times)
    print("reached" if median < WANTED else "NOT reached", f"(under {WANTED:.0f} ms)")
    print(f"median {median:.0f} ms")
    return 0


def until_run(database: psycopg.Connection, journey_id: int) -> float:
    """Milliseconds until the journey has left its first stage, which it does when the activity has run."""
    answered = time.perf_counter()
    while time.perf_counter() - answered < 30:
        row = database.execute("SELECT node FROM journeys_journey WHERE id = %s", [journey_id]).fetchone()
        if row is not None and row[0] == "second":
            return (time.perf_counter() - answered) * 1000
        time.sleep(0.003)
    raise RuntimeError("the activity has not run within 30 s")


if __name__ == "__main__":
    sys.exit(main())
