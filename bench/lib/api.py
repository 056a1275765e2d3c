"""A small client of the API, and the funnels the benchmarks use."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    """The API answered with something else than 2xx."""


@dataclass(frozen=True, slots=True)
class Api:
    """Calls one server with one key."""

    base_url: str
    key: str

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of the answer. Raises Refused."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.base_url}/api/v1{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(f"{method} {path}: {error.code} {error.read().decode()[:2000]}") from error


BUDGET = "Bench budget"
INTEREST = "Bench interest"


def make_data_points(api: Api) -> None:
    """The two data points every registration brings a value for."""
    api.call("POST", "/datapoints", {"Name": BUDGET, "Type": "Amount"})
    api.call("POST", "/datapoints", {"Name": INTEREST, "Type": "Text"})


def make_funnel(api: Api, definition: dict[str, Any]) -> str:
    """Make and publish a funnel, and give the reference of its API origin."""
    funnel = api.call("POST", "/funnels", {"Name": definition["Name"]})
    draft = api.call("PUT", f"/funnels/{funnel['Id']}/draft", definition)
    if draft.get("Faults"):
        raise Refused(f"the draft has faults: {draft['Faults']}")
    api.call("POST", f"/funnels/{funnel['Id']}/publish", {})
    origin = api.call("POST", f"/funnels/{funnel['Id']}/origins", {"Type": "API", "Name": "Bench"})
    ref: str = origin["Ref"]
    return ref


def body(email: str) -> dict[str, Any]:
    """What one registration sends: the contact, where to go afterwards, and two data values."""
    return {
        "Email": email,
        "Firstname": "John",
        "Lastname": "Doe",
        "PhoneNumber": "+1 (800) 555\u20110175",
        "RedirectURL": "https://www.myapp.com",
        "JourneyData": [{"Name": BUDGET, "Value": "12000.00 EUR"}, {"Name": INTEREST, "Value": "onboarding"}],
    }


WON = {"Type": "End", "Name": "Customer", "Outcome": "Converted"}
LEAD = {"Kind": "Lead"}


def form(key: str) -> dict[str, Any]:
    """A form of one required field, for the lead."""
    fields = [{"DataPoint": INTEREST, "Required": True}]
    return {
        "Key": key,
        "Type": "Form",
        "Name": "Your needs",
        "Assignee": LEAD,
        "Settings": {"Fields": fields},
    }


def accept(key: str, **more: Any) -> dict[str, Any]:
    """A text to accept, for the lead."""
    settings = {"Text": "These are the terms."}
    return {"Key": key, "Type": "Accept", "Name": "Terms", "Assignee": LEAD, "Settings": settings, **more}


REGISTRATION = {
    "Name": "Bench: registration",
    "Start": "qualify",
    "Nodes": {
        "qualify": {
            "Type": "Decision",
            "Name": "How large?",
            "Branches": [
                {
                    "Name": "Private address",
                    "When": {"DataPoint": "Email is free", "Operator": "Is", "Value": True},
                    "Next": "small",
                },
                {
                    "Name": "Large",
                    "When": {"DataPoint": BUDGET, "Operator": "AtLeast", "Value": "10000 EUR"},
                    "Next": "large",
                },
            ],
            "Default": "small",
        },
        "large": {
            "Type": "Stage",
            "Name": "Large",
            "Next": "won",
            "Activities": [form("needs"), accept("terms", After=["needs"])],
        },
        "small": {"Type": "Stage", "Name": "Small", "Next": "won", "Activities": [form("about")]},
        "won": WON,
    },
}
"""A decision that reads two data points, then a stage with one open and one blocked activity."""

COMPLETION = {
    "Name": "Bench: completion",
    "Start": "first",
    "Nodes": {
        "first": {"Type": "Stage", "Name": "First", "Next": "which", "Activities": [form("needs")]},
        "which": {
            "Type": "Decision",
            "Name": "Which?",
            "Branches": [
                {
                    "Name": "Large",
                    "When": {"DataPoint": BUDGET, "Operator": "AtLeast", "Value": "10000 EUR"},
                    "Next": "second",
                }
            ],
            "Default": "won",
        },
        "second": {"Type": "Stage", "Name": "Second", "Next": "won", "Activities": [accept("terms")]},
        "won": WON,
    },
}
"""A form; when it is filled, a decision and the next stage."""

BACKGROUND = {
    "Name": "Bench: background",
    "Start": "first",
    "Nodes": {
        "first": {
            "Type": "Stage",
            "Name": "First",
            "Next": "second",
            "Activities": [
                {
                    "Key": "mark",
                    "Type": "SetData",
                    "Name": "Set the interest",
                    "Assignee": {"Kind": "Automatic"},
                    "Settings": {"Values": [{"DataPoint": INTEREST, "Value": "set"}]},
                }
            ],
        },
        "second": {"Type": "Stage", "Name": "Second", "Next": "won", "Activities": [accept("terms")]},
        "won": WON,
    },
}
"""An automatic activity that is due at once."""
