"""``POST /sessions``: a one-time link for a journey or a lead."""

from __future__ import annotations

from datetime import datetime

import httpx

from tests.api.support import Funnel, assert_problem, pointers, register


def test_for_a_journey_and_for_a_lead(api: httpx.Client, funnel: Funnel) -> None:
    lead = register(api, funnel, Firstname="John", RedirectURL="https://www.myapp.com")
    for body in ({"Journey": {"Id": lead["Journey"]["Id"]}}, {"User": {"Id": str(lead["Id"])}}):
        answer = api.post("sessions", json={**body, "RedirectURL": "https://www.myapp.com/done"})
        assert answer.status_code == 201, answer.text
        session = answer.json()
        assert session["User"] == {"Firstname": "John", "Lastname": None, "Id": lead["Id"]}
        assert session["RedirectURL"] == "https://www.myapp.com/done"
        assert session["ConnectionURL"].endswith(session["UUID"])
        until, since = (datetime.fromisoformat(session[name]) for name in ("ValidUntil", "createdDate"))
        assert (until - since).total_seconds() == 300


def test_neither_or_both_and_what_is_not_there(api: httpx.Client, funnel: Funnel) -> None:
    lead = register(api, funnel)
    both = {"Journey": {"Id": lead["Journey"]["Id"]}, "User": {"Id": lead["Id"]}}
    for body in ({}, both, {"Journey": {"Id": "x"}}, {"User": 3}, {"Journey": {"Id": 1.5}}):
        assert_problem(api.post("sessions", json=body), 422)
    assert_problem(api.post("sessions", json={"Journey": {"Id": 2**50}}), 404)
    answer = api.post("sessions", json={"User": {"Id": lead["Id"]}, "RedirectURL": "ftp://x"})
    assert_problem(answer, 422)
    assert pointers(answer) == ["/RedirectURL"]
