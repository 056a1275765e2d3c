"""Completing an activity: judged by state before body; its assignee, a manager for them, a secret key."""

from __future__ import annotations

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
    activity,
    address,
    approval,
    branch,
    complete,
    data,
    decision,
    events,
    faults,
    form,
    get_journey,
    make_funnel,
    make_point,
    sources,
    stage,
    statuses,
)
from tests.support.program import Program


@pytest.fixture(scope="module")
def funnel(api: httpx.Client) -> Funnel:
    """A form and an approval after it; then a decision on the budget."""
    for name, kind in (("Interest", "Text"), ("Budget", "Amount"), ("Seats", "Number")):
        make_point(api, name, kind)
    nodes = {
        "ask": stage(
            "Ask",
            form("needs", "Interest", "Budget", required=["Interest"]),
            approval("check", After=["needs"]),
            form("more", "Seats", Required=False),
            then="way",
        ),
        "way": decision(
            branch("Budget", "AtLeast", {"Amount": 10000, "Currency": "EUR"}, "won"), default="lost"
        ),
        **WON,
        **LOST,
    }
    return make_funnel(api, nodes, "ask")


@pytest.fixture
def journey(funnel: Funnel) -> dict[str, Any]:
    found: dict[str, Any] = funnel.register()["Journey"]
    return found


def test_what_is_completed_frees_what_comes_after_it(funnel: Funnel, journey: dict) -> None:
    assert statuses(journey) == {"needs": "InProgress", "check": "Blocked", "more": "InProgress"}
    after = complete(funnel.api, journey, "needs", {"Interest": "A demo"})

    assert statuses(after) == {"needs": "Completed", "check": "InProgress", "more": "InProgress"}
    assert data(after)["Interest"] == "A demo"
    assert sources(after)["Interest"] == "API"
    assert after == get_journey(funnel.api, journey["Id"])


def test_the_stage_done_the_decision_is_taken_in_the_same_call(funnel: Funnel, journey: dict) -> None:
    complete(funnel.api, journey, "needs", {"Interest": "x", "Budget": "12000 EUR"})
    after = complete(funnel.api, journey, "check", result={"Approved": True})

    assert (after["Status"], after["Outcome"]) == ("Completed", "Converted")
    assert statuses(after) == {"needs": "Completed", "check": "Completed", "more": "Cancelled"}
    assert activity(after, "check")["Result"] == {"Approved": True}
    assert [receipt["Taken"] for receipt in after["Decisions"]] == ["Budget AtLeast"]


def test_the_answer_of_an_activity_is_that_of_the_journey(funnel: Funnel, journey: dict) -> None:
    shown = activity(journey, "needs")
    answer = funnel.api.get(f"journeys/{journey['Id']}/activities/{shown['Id']}")

    assert answer.json() == shown


def test_state_is_judged_before_the_body(funnel: Funnel, journey: dict) -> None:
    wrong = {"Data": [{"Name": "Nope", "Value": 1}]}

    assert act(funnel.api, journey, "check", "complete", **wrong).status_code == 409  # blocked
    complete(funnel.api, journey, "needs", {"Interest": "x"})
    assert act(funnel.api, journey, "needs", "complete", **wrong).status_code == 409  # completed
    assert act(funnel.api, journey, "more", "complete", **wrong).status_code == 422


def test_every_fault_of_the_body_is_named_at_its_place(funnel: Funnel, journey: dict) -> None:
    sent = [
        {"Name": "Nope", "Value": 1},
        {"Name": "Budget", "Value": "much"},
        {"Name": "Email", "Value": "x@company.example"},
        {"Value": 1},
        {"Name": "Seats"},
    ]
    found = faults(act(funnel.api, journey, "needs", "complete", Data=sent))

    assert found["/Data/0/Name"] == "UnknownDataPoint"
    assert found["/Data/1/Value"] == "WrongValue"
    assert found["/Data/2/Name"] == "Computed"
    assert found["/Data/3/Name"] == "Required"
    assert found["/Data/4/Value"] == "Required"
    assert found["/Data/5/Value"] == "Required"  # Interest, as if it stood at the end
    assert get_journey(funnel.api, journey["Id"]) == journey


def test_the_same_data_point_twice_is_refused(funnel: Funnel, journey: dict) -> None:
    sent = [{"Name": "Interest", "Value": "a"}, {"Name": "interest", "Value": "b"}]

    assert faults(act(funnel.api, journey, "needs", "complete", Data=sent)) == {"/Data/1/Name": "Duplicate"}


@pytest.mark.parametrize(
    ("result", "place"),
    [
        ({"Approved": "perhaps"}, "/Result/Approved"),
        ({"Loved": True}, "/Result/Loved"),
        ({}, "/Result/Approved"),
    ],
)
def test_a_result_that_the_type_does_not_take_is_refused(
    funnel: Funnel, journey: dict, result: dict, place: str
) -> None:
    complete(funnel.api, journey, "needs", {"Interest": "x"})

    assert place in faults(act(funnel.api, journey, "check", "complete", Result=result))


def test_a_required_field_that_is_known_counts_as_filled(funnel: Funnel) -> None:
    lead = funnel.register(JourneyData=[{"Name": "Interest", "Value": "known"}])
    after = complete(funnel.api, lead["Journey"], "needs")

    assert statuses(after)["needs"] == "Completed"
    assert data(after)["Interest"] == "known"


def test_a_known_field_can_be_corrected(funnel: Funnel) -> None:
    lead = funnel.register(JourneyData=[{"Name": "Interest", "Value": "known"}])
    after = complete(funnel.api, lead["Journey"], "needs", {"Interest": "corrected"})

    assert data(after)["Interest"] == "corrected"


def test_it_is_completed_once(program: Program, workspace: Workspace, funnel: Funnel, journey: dict) -> None:
    def one(n: int) -> int:
        with client_for(program, workspace.key) as api:
            sent = [{"Name": "Interest", "Value": str(n)}]
            return act(api, journey, "needs", "complete", Data=sent).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(one, range(8)))

    assert sorted(codes) == [200] + [409] * 7
    assert len(events(funnel.api, "activity.completed", Journey=journey["Id"])) == 1


def test_an_activity_of_another_journey_is_not_there(funnel: Funnel, journey: dict) -> None:
    other = funnel.register()["Journey"]
    item = activity(other, "needs")["Id"]
    answer = funnel.api.post(f"journeys/{journey['Id']}/activities/{item}/complete", json={})

    assert answer.status_code == 404


def test_another_workspaces_journey_is_not_there(journey: dict, other_api: httpx.Client) -> None:
    assert act(other_api, journey, "needs", "complete").status_code == 404


# --- who may ------------------------------------------------------------------------------------------------


def complete_as(workspace: Workspace, journey: dict, key: str, actor: Any, **values: Any) -> None:
    from kohomai.journeys import services

    services.complete(
        workspace.id,
        journey["Id"],
        activity(journey, key)["Id"],
        data=[{"Name": name, "Value": value} for name, value in values.items()],
        result={},
        actor=actor,
    )


def test_the_lead_may_send_only_the_forms_fields(workspace: Workspace, funnel: Funnel, journey: dict) -> None:
    from kohomai.engine.errors import Invalid
    from kohomai.journeys.actors import Actor

    lead = Actor("Lead", journey["Lead"]["Id"])
    with pytest.raises(Invalid) as refused:
        complete_as(workspace, journey, "needs", lead, Interest="x", Seats=5)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/Data/1/Name", "NotAllowed")]

    complete_as(workspace, journey, "needs", lead, Interest="x")
    after = get_journey(funnel.api, journey["Id"])
    assert sources(after)["Interest"] == "Lead"


def test_the_lead_sees_nothing_of_what_is_others(workspace: Workspace, funnel: Funnel, journey: dict) -> None:
    from kohomai.engine.errors import NotFound
    from kohomai.journeys.actors import Actor

    with pytest.raises(NotFound):
        complete_as(workspace, journey, "needs", Actor("Lead", funnel.register()["Id"]), Interest="x")
    with pytest.raises(NotFound):
        complete_as(workspace, journey, "check", Actor("Lead", journey["Lead"]["Id"]))
    with pytest.raises(NotFound):
        complete_as(workspace, journey, "needs", Actor("Stakeholder", email=address()), Interest="x")


def test_a_manager_may_and_a_user_without_the_role_may_not(workspace: Workspace, journey: dict) -> None:
    from kohomai.engine.errors import Forbidden
    from kohomai.journeys.actors import Actor

    with pytest.raises(Forbidden):
        complete_as(workspace, journey, "needs", Actor("User", 1, role="Stakeholder"), Interest="x")
    complete_as(workspace, journey, "needs", Actor("User", 1, role="Manager"), Interest="x")
