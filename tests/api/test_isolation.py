"""Another workspace's things do not exist: every endpoint is tried with them."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.api.support import Funnel, address, assert_problem, make_funnel, register


@pytest.fixture
def theirs(other_api: httpx.Client) -> dict[str, Any]:
    """The ids of one of each kind of thing in the other workspace."""
    funnel = make_funnel(other_api)
    lead = register(other_api, funnel, WebhookInput={"URL": "https://www.myapp.com/hook"})
    user = other_api.post("users", json={"Email": address(), "Role": "Manager"}).json()
    origins = other_api.get(f"funnels/{funnel.id}/origins").json()["Items"]
    points = other_api.get("datapoints?System=false").json()["Items"]
    mapping = [{"DataPoint": "Company size", "Path": "$.size"}]
    service = {"Name": "Acme", "URL": "http://127.0.0.1:9/{{ Domain }}", "Mapping": mapping}
    hook = other_api.post("webhooks", json={"URL": "http://127.0.0.1:9/hook"}).json()["Id"]
    csv = {"Content-Type": "text/csv"}
    upload = other_api.post(
        "company-directory/uploads", content="Domain,Name\nbank.example,Bank\n", headers=csv
    )
    return {
        "upload_id": upload.json()["Id"],
        "provider_id": other_api.post("enrichment-providers", json=service).json()["Id"],
        "webhook_id": hook,
        "delivery_id": other_api.post(f"webhooks/{hook}/test").json()["Id"],
        "lead_id": lead["Id"],
        "journey_id": lead["Journey"]["Id"],
        "activity_id": lead["Journey"]["Activities"][0]["Id"],
        "funnel_id": funnel.id,
        "version": 1,
        "other": 1,
        "origin_id": origins[0]["Id"],
        "data_point_id": points[0]["Id"],
        "user_id": user["Id"],
        "key_id": other_api.get("api-keys").json()["Items"][0]["Id"],
        "email_id": 1,
        "kind": "none",
        "language": "en",
        "secret_id": other_api.post("secrets", json={"Name": "crm", "Value": "x"}).json()["Id"],
        "ref": funnel.ref,
        "email": lead["Email"],
    }


def test_every_path_with_an_id_is_404(api: httpx.Client, funnel: Funnel, theirs: dict[str, Any]) -> None:
    document = api.get("openapi.json").json()
    tried = 0
    for path, item in document["paths"].items():
        if "{" not in path:
            continue
        url = str(api.base_url).removesuffix("/api/v1/") + re.sub(
            r"\{([^}]+)\}", lambda match: str(theirs[match[1]]), path
        )
        for method, described in item.items():
            body = (
                described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            )
            answer = api.request(method.upper(), url, json=body)
            assert_problem(answer, 404)
            tried += 1
    assert tried > 25


def test_mixed_with_ones_own(api: httpx.Client, funnel: Funnel, theirs: dict[str, Any]) -> None:
    mine = register(api, funnel)
    activity = mine["Journey"]["Activities"][0]["Id"]
    assert_problem(api.get(f"journeys/{mine['Journey']['Id']}/activities/{theirs['activity_id']}"), 404)
    assert_problem(api.get(f"journeys/{theirs['journey_id']}/activities/{activity}"), 404)
    assert_problem(api.get(f"funnels/{funnel.id}/origins/{theirs['origin_id']}"), 404)
    user = {"Assignee": {"Kind": "User", "Id": theirs["user_id"]}}
    path = f"journeys/{mine['Journey']['Id']}/activities/{activity}"
    assert_problem(api.post(f"{path}/reassign", json=user), 422)


def test_what_is_named_in_bodies_and_queries(
    api: httpx.Client, funnel: Funnel, theirs: dict[str, Any]
) -> None:
    mine = register(api, funnel)
    body = {"Email": address()}
    assert_problem(api.post(f"leads?ref={theirs['ref']}", json=body), 404)
    assert_problem(api.post(f"leads?funnel={theirs['funnel_id']}", json=body), 404)
    assert_problem(api.post(f"leads/batch?ref={theirs['ref']}", json={"Items": [body]}), 404)
    assert_problem(api.post(f"journeys?ref={theirs['ref']}", json=body), 404)
    for lead, into in ((theirs["lead_id"], funnel.id), (mine["Id"], theirs["funnel_id"])):
        assert_problem(api.post("journeys", json={"Lead": {"Id": lead}, "Funnel": {"Id": into}}), 404)
    assert_problem(api.post("sessions", json={"Journey": {"Id": theirs["journey_id"]}}), 404)
    assert_problem(api.post("sessions", json={"User": {"Id": theirs["lead_id"]}}), 404)
    key = {
        "Name": "x",
        "Kind": "Publishable",
        "Origins": [theirs["ref"]],
        "WebOrigins": ["https://x.example"],
    }
    assert_problem(api.post("api-keys", json=key), 422)
    origin = {"Type": "API", "Name": "x", "DataPoints": [theirs["data_point_id"]]}
    assert_problem(api.post(f"funnels/{funnel.id}/origins", json=origin), 422)
    old = {
        "Journey": {
            "User": {"ContactPrefs": {"Email": address()}},
            "JourneyData": [{"StringValue": "x", "DataPoint": {"Id": theirs["data_point_id"]}}],
        }
    }
    assert_problem(api.post(f"journeys?ref={funnel.ref}", json=old), 422)
    mapping = [{"DataPoint": theirs["data_point_id"], "Path": "$.x"}]
    service = {"Name": "x", "URL": "https://x.example/", "Mapping": mapping}
    assert_problem(api.post("enrichment-providers", json=service), 422)
    assert_problem(api.post("enrichment-providers/order", json={"Order": [theirs["provider_id"]]}), 422)


def test_lists_show_ones_own_only(api: httpx.Client, funnel: Funnel, theirs: dict[str, Any]) -> None:
    register(api, funnel)
    for path, theirs_too in (
        ("leads", theirs["lead_id"]),
        (f"leads?Email={theirs['email']}", theirs["lead_id"]),
        ("journeys", theirs["journey_id"]),
        (f"journeys?Lead={theirs['lead_id']}", theirs["journey_id"]),
        (f"journeys?Funnel={theirs['funnel_id']}", theirs["journey_id"]),
        ("funnels", theirs["funnel_id"]),
        ("datapoints?limit=200", theirs["data_point_id"]),
        ("users", theirs["user_id"]),
        ("api-keys", theirs["key_id"]),
    ):
        assert theirs_too not in {item["Id"] for item in api.get(path).json()["Items"]}
    for query in (f"Lead={theirs['lead_id']}", f"Journey={theirs['journey_id']}"):
        assert api.get(f"events?{query}").json()["Items"] == []
    assert {e["Lead"]["Id"] for e in api.get("events?limit=200").json()["Items"]}.isdisjoint(
        {theirs["lead_id"]}
    )
    assert api.get("webhooks").json()["Items"] == []
    assert api.get("enrichment-providers").json()["Items"] == []
    assert api.get("company-directory").json()["LastUpload"] is None
    assert api.get("company-directory/companies?Domain=bank.example").json()["Items"] == []
    assert api.get("emails").json()["Items"] == []


def test_the_same_address_is_another_lead(
    api: httpx.Client, other_api: httpx.Client, funnel: Funnel, theirs: dict[str, Any]
) -> None:
    mine = api.post(f"leads?ref={funnel.ref}", json={"Email": theirs["email"]})
    assert mine.status_code == 201
    assert mine.json()["Id"] != theirs["lead_id"]
