"""The doctor knows what an endpoint must have been told of."""

from __future__ import annotations

import httpx

from kohomai.site.doctor_tables import missing_deliveries
from tests.conftest import Workspace
from tests.delivery.support import form, open_door, rows, set_data, stage, told, until
from tests.delivery.webhooks.receiver import Receiver
from tests.support.program import Program


def test_a_delivery_of_an_endpoint_that_is_missing_is_found(
    program: Program, workspace: Workspace, api: httpx.Client
) -> None:
    door = open_door(api, {"first": stage(set_data(), form())})
    door.register()
    with Receiver() as receiver:
        hook = told(api.post("webhooks", json={"URL": receiver.url}))["Id"]
        door.wait_for(door.register()["Journey"]["Id"], "set", "Completed")
        until(lambda: "activity.completed" in [one.json["type"] for one in receiver.received])
    done = "SELECT count(*) FROM delivery_webhookdelivery WHERE webhook_id = %s AND status <> 'Done'"
    until(lambda: rows(program.database_url, done, hook) == [(0,)])
    assert list(missing_deliveries(workspace.id)) == []
    where = "id = (SELECT max(id) FROM delivery_webhookdelivery WHERE webhook_id = %s)"
    rows(
        program.database_url,
        f"UPDATE delivery_webhookdelivery SET status = 'GivenUp', tries = 1 WHERE {where}",
        hook,
    )
    assert [one.invariant for one in missing_deliveries(workspace.id)] == [6]
    rows(program.database_url, f"DELETE FROM delivery_webhookdelivery WHERE {where}", hook)
    found = list(missing_deliveries(workspace.id))
    assert [(one.invariant, one.table) for one in found] == [(6, "journeys_event")]
    assert f"webhook {hook} asked for it" in found[0].detail
