"""What changed from one version to another."""

from __future__ import annotations

from kohomai.funnels.versions import compare


def stage(*keys: str, name: str = "Stage") -> dict[str, object]:
    return {"Type": "Stage", "Name": name, "Activities": [{"Key": key, "Name": key} for key in keys]}


def test_nodes_added_removed_and_changed() -> None:
    before = {"Name": "x", "Nodes": {"a": stage("one"), "b": {"Type": "End"}}}
    after = {"Name": "y", "Nodes": {"a": stage("one", name="Other"), "c": {"Type": "End"}}}
    assert compare(before, after) == {
        "Added": ["c"],
        "Removed": ["b"],
        "Changed": [{"Node": "a", "Fields": [{"Field": "Name", "From": "Stage", "To": "Other"}]}],
        "Fields": [{"Field": "Name", "From": "x", "To": "y"}],
    }


def test_an_activity_put_before_the_others_changes_itself_and_the_order_only() -> None:
    found = compare({"Nodes": {"a": stage("one", "two")}}, {"Nodes": {"a": stage("new", "one", "two")}})
    fields = {change["Field"] for change in found["Changed"][0]["Fields"]}
    assert fields == {"Activities/new", "Activities/(order)"}


def test_the_same_is_no_difference() -> None:
    document = {"Name": "x", "Nodes": {"a": stage("one")}}
    assert compare(document, document) == {"Added": [], "Removed": [], "Changed": [], "Fields": []}
