"""A workspace with as many endpoints as there can be: each is told of each event, a bounded number at a time."""

from __future__ import annotations

import time

import httpx

from kohomai.delivery import relay
from kohomai.delivery.webhooks.endpoints import MAX_ENDPOINTS
from tests.delivery.support import form, open_door, rows, stage, told, worker_paused
from tests.support.program import Program


def test_events_of_many_endpoints_are_taken_a_few_at_a_time(program: Program, api: httpx.Client) -> None:
    door = open_door(api, {"first": stage(form())})
    with worker_paused(program):
        for number in range(MAX_ENDPOINTS):
            told(api.post("webhooks", json={"URL": f"http://127.0.0.1:9/{number}"}))
        while relay.step().events:
            pass
        leads = [door.register()["Id"] for _ in range(20)]
        steps = []
        while not steps or steps[-1].events:
            began = time.monotonic()
            steps.append(relay.step())
            assert time.monotonic() - began < 5
        assert max(step.deliveries for step in steps) <= relay.DELIVERIES + MAX_ENDPOINTS
        assert len([step for step in steps if step.full]) >= 1
        sql = (
            "SELECT count(*), count(DISTINCT (event_id, webhook_id)) FROM delivery_webhookdelivery"
            " WHERE lead_id = ANY (%s)"
        )
        events = rows(
            program.database_url, "SELECT count(*) FROM journeys_event WHERE lead_id = ANY (%s)", leads
        )
        wanted = events[0][0] * MAX_ENDPOINTS
        assert wanted > relay.DELIVERIES
        assert rows(program.database_url, sql, leads) == [(wanted, wanted)]
        rows(program.database_url, "DELETE FROM delivery_webhookdelivery WHERE lead_id = ANY (%s)", leads)
