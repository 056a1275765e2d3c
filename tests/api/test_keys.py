"""``/api-keys``: shown once, bound, expiring, revoked, rotated."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import httpx

from tests.api.support import Funnel, address, assert_problem, pointers
from tests.conftest import client_for
from tests.support.program import Program

PAGE = "https://www.myapp.com"


def publishable(api: httpx.Client, funnel: Funnel) -> str:
    """A publishable key tied to the funnel's origin."""
    body = {"Name": "Website", "Kind": "Publishable", "Origins": [funnel.ref], "WebOrigins": [PAGE]}
    made = api.post("api-keys", json=body)
    assert made.status_code == 201, made.text
    key: str = made.json()["Key"]
    return key


def test_a_key_is_shown_once(api: httpx.Client, program: Program) -> None:
    made = api.post("api-keys", json={"Name": "CRM"})
    assert made.status_code == 201
    key = made.json()["Key"]
    assert re.fullmatch(r"kh_live_[0-9A-Za-z]{28}", key)
    with client_for(program, key) as client:
        assert client.get("workspace").status_code == 200
    listed = api.get("api-keys").json()["Items"]
    assert [item["Kind"] for item in listed] == ["Secret", "Secret"]
    assert all("Key" not in item for item in listed)
    assert listed[1]["LastUsedAt"] is not None
    assert key not in api.get(f"api-keys/{made.json()['Id']}").text


def test_what_is_wrong_is_named(api: httpx.Client, funnel: Funnel) -> None:
    body = {
        "Name": "",
        "Kind": "Publishable",
        "Origins": [funnel.ref, "nobodysref"],
        "WebOrigins": ["www.myapp.com", "https://*.myapp.com", PAGE + "/path"],
        "ExpiresAt": "2020-01-01T00:00:00Z",
    }
    answer = api.post("api-keys", json=body)
    assert_problem(answer, 422)
    assert set(pointers(answer)) == {
        "/Name",
        "/Origins/1",
        "/WebOrigins/0",
        "/WebOrigins/1",
        "/WebOrigins/2",
        "/ExpiresAt",
    }
    answer = api.post("api-keys", json={"Name": "x", "Kind": "Publishable"})
    assert set(pointers(answer)) == {"/Origins", "/WebOrigins"}
    answer = api.post("api-keys", json={"Name": "x", "WebOrigins": [PAGE]})
    assert pointers(answer) == ["/WebOrigins"]


def test_a_revoked_key_ends_within_seconds(api: httpx.Client, program: Program) -> None:
    made = api.post("api-keys", json={"Name": "CRM"}).json()
    with client_for(program, made["Key"]) as client:
        assert client.get("workspace").status_code == 200
        assert api.delete(f"api-keys/{made['Id']}").status_code == 204
        assert api.get(f"api-keys/{made['Id']}").json()["RevokedAt"] is not None
        time.sleep(5.2)
        for _ in range(6):
            assert_problem(client.get("workspace"), 401)
    assert_problem(api.post(f"api-keys/{made['Id']}/rotate", json={}), 409)


def test_an_expiring_key_ends_when_it_says(api: httpx.Client, program: Program) -> None:
    end = datetime.now(UTC) + timedelta(seconds=2)
    made = api.post("api-keys", json={"Name": "CRM", "ExpiresAt": end.isoformat()}).json()
    with client_for(program, made["Key"]) as client:
        assert client.get("workspace").status_code == 200
        time.sleep(2.1)
        assert_problem(client.get("workspace"), 401)


def test_rotation_overlaps(api: httpx.Client, program: Program) -> None:
    made = api.post("api-keys", json={"Name": "CRM"}).json()
    rotated = api.post(f"api-keys/{made['Id']}/rotate", json={"Overlap": 3600})
    assert rotated.status_code == 201
    assert rotated.json()["Name"] == "CRM"
    for key in (made["Key"], rotated.json()["Key"]):
        with client_for(program, key) as client:
            assert client.get("workspace").status_code == 200
    assert api.get(f"api-keys/{made['Id']}").json()["ExpiresAt"] is not None


def test_a_publishable_key_may_only_register_leads(
    api: httpx.Client, program: Program, funnel: Funnel
) -> None:
    key = publishable(api, funnel)
    assert key.startswith("kh_pub_")
    with client_for(program, key) as page:
        page.headers["Origin"] = PAGE
        for method, path in (
            ("GET", "leads"),
            ("GET", "workspace"),
            ("POST", "datapoints"),
            ("POST", f"leads/batch?ref={funnel.ref}"),
            ("POST", f"journeys?ref={funnel.ref}"),
        ):
            assert_problem(page.request(method, path, json={}), 403)
        made = page.post(f"leads?ref={funnel.ref}", json={"Email": address("gmail.com"), "Firstname": "John"})
        assert made.status_code == 201, made.text
        assert set(made.json()) == {
            "Id",
            "Email",
            "Firstname",
            "Lastname",
            "PhoneNumber",
            "RedirectURL",
            "ConnectionURL",
        }
        assert made.json()["ConnectionURL"].startswith(program.base_url)


def test_it_may_send_what_its_origin_lists(api: httpx.Client, program: Program, funnel: Funnel) -> None:
    with client_for(program, publishable(api, funnel)) as page:
        page.headers["Origin"] = PAGE
        body = {
            "Email": address(),
            "JourneyData": [{"Name": "My datapoint", "Value": "x"}, {"Name": "Budget", "Value": "1 EUR"}],
            "WebhookInput": {"URL": "https://www.myapp.com/hook"},
            "Test": True,
            "RedirectURL": "https://elsewhere.example",
        }
        answer = page.post(f"leads?ref={funnel.ref}", json=body)
        assert_problem(answer, 422)
        assert set(pointers(answer)) == {"/JourneyData/1/Name", "/WebhookInput", "/Test", "/RedirectURL"}
        del body["WebhookInput"], body["Test"]
        body |= {"RedirectURL": PAGE + "/thanks", "JourneyData": body["JourneyData"][:1]}  # type: ignore[index]
        assert page.post(f"leads?ref={funnel.ref}", json=body).status_code == 201


def test_it_works_from_its_web_origins_and_on_its_origins_only(
    api: httpx.Client, program: Program, funnel: Funnel
) -> None:
    own = api.get(f"funnels/{funnel.id}/origins").json()["Items"][0]["Ref"]
    with client_for(program, publishable(api, funnel)) as page:
        body = {"Email": address()}
        assert_problem(page.post(f"leads?ref={funnel.ref}", json=body), 403)
        elsewhere = {"Origin": "https://evil.example"}
        assert_problem(page.post(f"leads?ref={funnel.ref}", json=body, headers=elsewhere), 403)
        page.headers["Origin"] = PAGE
        assert_problem(page.post(f"leads?ref={own}", json=body), 403)
        assert_problem(page.post(f"leads?funnel={funnel.id}", json=body), 403)


def test_it_opens_nobodys_account(api: httpx.Client, program: Program, funnel: Funnel) -> None:
    known = api.post(f"leads?ref={funnel.ref}", json={"Email": address(), "Firstname": "John"}).json()
    with client_for(program, publishable(api, funnel)) as page:
        page.headers["Origin"] = PAGE
        body = {"Email": known["Email"], "Firstname": "Mallory"}
        answer = page.post(f"leads?ref={funnel.ref}", json=body)
        assert answer.status_code == 201, answer.text
        assert (answer.json()["Id"], answer.json()["ConnectionURL"]) == (None, None)
    assert api.get(f"leads/{known['Id']}").json()["Firstname"] == "John"


def test_a_replay_opens_nothing(api: httpx.Client, program: Program, funnel: Funnel) -> None:
    with client_for(program, publishable(api, funnel)) as page:
        page.headers.update({"Origin": PAGE, "Idempotency-Key": "1"})
        body = {"Email": address("gmail.com")}
        first = page.post(f"leads?ref={funnel.ref}", json=body)
        again = page.post(f"leads?ref={funnel.ref}", json=body)
        assert first.json()["ConnectionURL"] is not None
        assert again.json() == {**first.json(), "ConnectionURL": None}
        assert again.headers["Idempotency-Replayed"] == "true"


def test_it_is_limited_per_network(api: httpx.Client, program: Program, funnel: Funnel) -> None:
    with client_for(program, publishable(api, funnel)) as page:
        page.headers["Origin"] = PAGE
        for _ in range(130):
            answer = page.post(f"leads?ref={funnel.ref}", json={"Email": "nobody"})
            if answer.status_code == 429:
                break
        assert_problem(answer, 429)
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
