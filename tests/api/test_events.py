"""``/events``: what happened, followed from any point."""

from __future__ import annotations

import httpx

from tests.api.support import Funnel, register


def follow(api: httpx.Client, query: str = "") -> list[dict[str, object]]:
    """All events from the beginning, page by page."""
    found: list[dict[str, object]] = []
    cursor = ""
    while True:
        page = api.get(f"events?limit=3{query}{cursor}").json()
        assert page["Next"]
        if not page["Items"]:
            return found
        found += page["Items"]
        cursor = f"&cursor={page['Next']}"


def test_who_follows_misses_nothing(api: httpx.Client, funnel: Funnel) -> None:
    leads = [register(api, funnel) for _ in range(3)]
    events = follow(api)
    assert len({event["Id"] for event in events}) == len(events)
    registered = [event["Lead"]["Id"] for event in events if event["Type"] == "lead.registered"]  # type: ignore[index]
    assert sorted(registered) == sorted(lead["Id"] for lead in leads)
    started = follow(api, "&Type=journey.started,journey.decided")
    assert {event["Type"] for event in started} == {"journey.started", "journey.decided"}
    assert {event["Lead"]["Id"] for event in follow(api, f"&Lead={leads[0]['Id']}")} == {leads[0]["Id"]}  # type: ignore[index]


def test_from_where_one_stopped(api: httpx.Client, funnel: Funnel) -> None:
    register(api, funnel)
    place = api.get("events?limit=200").json()["Next"]
    assert api.get(f"events?cursor={place}").json()["Items"] == []
    lead = register(api, funnel)
    later = api.get(f"events?cursor={place}").json()["Items"]
    assert {event["Lead"]["Id"] for event in later} == {lead["Id"]}
