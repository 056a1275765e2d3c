"""`kohomai test-funnel FILE` runs the tests that a definition carries, and stores nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Workspace
from tests.support.program import ROOT, Program

DEFINITION: dict[str, Any] = {
    "Name": "Free or not",
    "Start": "kind",
    "Nodes": {
        "kind": {
            "Type": "Decision",
            "Name": "Which kind?",
            "Branches": [
                {
                    "Name": "Free",
                    "When": {"DataPoint": "Email is free", "Operator": "Is", "Value": True},
                    "Next": "out",
                }
            ],
            "Default": "in",
        },
        "in": {"Type": "End", "Name": "In", "Outcome": "Converted"},
        "out": {"Type": "End", "Name": "Out", "Outcome": "Disqualified"},
    },
    "Tests": [
        {"Name": "A company comes in", "Given": {"Email": "a@bank.example"}, "Expect": {"Node": "in"}},
        {"Name": "A free address does not", "Given": {"Email": "a@gmail.com"}, "Expect": {"Node": "out"}},
    ],
}


def test_funnel(program: Program, path: Path, workspace: Workspace) -> subprocess.CompletedProcess[str]:
    """Run the command beside the running program."""
    return subprocess.run(
        [sys.executable, "-m", "kohomai.site", "test-funnel", str(path), "--workspace", str(workspace.id)],
        env={
            **program.environment,
            "DATABASE_URL": program.database_url,
            "KOHOMAI_SECRET_KEY": (program.data / "secret-key").read_text().strip(),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


test_funnel.__test__ = False  # type: ignore[attr-defined]


def written(folder: Path, definition: object) -> Path:
    """The definition in a file."""
    path = folder / "funnel.json"
    path.write_text(definition if isinstance(definition, str) else json.dumps(definition))
    return path


def test_all_pass(program: Program, workspace: Workspace, tmp_path: Path) -> None:
    done = test_funnel(program, written(tmp_path, DEFINITION), workspace)
    assert done.returncode == 0, done.stderr
    assert "passed  A company comes in" in done.stdout
    assert "2 passed, 0 failed" in done.stdout


def test_one_fails_and_says_how(program: Program, workspace: Workspace, tmp_path: Path) -> None:
    wrong = {**DEFINITION, "Tests": [{**DEFINITION["Tests"][0], "Expect": {"Node": "out"}}]}
    done = test_funnel(program, written(tmp_path, wrong), workspace)
    assert done.returncode == 1
    assert "FAILED  A company comes in" in done.stdout
    assert "0 passed, 1 failed" in done.stdout


@pytest.mark.parametrize(
    ("definition", "said"),
    [("{", "cannot be read"), ([], "must be a JSON object"), ({**DEFINITION, "Start": "nowhere"}, "/Start")],
    ids=["no JSON", "no definition", "with a fault"],
)
def test_says_what_cannot_be_run(
    program: Program, workspace: Workspace, tmp_path: Path, definition: object, said: str
) -> None:
    done = test_funnel(program, written(tmp_path, definition), workspace)
    assert done.returncode == 1
    assert said in done.stderr
