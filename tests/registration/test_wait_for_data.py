"""``WaitForData``: a decision waits for what a provider has promised, and tries again with each answer.

The leads are registered by the service itself, in this process, which has a provider; the program has none,
so that nothing is found out but what the tests say.
"""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.conftest import Workspace
from tests.support.funnels import (
    LOST,
    WON,
    Funnel,
    address,
    branch,
    data,
    decision,
    events,
    form,
    get_journey,
    make_funnel,
    make_point,
    sources,
    stage,
)

PROVIDER = "tests.delivery.providers:Register"


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has a provider that promises Company size and Industry."""
    from django.conf import settings

    monkeypatch.setattr(settings, "KOHOMAI_PROVIDERS", PROVIDER)


def waiting_funnel(
    api: httpx.Client, wait: str = "PT1H", operator: str = "AtLeast", value: Any = 250
) -> Funnel:
    make_point(api, "Interest")
    nodes = {
        "way": decision(branch("Company size", operator, value, "ask"), default="lost", WaitForData=wait),
        "ask": stage("Ask", form("needs", "Interest")),
        **WON,
        **LOST,
    }
    return make_funnel(api, nodes, "way")


@pytest.fixture(scope="module")
def funnel(api: httpx.Client) -> Funnel:
    return waiting_funnel(api)


def register(workspace: Workspace, funnel: Funnel, **fields: Any) -> dict[str, Any]:
    """Register a lead by the service; what the API would answer."""
    import orjson

    from kohomai.funnels import origins
    from kohomai.journeys.actors import Actor
    from kohomai.registration.answering import lead_answer
    from kohomai.registration.intake import Context, read
    from kohomai.registration.service import register as register_batch
    from kohomai.workspaces.services import settings

    origin = origins.find(funnel.ref)
    assert origin is not None
    context = Context(settings(workspace.id), origin, "API", Actor("Key", 1))
    (outcome,) = register_batch([read({"Email": address(), **fields}, context)])
    if isinstance(outcome, Exception):
        raise outcome
    return orjson.loads(orjson.dumps(lead_answer(outcome), default=str))  # type: ignore[no-any-return]


def enrich(workspace: Workspace, lead: dict, found: dict[str, Any], vain: tuple[str, ...] = ()) -> None:
    """The provider answers."""
    from kohomai.datapoints.catalogue import catalogue
    from kohomai.journeys.person import enriched

    system = catalogue(workspace.id).system
    values = {system[name].id: value for name, value in found.items()}
    enriched(workspace.id, lead["Id"], "register", values, [system[name].id for name in vain])


def test_the_journey_waits_before_the_decision(
    api: httpx.Client, workspace: Workspace, funnel: Funnel
) -> None:
    lead = register(workspace, funnel)

    journey = lead["Journey"]
    assert journey["Status"] == "InProgress"
    assert journey["Node"]["Key"] == "way"
    assert journey["Activities"] == journey["Decisions"] == []
    told = [event["Type"] for event in events(api, Journey=journey["Id"])]
    assert told == ["journey.started", "journey.waiting"]


def test_a_session_is_given_while_it_waits(workspace: Workspace, funnel: Funnel) -> None:
    lead = register(workspace, funnel, RedirectURL="https://www.myapp.com")

    assert lead["UUID"]
    assert lead["RedirectURL"] == "https://www.myapp.com"


def test_it_goes_on_when_the_provider_has_answered(
    api: httpx.Client, workspace: Workspace, funnel: Funnel
) -> None:
    lead = register(workspace, funnel)
    enrich(workspace, lead, {"Company size": Decimal(900)}, ("Industry",))

    journey = get_journey(api, lead["Journey"]["Id"])
    assert journey["Node"]["Key"] == "ask"
    assert data(journey)["Company size"] == 900
    assert sources(journey)["Company size"] == "Enrichment:register"
    (receipt,) = journey["Decisions"]
    assert receipt["Inputs"][0]["Source"] == "Enrichment:register"
    assert receipt["Inputs"][0]["KnownSince"] > journey["createdDate"]
    kept = api.get(f"leads/{lead['Id']}").json()
    assert data(kept)["Company size"] == 900


def test_what_was_looked_for_in_vain_stays_unknown(
    api: httpx.Client, workspace: Workspace, funnel: Funnel
) -> None:
    lead = register(workspace, funnel)
    enrich(workspace, lead, {}, ("Company size", "Industry"))

    journey = get_journey(api, lead["Journey"]["Id"])
    assert (journey["Status"], journey["Outcome"]) == ("Completed", "Disqualified")
    assert journey["Decisions"][0]["Tried"][0]["Holds"] is None


def test_it_waits_for_nothing_that_is_known_already(workspace: Workspace, funnel: Funnel) -> None:
    lead = register(workspace, funnel, JourneyData=[{"Name": "Company size", "Value": 300}])

    assert lead["Journey"]["Node"]["Key"] == "ask"


def test_an_answer_that_does_not_matter_does_not_end_the_wait(
    api: httpx.Client, workspace: Workspace, funnel: Funnel
) -> None:
    lead = register(workspace, funnel)
    enrich(workspace, lead, {"Industry": "Banking"})

    assert get_journey(api, lead["Journey"]["Id"])["Node"]["Key"] == "way"


def test_data_that_is_sent_makes_it_try_again(
    api: httpx.Client, workspace: Workspace, funnel: Funnel
) -> None:
    lead = register(workspace, funnel)
    again = funnel.register(lead["Email"], JourneyData=[{"Name": "Company size", "Value": 300}])

    assert again["Result"] == "Updated"
    assert again["Journey"]["Id"] == lead["Journey"]["Id"]
    assert again["Journey"]["Node"]["Key"] == "ask"
    assert len(again["Journey"]["Decisions"]) == 1


def test_an_answer_kept_for_an_idempotency_key_holds_that_decision(
    workspace: Workspace, funnel: Funnel
) -> None:
    lead = register(workspace, funnel)
    body = {"Email": lead["Email"], "JourneyData": [{"Name": "Company size", "Value": 300}]}
    first, again = (funnel.post(body, **{"Idempotency-Key": lead["Email"]}) for _ in range(2))

    assert len(first.json()["Journey"]["Decisions"]) == 1
    assert again.content == first.content


def test_enrichment_never_replaces_what_was_sent(
    api: httpx.Client, workspace: Workspace, funnel: Funnel
) -> None:
    lead = register(workspace, funnel, JourneyData=[{"Name": "Company size", "Value": 300}])
    enrich(workspace, lead, {"Company size": Decimal(10)})

    assert data(get_journey(api, lead["Journey"]["Id"]))["Company size"] == 300
    assert data(api.get(f"leads/{lead['Id']}").json())["Company size"] == 300


def test_what_was_found_and_is_sent_then_is_no_longer_the_providers(
    api: httpx.Client, workspace: Workspace, funnel: Funnel
) -> None:
    lead = register(workspace, funnel)
    enrich(workspace, lead, {"Company size": Decimal(300)})
    funnel.register(lead["Email"], JourneyData=[{"Name": "Company size", "Value": 300}])
    enrich(workspace, lead, {"Company size": Decimal(10)})

    journey = get_journey(api, lead["Journey"]["Id"])
    assert (data(journey)["Company size"], sources(journey)["Company size"]) == (300, "API")
    assert sources(api.get(f"leads/{lead['Id']}").json())["Company size"] == "API"


def test_unknown_stays_unknown_when_the_time_is_over(api: httpx.Client, workspace: Workspace) -> None:
    short = waiting_funnel(api, "PT1S")
    lead = register(workspace, short)
    end = time.monotonic() + 60
    while (journey := get_journey(api, lead["Journey"]["Id"]))["Status"] == "InProgress":
        assert time.monotonic() < end
        time.sleep(0.1)

    assert journey["Outcome"] == "Disqualified"
    assert journey["Decisions"][0]["Tried"][0]["Holds"] is None


def test_a_test_for_unknown_waits_too(api: httpx.Client, workspace: Workspace) -> None:
    lead = register(workspace, waiting_funnel(api, operator="IsUnknown", value=None))
    assert lead["Journey"]["Node"]["Key"] == "way"

    enrich(workspace, lead, {}, ("Company size",))
    assert get_journey(api, lead["Journey"]["Id"])["Node"]["Key"] == "ask"


def test_a_second_funnel_is_told_too(api: httpx.Client, workspace: Workspace, funnel: Funnel) -> None:
    lead = register(workspace, funnel)
    other = register(workspace, waiting_funnel(api), Email=lead["Email"])
    enrich(workspace, lead, {"Company size": Decimal(900)})

    for journey in (lead["Journey"], other["Journey"]):
        assert get_journey(api, journey["Id"])["Node"]["Key"] == "ask"
    told = events(api, "lead.enriched", Lead=lead["Id"])
    assert [event["Data"]["Found"] for event in told] == [["Company size"]]
