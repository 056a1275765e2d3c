"""Enrichment: a decision waits for what a provider has promised, and for no longer than it may."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kohomai.datapoints.providers import ProvidersFault, load
from tests.conftest import client_for
from tests.delivery.support import Door, form, open_door, rows, stage, until
from tests.support.program import Program


@pytest.fixture(scope="module")
def enriched() -> Iterator[Program]:
    """A program that has the tests' provider."""
    folder = Path(tempfile.mkdtemp(prefix="kohomai-enriched-"))
    folder.chmod(0o711)
    names = "tests.delivery.providers:Register, tests.delivery.providers.Second"
    program = Program(folder / "data", KOHOMAI_PROVIDERS=names, KOHOMAI_WEB_PROCESSES="1")
    program.start()
    yield program
    program.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def api_(enriched: Program) -> Iterator[httpx.Client]:
    """A client with its first key."""
    with client_for(enriched, enriched.first_run["ApiKey"]) as client:
        yield client


@pytest.fixture(scope="module")
def door(api_: httpx.Client) -> Door:
    """A decision over the company's size that waits for it for four seconds."""
    large = {"DataPoint": "Company size", "Operator": "AtLeast", "Value": 250}
    unknown = {"DataPoint": "Company size", "Operator": "IsUnknown"}
    decision = {
        "Type": "Decision",
        "Name": "How large?",
        "WaitForData": "PT4S",
        "Branches": [
            {"Name": "Large", "When": large, "Next": "large"},
            {"Name": "Who knows", "When": unknown, "Next": "nobody"},
        ],
        "Default": "small",
    }
    stages = {name: stage(form(f"{name}-form")) for name in ("large", "small", "nobody")}
    made = open_door(api_, {"size": decision, **stages})
    first = made.register()
    until(lambda: node(made, first) != "size", 20)  # the worker has come up
    return made


def node(door: Door, answer: dict[str, Any]) -> str:
    """Where the journey stands."""
    key: str = door.journey(answer["Journey"]["Id"])["Node"]["Key"]
    return key


@pytest.mark.parametrize(
    ("sent", "goes_to"), [("size-900", "large"), ("size-3", "small"), ("slow-900", "large")]
)
def test_a_decision_waits_for_what_is_being_found_out(door: Door, sent: str, goes_to: str) -> None:
    answer = door.register(Email=f"{sent}@{time.monotonic_ns()}.example")
    assert answer["ConnectionURL"]  # a decision waits: there is something to come for the lead
    assert answer["Journey"]["Node"]["Key"] == "size"
    until(lambda: node(door, answer) == goes_to, 3.5)
    data = {one["Name"]: one for one in door.journey(answer["Journey"]["Id"])["Data"]}
    assert data["Company size"]["Source"] == "Enrichment:register"


@pytest.mark.parametrize("sent", ["none", "fail-1", "odd-1"])
def test_what_is_not_found_is_unknown_at_once(door: Door, sent: str) -> None:
    answer = door.register(Email=f"{sent}@{time.monotonic_ns()}.example")
    until(lambda: node(door, answer) == "nobody", 3.5)
    journey = door.journey(answer["Journey"]["Id"])
    values = {one["Name"]: one["Value"] for one in journey["Data"]}
    assert "Company size" not in values
    assert values["Email"] == answer["Email"]


def test_a_provider_that_hangs_has_not_found_anything(door: Door, enriched: Program) -> None:
    answers = [door.register(Email=f"hang-{n}@{time.monotonic_ns()}.example") for n in range(12)]
    for answer in answers:
        until(lambda answer=answer: node(door, answer) == "nobody", 6)  # by its limit, or WaitForData's
    quick = door.register(Email=f"size-500@{time.monotonic_ns()}.example")
    until(lambda: node(door, quick) == "large", 4)  # those that hang keep nobody else waiting
    sql = (
        "SELECT DISTINCT error FROM datapoints_enrichmentcall"
        " WHERE lead_id = ANY (%s) AND provider = 'register' GROUP BY error HAVING count(*) = 12"
    )
    ids = [answer["Id"] for answer in answers]
    told = [("It did not answer within its time limit.",)]
    until(lambda: rows(enriched.database_url, sql, ids) == told, 15)


def test_what_the_api_gave_stays(door: Door) -> None:
    body = {"JourneyData": [{"Name": "Company size", "Value": 3}]}
    answer = door.register(Email=f"size-900@{time.monotonic_ns()}.example", **body)
    assert node(door, answer) == "small"
    time.sleep(1)
    data = {one["Name"]: one for one in door.journey(answer["Journey"]["Id"])["Data"]}
    assert (data["Company size"]["Value"], data["Company size"]["Source"]) == (3, "API")


def test_what_one_has_not_found_another_may_still_find(door: Door) -> None:
    answer = door.register(Email=f"second-700@{time.monotonic_ns()}.example")
    until(lambda: node(door, answer) != "size", 3.5)
    assert node(door, answer) == "large"
    data = {one["Name"]: one for one in door.journey(answer["Journey"]["Id"])["Data"]}
    assert data["Company size"]["Source"] == "Enrichment:second"


def test_it_is_told_once(door: Door, enriched: Program) -> None:
    answer = door.register(Email=f"size-900@{time.monotonic_ns()}.example")
    until(lambda: node(door, answer) == "large", 3.5)
    sql = "SELECT payload FROM journeys_event WHERE lead_id = %s AND type = 'lead.enriched'"
    found = rows(enriched.database_url, sql, answer["Id"])
    told = [(payload["Provider"], payload["Found"], payload["NotFound"]) for (payload,) in found]
    assert told == [("register", ["Company size"], ["Industry"])]


@pytest.mark.parametrize(
    "path", ["tests.delivery.providers:Nobody", "no.such.module", "tests.delivery.support:WON", "x"]
)
def test_what_is_no_provider_is_refused_by_name(path: str) -> None:
    with pytest.raises(ProvidersFault, match="KOHOMAI_PROVIDERS"):
        load(path)
