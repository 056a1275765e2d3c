"""``/funnels``: funnels, drafts, publishing, tests."""

from __future__ import annotations

import httpx

from tests.api.support import Funnel, address, assert_problem, definition, make_funnel, pointers


def test_create_list_get(api: httpx.Client) -> None:
    made = api.post("funnels", json={"Name": "B2B onboarding"})
    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1/funnels/{made.json()['Id']}"
    assert api.get("funnels").json()["Items"] == [made.json()]
    assert api.get(f"funnels/{made.json()['Id']}").json() == made.json()
    assert made.json()["Version"] is None


def test_a_draft_may_have_faults_and_a_version_may_not(api: httpx.Client) -> None:
    funnel = api.post("funnels", json={"Name": "B2B"}).json()["Id"]
    document = {
        "Name": "B2B",
        "Start": "qualify",
        "Nodes": {
            "qualify": {
                "Type": "Decision",
                "Name": "Which?",
                "Branches": [
                    {"Name": "A", "When": {"DataPoint": "Nothing", "Operator": "Is", "Value": 1}, "Next": "x"}
                ],
                "Default": "won",
            },
            "won": {"Type": "End", "Name": "Won", "Outcome": "Converted"},
            "island": {"Type": "End", "Name": "Island", "Outcome": "Converted"},
        },
    }
    saved = api.put(f"funnels/{funnel}/draft", json=document)
    assert saved.status_code == 200
    places = {(fault["Node"], fault["Field"]) for fault in saved.json()["Faults"]}
    assert ("qualify", "Branches/0/When/DataPoint") in places
    assert ("qualify", "Branches/0/Next") in places
    refused = api.post(f"funnels/{funnel}/publish", json={})
    assert_problem(refused, 422)
    assert "/Nodes/qualify/Branches/0/Next" in pointers(refused)
    assert api.get(f"funnels/{funnel}").json()["Version"] is None


def test_a_draft_is_shown_as_it_was_sent_numbers_exact(api: httpx.Client, funnel: Funnel) -> None:
    document = definition()
    document["Nodes"]["fit"]["Branches"][0]["When"]["Value"] = {"Amount": 10000.1, "Currency": "EUR"}
    saved = api.put(f"funnels/{funnel.id}/draft", json=document, headers={"If-Match": "*"})
    assert saved.json()["Draft"] == document
    assert api.get(f"funnels/{funnel.id}/draft").json()["Draft"] == document
    assert next(iter(saved.json()["Draft"]["Nodes"])) == "qualify"


def test_if_match_keeps_anybodys_work_from_being_lost(api: httpx.Client, funnel: Funnel) -> None:
    path = f"funnels/{funnel.id}/draft"
    seen = api.get(path).headers["ETag"]
    assert_problem(api.put(path, json=definition()), 428)
    saved = api.put(path, json=definition(), headers={"If-Match": seen})
    assert saved.status_code == 200
    assert saved.headers["ETag"] != seen
    assert_problem(api.put(path, json=definition(), headers={"If-Match": seen}), 412)
    assert_problem(api.put(path, json=definition(), headers={"If-Match": "nonsense"}), 412)
    assert_problem(api.post(f"funnels/{funnel.id}/publish", headers={"If-Match": seen}), 412)


def test_a_renamed_data_point_is_shown_by_todays_name(api: httpx.Client, funnel: Funnel) -> None:
    point = api.get("datapoints", params={"Name": "Interest"}).json()["Items"][0]["Id"]
    assert api.patch(f"datapoints/{point}", json={"Name": "Topic"}).status_code == 200
    draft = api.get(f"funnels/{funnel.id}/draft").json()
    field = draft["Draft"]["Nodes"]["private"]["Activities"][0]["Settings"]["Fields"][0]
    assert field["DataPoint"] == "Topic"
    assert draft["Faults"] == []


def test_a_failing_test_needs_a_confirmation_that_is_recorded(api: httpx.Client, funnel: Funnel) -> None:
    document = definition()
    given = {"Email": "a@bank.example"}
    document["Tests"] = [
        {"Name": "Goes to business", "Given": given, "Expect": {"Node": "business"}},
        {"Name": "Is won at once", "Given": {"Email": "a@gmail.com"}, "Expect": {"Node": "won"}},
    ]
    saved = api.put(f"funnels/{funnel.id}/draft", json=document, headers={"If-Match": "*"})
    assert saved.json()["Faults"] == []
    ran = api.post(f"funnels/{funnel.id}/tests")
    assert ran.status_code == 200, ran.text
    assert [test["Passed"] for test in ran.json()["Tests"]] == [True, False]
    assert ran.json()["Passed"] is False
    refused = api.post(f"funnels/{funnel.id}/publish", json={})
    assert_problem(refused, 422)
    assert pointers(refused) == ["/ConfirmFailingTests"]
    published = api.post(f"funnels/{funnel.id}/publish", json={"ConfirmFailingTests": True})
    assert published.json() == {"Version": 2}
    version = api.get(f"funnels/{funnel.id}/versions/2").json()
    assert [test["Name"] for test in version["FailingTests"]] == ["Is won at once"]
    assert version["PublishedBy"]["Kind"] == "Key"


def test_an_archived_funnel_lets_nobody_new_in(api: httpx.Client, funnel: Funnel) -> None:
    assert api.patch(f"funnels/{funnel.id}", json={"Archived": True}).json()["Archived"] is True
    assert_problem(api.post(f"funnels/{funnel.id}/publish"), 409)
    assert api.get("funnels?Archived=false").json()["Items"] == []
    assert_problem(api.post(f"leads?funnel={funnel.id}", json={"Email": address()}), 404)


def test_versions_and_their_difference(api: httpx.Client) -> None:
    funnel = make_funnel(api)
    document = definition()
    document["Nodes"]["private"]["Next"] = "lost"
    document["Nodes"]["later"] = {"Type": "End", "Name": "Later", "Outcome": "Later"}
    document["Nodes"]["approved"]["Default"] = "later"
    document["Nodes"]["private"]["Activities"].insert(
        0,
        {
            "Key": "ok",
            "Type": "Accept",
            "Name": "OK",
            "Assignee": {"Kind": "Lead"},
            "Settings": {"Text": "x"},
        },
    )
    api.put(f"funnels/{funnel.id}/draft", json=document, headers={"If-Match": "*"})
    assert api.post(f"funnels/{funnel.id}/publish").json() == {"Version": 2}
    listed = api.get(f"funnels/{funnel.id}/versions").json()["Items"]
    assert [version["Version"] for version in listed] == [1, 2]
    whole = api.get(f"funnels/{funnel.id}/versions/1").json()
    assert whole["Definition"] == definition()
    difference = api.get(f"funnels/{funnel.id}/versions/1/difference/2").json()
    assert difference["Added"] == ["later"]
    assert difference["Removed"] == []
    changed = {node["Node"]: [field["Field"] for field in node["Fields"]] for node in difference["Changed"]}
    assert changed["approved"] == ["Default"]
    assert set(changed["private"]) == {"Next", "Activities/ok", "Activities/(order)"}
    assert_problem(api.get(f"funnels/{funnel.id}/versions/3"), 404)
