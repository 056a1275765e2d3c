"""What a service may be asked, and cost: calls a minute, a budget for the month, a pause that it asks for."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.delivery.service import Knows, sizes
from tests.delivery.support import rows, told, until
from tests.delivery.test_enrichment_http import FOUND, NOT_FOUND, decided, open_size_door, runs
from tests.support.program import Program


def test_over_the_rate_limit_a_run_waits_for_its_turn(api: httpx.Client, program: Program) -> None:
    with Knows(lambda _: (200, {"size": 5})) as service:
        made = service.provider(api, RateLimit=2)
        door = open_size_door(api, "PT1S")
        leads = [door.register(Email=f"jo@a{n}.example") for n in range(3)]
        for lead in leads[:2]:
            assert decided(door, lead)["Node"]["Key"] == FOUND
        assert decided(door, leads[2])["Node"]["Key"] == NOT_FOUND  # the decision does not wait that long
        waiting = until(lambda: runs(api, leads[2])[0]["Calls"])
        (run,) = runs(api, leads[2])

        assert (run["Status"], waiting[0]["Found"], len(service.asked)) == ("Waiting", None, 2)
        turns = rows(
            program.database_url,
            "SELECT extract(epoch FROM at - lag(at, 2) OVER (ORDER BY at)) FROM datapoints_enrichmentcall"
            " WHERE http_provider_id = %s ORDER BY at",
            made["Id"],
        )
        assert float(turns[2][0]) >= 60
        # Its turn comes.
        rows(
            program.database_url,
            "UPDATE datapoints_enrichmentcall SET at = now() WHERE http_provider_id = %s AND found IS NULL",
            made["Id"],
        )
        rows(
            program.database_url, "UPDATE datapoints_enrichment SET next_at = now() WHERE id = %s", run["Id"]
        )
        until(lambda: runs(api, leads[2])[0]["Status"] == "Done")
        assert len(service.asked) == 3


def test_what_would_wait_for_too_long_is_not_asked_at_all(api: httpx.Client, program: Program) -> None:
    with Knows(lambda _: (200, {"size": 5})) as service:
        made = service.provider(api, RateLimit=1)
        rows(
            program.database_url,
            "INSERT INTO datapoints_enrichmentcall (workspace_id, provider, name, http_provider_id, at, asked, cached)"
            " SELECT workspace_id, 'x', 'x', id, now() + interval '1 hour', '{}', false"
            " FROM datapoints_httpprovider WHERE id = %s",
            made["Id"],
        )
        door = open_size_door(api)
        lead = door.register(Email="jo@bank.example")

        assert decided(door, lead)["Node"]["Key"] == NOT_FOUND
        assert "rate limit" in runs(api, lead)[0]["Calls"][0]["Error"]
        assert service.asked == []


def test_a_budget_that_is_used_up_ends_the_calls(api: httpx.Client) -> None:
    with Knows(lambda _: (200, {"size": 5})) as service:
        made = service.provider(api, Cost="0.40 EUR", MonthlyBudget="1.00 EUR")
        door = open_size_door(api)
        leads = [door.register(Email=f"jo@b{n}.example") for n in range(5)]
        for lead in leads:
            decided(door, lead)

        assert len(service.asked) == 2
        (month,) = told(api.get(f"enrichment-providers/{made['Id']}"))["Months"]
        assert (month["Calls"], month["Cost"]) == (2, {"Amount": 0.8, "Currency": "EUR"})
        refused = [lead for lead in leads if runs(api, lead)[0]["Calls"][0]["Error"]]
        assert len(refused) == 3
        assert "budget" in runs(api, refused[0])[0]["Calls"][0]["Error"]


@pytest.mark.parametrize("said", [{"Retry-After": "600"}, {}])
def test_a_service_that_is_asked_too_often_is_left_alone(api: httpx.Client, said: dict[str, str]) -> None:
    answers: list[Any] = [(429, {}, said)]
    with Knows(lambda _: answers[0]) as service:
        made = service.provider(api)
        door = open_size_door(api, "PT2S")
        assert decided(door, door.register(Email="jo@bank.example"))["Node"]["Key"] == NOT_FOUND
        answers[0] = (200, {"size": 5})
        paused = told(api.get(f"enrichment-providers/{made['Id']}"))["PausedUntil"]
        lead = door.register(Email="jo@shop.example")

        assert paused
        assert decided(door, lead)["Node"]["Key"] == NOT_FOUND
        assert len(service.asked) == 1
        (call,) = runs(api, lead)[0]["Calls"]
        assert (call["At"], call["Found"]) == (paused, None)


def test_one_that_is_not_active_is_not_asked(api: httpx.Client) -> None:
    with Knows(sizes(bank=900)) as service:
        made = service.provider(api, Active=False)
        door = open_size_door(api)
        lead = door.register(Email="jo@bank.example")
        time.sleep(0.5)

        assert (lead["Journey"]["Node"]["Key"], service.asked) == (NOT_FOUND, [])
        assert told(api.get(f"enrichment-providers/{made['Id']}"))["Months"] == []
