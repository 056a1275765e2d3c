"""Makes data points and funnels over the API, and registers leads in them: what most tests begin with."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

LEAD = {"Kind": "Lead"}
WON = {"won": {"Type": "End", "Name": "Customer", "Outcome": "Converted"}}
LOST = {"lost": {"Type": "End", "Name": "Not a fit", "Outcome": "Disqualified"}}


def address() -> str:
    """An e-mail address that nobody else has."""
    return f"lead-{secrets.token_hex(8)}@company.example"


@dataclass(frozen=True, slots=True)
class Funnel:
    """A published funnel and its API origin "Website"."""

    api: httpx.Client
    id: int
    ref: str

    def post(self, body: Mapping[str, Any], **headers: str) -> httpx.Response:
        """``POST /leads?ref=`` with this body."""
        return self.api.post("leads", params={"ref": self.ref}, json=body, headers=headers)

    def register(self, email: str | None = None, **fields: Any) -> dict[str, Any]:
        """Register a lead, by default a new one; what was answered."""
        answer = self.post({"Email": email or address(), **fields})
        assert answer.status_code in (200, 201), answer.text
        given: dict[str, Any] = answer.json()
        return given

    def publish(self, nodes: Mapping[str, Any], start: str, **more: Any) -> int:
        """Publish a further version; its number."""
        return publish(self.api, self.id, nodes, start, **more)


def make_point(api: httpx.Client, name: str, type: str = "Text", **more: Any) -> int:
    """A data point, made unless there is one of this name; its ``Id``."""
    there = api.get("datapoints", params={"Name": name}).json()["Items"]
    if there:
        return int(there[0]["Id"])
    answer = api.post("datapoints", json={"Name": name, "Type": type, **more})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["Id"])


def make_funnel(
    api: httpx.Client,
    nodes: Mapping[str, Any],
    start: str,
    points: Mapping[str, str] | None = None,
    **more: Any,
) -> Funnel:
    """A funnel of these nodes, published, with the data points it needs (``{name: type}``)."""
    for name, kind in (points or {}).items():
        make_point(api, name, kind)
    made = api.post("funnels", json={"Name": f"Funnel {secrets.token_hex(4)}"})
    assert made.status_code == 201, made.text
    publish(api, made.json()["Id"], nodes, start, **more)
    return Funnel(api, made.json()["Id"], make_origin(api, made.json()["Id"])["Ref"])


def publish(api: httpx.Client, funnel_id: int, nodes: Mapping[str, Any], start: str, **more: Any) -> int:
    """Save these nodes as the draft and publish it; the version's number."""
    definition = {"Name": "Funnel", "Start": start, "Nodes": nodes, **more}
    draft = api.put(f"funnels/{funnel_id}/draft", json=definition, headers={"If-Match": "*"})
    assert draft.status_code == 200, draft.text
    assert draft.json()["Faults"] == [], draft.text
    published = api.post(f"funnels/{funnel_id}/publish", json={})
    assert published.status_code == 200, published.text
    return int(published.json()["Version"])


def make_origin(api: httpx.Client, funnel_id: int, **more: Any) -> dict[str, Any]:
    """A further API origin of the funnel."""
    answer = api.post(f"funnels/{funnel_id}/origins", json={"Type": "API", "Name": "Website", **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def stage(name: str, *activities: Mapping[str, Any], then: str = "won") -> dict[str, Any]:
    """A stage of these activities."""
    return {"Type": "Stage", "Name": name, "Activities": list(activities), "Next": then}


def form(key: str, *fields: str, required: Iterable[str] = (), **more: Any) -> dict[str, Any]:
    """A form for the lead that asks for these data points."""
    asked = [{"DataPoint": field, **({"Required": True} if field in required else {})} for field in fields]
    return {"Key": key, "Type": "Form", "Name": key, "Assignee": LEAD, "Settings": {"Fields": asked}, **more}


def approval(key: str, **more: Any) -> dict[str, Any]:
    """Something for a manager to approve."""
    role = {"Kind": "Role", "Role": "Manager"}
    return {"Key": key, "Type": "Approval", "Name": key, "Assignee": role, "Settings": {}, **more}


def decision(*branches: Mapping[str, Any], default: str, **more: Any) -> dict[str, Any]:
    """A decision of these branches."""
    return {"Type": "Decision", "Name": "Which way?", "Branches": list(branches), "Default": default, **more}


def branch(data_point: str, operator: str, value: Any, then: str) -> dict[str, Any]:
    """A branch with one test."""
    test = {"DataPoint": data_point, "Operator": operator, **({} if value is None else {"Value": value})}
    return {"Name": f"{data_point} {operator}", "When": test, "Next": then}


def form_funnel(api: httpx.Client, **more: Any) -> Funnel:
    """One stage with one form, which asks for the text ``Interest``; then the end."""
    nodes = {"ask": stage("Ask", form("needs", "Interest", required=["Interest"])), **WON}
    return make_funnel(api, nodes, "ask", {"Interest": "Text"}, **more)


# --- reading what was answered ------------------------------------------------------------------------------


def data(journey: Mapping[str, Any]) -> dict[str, Any]:
    """A journey's (or a lead's) data: values by name."""
    return {item["Name"]: item["Value"] for item in journey["Data"]}


def sources(journey: Mapping[str, Any]) -> dict[str, str]:
    """Where each value comes from, by name."""
    return {item["Name"]: item["Source"] for item in journey["Data"]}


def statuses(journey: Mapping[str, Any]) -> dict[str, str]:
    """The status of each activity, by key; of the last visit and attempt."""
    return {item["Key"]: item["Status"] for item in journey["Activities"]}


def activity(journey: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The last activity of this key."""
    found: dict[str, Any] = [item for item in journey["Activities"] if item["Key"] == key][-1]
    return found


def get_journey(api: httpx.Client, journey_id: int) -> dict[str, Any]:
    """``GET /journeys/{id}``."""
    answer = api.get(f"journeys/{journey_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def act(api: httpx.Client, journey: Mapping[str, Any], key: str, what: str, **body: Any) -> httpx.Response:
    """``POST /journeys/{id}/activities/{id}/<what>`` for the last activity of this key."""
    return api.post(f"journeys/{journey['Id']}/activities/{activity(journey, key)['Id']}/{what}", json=body)


def complete(
    api: httpx.Client,
    journey: Mapping[str, Any],
    key: str,
    values: Mapping[str, Any] | None = None,
    result: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Complete the last activity of this key; the journey as it then stands."""
    sent = [{"Name": name, "Value": value} for name, value in (values or {}).items()]
    answer = act(api, journey, key, "complete", Data=sent, Result=result or {})
    assert answer.status_code == 200, answer.text
    after: dict[str, Any] = answer.json()
    return after


def events(api: httpx.Client, type: str | None = None, **of: int) -> list[dict[str, Any]]:
    """All events (of this type) of a ``Lead`` or a ``Journey``, by its ``Id``.

    An event is listed when no transaction still runs that began before its own: that is waited for here.
    """
    _wait_until_listed({"Lead": "lead_id", "Journey": "journey_id"}[next(iter(of))], next(iter(of.values())))
    query = {**of, "limit": 200, **({"Type": type} if type else {})}
    found: list[dict[str, Any]] = api.get("events", params=query).json()["Items"]
    return found


def _wait_until_listed(column: str, identity: int) -> None:
    from django.db import connection

    end = time.monotonic() + 30
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(bool_and(xid < pg_snapshot_xmin(pg_current_snapshot())), true)"
                f" FROM journeys_event WHERE {column} = %s",
                [identity],
            )
            row = cursor.fetchone()
        if row is not None and row[0]:
            return
        assert time.monotonic() < end, "some transaction runs on and on"
        time.sleep(0.02)


def faults(answer: httpx.Response, status: int = 422) -> dict[str, str]:
    """The codes of a problem document's faults, by place."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    return {item.get("pointer", item.get("parameter")): item["code"] for item in answer.json()["errors"]}


def named_data(**values: Any) -> list[dict[str, Any]]:
    """``JourneyData`` of these values."""
    return [{"Name": name.replace("_", " "), "Value": value} for name, value in values.items()]
