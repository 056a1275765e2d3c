"""`kohomai demo --leads FILE.csv`: reading a file, guessing its types, and registering it whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kohomai.site import demo
from kohomai.site.demo import leads_file, report
from kohomai.site.demo.leads_file import Column
from kohomai.site.failures import Refusal
from tests.support.prospects import HEADERS, look_alike, written

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Workspace
    from tests.support.program import Program


def save(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    """The file as somebody's spreadsheet writes it."""
    path = folder / "leads.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_reads_whatever_a_spreadsheet_writes(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = look_alike(40)
    read = leads_file.read(save(tmp_path, written(rows, delimiter), encoding))
    assert len(read) == 40
    assert read.columns == tuple(HEADERS[:-1])
    assert [row.prospect for row in read.rows] == [row[0] for row in rows]
    assert "Côte d’Ivoire" in {row.values.get("Country") for row in read.rows}


def test_select_and_nothing_are_not_known(tmp_path: Path) -> None:
    path = save(tmp_path, "Prospect ID,City,Lead Profile\nA1,Select,\nA2, Mumbai ,select\n")
    assert [row.values for row in leads_file.read(path).rows] == [
        {"Prospect ID": "A1"},
        {"Prospect ID": "A2", "City": "Mumbai"},
    ]


def test_what_cannot_be_sent_is_named_by_its_row(tmp_path: Path) -> None:
    path = save(tmp_path, "Prospect ID,City\nA1,Mumbai\n,Pune\n\nA3,Pune,too,many\nA4\n")
    read = leads_file.read(path)
    assert [row.number for row in read.rows] == [2, 6]
    assert [unsent.number for unsent in read.unsent] == [3, 5]
    assert len(read) == 4


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="Prospect ID"):
        leads_file.read(save(tmp_path, "Name,City\nA,B\n"))
    with pytest.raises(Refusal, match="could not be read"):
        leads_file.read(tmp_path / "none.csv")


def test_headers_are_named_apart() -> None:
    assert leads_file.name_headers(["City", " city ", "", "Two\nlines"]) == [
        "City",
        "city (2)",
        "",
        "Two lines",
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["Yes", "No", "no"], Column("x", "YesNo")),
        (["0", "1", "1"], Column("x", "YesNo")),
        (["0", "0", "12"], Column("x", "Number")),
        (["1.5", "-2", "674"], Column("x", "Number")),
        (["007", "12"], Column("x", "Text")),
        (["Google"] * 5 + ["google", "bing"] * 2, Column("x", "Choice", ("Google", "bing"))),
        ([f"someone {number}" for number in range(100)], Column("x", "Text")),
        ([], Column("x", "Text")),
    ],
)
def test_types_are_guessed(values: list[str], expected: Column) -> None:
    assert leads_file.infer("x", values) == expected


def test_rows_are_named_in_spans() -> None:
    assert report.spans([2, 5, 6, 7, 9]) == "2, 5-7, 9"


def test_the_funnel_reads_only_data_points_that_are_made(tmp_path: Path) -> None:
    read = leads_file.read(save(tmp_path, "Prospect ID\nA1\n"))
    names = {column.name for column in demo.columns_of(read)}
    asked: set[str] = set()

    def name(column: str) -> str:
        asked.add(column)
        return column

    demo.funnel.definition(name)
    assert {"Lead Origin", "Last Notable Activity"} <= asked <= names


def test_every_row_is_accounted_for(
    tmp_path: Path, program: Program, workspace: Workspace, api: httpx.Client
) -> None:
    rows = look_alike(120)
    rows[7][HEADERS.index("Total Time Spent on Website")] = "ages"
    rows[8][0] = rows[9][0]
    rows[10][0] = ""
    rows[11][0] = "no address"
    path = save(tmp_path, written(rows), "cp1252")

    first = run_demo(path, program, workspace)
    assert first.returncode == 0, first.stdout + first.stderr
    said = first.stdout
    assert "120 rows, 37 columns" in said
    assert " ".join(line_of(said, "Created")[1:]) == "116"
    assert line_of(said, "Refused")[1:] == ["2"]
    assert line_of(said, "Not sent")[-1] == "1"
    assert int(line_of(said, "Updated")[1]) + int(line_of(said, "Existing")[1]) == 1
    assert "row 9: answered 422: /JourneyData/" in said
    assert "row 12: it has no Prospect ID" in said
    assert "row 13: answered 422: /Email" in said
    assert "leads a second" in said

    leads = api.get("leads", params={"limit": 200}).json()["Items"]
    assert len(leads) == 116
    journeys = api.get("journeys", params={"limit": 200}).json()["Items"]
    assert len(journeys) == 116
    assert "are not told by mail" in said
    assert api.get("workspace").json()["NotifyLeadsAfter"] is None
    assert {journey["Outcome"] for journey in journeys if journey["Outcome"]} <= {"Nurtured", "Disqualified"}

    second = run_demo(path, program, workspace)
    assert second.returncode == 0, second.stdout + second.stderr
    assert line_of(second.stdout, "Created")[1:] == ["0"]
    assert "are not told by mail" not in second.stdout
    assert len(api.get("leads", params={"limit": 200}).json()["Items"]) == 116
    assert len(api.get("journeys", params={"limit": 200}).json()["Items"]) == 116


def test_says_when_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kohomai.site.demo.client.TRIES", 1)
    path = save(tmp_path, written(look_alike(1)))
    with pytest.raises(Refusal, match="does not answer"):
        demo.run(path, "http://127.0.0.1:9", "kh_live_x")


def run_demo(path: Path, program: Program, workspace: Workspace) -> subprocess.CompletedProcess[str]:
    """The command, as typed."""
    command = [sys.executable, "-m", "kohomai.site", "demo", "--leads", str(path)]
    command += ["--url", program.base_url, "--key", workspace.key]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=os.environ.copy()
    )


def line_of(said: str, begins: str) -> list[str]:
    """The words of the line that begins so."""
    return next(line.split() for line in said.splitlines() if line.strip().startswith(begins))
