"""An activity that falls to the owner finds out who that is: the version takes the owner's data point along."""

from __future__ import annotations

import httpx

from kohomai.funnels.compiled import definition
from tests.support.funnels import WON, make_funnel


def test_a_version_takes_the_owners_data_point_along(api: httpx.Client) -> None:
    check = {"Key": "check", "Type": "Approval", "Name": "Check", "Assignee": {"Kind": "Owner"}}
    stage = {"Type": "Stage", "Name": "Look", "Activities": [check], "Next": "won"}
    funnel = make_funnel(api, {"look": stage, **WON}, "look")
    assert "Owner" in {point.name for point in definition(funnel.id, 1).data_points.values()}
    journey = funnel.register()["Journey"]
    assert journey["Activities"][0]["Assignee"] == {"Kind": "Owner", "Email": None}
    assert journey["Activities"][0]["Status"] == "InProgress"
