"""``/journeys``: list, get, assign, stop, restart, move, data."""

from __future__ import annotations

import httpx

from tests.api.support import Funnel, address, assert_problem, definition, make_funnel, pointers, register


def test_the_list_has_neither_activities_nor_data_nor_decisions(api: httpx.Client, funnel: Funnel) -> None:
    made = register(api, funnel)["Journey"]
    register(api, funnel, Email=address())
    listed = api.get("journeys").json()["Items"]
    assert len(listed) == 2
    assert {"Activities", "Data", "Decisions"}.isdisjoint(listed[0])
    whole = {name: value for name, value in made.items() if name in listed[0]}
    assert whole == listed[0]


def test_filters(api: httpx.Client, funnel: Funnel) -> None:
    private, business = register(api, funnel), register(api, funnel, Email=address())
    for query, wanted in (
        (f"Lead={private['Id']}", private),
        ("Node=business", business),
        ("Node=private&Status=InProgress", private),
        (f"Funnel={funnel.id}&Node=private", private),
    ):
        found = api.get(f"journeys?{query}").json()["Items"]
        assert [journey["Id"] for journey in found] == [wanted["Journey"]["Id"]]
    assert api.get("journeys?Status=Completed").json()["Items"] == []


def test_assigning_a_lead_generates_its_journey_once(api: httpx.Client, funnel: Funnel) -> None:
    lead = register(api, funnel)
    other = make_funnel(api)
    body = {"Lead": {"Id": lead["Id"]}, "Funnel": {"Id": str(other.id)}}
    made = api.post("journeys", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["Funnel"]["Id"] == other.id
    again = api.post("journeys", json=body)
    assert again.status_code == 200
    assert again.json()["Id"] == made.json()["Id"]


def test_assigning_names_what_is_missing(api: httpx.Client, funnel: Funnel) -> None:
    answer = api.post("journeys", json={"Lead": {}, "Nonsense": 1})
    assert_problem(answer, 422)
    assert set(pointers(answer)) == {"/Lead/Id", "/Funnel", "/Nonsense"}
    answer = api.post("journeys", json={"Lead": {"Id": 2**52}, "Funnel": {"Id": funnel.id}})
    assert_problem(answer, 404)


def test_stopping_cancels_what_is_open(api: httpx.Client, funnel: Funnel) -> None:
    journey = register(api, funnel)["Journey"]
    stopped = api.post(f"journeys/{journey['Id']}/stop", json={"Reason": "Bought elsewhere"})
    assert stopped.status_code == 200, stopped.text
    assert stopped.json()["Status"] == "Stopped"
    assert stopped.json()["Reason"] == "Bought elsewhere"
    assert [activity["Status"] for activity in stopped.json()["Activities"]] == ["Cancelled"]
    assert_problem(api.post(f"journeys/{journey['Id']}/stop", json={}), 409)


def test_restarting_from_a_stage(api: httpx.Client, funnel: Funnel) -> None:
    journey = register(api, funnel)["Journey"]
    api.post(f"journeys/{journey['Id']}/stop")
    answer = api.post(f"journeys/{journey['Id']}/restart", json={"Node": "nowhere"})
    assert_problem(answer, 422)
    assert pointers(answer) == ["/Node"]
    restarted = api.post(f"journeys/{journey['Id']}/restart", json={"Node": "business"}).json()
    assert restarted["Status"] == "InProgress"
    assert restarted["Node"]["Key"] == "business"


def test_moving_to_a_version(api: httpx.Client, funnel: Funnel) -> None:
    journey = register(api, funnel)["Journey"]
    document = definition()
    document["Nodes"]["private"]["Activities"][0]["Name"] = "A word about you"
    draft = api.get(f"funnels/{funnel.id}/draft")
    headers = {"If-Match": draft.headers["ETag"]}
    assert api.put(f"funnels/{funnel.id}/draft", json=document, headers=headers).status_code == 200
    assert api.post(f"funnels/{funnel.id}/publish").json() == {"Version": 2}
    assert_problem(api.post(f"journeys/{journey['Id']}/move", json={"Version": 3}), 422)
    moved = api.post(f"journeys/{journey['Id']}/move", json={"Version": 2})
    assert moved.status_code == 200, moved.text
    assert moved.json()["Funnel"]["Version"] == 2


def test_data_is_typed_and_every_fault_named(api: httpx.Client, funnel: Funnel) -> None:
    path = f"journeys/{register(api, funnel)['Journey']['Id']}/data"
    given = [{"Name": "Budget", "Value": "12500.50 EUR"}, {"Name": "Start date", "Value": "2026-11-23"}]
    answer = api.post(path, json={"Data": given})
    assert answer.status_code == 200, answer.text
    known = {item["Name"]: item["Value"] for item in answer.json()["Data"]}
    assert '"Amount":12500.50' in answer.text
    assert known["Start date"] == "2026-11-23"
    answer = api.post(
        path, json={"Data": [{"Name": "Budget", "Value": "much"}, {"Name": "None", "Value": 1}]}
    )
    assert_problem(answer, 422)
    assert set(pointers(answer)) == {"/Data/0/Value", "/Data/1/Name"}
    forgotten = api.post(path, json={"Data": [{"Name": "Budget", "Value": None}]}).json()
    assert "Budget" not in {item["Name"] for item in forgotten["Data"] if item["Value"] is not None}
