"""The OpenAPI document, and the running server held against it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema_rs import Draft202012Validator

from tests.api.support import Funnel, register
from tests.conftest import Workspace
from tests.support.program import Program

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "negative_data_rejection",
)


@pytest.fixture(scope="module")
def document(program: Program) -> dict[str, Any]:
    """The document, as anybody gets it without a key."""
    answer = httpx.get(f"{program.base_url}/api/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation with its path and method."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def faults(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """What a value has wrong by a schema of the document."""
    whole = {**schema, "components": document["components"]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


def test_it_is_openapi_3_1_and_names_things_as_documented(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    ids = {operation["operationId"] for _, _, operation in operations(document)}
    assert {"get_leads", "post_leads", "get_funnels", "post_journeys", "post_sessions"} <= ids
    assert len(ids) == len(list(operations(document)))
    assert document["paths"]["/api/v1/leads"]["post"]["tags"] == ["leads"]


def test_every_operation_has_an_example_that_validates(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        success = {status: answer for status, answer in operation["responses"].items() if status[0] == "2"}
        assert success, (method, path)
        contents = [
            answer["content"]["application/json"] for answer in success.values() if "content" in answer
        ]
        assert set(success) == {"204"} or any("example" in content for content in contents), (method, path)
        if "requestBody" in operation:
            bodies = operation["requestBody"]["content"]
            contents.append(bodies.get("application/json") or next(iter(bodies.values())))
            assert "example" in contents[-1], (method, path)
        for content in contents:
            if "example" in content:
                assert faults(document, content["schema"], content["example"]) == [], (method, path)


def test_bodies_take_no_other_fields(document: dict[str, Any]) -> None:
    open_ones = {"DefinitionDocument", "AssignOrOldCall", "BatchItem"}
    for name, schema in document["components"]["schemas"].items():
        if schema.get("type") == "object" and name not in open_ones:
            assert schema["additionalProperties"] is False, name


def test_every_operation_says_how_it_is_refused(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        statuses = set(operation["responses"])
        assert {"401", "403", "503"} <= statuses, (method, path)
        if "{" in path:
            assert "404" in statuses, (method, path)
        if method == "post":
            names = {parameter["name"] for parameter in operation["parameters"]}
            assert "Idempotency-Key" in names, (method, path)


def test_real_answers_are_as_described(api: httpx.Client, funnel: Funnel, document: dict[str, Any]) -> None:
    lead = register(api, funnel, PhoneNumber="+1 800 555 0175", WebhookInput={"URL": "https://x.example/h"})
    journey = lead["Journey"]["Id"]
    for path, template in (
        ("leads", "/leads"),
        (f"leads/{lead['Id']}", "/leads/{lead_id}"),
        ("journeys", "/journeys"),
        (f"journeys/{journey}", "/journeys/{journey_id}"),
        ("funnels", "/funnels"),
        (f"funnels/{funnel.id}/draft", "/funnels/{funnel_id}/draft"),
        (f"funnels/{funnel.id}/versions/1", "/funnels/{funnel_id}/versions/{version}"),
        (f"funnels/{funnel.id}/origins", "/funnels/{funnel_id}/origins"),
        ("datapoints", "/datapoints"),
        ("users", "/users"),
        ("api-keys", "/api-keys"),
        ("events", "/events"),
        ("webhooks", "/webhooks"),
        ("enrichment-providers", "/enrichment-providers"),
        ("company-directory", "/company-directory"),
        ("company-directory/companies?Domain=bank.example", "/company-directory/companies"),
        (f"leads/{lead['Id']}/enrichments", "/leads/{lead_id}/enrichments"),
        ("emails", "/emails"),
        ("emails/templates", "/emails/templates"),
        ("emails/templates/reset/de", "/emails/templates/{kind}/{language}"),
        ("emails/unsubscribed", "/emails/unsubscribed"),
        ("workspace", "/workspace"),
    ):
        described = document["paths"]["/api/v1" + template]["get"]["responses"]["200"]
        schema = described["content"]["application/json"]["schema"]
        assert faults(document, schema, api.get(path).json()) == [], path
    schema = document["paths"]["/api/v1/leads"]["post"]["responses"]["201"]["content"]["application/json"][
        "schema"
    ]
    assert faults(document, schema, lead) == []


@pytest.mark.slow
def test_the_server_holds_what_it_says(program: Program, workspace: Workspace, tmp_path: Path) -> None:
    """Schemathesis: thousands of calls, good and bad; no 5xx, no answer that is not documented."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("run", f"{program.base_url}/api/v1/openapi.json", "--no-color", "--warnings", "off"),
        *("--header", f"Authorization: Bearer {workspace.key}", "--checks", ",".join(CHECKS)),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", "5", "--max-time", "100"),
        *("--generation-deterministic", "--no-shrink", "--continue-on-failure"),
    ]
    environment = {**os.environ, "COLUMNS": "120"}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
