"""Completions of a form a second, each moving its journey through a decision into the next stage."""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys

from bench.lib import api, load, processes, program

WANTED = 0.3


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="bench/completion", description=__doc__)
    parser.add_argument(
        "--journeys", type=int, default=1500, help="to complete a form of, in each round (default 1500)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="(default 3)")
    parser.add_argument("--connections", type=int, default=16, help="that load at a time (default 16)")
    return parser.parse_args()


def main() -> int:
    """Measure both by the same generator of load, and print the rates and their ratio."""
    chosen = options()
    with program.data_folder() as folder, program.kohomai(folder) as ours:
        api.make_data_points(ours.api)
        ref = api.make_funnel(ours.api, api.COMPLETION)
        pattern_ref = api.make_funnel(ours.api, api.REGISTRATION)
        lead = ours.api.call("POST", f"/leads?ref={pattern_ref}", api.body("pattern@bench.example"))
        with program.floor(ours.database_url, lead["Id"]) as floor:
            ratios, wrong = [], 0
            for round_ in range(chosen.rounds + 1):  # the first warms up
                completed = complete(ours, waiting(ours, ref, round_, chosen.journeys), chosen.connections)
                registered = register(floor, round_, chosen.journeys, chosen.connections)
                wrong += completed.wrong + completed.lost + registered.wrong + registered.lost
                if round_:
                    ratios.append(completed.rate / registered.rate)
                    print(
                        f"round {round_}: floor {shown(registered)}, Kohomai {shown(completed)}", flush=True
                    )
    if wrong:
        print(f"FAULT: {wrong} answers were not as they must be")
    ratio = statistics.median(ratios)
    print("reached" if ratio >= WANTED else "NOT reached", f"(at least {WANTED})")
    print(f"ratio completion {ratio:.2f}")
    return 1 if wrong else 0


def shown(measured: load.Measured) -> str:
    """A measurement in words."""
    return f"{measured.rate:,.0f}/s (p50 {measured.p50:.0f} ms, p99 {measured.p99:.0f} ms)"


def waiting(ours: program.Kohomai, ref: str, round_: int, journeys: int) -> list[tuple[int, int]]:
    """Register leads in batches; the journey and the open activity of each."""
    found = []
    for start in range(0, journeys, 500):
        items = [
            api.body(f"complete-{round_}-{start + number}@bench.example")
            for number in range(min(500, journeys - start))
        ]
        for item in ours.api.call("POST", f"/leads/batch?ref={ref}", {"Items": items})["Items"]:
            journey = item.get("Lead", item)["Journey"]
            found.append((journey["Id"], journey["Activities"][0]["Id"]))
    return found


def complete(ours: program.Kohomai, waiting: list[tuple[int, int]], connections: int) -> load.Measured:
    """Complete every one of them once."""
    processes.wait_until_quiet(ours.process.pid)
    body = json.dumps({"Data": [{"Name": api.INTEREST, "Value": "a tailored onboarding"}]}).encode()
    headers = {"Authorization": f"Bearer {ours.api.key}"}
    requests = (
        load.request("POST", f"/api/v1/journeys/{journey}/activities/{activity}/complete", body, headers)
        for journey, activity in waiting
    )
    return load.drive(ours.api.base_url, requests, connections=connections, seconds=None, expected=200)


def register(floor: program.Floor, round_: int, registrations: int, connections: int) -> load.Measured:
    """As many registrations by the floor program."""
    text = json.dumps(api.body("{email}"), ensure_ascii=False)
    requests = itertools.islice(load.registrations(floor.target, text, f"round-{round_}"), registrations)
    return load.drive(floor.target.base_url, requests, connections=connections, seconds=None, expected=201)


if __name__ == "__main__":
    sys.exit(main())
