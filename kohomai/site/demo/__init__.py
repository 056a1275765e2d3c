"""`kohomai demo --leads FILE.csv`: makes a funnel for a file of prospects and registers them all, by the API alone.

The file is one like the public "X Education" leads: a row for each prospect, with `Prospect ID`, `Lead Origin`,
`Last Notable Activity` and whatever else. Every column becomes a data point, every row a call of `POST /leads`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kohomai.site.demo import funnel, leads_file, register, report
from kohomai.site.demo.client import Client
from kohomai.site.demo.leads_file import Column, LeadsFile
from kohomai.site.failures import Refusal

ORIGIN = "Demo"

Columns = Mapping[str, tuple[str, Column]]


def run(leads: Path, url: str | None = None, key: str | None = None) -> int:
    """Do all of it, and print what came of it; 0 when every row is accounted for.

    Without `url` and `key`, those of the first run in the data folder are taken. Raises Refusal when the file
    cannot be read, or the server not be reached, or it refuses the funnel.
    """
    base_url, secret = find_server(url, key)
    read = leads_file.read(leads)
    print(f"{leads.name}: {len(read):,} rows, {len(read.columns)} columns", flush=True)
    client = Client(base_url, secret)
    columns = make_data_points(client, columns_of(read))
    definition = funnel.definition(lambda column: columns[column][0])
    funnel_id, ref = make_funnel(client, definition)
    write_to_nobody(client)
    print(f"Funnel “{funnel.NAME}” ({funnel_id}), {len(columns)} data points. Registering …", flush=True)
    done = register.register(base_url, secret, ref, read.rows, columns)
    journeys = list(client.every(f"/journeys?Funnel={funnel_id}"))
    return 0 if report.print_all(read, done, definition, journeys) else 1


def write_to_nobody(client: Client) -> None:
    """Have no lead told by mail of what waits: these are historic ones."""
    if client.must("GET", "/workspace")["NotifyLeadsAfter"] is not None:
        client.must("PATCH", "/workspace", {"NotifyLeadsAfter": None})
        print("Leads of this workspace are not told by mail of what waits for them, from now on:")
        print('PATCH /api/v1/workspace {"NotifyLeadsAfter": "PT15M"} sets it back.')


def find_server(url: str | None, key: str | None) -> tuple[str, str]:
    """Where Kohomai runs, and a secret key. Raises Refusal when neither is given nor to be found."""
    if url and key:
        return url.rstrip("/"), key
    folder = Path(os.environ.get("KOHOMAI_DATA") or "data")
    try:
        found = json.loads((folder / "first-run.json").read_text())
    except (OSError, ValueError):
        raise Refusal(
            f"There is no first-run.json in {folder}: say --url and --key, or set KOHOMAI_DATA."
        ) from None
    return (url or found["BaseURL"]).rstrip("/"), key or found["ApiKey"]


def columns_of(read: LeadsFile) -> list[Column]:
    """All columns of the file, and those the funnel needs, with their types."""
    found = {}
    for name in read.columns:
        found[name] = leads_file.infer(name, [row.values[name] for row in read.rows if name in row.values])
    for needed in funnel.NEEDED:
        inferred = found.get(needed.name)
        values = () if inferred is None else inferred.choices
        if needed.type == "Text" and inferred is not None and inferred.type == "Choice":
            continue
        if needed.type != "Choice":
            found[needed.name] = needed
        elif inferred is None or inferred.type == "Choice":
            found[needed.name] = Column(
                needed.name, "Choice", leads_file.merge_choices(needed.choices, values)
            )
        else:
            found[needed.name] = Column(needed.name, "Text")  # too many different ones to choose from
    return list(found.values())


def make_data_points(client: Client, wanted: list[Column]) -> Columns:
    """Make those that are missing; a name that something else has already gets "(file)" behind it.

    Raises Refusal.
    """
    there: dict[str, Any] = {point["Name"].casefold(): point for point in client.every("/datapoints")}
    made = {}
    for column in wanted:
        name = column.name
        if not fits(there.get(name.casefold()), column):
            name = f"{name} (file)"
        point = there.get(name.casefold())
        if point is None:
            more = {"Choices": list(column.choices)} if column.type == "Choice" else {}
            client.must("POST", "/datapoints", {"Name": name, "Type": column.type, **more})
        elif not fits(point, column):
            raise Refusal(f"There is a data point “{name}” of another type: rename it first.")
        elif column.type == "Choice":
            choices = list(leads_file.merge_choices(point["Choices"], column.choices))
            if len(choices) > len(point["Choices"]):
                client.must("PATCH", f"/datapoints/{point['Id']}", {"Choices": choices})
        made[column.name] = (name, column)
    return made


def fits(point: Any, column: Column) -> bool:
    """Whether a data point that is there (None: none) can take the column's values."""
    return point is None or (not point["System"] and point["Type"] == column.type)


def make_funnel(client: Client, definition: dict[str, Any]) -> tuple[int, str]:
    """Make the funnel, or take the one of an earlier demo, publish it, and give its `Id` and a reference."""
    name = definition["Name"]
    there = [each for each in client.every("/funnels") if each["Name"] == name and not each["Archived"]]
    funnel_id: int = (there[0] if there else client.must("POST", "/funnels", {"Name": name}))["Id"]
    draft = client.must("PUT", f"/funnels/{funnel_id}/draft", definition, **{"If-Match": "*"})
    if draft.get("Faults"):
        raise Refusal(f"The funnel has faults: {json.dumps(draft['Faults'])}")
    client.must("POST", f"/funnels/{funnel_id}/publish", {})
    path = f"/funnels/{funnel_id}/origins"
    origins = [each for each in client.every(path) if each["Name"] == ORIGIN and not each["Closed"]]
    origin = origins[0] if origins else client.must("POST", path, {"Type": "API", "Name": ORIGIN})
    return funnel_id, origin["Ref"]
