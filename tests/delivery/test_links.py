"""What is public opens nobody's account: a link goes to the known address, and to nobody else."""

from __future__ import annotations

import re

import httpx

from kohomai.delivery.emails.sealed import unseal
from tests.conftest import Workspace, client_for
from tests.delivery.support import form, open_door, rows, set_data, stage, told, until
from tests.support.program import Program

PAGE = "https://shop.example"


def test_a_known_address_is_mailed_one_link(
    program: Program, api: httpx.Client, workspace: Workspace
) -> None:
    door = open_door(api, {"first": stage(set_data(), form())})
    lead = door.register(Firstname="Ada")
    asked = {"Name": "Shop", "Kind": "Publishable", "Origins": [door.ref], "WebOrigins": [PAGE]}
    key = told(api.post("api-keys", json=asked))["Key"]
    with client_for(program, key) as browser:
        for _ in range(2):  # one mail in ten minutes, however often it is sent
            answer = told(
                browser.post(
                    "leads",
                    params={"ref": door.ref},
                    json={"Email": lead["Email"], "Firstname": "Eve"},
                    headers={"Origin": PAGE},
                )
            )
            assert (answer["Id"], answer["ConnectionURL"]) == (None, None)
    sql = "SELECT \"to\", text FROM delivery_email WHERE workspace_id = %s AND kind = 'confirm_data'"
    until(lambda: rows(program.database_url, sql, workspace.id))
    # What comes later in the events has been relayed as well: there is no second mail.
    other = door.register()
    door.wait_for(other["Journey"]["Id"], "set", "Completed")
    ((to, kept),) = rows(program.database_url, sql, workspace.id)
    text = unseal(kept)
    assert to == lead["Email"]
    assert "Eve" not in text
    found = re.search(rf"{re.escape(program.base_url)}/internal/v1/autologin\?UUID=[0-9a-f-]+", text)
    assert found
    assert httpx.get(found[0]).status_code == 200
    link = (
        "SELECT verified, held_data_id IS NOT NULL, valid_until - created_at = interval '24 hours'"
        " FROM lead_sessions_link WHERE lead_id = %s AND mailed"
    )
    assert rows(program.database_url, link, lead["Id"]) == [(True, True, True)]
