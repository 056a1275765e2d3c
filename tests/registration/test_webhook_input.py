"""``WebhookInput``: the lead's own program is told at these addresses."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.support.funnels import Funnel, address, faults

URL = "https://www.myapp.com/hook"
SECRET = "whsec_" + base64.b64encode(b"s" * 24).decode()


def hooks(funnel: Funnel, lead: dict) -> list[dict]:
    """The lead's webhooks as the API lists them: address, events, whether it is disabled."""
    listed = funnel.api.get("webhooks", params={"Lead": lead["Id"]}).json()["Items"]
    assert all(hook["Lead"] == {"Id": lead["Id"]} for hook in listed)
    return [{name: hook[name] for name in ("URL", "Events", "Disabled")} for hook in listed]


def test_one(funnel: Funnel) -> None:
    lead = funnel.register(WebhookInput={"URL": URL, "Events": ["journey.completed"]})

    assert hooks(funnel, lead) == [{"URL": URL, "Events": ["journey.completed"], "Disabled": False}]


def test_a_list(funnel: Funnel) -> None:
    lead = funnel.register(WebhookInput=[{"URL": URL}, {"URL": URL + "/2", "Events": ["lead.updated"]}])

    assert [hook["URL"] for hook in hooks(funnel, lead)] == [URL, URL + "/2"]


@pytest.mark.parametrize("events", [None, []])
def test_no_events_means_all(funnel: Funnel, events: Any) -> None:
    lead = funnel.register(WebhookInput={"URL": URL, "Events": events})

    assert hooks(funnel, lead)[0]["Events"] is None


def test_the_same_url_again_replaces_it_and_another_is_added(funnel: Funnel) -> None:
    lead = funnel.register(WebhookInput={"URL": URL, "Events": ["journey.completed"]})
    funnel.register(lead["Email"], WebhookInput={"URL": URL, "Events": ["lead.updated"]})
    funnel.register(lead["Email"], WebhookInput={"URL": URL + "/2"})

    assert [(hook["URL"], hook["Events"]) for hook in hooks(funnel, lead)] == [
        (URL, ["lead.updated"]),
        (URL + "/2", None),
    ]


def test_absent_leaves_them_and_null_switches_them_off(funnel: Funnel) -> None:
    lead = funnel.register(WebhookInput={"URL": URL})
    funnel.register(lead["Email"])
    assert not hooks(funnel, lead)[0]["Disabled"]

    funnel.register(lead["Email"], WebhookInput=None)
    assert hooks(funnel, lead)[0]["Disabled"]

    funnel.register(lead["Email"], WebhookInput={"URL": URL})
    assert not hooks(funnel, lead)[0]["Disabled"]


def test_a_secret_is_taken_and_never_shown(funnel: Funnel) -> None:
    lead = funnel.register(WebhookInput={"URL": URL, "Secret": SECRET})

    shown = funnel.api.get("webhooks", params={"Lead": lead["Id"]}).text
    assert SECRET not in shown
    assert '"Secret"' not in shown


def test_it_belongs_to_the_lead(funnel: Funnel) -> None:
    lead, other = funnel.register(WebhookInput={"URL": URL}), funnel.register()

    assert len(hooks(funnel, lead)) == 1
    assert hooks(funnel, other) == []


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (URL, {"/WebhookInput": "WrongType"}),
        ({}, {"/WebhookInput/URL": "Required"}),
        ({"URL": "ftp://www.myapp.com/hook"}, {"/WebhookInput/URL": "WrongValue"}),
        ({"URL": "https://user:pw@www.myapp.com/hook"}, {"/WebhookInput/URL": "WrongValue"}),
        ({"URL": "https://10.0.0.1/hook"}, {"/WebhookInput/URL": "WrongValue"}),
        ({"URL": "https://169.254.169.254/latest"}, {"/WebhookInput/URL": "WrongValue"}),
        ({"URL": "https://db.internal/"}, {"/WebhookInput/URL": "WrongValue"}),
        ({"URL": URL, "Events": "journey.completed"}, {"/WebhookInput/Events": "WrongType"}),
        ({"URL": URL, "Events": ["journey.loved"]}, {"/WebhookInput/Events/0": "UnknownEvent"}),
        ({"URL": URL, "Events": [["journey.completed"]]}, {"/WebhookInput/Events/0": "UnknownEvent"}),
        ({"URL": URL, "Events": ["activity.reminded"]}, {"/WebhookInput/Events/0": "UnknownEvent"}),
        ({"URL": URL, "Secret": "secret"}, {"/WebhookInput/Secret": "WrongValue"}),
        ({"URL": URL, "Secret": "whsec_c2hvcnQ="}, {"/WebhookInput/Secret": "WrongValue"}),
        ({"URL": URL, "Verb": "POST"}, {"/WebhookInput/Verb": "UnknownField"}),
        ([{"URL": URL}, "x"], {"/WebhookInput/1": "WrongType"}),
        ([{"URL": URL}, {"URL": 7}], {"/WebhookInput/1/URL": "WrongValue"}),
        ([{"URL": f"{URL}/{n}"} for n in range(11)], {"/WebhookInput": "TooMany"}),
    ],
)
def test_what_cannot_be_taken_is_named(funnel: Funnel, given: Any, found: dict) -> None:
    assert faults(funnel.post({"Email": address(), "WebhookInput": given})) == found
