"""``/users``: who may sign in, and their roles."""

from __future__ import annotations

import httpx

from tests.api.support import address, assert_problem, pointers


def test_create_list_change_remove(api: httpx.Client) -> None:
    body = {"Email": address(), "Role": "Manager", "Firstname": "Mary"}
    made = api.post("users", json=body)
    assert made.status_code == 201
    assert {**made.json(), **body} == made.json()
    assert [user["Role"] for user in api.get("users").json()["Items"]] == ["Administrator", "Manager"]
    assert api.get("users?Role=Manager").json()["Items"] == [made.json()]
    path = f"users/{made.json()['Id']}"
    assert api.patch(path, json={"Role": "Stakeholder"}).json()["Role"] == "Stakeholder"
    assert api.delete(path).status_code == 204
    assert_problem(api.get(path), 404)


def test_the_last_administrator_cannot_be_removed(api: httpx.Client) -> None:
    path = f"users/{api.get('users').json()['Items'][0]['Id']}"
    assert_problem(api.patch(path, json={"Role": "Manager"}), 409)
    assert_problem(api.delete(path), 409)
    second = api.post("users", json={"Email": address(), "Role": "Administrator"})
    assert api.delete(path).status_code == 204
    assert_problem(api.delete(f"users/{second.json()['Id']}"), 409)


def test_twice_is_409_and_faults_are_named(api: httpx.Client) -> None:
    email = address()
    assert api.post("users", json={"Email": email, "Role": "Manager"}).status_code == 201
    assert_problem(api.post("users", json={"Email": email.upper(), "Role": "Manager"}), 409)
    answer = api.post("users", json={"Email": "nobody", "Role": "Lead", "Firstname": "x" * 201})
    assert set(pointers(answer)) == {"/Email", "/Role", "/Firstname"}
