"""The documentation: its links lead somewhere, its examples do what they say, its tables name what there is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kohomai.activities import registry
from kohomai.engine.conditions import OPERATORS
from kohomai.engine.values import ValueType
from kohomai.journeys.event_types import WEBHOOK_EVENTS
from kohomai.site.__main__ import build_parser
from kohomai.site.environment import VARIABLES

if TYPE_CHECKING:
    import httpx

    from tests.support.program import Program

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
ALL = [*(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")), *PAGES]
ADDRESS = "http://127.0.0.1:8000"


def name(path: Path) -> str:
    """A page, as tests are named after it."""
    return str(path.relative_to(ROOT))


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of code on a page."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{name(self.page)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """All pieces of code of a page, in order."""
    text = page.read_text()
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield Block(page, text.count("\n", 0, found.start()) + 1, found[1], found[2])


def of(language: str) -> list[Block]:
    """All pieces of one language."""
    return [block for page in ALL for block in blocks(page) if block.language == language]


def slug(heading: str) -> str:
    """The anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def anchors(page: Path) -> set[str]:
    """All anchors of a page."""
    return {slug(found[1]) for found in re.finditer(r"^#+ (.*)$", page.read_text(), re.MULTILINE)}


def words(page: str) -> set[str]:
    """What stands in backticks on a page."""
    return set(re.findall(r"`([^`\n]+)`", (DOCS / page).read_text()))


@pytest.mark.parametrize("page", ALL, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{target} leads nowhere"
        if anchor:
            assert anchor in anchors(there), f"{target}: there is no such heading"


def test_every_page_is_in_the_contents() -> None:
    listed = set(re.findall(r"^\s*- ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    assert listed == {str(page.relative_to(DOCS)) for page in PAGES}


@pytest.mark.parametrize("block", of("json"), ids=str)
def test_json_is_json(block: Block) -> None:
    json.loads(block.text)


def test_settings_are_all_there() -> None:
    page = (DOCS / "reference" / "settings.md").read_text()
    for variable in VARIABLES:
        assert f"| `{variable.name}` |" in page
        assert variable.meaning in page


def test_commands_are_all_there() -> None:
    page = (DOCS / "reference" / "command-line.md").read_text()
    for line in build_parser().format_help().splitlines():
        if found := re.match(r"    (\w+) {2,}", line):
            assert found[1] == "serve" or f"./run {found[1]}" in page, f"{found[1]} is missing"


def test_operators_are_all_there() -> None:
    there = {operator for fitting in OPERATORS.values() for operator in fitting}
    assert there <= words("reference/funnel.md")


def test_types_of_values_are_all_there() -> None:
    assert {kind.value for kind in ValueType} <= words("reference/values.md")


def test_activity_types_are_all_there() -> None:
    page = (DOCS / "reference" / "activities.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(registry)


def test_events_exist() -> None:
    named = {word for word in words("reference/events.md") if re.fullmatch(r"[a-z]+\.[a-z_]+", word)}
    assert named
    assert named <= WEBHOOK_EVENTS


# --- against the program ------------------------------------------------------------------------------------


@pytest.fixture
def shell(program: Program, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has followed the quickstart: the key, the reference, the data folder."""
    (tmp_path / "data").symlink_to(program.data)
    first_run = program.first_run
    return {
        **os.environ,
        "PWD": str(tmp_path),
        "KOHOMAI_KEY": first_run["ApiKey"],
        "KOHOMAI_REF": first_run["Funnel"]["ApiRef"],
        "PYTHONUNBUFFERED": "1",
    }


@pytest.mark.parametrize(
    "page", [page for page in ALL if any("curl" in b.text for b in blocks(page))], ids=name
)
def test_curl_examples_work(page: Path, program: Program, shell: dict[str, str]) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    for block in blocks(page):
        if block.language != "sh" or block.text.strip() in ("./run", "./test"):
            continue
        script = 'curl() { command curl --fail-with-body "$@"; }\n' + block.text.replace(
            ADDRESS, program.base_url
        )
        done = subprocess.run(
            ["bash", "-euc", script],
            env=shell,
            cwd=shell["PWD"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert done.returncode == 0, f"{block}: {done.stdout}{done.stderr}"
        if done.stdout:
            remember(json.loads(done.stdout), shell)


def remember(answer: dict[str, Any], shell: dict[str, str]) -> None:
    """Take the ids that the next example asks for from the answer, as the page tells its reader to."""
    journey = answer.get("Journey")
    if journey:
        waiting = [activity for activity in journey["Activities"] if activity["Status"] == "InProgress"]
        shell["JOURNEY"] = str(journey["Id"])
        shell["ACTIVITY"] = str(waiting[0]["Id"]) if waiting else ""


@pytest.mark.parametrize("block", of("python"), ids=str)
def test_python_examples_work(block: Block, program: Program, shell: dict[str, str]) -> None:
    code = block.text.replace(ADDRESS, program.base_url)
    compile(code, str(block), "exec")
    said: bytes | None
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=shell,
            cwd=shell["PWD"],
            capture_output=True,
            text=True,
            check=False,
            timeout=4,
        )
    except subprocess.TimeoutExpired as endless:  # one that follows for ever
        said = endless.stdout
    else:
        assert done.returncode == 0, f"{block}: {done.stderr}"
        said = done.stdout.encode()
    assert said, f"{block}: it said nothing"


@pytest.mark.parametrize("block", of("js"), ids=str)
def test_javascript_examples_are_javascript(block: Block, tmp_path: Path) -> None:
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not installed")
    script = tmp_path / "example.mjs"
    script.write_text(block.text)
    done = subprocess.run(
        [node, "--check", str(script)], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, f"{block}: {done.stderr}"


def test_the_funnel_of_the_reference_has_no_faults(api: httpx.Client) -> None:
    points, document = (
        json.loads(block.text)
        for block in blocks(DOCS / "reference" / "funnel.md")
        if block.language == "json"
    )
    for point in points:
        assert api.post("datapoints", json=point).status_code == 201
    assert put_draft(api, document) == []


def test_the_activities_of_the_reference_have_no_faults(api: httpx.Client) -> None:
    for point in (
        ("Budget", "Amount"),
        ("Start date", "Date"),
        ("Qualified", "YesNo"),
        ("Callback at", "DateTime"),
    ):
        assert api.post("datapoints", json={"Name": point[0], "Type": point[1]}).status_code == 201
    found = [
        json.loads(block.text)
        for block in blocks(DOCS / "reference" / "activities.md")
        if block.language == "json"
    ]
    stage = {"Type": "Stage", "Name": "All", "Activities": found, "Next": "end"}
    end = {"Type": "End", "Name": "End", "Outcome": "Converted"}
    assert put_draft(api, {"Name": "All types", "Start": "all", "Nodes": {"all": stage, "end": end}}) == []


def put_draft(api: httpx.Client, document: dict[str, Any]) -> list[Any]:
    """The faults of a document."""
    funnel = api.post("funnels", json={"Name": document["Name"]}).json()
    answer = api.put(f"funnels/{funnel['Id']}/draft", json=document)
    assert answer.status_code == 200, answer.text
    faults: list[Any] = answer.json()["Faults"]
    return faults
