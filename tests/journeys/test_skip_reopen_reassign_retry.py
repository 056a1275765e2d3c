"""What a manager, or a program with a secret key, may do to an activity beside completing it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Workspace
from tests.support.funnels import (
    WON,
    Funnel,
    act,
    activity,
    address,
    approval,
    complete,
    data,
    events,
    faults,
    form,
    get_journey,
    make_funnel,
    make_point,
    stage,
    statuses,
)


@pytest.fixture(scope="module")
def funnel(api: httpx.Client) -> Funnel:
    """Three that come after one another; the stage is not done before all are."""
    make_point(api, "Interest")
    make_point(api, "Signatory")
    nodes = {
        "ask": stage(
            "Ask",
            form("one", "Interest"),
            form("two", "Interest", After=["one"]),
            form("three", "Interest", After=["two"]),
            approval("sign", Assignee={"Kind": "Stakeholder", "DataPoint": "Signatory"}),
        ),
        **WON,
    }
    return make_funnel(api, nodes, "ask")


@pytest.fixture
def journey(funnel: Funnel) -> dict[str, Any]:
    found: dict[str, Any] = funnel.register()["Journey"]
    return found


def done(api: httpx.Client, journey: dict, key: str, what: str, **body: Any) -> dict[str, Any]:
    answer = act(api, journey, key, what, **body)
    assert answer.status_code == 200, answer.text
    after: dict[str, Any] = answer.json()
    assert after == get_journey(api, journey["Id"])
    return after


# --- skip ---------------------------------------------------------------------------------------------------


def test_skipped_satisfies_what_comes_after(api: httpx.Client, journey: dict) -> None:
    after = done(api, journey, "one", "skip")

    assert statuses(after) == {
        "one": "Skipped",
        "two": "InProgress",
        "three": "Blocked",
        "sign": "InProgress",
    }


def test_a_blocked_one_can_be_skipped(api: httpx.Client, journey: dict) -> None:
    assert statuses(done(api, journey, "three", "skip"))["three"] == "Skipped"


def test_what_is_done_cannot_be_skipped(api: httpx.Client, journey: dict) -> None:
    complete(api, journey, "one")

    assert act(api, journey, "one", "skip").status_code == 409
    done(api, journey, "three", "skip")
    assert act(api, journey, "three", "skip").status_code == 409


def test_all_skipped_the_stage_is_done(api: httpx.Client, journey: dict) -> None:
    for key in ("one", "two", "three"):
        done(api, journey, key, "skip")

    assert done(api, journey, "sign", "skip")["Status"] == "Completed"


# --- reopen -------------------------------------------------------------------------------------------------


def test_a_completed_one_is_done_anew_in_a_further_attempt(api: httpx.Client, journey: dict) -> None:
    complete(api, journey, "one", {"Interest": "first"})
    after = done(api, journey, "one", "reopen")

    assert [(a["Attempt"], a["Status"]) for a in after["Activities"] if a["Key"] == "one"] == [
        (1, "Completed"),
        (2, "InProgress"),
    ]
    assert statuses(after)["two"] == "Blocked"  # what came directly after it waits again
    assert data(after)["Interest"] == "first"
    again = complete(api, after, "one", {"Interest": "second"})
    assert statuses(again)["two"] == "InProgress"
    assert data(again)["Interest"] == "second"


def test_a_skipped_one_can_be_reopened(api: httpx.Client, journey: dict) -> None:
    skipped = done(api, journey, "three", "skip")

    assert statuses(done(api, skipped, "three", "reopen"))["three"] == "Blocked"


def test_only_what_is_done_in_the_current_stage_of_a_running_journey(
    api: httpx.Client, journey: dict
) -> None:
    assert act(api, journey, "one", "reopen").status_code == 409
    assert act(api, journey, "two", "reopen").status_code == 409
    for key in ("one", "two", "three", "sign"):
        done(api, journey, key, "skip")
    assert act(api, journey, "one", "reopen").status_code == 409


def test_only_the_last_attempt(api: httpx.Client, journey: dict) -> None:
    complete(api, journey, "one")
    again = done(api, journey, "one", "reopen")
    first = again["Activities"][0]

    assert (first["Key"], first["Attempt"]) == ("one", 1)
    answer = api.post(f"journeys/{journey['Id']}/activities/{first['Id']}/reopen", json={})
    assert answer.status_code == 409


# --- reassign -----------------------------------------------------------------------------------------------


def test_to_a_role_to_the_lead_to_a_stakeholder(api: httpx.Client, journey: dict) -> None:
    email = address()
    for assignee in (
        {"Kind": "Role", "Role": "Manager"},
        {"Kind": "Stakeholder", "Email": email},
        {"Kind": "Lead"},
    ):
        after = done(api, journey, "one", "reassign", Assignee=assignee)
        assert activity(after, "one")["Assignee"] == assignee

    told = events(api, "activity.reassigned", Journey=journey["Id"])
    assert [event["Data"]["Assignee"]["Kind"] for event in told] == ["Role", "Stakeholder", "Lead"]


def test_to_a_user_of_the_workspace(api: httpx.Client, journey: dict) -> None:
    user = api.get("users").json()["Items"][0]
    after = done(api, journey, "one", "reassign", Assignee={"Kind": "User", "Id": user["Id"]})

    assert activity(after, "one")["Assignee"] == {"Kind": "User", "Id": user["Id"]}


def test_to_the_same_again_writes_nothing(api: httpx.Client, journey: dict) -> None:
    assert done(api, journey, "one", "reassign", Assignee={"Kind": "Lead"}) == journey


@pytest.mark.parametrize(
    ("assignee", "place"),
    [
        ({"Kind": "Nobody"}, "/Assignee/Kind"),
        ({}, "/Assignee/Kind"),
        ({"Kind": "Automatic"}, "/Assignee/Kind"),
        ({"Kind": "Role", "Role": "Lead"}, "/Assignee/Role"),
        ({"Kind": "User", "Id": 987654321}, "/Assignee/Id"),
        ({"Kind": "User"}, "/Assignee/Id"),
        ({"Kind": "Stakeholder", "Email": "nobody"}, "/Assignee/Email"),
    ],
)
def test_to_nobody(api: httpx.Client, journey: dict, assignee: dict, place: str) -> None:
    assert place in faults(act(api, journey, "one", "reassign", Assignee=assignee))


def test_a_user_of_another_workspace_is_unknown(
    api: httpx.Client, other_api: httpx.Client, journey: dict
) -> None:
    theirs = other_api.get("users").json()["Items"][0]["Id"]

    assert act(api, journey, "one", "reassign", Assignee={"Kind": "User", "Id": theirs}).status_code == 422


def test_what_is_over_cannot_be_reassigned(api: httpx.Client, journey: dict) -> None:
    complete(api, journey, "one")

    assert act(api, journey, "one", "reassign", Assignee={"Kind": "Lead"}).status_code == 409


def test_an_assignee_that_becomes_known_gets_what_waited_for_them(api: httpx.Client, journey: dict) -> None:
    assert activity(journey, "sign")["Assignee"] == {"Kind": "Stakeholder", "Email": None}
    email = address()
    sent = {"Data": [{"Name": "Signatory", "Value": email}]}
    after = api.post(f"journeys/{journey['Id']}/data", json=sent).json()
    assert activity(after, "sign")["Assignee"] == {"Kind": "Stakeholder", "Email": email}

    later = {"Data": [{"Name": "Signatory", "Value": address()}]}
    after = api.post(f"journeys/{journey['Id']}/data", json=later).json()
    assert activity(after, "sign")["Assignee"]["Email"] == email


# --- retry --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def automatic(api: httpx.Client) -> Funnel:
    make_point(api, "Interest")
    pause = {
        "Key": "pause",
        "Type": "Wait",
        "Name": "Pause",
        "Assignee": {"Kind": "Automatic"},
        "Settings": {"For": "P1D"},
    }
    return make_funnel(api, {"wait": stage("Wait", pause), **WON}, "wait")


def fail(workspace: Workspace, journey: dict) -> None:
    from kohomai.journeys import automatic

    automatic.fail(workspace.id, journey["Id"], ("pause", 1, 1, 0), error="It answers 500.")


def test_a_failed_one_waits_for_a_manager_and_is_run_again(
    api: httpx.Client, workspace: Workspace, automatic: Funnel
) -> None:
    journey = automatic.register()["Journey"]
    fail(workspace, journey)
    failed = get_journey(api, journey["Id"])
    assert failed["Status"] == "InProgress"
    assert (activity(failed, "pause")["Status"], activity(failed, "pause")["Error"]) == (
        "Failed",
        "It answers 500.",
    )

    assert statuses(done(api, failed, "pause", "retry")) == {"pause": "InProgress"}


def test_a_failed_one_can_be_skipped(api: httpx.Client, workspace: Workspace, automatic: Funnel) -> None:
    journey = automatic.register()["Journey"]
    fail(workspace, journey)

    assert done(api, journey, "pause", "skip")["Status"] == "Completed"


def test_only_a_failed_one_is_retried(api: httpx.Client, automatic: Funnel) -> None:
    assert act(api, automatic.register()["Journey"], "pause", "retry").status_code == 409


def test_an_automatic_one_is_completed_by_nobody(api: httpx.Client, automatic: Funnel) -> None:
    assert act(api, automatic.register()["Journey"], "pause", "complete").status_code == 409


# --- who may ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Lead", "Stakeholder", "User"])
def test_nobody_else_may(workspace: Workspace, journey: dict, kind: str) -> None:
    from kohomai.engine.errors import Forbidden
    from kohomai.journeys import services
    from kohomai.journeys.actors import Actor

    actor = Actor(kind, journey["Lead"]["Id"], role="Stakeholder")
    one = activity(journey, "one")["Id"]
    for service in (services.skip, services.reopen, services.retry):
        with pytest.raises(Forbidden):
            service(workspace.id, journey["Id"], one, actor=actor)
    with pytest.raises(Forbidden):
        services.reassign(workspace.id, journey["Id"], one, assignee={"Kind": "Lead"}, actor=actor)


@pytest.mark.parametrize("what", ["skip", "reopen", "retry"])
def test_another_workspaces_activity_is_not_there(other_api: httpx.Client, journey: dict, what: str) -> None:
    assert act(other_api, journey, "one", what).status_code == 404
