"""What was held for a known address is applied by its owner, once, or dropped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import Workspace
from tests.support.funnels import Funnel, address, data, form_funnel, get_journey, make_origin, make_point


@pytest.fixture(scope="module")
def funnel(api: httpx.Client) -> Funnel:
    """Where each call would make a journey, so that what is applied twice shows."""
    make_point(api, "My datapoint")
    made = form_funnel(api, Reentry="Always")
    return Funnel(api, made.id, make_origin(api, made.id, DataPoints=["My datapoint"])["Ref"])


def hold(workspace: Workspace, funnel: Funnel, lead: dict) -> int:
    """Send something for the lead's address from a page, by the service; the ``Id`` of what is held."""
    from kohomai.funnels import origins
    from kohomai.journeys.actors import Actor
    from kohomai.registration.intake import Context, read
    from kohomai.registration.service import register
    from kohomai.sessions.models import HeldData
    from kohomai.workspaces.services import settings

    origin = origins.find(funnel.ref)
    assert origin is not None
    context = Context(settings(workspace.id), origin, "Page", Actor("System"), public=True)
    item = {"Name": "My datapoint", "Value": "example"}
    (outcome,) = register(
        [read({"Email": lead["Email"], "Firstname": "Jane", "JourneyData": [item]}, context)]
    )
    assert not isinstance(outcome, Exception)
    assert outcome.result == "Held"
    return HeldData.objects.get(lead_id=lead["Id"]).id


def apply(workspace: Workspace, held: int, lead: dict, later: timedelta = timedelta()) -> Any:
    from django.db import connection

    from kohomai.registration.applying import apply_held

    try:
        return apply_held(workspace.id, held, lead["Id"], datetime.now(UTC) + later)
    finally:
        connection.close()


def journeys(funnel: Funnel, lead: dict) -> list[dict]:
    found: list[dict] = funnel.api.get("journeys", params={"Lead": lead["Id"]}).json()["Items"]
    return found


def test_it_is_shown_and_applied(workspace: Workspace, funnel: Funnel) -> None:
    from kohomai.registration.applying import show_held

    lead = funnel.register(Firstname="John")
    held = hold(workspace, funnel, lead)
    shown = show_held(workspace.id, held, datetime.now(UTC))
    assert shown == [("E-mail", lead["Email"]), ("First name", "Jane"), ("My datapoint", "example")]

    outcome = apply(workspace, held, lead)
    after = get_journey(funnel.api, outcome.journey.row.id)
    assert (data(after)["Firstname"], data(after)["My datapoint"]) == ("Jane", "example")
    assert show_held(workspace.id, held, datetime.now(UTC)) is None


def test_it_is_applied_once_whoever_asks_at_the_same_moment(workspace: Workspace, funnel: Funnel) -> None:
    from kohomai.engine.errors import NotFound

    lead = funnel.register()
    held = hold(workspace, funnel, lead)

    def one(_: int) -> bool:
        try:
            apply(workspace, held, lead)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [False, False, False, True]
    assert len(journeys(funnel, lead)) == 2


def test_it_is_over_after_a_day_and_is_nobody_elses(workspace: Workspace, funnel: Funnel) -> None:
    from kohomai.engine.errors import NotFound

    lead, other = funnel.register(), funnel.register(address())
    held = hold(workspace, funnel, lead)

    with pytest.raises(NotFound):
        apply(workspace, held, other)
    with pytest.raises(NotFound):
        apply(workspace, held, lead, timedelta(hours=25))
    assert len(journeys(funnel, lead)) == 1


def test_dropped_it_is_gone(workspace: Workspace, funnel: Funnel) -> None:
    from kohomai.engine.errors import NotFound
    from kohomai.registration.applying import drop_held

    lead = funnel.register(Firstname="John")
    held = hold(workspace, funnel, lead)
    drop_held(workspace.id, held, datetime.now(UTC))

    with pytest.raises(NotFound):
        apply(workspace, held, lead)
    assert funnel.api.get(f"leads/{lead['Id']}").json()["Firstname"] == "John"
