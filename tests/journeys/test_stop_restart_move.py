"""A journey can be stopped, restarted from a stage, and moved to another version, each leaving its event."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Workspace
from tests.support.funnels import (
    WON,
    Funnel,
    act,
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

NODES = {
    "ask": stage("Ask", form("needs", "Interest"), form("more", "Seats", After=["needs"]), then="review"),
    "review": stage("Review", approval("check")),
    **WON,
}


@pytest.fixture
def funnel(api: httpx.Client) -> Funnel:
    make_point(api, "Interest")
    make_point(api, "Seats", "Number")
    return make_funnel(api, NODES, "ask")


def post(funnel: Funnel, journey: dict, what: str, **body: Any) -> httpx.Response:
    return funnel.api.post(f"journeys/{journey['Id']}/{what}", json=body)


def done(funnel: Funnel, journey: dict, what: str, **body: Any) -> dict[str, Any]:
    answer = post(funnel, journey, what, **body)
    assert answer.status_code == 200, answer.text
    after: dict[str, Any] = answer.json()
    assert after == get_journey(funnel.api, journey["Id"])
    return after


def told(funnel: Funnel, journey: dict, type: str) -> list[dict]:
    return [event["Data"] for event in events(funnel.api, type, Journey=journey["Id"])]


# --- stop ---------------------------------------------------------------------------------------------------


def test_stop_cancels_what_is_open(funnel: Funnel) -> None:
    journey = funnel.register()["Journey"]
    after = done(funnel, journey, "stop", Reason="Bought elsewhere")

    assert (after["Status"], after["Reason"], after["Outcome"]) == ("Stopped", "Bought elsewhere", None)
    assert statuses(after) == {"needs": "Cancelled", "more": "Cancelled"}
    assert [event["Reason"] for event in told(funnel, journey, "journey.stopped")] == ["Bought elsewhere"]


def test_what_has_ended_cannot_be_stopped(funnel: Funnel) -> None:
    journey = funnel.register()["Journey"]
    done(funnel, journey, "stop")

    assert post(funnel, journey, "stop").status_code == 409
    assert act(funnel.api, journey, "needs", "complete").status_code == 409
    assert act(funnel.api, journey, "needs", "skip").status_code == 409


@pytest.mark.parametrize("reason", ["x" * 501, "bell \u0007"])
def test_a_reason_that_cannot_be_kept_is_refused(funnel: Funnel, reason: str) -> None:
    assert list(faults(post(funnel, funnel.register()["Journey"], "stop", Reason=reason))) == ["/Reason"]


# --- restart ------------------------------------------------------------------------------------------------


def test_restart_goes_on_from_a_stage_with_its_data(funnel: Funnel) -> None:
    journey = funnel.register()["Journey"]
    complete(funnel.api, journey, "needs", {"Interest": "x"})
    ended = done(funnel, journey, "stop")
    after = done(funnel, ended, "restart", Node="ask")

    assert (after["Status"], after["Reason"], after["Outcome"]) == ("InProgress", None, None)
    assert data(after)["Interest"] == "x"
    visits = [(item["Key"], item["Visit"], item["Status"]) for item in after["Activities"]]
    assert visits == [
        ("needs", 1, "Completed"),
        ("more", 1, "Cancelled"),
        ("needs", 2, "InProgress"),
        ("more", 2, "Blocked"),
    ]
    assert len(told(funnel, journey, "journey.restarted")) == 1


def test_restart_copies_the_leads_current_values_in_first(funnel: Funnel) -> None:
    email = address()
    lead = funnel.register(email, Firstname="John", Lastname="Doe", PhoneNumber="+1 800 555 0175")
    ended = done(funnel, lead["Journey"], "stop")
    change = {"Firstname": "Jane", "Lastname": None, "PhoneNumber": "+33 1 42 68 53 00"}
    assert funnel.api.patch(f"leads/{lead['Id']}", json=change).status_code == 200
    assert get_journey(funnel.api, ended["Id"]) == ended

    known = data(done(funnel, ended, "restart", Node="review"))
    assert (known["Firstname"], known["Phone"]) == ("Jane", "+33142685300")
    assert known["Phone country"] == known["Country"] == "FR"
    assert "Lastname" not in known


def test_restart_of_a_completed_one_clears_its_outcome(funnel: Funnel) -> None:
    journey = funnel.register()["Journey"]
    for key in ("needs", "more", "check"):
        journey = act(funnel.api, journey, key, "skip").json()
    assert journey["Outcome"] == "Converted"

    assert done(funnel, journey, "restart", Node="review")["Outcome"] is None


def test_restart_of_a_running_one_cancels_what_is_open(funnel: Funnel) -> None:
    after = done(funnel, funnel.register()["Journey"], "restart", Node="review")

    assert statuses(after) == {"needs": "Cancelled", "more": "Cancelled", "check": "InProgress"}


def test_restart_is_409_while_another_journey_of_the_funnel_runs(funnel: Funnel) -> None:
    email = address()
    first = done(funnel, funnel.register(email)["Journey"], "stop")
    funnel.register(email)

    assert post(funnel, first, "restart", Node="ask").status_code == 409
    assert get_journey(funnel.api, first["Id"]) == first


def test_restart_beside_another_one_where_the_rule_is_always(api: httpx.Client, funnel: Funnel) -> None:
    always, email = make_funnel(api, NODES, "ask", Reentry="Always"), address()
    first = done(always, always.register(email)["Journey"], "stop")
    always.register(email)

    assert done(always, first, "restart", Node="ask")["Status"] == "InProgress"


def test_restart_where_the_rule_was_always_only_later(funnel: Funnel) -> None:
    """What the journey runs on says the rule; two that exclude one another can never run at once."""
    email = address()
    first = funnel.register(email)["Journey"]
    assert funnel.publish(NODES, "ask", Reentry="Always") == 2
    done(funnel, first, "move", Version=2)
    done(funnel, first, "stop")
    assert funnel.publish(NODES, "ask", Reentry="WhenEnded") == 3
    funnel.register(email)

    assert post(funnel, first, "restart", Node="ask").status_code == 409


@pytest.mark.parametrize("node", ["won", "nowhere", "", "needs"])
def test_restart_from_what_is_no_stage(funnel: Funnel, node: str) -> None:
    assert list(faults(post(funnel, funnel.register()["Journey"], "restart", Node=node))) == ["/Node"]


# --- move ---------------------------------------------------------------------------------------------------

SECOND = {
    "ask": stage("Ask again", form("needs", "Interest"), form("extra", "Seats"), then="review"),
    "review": stage("Review", approval("check")),
    **WON,
}
THIRD = {"other": stage("Other", form("needs", "Interest")), **WON}


def test_move_matches_activities_by_key_and_type(funnel: Funnel) -> None:
    journey = funnel.register()["Journey"]
    complete(funnel.api, journey, "needs", {"Interest": "x"})
    assert funnel.publish(SECOND, "ask") == 2
    after = done(funnel, journey, "move", Version=2)

    assert after["Funnel"]["Version"] == 2
    assert after["Node"] == {"Key": "ask", "Name": "Ask again"}
    assert statuses(after) == {"needs": "Completed", "more": "Cancelled", "extra": "InProgress"}
    assert len(told(funnel, journey, "journey.migrated")) == 1
    assert act(funnel.api, after, "extra", "skip").json()["Node"]["Key"] == "review"


def test_without_a_counterpart_a_person_says_the_node(funnel: Funnel) -> None:
    journey = funnel.register()["Journey"]
    funnel.publish(THIRD, "other")

    assert post(funnel, journey, "move", Version=2).status_code == 409
    assert list(faults(post(funnel, journey, "move", Version=2, Node="ask"))) == ["/Node"]
    after = done(funnel, journey, "move", Version=2, Node="other")
    assert (after["Node"]["Key"], statuses(after)["needs"]) == ("other", "InProgress")


@pytest.mark.parametrize("version", [0, 7, -1, 2**31, 2**53])
def test_there_is_no_such_version(funnel: Funnel, version: int) -> None:
    assert list(faults(post(funnel, funnel.register()["Journey"], "move", Version=version))) == ["/Version"]


def test_an_ended_one_is_not_moved(funnel: Funnel) -> None:
    journey = done(funnel, funnel.register()["Journey"], "stop")
    funnel.publish(SECOND, "ask")

    assert post(funnel, journey, "move", Version=2).status_code == 409


def undo(workspace: Workspace, journey: dict) -> None:
    from kohomai.journeys import services
    from kohomai.journeys.actors import Actor

    services.undo_move(workspace.id, journey["Id"], actor=Actor("User", 1, role="Manager"))


def test_a_move_is_undone(funnel: Funnel, workspace: Workspace) -> None:
    journey = funnel.register()["Journey"]
    funnel.publish(SECOND, "ask")
    done(funnel, journey, "move", Version=2)
    undo(workspace, journey)

    after = get_journey(funnel.api, journey["Id"])
    assert after["Funnel"]["Version"] == 1
    assert {key: status for key, status in statuses(after).items() if key != "extra"} == statuses(journey)
    assert statuses(after)["extra"] == "Cancelled"
    complete(funnel.api, after, "needs")


def test_no_move_is_undone_once_something_has_happened(funnel: Funnel, workspace: Workspace) -> None:
    from kohomai.engine.errors import Conflict

    journey = funnel.register()["Journey"]
    with pytest.raises(Conflict):
        undo(workspace, journey)
    funnel.publish(SECOND, "ask")
    moved = done(funnel, journey, "move", Version=2)
    complete(funnel.api, moved, "needs")
    with pytest.raises(Conflict):
        undo(workspace, journey)


# --- who may ------------------------------------------------------------------------------------------------


def test_only_managers_and_programs_may(funnel: Funnel, workspace: Workspace) -> None:
    from kohomai.engine.errors import Forbidden
    from kohomai.journeys import services
    from kohomai.journeys.actors import Actor

    journey = funnel.register()["Journey"]
    for actor in (Actor("Lead", journey["Lead"]["Id"]), Actor("User", 1, role="Stakeholder")):
        with pytest.raises(Forbidden):
            services.stop(workspace.id, journey["Id"], reason="", actor=actor)
        with pytest.raises(Forbidden):
            services.restart(workspace.id, journey["Id"], node="ask", actor=actor)
        with pytest.raises(Forbidden):
            services.move(workspace.id, journey["Id"], version=2, actor=actor)
        with pytest.raises(Forbidden):
            services.set_data(workspace.id, journey["Id"], data=[], actor=actor)
        with pytest.raises(Forbidden):
            services.undo_move(workspace.id, journey["Id"], actor=actor)


@pytest.mark.parametrize(
    ("what", "body"), [("stop", {}), ("restart", {"Node": "ask"}), ("move", {"Version": 1})]
)
def test_another_workspaces_journey_is_not_there(
    funnel: Funnel, other_api: httpx.Client, what: str, body: dict
) -> None:
    journey = funnel.register()["Journey"]

    assert other_api.post(f"journeys/{journey['Id']}/{what}", json=body).status_code == 404
