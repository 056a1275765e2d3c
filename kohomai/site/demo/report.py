"""What the demo prints: where every row went, and where the journeys stand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from kohomai.site.demo.leads_file import LeadsFile
from kohomai.site.demo.register import Registered

CONVERTED = "Converted"
RESULTS = ("Created", "Updated", "Existing", "Refused")


def print_all(
    leads: LeadsFile, done: Registered, definition: dict[str, Any], journeys: Sequence[Any]
) -> bool:
    """Print the tables. True when every row is accounted for: sent and answered, or named with the reason."""
    whole = outcomes(leads, done)
    decisions(done, definition)
    whole = stands(done, definition, journeys) and whole
    rate = len(done.sent) / done.seconds if done.seconds else 0.0
    print(f"\n{len(done.sent):,} calls in {done.seconds:.1f} s: {rate:,.0f} leads a second")
    faults(leads, done)
    return whole


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: the first column left, the others right."""
    cells = [
        [f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in (headers, *rows)
    ]
    widths = [max(len(row[index]) for row in cells) for index in range(len(headers))]
    for row in cells:
        first, *others = row
        rest = "".join(f"  {cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True))
        print(f"  {first:<{widths[0]}}{rest}".rstrip())


def outcomes(leads: LeadsFile, done: Registered) -> bool:
    """How many rows came to what; whether they add up to the file."""
    counted = Counter(sent.result for sent in done.sent)
    rows: list[tuple[str, int]] = [(result, counted[result]) for result in RESULTS]
    rows += [("Not sent (see the faults)", len(leads.unsent)), ("No answer", len(done.missing))]
    print("\nRegistered")
    table(("Result", "Rows"), [*rows, ("All", sum(count for _, count in rows))])
    return sum(count for _, count in rows) == len(leads) and not done.missing


def decisions(done: Registered, definition: dict[str, Any]) -> None:
    """Which way how many went at each decision."""
    taken = Counter(step for sent in done.sent for step in sent.decisions)
    print("\nDecided")
    rows = []
    for key, node in definition["Nodes"].items():
        if node["Type"] == "Decision":
            names = [*(branch["Name"] for branch in node["Branches"]), "Default"]
            others = sorted({branch for at, branch in taken if at == key and branch not in names})
            rows += [
                (f"{node['Name']} → {name}", taken[key, name])
                for name in (*names, *others)
                if taken[key, name]
            ]
    table(("Decision", "Journeys"), rows)


def stands(done: Registered, definition: dict[str, Any], journeys: Sequence[Any]) -> bool:
    """Where the journeys stand, beside what became of those leads in the file; whether all of them are there."""
    converted: dict[int | None, bool] = {}
    for sent in done.sent:
        said = sent.row.values.get(CONVERTED, "").casefold()
        converted[sent.journey_id] = said in ("1", "yes", "true")
    places: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    for journey in journeys:
        node = (journey["Node"] or {}).get("Key") or ""
        status = journey["Status"] if journey["Status"] != "Completed" else f"Completed: {journey['Outcome']}"
        places[node, status].append(converted.get(journey["Id"], False))
    order = {key: number for number, key in enumerate(definition["Nodes"])}
    rows = []
    for (key, status), found in sorted(
        places.items(), key=lambda item: (order.get(item[0][0], 99), item[0][1])
    ):
        name = definition["Nodes"].get(key, {}).get("Name", key or "(none)")
        rows.append((f"{name} ({status})", len(found), f"{100 * sum(found) / len(found):.0f} %"))
    print("\nThe journeys stand at")
    table(("Stage or end", "Journeys", "Converted in the file"), [*rows, ("All", len(journeys), "")])
    lost = {sent.journey_id for sent in done.sent if sent.journey_id} - {
        journey["Id"] for journey in journeys
    }
    if lost:
        print(f"  {len(lost):,} journeys were answered but are not listed: {sorted(lost)[:20]}")
    return not lost


def faults(leads: LeadsFile, done: Registered) -> None:
    """Every row that was not registered, by reason."""
    reasons: defaultdict[str, list[int]] = defaultdict(list)
    for unsent in leads.unsent:
        reasons[unsent.reason].append(unsent.number)
    for sent in done.sent:
        if sent.result == "Refused":
            reasons[f"answered {sent.status}: {sent.faults}"].append(sent.row.number)
    for row in done.missing:
        reasons["the server did not answer"].append(row.number)
    if reasons:
        print("\nFaults")
    for reason, numbers in sorted(reasons.items(), key=lambda item: min(item[1])):
        print(f"  row {spans(sorted(numbers))}: {reason}")


def spans(numbers: Sequence[int]) -> str:
    """Row numbers, those that follow each other as a span: 2, 5-9."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)
