"""A data point's type is fixed once a value is kept for it, by whichever call that was."""

from __future__ import annotations

import httpx

from tests.support.funnels import LEAD, WON, make_funnel, make_point


def test_by_data_given_to_a_journey(api: httpx.Client) -> None:
    accept = {
        "Key": "terms",
        "Type": "Accept",
        "Name": "Terms",
        "Assignee": LEAD,
        "Settings": {"Text": "Terms."},
    }
    stage = {"Type": "Stage", "Name": "First", "Activities": [accept], "Next": "won"}
    journey = make_funnel(api, {"first": stage, **WON}, "first").register()["Journey"]["Id"]
    point = make_point(api, "Shoe size")
    assert api.get(f"datapoints/{point}").json()["Used"] is False

    given = api.post(f"journeys/{journey}/data", json={"Data": [{"Name": "Shoe size", "Value": "42"}]})

    assert given.status_code == 200, given.text
    assert api.get(f"datapoints/{point}").json()["Used"] is True
    assert api.patch(f"datapoints/{point}", json={"Type": "Number"}).status_code in (409, 422)
