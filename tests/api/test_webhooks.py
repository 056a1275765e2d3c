"""``GET /webhooks``: what leads' own programs brought along."""

from __future__ import annotations

import httpx

from tests.api.support import Funnel, register


def test_a_leads_own_webhook_is_listed_with_it(api: httpx.Client, funnel: Funnel) -> None:
    hook = {"URL": "https://www.myapp.com/hook", "Events": ["journey.completed"]}
    lead = register(api, funnel, WebhookInput=hook)
    register(api, funnel, WebhookInput=[{"URL": "https://www.myapp.com/other"}])
    listed = api.get(f"webhooks?Lead={lead['Id']}").json()["Items"]
    assert [(item["Lead"]["Id"], item["URL"], item["Events"]) for item in listed] == [
        (lead["Id"], hook["URL"], hook["Events"])
    ]
    assert len(api.get("webhooks").json()["Items"]) == 2
