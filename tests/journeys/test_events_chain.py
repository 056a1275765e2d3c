"""Events: one sequence per journey and per lead, chained by hash, and followed by cursor without missing any."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.conftest import Workspace, client_for
from tests.support.funnels import (
    LOST,
    WON,
    Funnel,
    act,
    address,
    approval,
    complete,
    decision,
    events,
    form,
    make_funnel,
    make_point,
    stage,
)
from tests.support.program import Program


@pytest.fixture(scope="module")
def funnel(api: httpx.Client) -> Funnel:
    """Whose receipts hold every kind of number a definition can have."""
    for name, kind in (("Interest", "Text"), ("Budget", "Amount"), ("Seats", "Number"), ("Since", "Date")):
        make_point(api, name, kind)
    tests = [
        {"DataPoint": "Budget", "Operator": "Between", "Value": [
            {"Amount": 10000.00, "Currency": "EUR"}, {"Amount": "20000.50", "Currency": "EUR"}]},
        {"DataPoint": "Seats", "Operator": "In", "Value": [1.50, 0.1, 100000000000000]},
        {"DataPoint": "Since", "Operator": "InTheLast", "Value": "P365D"},
        {"DataPoint": "Interest", "Operator": "Matches", "Value": "\u00e9\\d+"},
        {"Result": "check.Approved", "Operator": "Is", "Value": True},
    ]  # fmt: skip
    nodes = {
        "ask": stage(
            "Ask", form("needs", "Interest", "Budget", "Seats", "Since"), approval("check"), then="way"
        ),
        "way": decision({"Name": "Éé 😀", "When": {"Any": tests}, "Next": "won"}, default="lost"),
        **WON,
        **LOST,
    }
    return make_funnel(api, nodes, "ask")


def rows(column: str, identity: int) -> list[dict[str, Any]]:
    """The events of a journey, or of a lead itself, as they are kept."""
    from kohomai.journeys.view import _rows

    own = "AND journey_id IS NULL" if column == "lead_id" else ""
    return _rows(f"SELECT * FROM journeys_event WHERE {column} = %s {own} ORDER BY sequence", [identity])


def verify(kept: list[dict[str, Any]]) -> bytes:
    """Check the chain; the last hash."""
    from kohomai.journeys.chain import digest, link
    from kohomai.journeys.store import parsed

    previous = b""
    for number, row in enumerate(kept, 1):
        assert row["sequence"] == number
        if row["payload"] is not None:
            assert digest(bytes(row["salt"]), parsed(row["payload"])) == bytes(row["digest"]), row["type"]
        previous = link(previous, row["sequence"], row["type"], row["at"], bytes(row["digest"]))
        assert previous == bytes(row["hash"]), row["type"]
    return previous


def live(funnel: Funnel) -> dict[str, Any]:
    """A journey with a life behind it."""
    lead = funnel.register(Firstname="John", JourneyData=[{"Name": "Seats", "Value": 7.25}])
    values = {"Interest": "é1 😀", "Budget": "12000.10 EUR", "Since": "2026-01-01"}
    after = complete(funnel.api, lead["Journey"], "needs", values)
    funnel.register(lead["Email"], Firstname="Jane", Attribution={"UTMSource": "news"})
    act(funnel.api, after, "needs", "reopen")
    funnel.api.post(f"journeys/{after['Id']}/restart", json={"Node": "ask"})
    after = funnel.api.get(f"journeys/{after['Id']}").json()
    act(funnel.api, after, "needs", "skip")
    return complete(funnel.api, after, "check", result={"Approved": True})


def test_the_chain_of_a_journey_holds(funnel: Funnel) -> None:
    from kohomai.journeys.models import Journey

    journey = live(funnel)
    kept = rows("journey_id", journey["Id"])
    last = verify(kept)

    assert len(kept) > 10
    row = Journey.objects.get(id=journey["Id"])
    assert (row.sequence, bytes(row.hash)) == (len(kept), last)


def test_the_chain_of_a_lead_holds(funnel: Funnel) -> None:
    from kohomai.leads.models import Lead

    lead = live(funnel)["Lead"]["Id"]
    kept = rows("lead_id", lead)
    last = verify(kept)

    assert [row["type"] for row in kept] == ["lead.registered", "lead.updated"]
    row = Lead.objects.get(id=lead)
    assert (row.sequence, bytes(row.hash)) == (2, last)


def test_an_emptied_payload_leaves_the_chain_whole(funnel: Funnel) -> None:
    kept = rows("journey_id", live(funnel)["Id"])
    for row in kept[::2]:
        row["payload"] = row["salt"] = None

    verify(kept)


@pytest.mark.parametrize("change", ["payload", "at", "type", "missing", "order"])
def test_a_chain_that_was_tampered_with_does_not_hold(funnel: Funnel, change: str) -> None:
    from datetime import timedelta

    kept = rows("journey_id", live(funnel)["Id"])
    if change == "payload":
        kept[2]["payload"] = {}
    elif change == "at":
        kept[2]["at"] += timedelta(milliseconds=1)
    elif change == "type":
        kept[2]["type"] = "activity.skipped"
    elif change == "missing":
        del kept[2]
    else:
        kept[2], kept[3] = kept[3], kept[2]
    with pytest.raises(AssertionError):
        verify(kept)


def test_a_journey_is_the_fold_of_its_events(funnel: Funnel) -> None:
    from kohomai.engine.events import Event
    from kohomai.engine.fold import replay
    from kohomai.engine.state import state_to_json
    from kohomai.journeys.store import parsed
    from kohomai.journeys.view import load_journey

    journey = live(funnel)
    from kohomai.journeys.models import Journey

    loaded, _ = load_journey(Journey.objects.get(id=journey["Id"]).workspace_id, journey["Id"])
    kept = rows("journey_id", journey["Id"])
    folded = replay(Event(row["type"], parsed(row["payload"]), row["at"]) for row in kept)

    assert state_to_json(folded) == state_to_json(loaded.state)
    assert folded.data == loaded.state.data
    assert [row.to_json() for row in folded.activities] == [row.to_json() for row in loaded.state.activities]


def test_sequences_have_no_gap_under_concurrent_writers(
    program: Program, workspace: Workspace, funnel: Funnel
) -> None:
    lead = funnel.register()

    def one(n: int) -> int:
        with client_for(program, workspace.key) as api:
            if n % 2:
                body = {"Email": lead["Email"], "Firstname": str(n)}
                return api.post("leads", params={"ref": funnel.ref}, json=body).status_code
            sent = {"Data": [{"Name": "Seats", "Value": n + 1}]}
            return api.post(f"journeys/{lead['Journey']['Id']}/data", json=sent).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(one, range(24))) == {200}
    verify(rows("journey_id", lead["Journey"]["Id"]))
    verify(rows("lead_id", lead["Id"]))


# --- the list -----------------------------------------------------------------------------------------------


def follow(api: httpx.Client, cursor: str | None = None, **query: Any) -> tuple[list[dict], str]:
    """All events from a place on, in small pages; and the place to go on from."""
    found: list[dict] = []
    while True:
        query["limit"] = 7
        page = api.get("events", params={**query, **({"cursor": cursor} if cursor else {})}).json()
        found += page["Items"]
        cursor = page["Next"]
        if not page["Items"]:
            return found, str(cursor)


def test_who_follows_by_cursor_misses_nothing_under_concurrent_writers(
    program: Program, workspace: Workspace, funnel: Funnel
) -> None:
    stop, followed, where = threading.Event(), [], follow(funnel.api)[1]

    def read() -> None:
        nonlocal where
        with client_for(program, workspace.key) as api:
            while not stop.is_set():
                more, where = follow(api, where)
                followed.extend(more)

    def write(_: int) -> dict[str, Any]:
        with client_for(program, workspace.key) as api:
            mine = Funnel(api, funnel.id, funnel.ref)
            lead = mine.register()
            complete(api, lead["Journey"], "needs", {"Interest": "x"})
            return lead

    reader = threading.Thread(target=read)
    reader.start()
    with ThreadPoolExecutor(8) as pool:
        leads = list(pool.map(write, range(24)))
    for lead in leads:
        events(funnel.api, Lead=lead["Id"])  # all are listed now
    stop.set()
    reader.join()
    followed += follow(funnel.api, where)[0]

    ids = [event["Id"] for event in followed]
    assert len(ids) == len(set(ids))
    for lead in leads:
        expected = len(rows("journey_id", lead["Journey"]["Id"])) + len(rows("lead_id", lead["Id"]))
        assert sum(event["Lead"]["Id"] == lead["Id"] for event in followed) == expected
        own = [e["Sequence"] for e in followed if e["Journey"] == {"Id": lead["Journey"]["Id"]}]
        assert own == sorted(own)


def test_there_is_always_a_place_to_go_on_from(funnel: Funnel) -> None:
    everything, end = follow(funnel.api)
    assert everything
    assert follow(funnel.api, end) == ([], end)

    lead = funnel.register()
    events(funnel.api, Lead=lead["Id"])
    assert {event["Lead"]["Id"] for event in follow(funnel.api, end)[0]} == {lead["Id"]}


def test_they_are_filtered_by_lead_journey_and_type(funnel: Funnel) -> None:
    lead = funnel.register(address())
    types = [event["Type"] for event in events(funnel.api, Lead=lead["Id"])]

    assert types[0] == "lead.registered"
    assert types[1:] == [event["Type"] for event in events(funnel.api, Journey=lead["Journey"]["Id"])]
    two = events(funnel.api, "lead.registered,journey.started", Lead=lead["Id"])
    assert [event["Type"] for event in two] == ["lead.registered", "journey.started"]


def test_another_workspace_sees_none_of_them(funnel: Funnel, other_api: httpx.Client) -> None:
    live(funnel)

    assert follow(other_api)[0] == []
