"""POST /api/v1/sessions: a one-time link for a journey, or for a lead in all its journeys."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import client_for, make_workspace
from tests.support.program import Program


def test_for_a_journey(api: httpx.Client, program: Program, lead: dict[str, Any]) -> None:
    body = {"Journey": {"Id": lead["Journey"]["Id"]}, "RedirectURL": "https://www.myapp.com"}
    answer = api.post("sessions", json=body)
    assert answer.status_code == 201
    session = answer.json()
    assert set(session) == {
        "UUID", "RedirectURL", "ConnectionURL", "ValidUntil", "createdDate", "changedDate", "User"
    }  # fmt: skip
    assert session["ConnectionURL"] == f"{program.base_url}/internal/v1/autologin?UUID={session['UUID']}"
    assert session["RedirectURL"] == "https://www.myapp.com"
    assert session["User"] == {"Firstname": "Adaeze", "Lastname": "Okafor", "Id": lead["Id"]}
    assert session["ValidUntil"].endswith("Z")


def test_the_journeys_address_is_given_where_none_is_sent(api: httpx.Client, lead: dict[str, Any]) -> None:
    session = api.post("sessions", json={"Journey": {"Id": str(lead["Journey"]["Id"])}}).json()
    assert session["RedirectURL"] == "https://www.myapp.com/done"


def test_for_a_lead(api: httpx.Client, lead: dict[str, Any]) -> None:
    session = api.post("sessions", json={"User": {"Id": lead["Id"]}}).json()
    assert session["User"]["Id"] == lead["Id"]
    assert session["RedirectURL"] is None


@pytest.mark.parametrize("body", [{}, {"Journey": {"Id": 1}, "User": {"Id": 1}}, {"Journey": {"Id": "x"}}])
def test_one_of_the_two_is_named(api: httpx.Client, body: dict[str, Any]) -> None:
    assert api.post("sessions", json=body).status_code == 422


def test_what_is_not_there_is_not_found(api: httpx.Client) -> None:
    assert api.post("sessions", json={"Journey": {"Id": 999_999_999}}).status_code == 404
    assert api.post("sessions", json={"User": {"Id": 999_999_999}}).status_code == 404


def test_another_workspaces_is_not_there(program: Program, lead: dict[str, Any]) -> None:
    with client_for(program, make_workspace().key) as other_api:
        assert other_api.post("sessions", json={"Journey": {"Id": lead["Journey"]["Id"]}}).status_code == 404
        assert other_api.post("sessions", json={"User": {"Id": lead["Id"]}}).status_code == 404
