"""``/journeys/{id}/activities/{id}``: complete, skip, reopen, reassign, retry."""

from __future__ import annotations

from typing import Any

import httpx

from tests.api.support import Funnel, address, assert_problem, pointers, register


def activity(journey: dict[str, Any], key: str) -> dict[str, Any]:
    """The latest attempt of an activity."""
    found: dict[str, Any] = [one for one in journey["Activities"] if one["Key"] == key][-1]
    return found


def path(journey: dict[str, Any], key: str) -> str:
    return f"journeys/{journey['Id']}/activities/{activity(journey, key)['Id']}"


def test_a_journey_is_carried_to_its_end(api: httpx.Client, funnel: Funnel) -> None:
    journey = register(api, funnel, Email=address())["Journey"]
    assert activity(journey, "terms")["Status"] == "Blocked"
    budget = {"Name": "Budget", "Value": {"Amount": 10000.00, "Currency": "EUR"}}
    answer = api.post(f"{path(journey, 'needs')}/complete", json={"Data": [budget]})
    assert answer.status_code == 200, answer.text
    journey = answer.json()
    assert activity(journey, "needs")["Status"] == "Completed"
    journey = api.post(f"{path(journey, 'terms')}/complete", json={"Result": {"Accepted": True}}).json()
    assert journey["Node"]["Key"] == "review"
    assert [decision["Taken"] for decision in journey["Decisions"]] == ["Default", "Large budget"]
    journey = api.post(f"{path(journey, 'check')}/complete", json={"Result": {"Approved": True}}).json()
    assert (journey["Status"], journey["Outcome"]) == ("Completed", "Converted")
    assert activity(journey, "check")["Result"]["Approved"] is True


def test_state_is_judged_before_the_body(api: httpx.Client, funnel: Funnel) -> None:
    journey = register(api, funnel, Email=address())["Journey"]
    nonsense = {"Data": [{"Name": "Nothing", "Value": 1}], "Nonsense": 1}
    assert_problem(api.post(f"{path(journey, 'terms')}/complete", json=nonsense), 409)
    answer = api.post(f"{path(journey, 'needs')}/complete", json=nonsense)
    assert_problem(answer, 422)
    assert {"/Data/0/Name", "/Nonsense"} <= set(pointers(answer))


def test_completed_once(api: httpx.Client, funnel: Funnel) -> None:
    journey = register(api, funnel)["Journey"]
    body = {"Data": [{"Name": "Interest", "Value": "A demo"}]}
    assert api.post(f"{path(journey, 'about')}/complete", json=body).json()["Status"] == "Completed"
    assert_problem(api.post(f"{path(journey, 'about')}/complete", json=body), 409)


def test_a_required_field_is_named(api: httpx.Client, funnel: Funnel) -> None:
    journey = register(api, funnel)["Journey"]
    answer = api.post(f"{path(journey, 'about')}/complete", json={})
    assert_problem(answer, 422)


def test_skip_and_reopen(api: httpx.Client, funnel: Funnel) -> None:
    journey = register(api, funnel, Email=address())["Journey"]
    journey = api.post(f"{path(journey, 'needs')}/skip").json()
    assert activity(journey, "needs")["Status"] == "Skipped"
    assert activity(journey, "terms")["Status"] == "InProgress"
    journey = api.post(f"{path(journey, 'needs')}/reopen", json={}).json()
    assert (activity(journey, "needs")["Status"], activity(journey, "needs")["Attempt"]) == ("InProgress", 2)
    assert activity(journey, "terms")["Status"] == "Blocked"
    assert_problem(api.post(f"{path(journey, 'needs')}/reopen"), 409)


def test_reassign(api: httpx.Client, funnel: Funnel) -> None:
    journey = register(api, funnel)["Journey"]
    user = api.get("users").json()["Items"][0]["Id"]
    answer = api.post(f"{path(journey, 'about')}/reassign", json={"Assignee": {"Kind": "User", "Id": user}})
    assert answer.status_code == 200, answer.text
    assert activity(answer.json(), "about")["Assignee"] == {"Kind": "User", "Id": user}
    for assignee in ({"Kind": "Nobody"}, {"Kind": "User", "Id": 2**50}, {"Kind": "Role", "Role": "King"}):
        assert_problem(api.post(f"{path(journey, 'about')}/reassign", json={"Assignee": assignee}), 422)
    assert_problem(api.post(f"{path(journey, 'about')}/reassign", json={"Assignee": 1}), 422)


def test_get_and_what_is_not_there(api: httpx.Client, funnel: Funnel) -> None:
    journey = register(api, funnel)["Journey"]
    assert api.get(path(journey, "about")).json() == activity(journey, "about")
    assert_problem(api.get(f"journeys/{journey['Id']}/activities/{2**50}"), 404)
    assert_problem(api.post(f"journeys/{journey['Id']}/activities/{2**50}/skip"), 404)
    assert_problem(api.post(f"{path(journey, 'about')}/retry"), 409)
