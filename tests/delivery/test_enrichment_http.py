"""An HTTP service as a provider: what it is sent, what is taken from its answer, and what it can do to us."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.delivery.service import SIZE, Asked, Knows, sizes
from tests.delivery.support import Door, form, open_door, stage, told, until

FOUND, NOT_FOUND = "large", "nobody"


def open_size_door(api: httpx.Client, wait: str = "PT8S", point: str = "Company size") -> Door:
    """A decision over what enrichment is to find."""
    decision = {
        "Type": "Decision",
        "Name": "How large?",
        "WaitForData": wait,
        "Branches": [{"Name": "Known", "When": {"DataPoint": point, "Operator": "IsKnown"}, "Next": FOUND}],
        "Default": NOT_FOUND,
    }
    return open_door(api, {"size": decision, FOUND: stage(form("a")), NOT_FOUND: stage(form("b"))})


def decided(door: Door, lead: dict[str, Any], seconds: float = 12.0) -> dict[str, Any]:
    """The journey when its decision has been taken."""

    def ask() -> dict[str, Any] | None:
        journey = door.journey(lead["Journey"]["Id"])
        return journey if journey["Node"]["Key"] != "size" else None

    return until(ask, seconds, "a decision")  # type: ignore[return-value]


def values(shown: dict[str, Any]) -> dict[str, tuple[Any, str]]:
    """Values with their sources, by name."""
    return {one["Name"]: (one["Value"], one["Source"]) for one in shown["Data"]}


def runs(api: httpx.Client, lead: dict[str, Any]) -> list[dict[str, Any]]:
    """What was asked about a lead."""
    found: list[dict[str, Any]] = told(api.get(f"leads/{lead['Id']}/enrichments"))["Items"]
    return found


def test_what_it_knows_is_found_and_its_source_is_said(api: httpx.Client) -> None:
    with Knows(sizes(bank=900)) as service:
        service.provider(api, Cost="0.05 EUR")
        door = open_size_door(api)
        lead = door.register(Email="jo@bank.example")
        journey = decided(door, lead)

        assert journey["Node"]["Key"] == FOUND
        assert values(journey)["Company size"] == (900, "Enrichment:Acme Data")
        assert values(told(api.get(f"leads/{lead['Id']}")))["Company size"] == (900, "Enrichment:Acme Data")
        (run,) = runs(api, lead)
        (call,) = run["Calls"]
        assert (run["Cause"], run["Status"], run["Sought"]) == ("Registered", "Done", ["Company size"])
        assert (call["Provider"], call["Asked"], call["Found"]) == (
            "Acme Data",
            ["Company size"],
            ["Company size"],
        )
        assert call["Cost"] == {"Amount": 0.05, "Currency": "EUR"}
        assert call["Took"] >= 0


def test_what_it_is_sent_is_what_the_texts_say(api: httpx.Client) -> None:
    with Knows(lambda _: (200, {"n": 3})) as service:
        service.provider(
            api,
            URL=service.base + "/{{ Email }}/x?f={{ Firstname }}&c={{ Data['Company domain'] }}",
            Method="POST",
            Headers=[{"Name": "X-Key", "Value": "s3cret"}],
            Body={
                "Who": {"Phone": "{{ PhoneNumber }}", "Free": "{{ EmailIsFree }}"},
                "Greeting": "Hi {{ Firstname }}",
            },
            Mapping=[{"DataPoint": "Company size", "Path": "$.n"}],
        )
        door = open_size_door(api)
        decided(
            door,
            door.register(Email="jo+x@bank.example", Firstname="J & J/ö", PhoneNumber="+1 800 555 0175"),
        )

        (asked,) = service.asked
        assert asked.path == "/jo%2Bx%40bank.example/x?f=J%20%26%20J%2F%C3%B6&c=bank.example"
        assert (asked.method, asked.headers["x-key"]) == ("POST", "s3cret")
        assert asked.headers["content-type"] == "application/json"
        assert json.loads(asked.body) == {
            "Who": {"Phone": "+18005550175", "Free": False},
            "Greeting": "Hi J & J/ö",
        }


def test_every_type_is_taken_from_an_answer(api: httpx.Client) -> None:
    points = {
        "Founded": ("Date", "$.founded", "1999-05-01"),
        "Listed": ("YesNo", "$.flags[0]", True),
        "Staff": ("Number", "$..staff", 12.5),
        "Seen": ("DateTime", "$.seen", "2026-01-02T03:04:05.000Z"),
    }
    for name, (kind, _, _) in points.items():
        told(api.post("datapoints", json={"Name": name, "Type": kind}))
    document = {
        "founded": "1999-05-01",
        "flags": [True],
        "deep": {"er": {"staff": 12.5}},
        "seen": "2026-01-02T03:04:05Z",
        "revenue": 1234567.89,
        "name": "The Bank",
        "code": 42,
    }
    mapping = [{"DataPoint": name, "Path": path} for name, (_, path, _) in points.items()]
    mapping += [
        {"DataPoint": "Company revenue", "Path": "$.revenue", "Currency": "EUR"},
        {"DataPoint": "Company", "Path": "$.name"},
        {"DataPoint": "Sector", "Path": "$.code"},
    ]
    with Knows(lambda _: (200, document)) as service:
        service.provider(api, Mapping=mapping)
        door = open_size_door(api, point="Company")
        found = values(decided(door, door.register(Email="jo@bank.example")))

        for name, (_, _, value) in points.items():
            assert found[name][0] == value, name
        assert found["Company revenue"][0] == {"Amount": 1234567.89, "Currency": "EUR"}
        assert (found["Company"][0], found["Sector"][0]) == ("The Bank", "42")


def _hang(_: Asked) -> tuple[int, Any]:
    time.sleep(60)
    return 200, {}


FAULTS: dict[str, tuple[Callable[[Asked], Any], str]] = {
    "garbage": (lambda _: (200, b"\x00\xff{{{"), "not JSON"),
    "HTML": (lambda _: (200, b"<!doctype html><title>Hello</title>"), "not JSON"),
    "too large": (lambda _: (200, b'{"size": 900, "x": "' + b"x" * 10_000_000 + b'"}'), "too large"),
    "NaN": (lambda _: (200, b'{"size": NaN}'), "not JSON"),
    "deep": (lambda _: (200, b"[" * 100_000), "not JSON"),
    "wrong type": (lambda _: (200, {"size": {"of": "all"}}), "Company size must be"),
    "not there": (lambda _: (200, {"other": 1}), "Company size is not there"),
    "a list": (lambda _: (200, [1, 2, 3]), "Company size is not there"),
    "null": (lambda _: (200, {"size": None}), ""),
    "nothing known": (lambda _: (404, {}), "404"),
    "no content": (lambda _: (204, b""), "204"),
    "not allowed": (lambda _: (401, {"size": 900}), "401"),
    "failing": (lambda _: (500, {"size": 900}), "500"),
    "too often": (lambda _: (429, {}, {"Retry-After": "7"}), "429"),
    "redirect": (lambda _: (302, {"size": 900}, {"Location": "http://127.0.0.1:1/"}), "302"),
    "hanging": (_hang, "no answer within 0.5 s"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_else_it_answers_is_nothing_found_and_the_reason_is_kept(
    api: httpx.Client, fault: str
) -> None:
    answer, reason = FAULTS[fault]
    with Knows(answer) as service:
        service.provider(api, TimeLimit=0.5 if fault == "hanging" else 5)
        door = open_size_door(api)
        lead = door.register(Email="jo@bank.example")
        journey = decided(door, lead, 7.0)

        assert journey["Node"]["Key"] == NOT_FOUND
        assert "Company size" not in values(journey)
        (call,) = runs(api, lead)[0]["Calls"]
        assert call["Found"] == []
        assert reason in (call["Error"] or "")
        assert "bank" not in (call["Error"] or "")


def test_where_nobody_listens_is_nothing_found(api: httpx.Client) -> None:
    told(
        api.post(
            "enrichment-providers",
            json={"Name": "Gone", "URL": "http://127.0.0.1:1/{{ Domain }}", "Mapping": SIZE},
        )
    )
    door = open_size_door(api)
    lead = door.register(Email="jo@bank.example")

    assert decided(door, lead, 7.0)["Node"]["Key"] == NOT_FOUND
    assert "refused" in runs(api, lead)[0]["Calls"][0]["Error"]


def test_what_the_api_gave_is_not_asked_for_and_stays(api: httpx.Client) -> None:
    with Knows(sizes(bank=900)) as service:
        service.provider(api)
        door = open_size_door(api)
        lead = door.register(Email="jo@bank.example", JourneyData=[{"Name": "Company size", "Value": 3}])

        assert values(decided(door, lead))["Company size"] == (3, "API")
        time.sleep(0.5)
        assert (service.asked, runs(api, lead)) == ([], [])


def test_an_answer_is_kept_and_nobody_pays_for_it_twice(api: httpx.Client) -> None:
    with Knows(sizes(bank=900)) as service:
        made = service.provider(api, Cost="0.05 EUR")
        door = open_size_door(api)
        for name in ("jo", "mary", "sue"):
            decided(door, door.register(Email=f"{name}@bank.example"))
        unknown = []
        for name in ("jo", "mary"):
            unknown.append(door.register(Email=f"{name}@shop.example"))
            assert decided(door, unknown[-1])["Node"]["Key"] == NOT_FOUND

        assert len(service.asked) == 2  # that nothing is known is an answer, too
        (month,) = told(api.get(f"enrichment-providers/{made['Id']}"))["Months"]
        counts = {name: month[name] for name in ("Calls", "Hits", "Misses", "Failures", "Cached")}
        assert counts == {"Calls": 2, "Hits": 3, "Misses": 2, "Failures": 0, "Cached": 3}
        assert month["Cost"] == {"Amount": 0.1, "Currency": "EUR"}
        assert runs(api, unknown[1])[0]["Calls"][0]["Cached"]


def test_what_tells_more_than_the_domain_is_kept_for_that_lead_alone(api: httpx.Client, program: Any) -> None:
    from tests.delivery.support import rows

    with Knows(lambda _: (200, {"size": 5})) as service:
        service.provider(api, URL=service.base + "/{{ Email }}")
        door = open_size_door(api)
        leads = [door.register(Email=f"{name}-{secrets.token_hex(3)}@bank.example") for name in ("a", "b")]
        for lead in leads:
            decided(door, lead)

        assert len(service.asked) == 2
        kept = rows(
            program.database_url,
            "SELECT lead_id FROM datapoints_provideranswer WHERE lead_id = ANY (%s) ORDER BY 1",
            [lead["Id"] for lead in leads],
        )
        assert [one[0] for one in kept] == sorted(lead["Id"] for lead in leads)


def test_a_failure_is_not_kept_and_a_change_of_the_request_makes_answers_old(api: httpx.Client) -> None:
    answers: list[Any] = [(500, {}), (200, {"size": 1}), (200, {"size": 2})]
    with Knows(lambda _: answers.pop(0)) as service:
        made = service.provider(api)
        door = open_size_door(api)
        assert decided(door, door.register(Email="a@bank.example"))["Node"]["Key"] == NOT_FOUND
        assert values(decided(door, door.register(Email="b@bank.example")))["Company size"][0] == 1
        mapping = [{"DataPoint": "Company size", "Path": "$['size']"}]
        told(api.patch(f"enrichment-providers/{made['Id']}", json={"Mapping": mapping}))
        time.sleep(5.5)  # what a worker knows of providers is at most some seconds old
        assert values(decided(door, door.register(Email="c@bank.example")))["Company size"][0] == 2


def test_a_lead_can_be_asked_about_anew(api: httpx.Client) -> None:
    answers: list[Any] = [(200, {"size": 1}), (200, {"size": 2})]
    with Knows(lambda _: answers.pop(0)) as service:
        service.provider(api)
        door = open_size_door(api)
        lead = door.register(Email="a@bank.example")
        decided(door, lead)
        asked = told(api.post(f"leads/{lead['Id']}/enrich"))
        assert (asked["Cause"], asked["Status"], asked["Calls"]) == ("Asked", "Waiting", [])
        until(lambda: runs(api, lead)[-1]["Status"] == "Done", 8)

        assert values(door.journey(lead["Journey"]["Id"]))["Company size"] == (2, "Enrichment:Acme Data")
        assert [run["Id"] for run in runs(api, lead)][1] == asked["Id"]
        assert len(service.asked) == 2


def test_data_points_of_ones_own_are_found_too(api: httpx.Client) -> None:
    told(api.post("datapoints", json={"Name": "Rating", "Type": "Choice", "Choices": ["A", "B"]}))
    with Knows(lambda _: (200, {"rating": "b"})) as service:
        service.provider(api, Mapping=[{"DataPoint": "rating", "Path": "$.rating"}])
        door = open_size_door(api, point="Rating")
        journey = decided(door, door.register(Email="a@bank.example"))
        assert values(journey)["Rating"] == ("B", "Enrichment:Acme Data")
        assert told(api.get("datapoints?Name=Rating"))["Items"][0]["Used"]
