"""``/workspace``."""

from __future__ import annotations

import base64

import httpx

from tests.api.support import Funnel, assert_problem, pointers, register


def test_get_and_change(api: httpx.Client) -> None:
    before = api.get("workspace").json()
    assert before["WebhookSecret"].startswith("whsec_")
    assert len(base64.b64decode(before["WebhookSecret"][6:])) == 32
    changes = {"Name": "Acme", "DefaultCountry": "DE", "TimeZone": "Europe/Berlin", "WorkingDays": True}
    after = api.patch("workspace", json=changes).json()
    assert {**before, **changes, "changedDate": after["changedDate"]} == after


def test_when_leads_are_told(api: httpx.Client) -> None:
    before = api.get("workspace").json()
    assert (before["NotifyLeadsAfter"], before["QuietFrom"], before["QuietUntil"]) == ("PT15M", None, None)
    changes = {"NotifyLeadsAfter": "P1DT12H", "QuietFrom": "21:00", "QuietUntil": "08:30"}
    assert {**api.patch("workspace", json=changes).json(), **changes} == api.get("workspace").json()
    cleared = {"NotifyLeadsAfter": None, "QuietFrom": None, "QuietUntil": None}
    assert {**api.patch("workspace", json=cleared).json(), **cleared} == api.get("workspace").json()
    for body, faulty in (
        ({"NotifyLeadsAfter": "P1M"}, {"/NotifyLeadsAfter"}),
        ({"NotifyLeadsAfter": "15 minutes"}, {"/NotifyLeadsAfter"}),
        ({"QuietFrom": "24:00", "QuietUntil": "8:00"}, {"/QuietFrom", "/QuietUntil"}),
        ({"QuietFrom": "21:00"}, {"/QuietUntil"}),
        ({"QuietFrom": "21:00", "QuietUntil": None}, {"/QuietUntil"}),
    ):  # fmt: skip
        answer = api.patch("workspace", json=body)
        assert_problem(answer, 422)
        assert set(pointers(answer)) == faulty


def test_every_fault_is_named(api: httpx.Client) -> None:
    body = {
        "Name": "",
        "DefaultCountry": "XX",
        "Language": "tlh",
        "TimeZone": "Mars",
        "RedirectHosts": ["a b"],
    }
    answer = api.patch("workspace", json=body)
    assert_problem(answer, 422)
    assert set(pointers(answer)) == {"/Name", "/DefaultCountry", "/Language", "/TimeZone", "/RedirectHosts/0"}


def test_allowed_hosts_bind_redirects(api: httpx.Client, funnel: Funnel) -> None:
    api.patch("workspace", json={"RedirectHosts": ["www.myapp.com"]})
    # Other processes may go on for some seconds as before; a second try after that is refused by all.
    import time

    time.sleep(5.5)
    body = {"Email": "x@acme.example", "RedirectURL": "https://evil.example"}
    answer = api.post(f"leads?ref={funnel.ref}", json=body)
    assert_problem(answer, 422)
    assert pointers(answer) == ["/RedirectURL"]
    assert (
        register(api, funnel, RedirectURL="https://www.myapp.com/x")["RedirectURL"]
        == "https://www.myapp.com/x"
    )
