"""``/secrets``: kept encrypted, used by name, never shown."""

from __future__ import annotations

import httpx

from tests.api.support import assert_problem, pointers
from tests.delivery.support import rows
from tests.support.program import Program


def test_make_list_change_forget(api: httpx.Client) -> None:
    made = api.post("secrets", json={"Name": "crm", "Value": "tell nobody"})
    assert made.status_code == 201
    assert set(made.json()) == {"Id", "Name", "createdDate", "changedDate"}
    assert api.get("secrets").json()["Items"] == [made.json()]
    path = f"secrets/{made.json()['Id']}"
    assert api.patch(path, json={"Value": "another"}).json()["Name"] == "crm"
    assert "another" not in api.get(path).text
    assert_problem(api.post("secrets", json={"Name": "crm", "Value": "x"}), 409)
    assert api.delete(path).status_code == 204
    assert_problem(api.get(path), 404)


def test_faults_are_named(api: httpx.Client) -> None:
    assert set(pointers(api.post("secrets", json={"Name": "a b", "Value": ""}))) == {"/Name", "/Value"}
    assert set(pointers(api.post("secrets", json={"Name": "a", "Value": "x" * 4_001}))) == {"/Value"}


def test_nothing_of_it_is_readable_in_the_database(program: Program, api: httpx.Client) -> None:
    made = api.post("secrets", json={"Name": "crm", "Value": "tell nobody"}).json()
    ((kept,),) = rows(
        program.database_url, "SELECT value FROM workspaces_namedsecret WHERE id = %s", made["Id"]
    )
    assert b"tell nobody" not in bytes(kept)
