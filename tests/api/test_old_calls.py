"""The older documented calls: ``POST /journeys?ref=`` in both its forms always gives a session."""

from __future__ import annotations

import httpx

from tests.api.support import Funnel, address, assert_problem, pointers

SESSION = {"UUID", "RedirectURL", "ConnectionURL", "ValidUntil", "createdDate", "changedDate", "User"}


def test_the_flat_form(api: httpx.Client, funnel: Funnel) -> None:
    body = {"Email": address(), "Firstname": "John", "RedirectURL": "https://www.myapp.com", "Unknown": 1}
    answer = api.post(f"journeys?ref={funnel.ref}", json=body)
    assert answer.status_code == 201, answer.text
    session = answer.json()
    assert set(session) == SESSION
    assert session["User"]["Firstname"] == "John"
    assert api.get(f"leads/{session['User']['Id']}").json()["Email"] == body["Email"]
    assert session["RedirectURL"] == "https://www.myapp.com"


def test_the_nested_form(api: httpx.Client, funnel: Funnel) -> None:
    point = api.get("datapoints", params={"Name": "My datapoint"}).json()["Items"][0]["Id"]
    email = address("gmail.com")
    body = {
        "Journey": {
            "User": {"Firstname": "John", "Lastname": "Doe", "ContactPrefs": {"Email": email}},
            "JourneyData": [{"StringValue": "example", "DataPoint": {"Id": str(point)}}],
        },
        "RedirectURL": "https://www.myapp.com",
    }
    answer = api.post(f"journeys?ref={funnel.ref}", json=body)
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == SESSION
    user = answer.json()["User"]
    assert (user["Firstname"], user["Lastname"]) == ("John", "Doe")
    journey = api.get(f"journeys?Lead={user['Id']}").json()["Items"][0]
    known = {item["Name"]: item["Value"] for item in api.get(f"journeys/{journey['Id']}").json()["Data"]}
    assert known["My datapoint"] == "example"


def test_a_session_is_given_again_for_who_is_known(api: httpx.Client, funnel: Funnel) -> None:
    body = {"Email": address()}
    first = api.post(f"journeys?ref={funnel.ref}", json=body).json()
    second = api.post(f"journeys?ref={funnel.ref}", json=body).json()
    assert first["User"]["Id"] == second["User"]["Id"]
    assert first["UUID"] != second["UUID"]


def test_faults_are_named_where_they_stand(api: httpx.Client, funnel: Funnel) -> None:
    body = {"Journey": {"User": {"ContactPrefs": {"Email": "x"}}, "JourneyData": [{"DataPoint": {"Id": 1}}]}}
    answer = api.post(f"journeys?ref={funnel.ref}", json=body)
    assert_problem(answer, 422)
    assert set(pointers(answer)) == {
        "/Journey/User/ContactPrefs/Email",
        "/Journey/JourneyData/0/DataPoint/Id",
    }
    assert_problem(api.post("journeys?ref=nobodysref", json={"Email": address()}), 404)
