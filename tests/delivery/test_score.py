"""A score is worked out by itself, kept with its reasons, and decides the way; simulated leads get the same."""

from __future__ import annotations

import httpx

from tests.delivery.support import form, open_door, stage, told, until

SCORE = {
    "Key": "score", "Type": "Score", "Name": "Fit",
    "Settings": {
        "Start": 10,
        "Rules": [
            {"Name": "Gold", "When": {"DataPoint": "Segment", "Operator": "Is", "Value": "Gold"}, "Points": 60},
            {"Name": "Company", "When": {"DataPoint": "Email is free", "Operator": "Is", "Value": False}, "Points": 5},
            {"Name": "Answered", "When": {"DataPoint": "Answer", "Operator": "IsKnown"}, "Points": 7},
        ],
        "Most": 70,
    },
}  # fmt: skip
FIT = {
    "Type": "Decision", "Name": "Good?", "Default": "no",
    "Branches": [
        {"Name": "Good", "When": {"DataPoint": "Score", "Operator": "AtLeast", "Value": 70}, "Next": "hot"},
        {"Name": "Fair", "When": {"Result": "score.Score", "Operator": "MoreThan", "Value": 14}, "Next": "warm"},
    ],
}  # fmt: skip
NODES = {
    "first": stage(SCORE, next="fit"),
    "fit": FIT,
    "hot": stage(form("hot-form")),
    "warm": stage(form("warm-form")),
    "no": {"Type": "End", "Name": "No", "Outcome": "Disqualified"},
}
TESTS = [
    {
        "Name": "Gold is hot",
        "Given": {"Email": "a@corp.example", "Segment": "Gold"},
        "Expect": {"Node": "hot", "Data": {"Score": 70}},
    },
    {"Name": "A private address is not", "Given": {"Email": "a@gmail.com"}, "Expect": {"Node": "no"}},
]


def test_a_score_decides_and_is_explained(api: httpx.Client) -> None:
    door = open_door(api, NODES, Tests=TESTS)  # publishing runs the funnel's tests
    answer = door.register(JourneyData=[{"Name": "Segment", "Value": "Gold"}])
    until(lambda: door.journey(answer["Journey"]["Id"])["Node"]["Key"] == "hot")
    journey = door.journey(answer["Journey"]["Id"])
    score = journey["Activities"][0]
    assert score["Result"] == {"Score": 70}
    assert score["Explanation"]["Sum"] == "75"
    assert [rule["Holds"] for rule in score["Explanation"]["Rules"]] == [True, True, False]
    data = {item["Name"]: (item["Value"], item["Source"]) for item in journey["Data"]}
    assert data["Score"] == (70, "Activity")
    lead = told(api.get(f"leads/{answer['Id']}"))
    assert {item["Name"]: item["Value"] for item in lead["Data"]}["Score"] == 70
    warm = door.register()
    until(lambda: door.journey(warm["Journey"]["Id"])["Node"]["Key"] == "warm")
