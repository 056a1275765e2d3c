"""The first run makes a workspace, an administrator, a key and a sample funnel; a script finds all it needs."""

from __future__ import annotations

import stat

import httpx

from tests.support.program import Program


def test_first_run_json_is_what_a_script_needs(program: Program) -> None:
    made = program.first_run
    assert set(made) == {"BaseURL", "Workspace", "Administrator", "ApiKey", "Funnel"}
    assert made["BaseURL"] == program.base_url
    assert set(made["Administrator"]) == {"Email", "Password"}
    assert set(made["Funnel"]) == {"Id", "ApiRef", "PageRef"}
    assert stat.S_IMODE((program.data / "first-run.json").stat().st_mode) == 0o600
    assert made["ApiKey"] in program.log.read_text()


def test_the_sample_funnel_is_as_described(program: Program) -> None:
    made = program.first_run
    headers = {"Authorization": f"Bearer {made['ApiKey']}"}
    with httpx.Client(base_url=f"{program.base_url}/api/v1/", headers=headers) as api:
        draft = api.get(f"funnels/{made['Funnel']['Id']}/draft").json()
        assert draft["Faults"] == []
        nodes = draft["Draft"]["Nodes"]
        assert {key: node["Type"] for key, node in nodes.items()} == {
            "qualify": "Decision",
            "private": "Stage",
            "business": "Stage",
            "fit": "Decision",
            "review": "Stage",
            "approved": "Decision",
            "won": "End",
            "lost": "End",
        }
        assert [one["Key"] for one in nodes["business"]["Activities"]] == ["needs", "terms"]
        origins = api.get(f"funnels/{made['Funnel']['Id']}/origins").json()["Items"]
        found = {origin["Ref"]: (origin["Type"], origin["Name"]) for origin in origins}
        assert found[made["Funnel"]["ApiRef"]] == ("API", "Website")
        assert found[made["Funnel"]["PageRef"]][0] == "Page"
        assert len(api.get("datapoints", params={"Name": "My datapoint"}).json()["Items"]) == 1
