"""A funnel to register leads on, made by the API itself."""

from __future__ import annotations

import copy
import secrets
from dataclasses import dataclass
from typing import Any

import httpx

from kohomai.site.first_run import DATA_POINTS, SAMPLE


@dataclass(frozen=True, slots=True)
class Funnel:
    """A published funnel (the sample) with an API origin."""

    id: int
    ref: str


def definition() -> dict[str, Any]:
    """The sample funnel's definition, to be changed at will."""
    document: dict[str, Any] = copy.deepcopy(dict(SAMPLE))
    document["Nodes"]["fit"]["Branches"][0]["When"]["Value"] = {"Amount": 10000, "Currency": "EUR"}
    return document


def make_funnel(api: httpx.Client, document: dict[str, Any] | None = None) -> Funnel:
    """The sample funnel (or ``document``), its data points, a version, an origin."""
    there = {item["Name"] for item in api.get("datapoints?limit=200").json()["Items"]}
    for name, kind in DATA_POINTS:
        if name not in there:
            assert api.post("datapoints", json={"Name": name, "Type": kind}).status_code == 201
    funnel = api.post("funnels", json={"Name": "Sample"}).json()
    saved = api.put(f"funnels/{funnel['Id']}/draft", json=document or definition())
    assert saved.status_code == 200, saved.text
    assert saved.json()["Faults"] == []
    published = api.post(f"funnels/{funnel['Id']}/publish", json={})
    assert published.status_code == 200, published.text
    origin = {"Type": "API", "Name": "Website", "DataPoints": ["My datapoint"]}
    made = api.post(f"funnels/{funnel['Id']}/origins", json=origin)
    assert made.status_code == 201, made.text
    return Funnel(funnel["Id"], made.json()["Ref"])


def address(domain: str = "acme.example") -> str:
    """An e-mail address that nobody has."""
    return f"{secrets.token_hex(8)}@{domain}"


def register(api: httpx.Client, funnel: Funnel, **fields: Any) -> dict[str, Any]:
    """Register a lead (a private one unless an ``Email`` says otherwise) and give the answer."""
    answer = api.post(f"leads?ref={funnel.ref}", json={"Email": address("gmail.com"), **fields})
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


def pointers(answer: httpx.Response) -> list[str]:
    """Where the faults of a refusal are."""
    return [error.get("pointer", error.get("parameter")) for error in answer.json()["errors"]]


def assert_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """That an answer is a problem document of this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert set(document) == {"type", "title", "status", "detail", "instance", "errors"}
    return document
