"""Documents: from names to ids and back, and into definitions."""

from __future__ import annotations

import copy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.engine import definition as d
from kohomai.engine.document import (
    compile_definition,
    data_point_ids,
    ids_to_names,
    named_to_ids,
    used_data_points,
)
from kohomai.engine.values import DataPoint, ValueType
from tests.engine.samples import BY_ID, POINTS, REGISTRY, Points, reference_document

NAMES = {point.id: point.name for point in POINTS}


def stored() -> dict[str, Any]:
    document: dict[str, Any] = named_to_ids(reference_document(), Points(), REGISTRY)
    return document


# --- names and ids ------------------------------------------------------------------------------------------


def test_every_place_that_names_a_data_point_is_stored_with_its_id() -> None:
    nodes = stored()["Nodes"]
    branches = nodes["qualify"]["Branches"]
    assert branches[0]["When"]["DataPoint"] == 1
    assert branches[1]["When"]["All"][1]["Any"][1]["Not"]["DataPoint"] == 4
    assert nodes["discovery"]["Activities"][1]["Settings"]["Fields"][0] == {"DataPoint": 5, "Required": True}
    assert nodes["contract"]["Activities"][0]["Assignee"]["DataPoint"] == 7
    test = stored()["Tests"][0]
    assert list(test["Given"]) == ["#1", "#2", "#3"]
    assert test["Do"][0] == {"Complete": "needs", "Data": {"#5": "10000 EUR"}}


def test_it_is_shown_as_it_was_sent() -> None:
    assert ids_to_names(stored(), NAMES, REGISTRY) == reference_document()


def test_the_document_given_is_never_changed() -> None:
    document = reference_document()
    named_to_ids(document, Points(), REGISTRY)
    assert document == reference_document()


def test_a_renamed_data_point_is_shown_with_its_name_of_today() -> None:
    shown = ids_to_names(stored(), {**NAMES, 5: "Money", 2: "Employees"}, REGISTRY)
    assert shown["Nodes"]["discovery"]["Activities"][1]["Settings"]["Fields"][0]["DataPoint"] == "Money"
    assert shown["Tests"][0]["Do"][0]["Data"] == {"Money": "10000 EUR"}
    assert shown["Nodes"]["qualify"]["Branches"][1]["When"]["All"][0]["DataPoint"] == "Employees"


def test_former_names_and_other_spellings_find_their_data_point() -> None:
    document = reference_document()
    document["Nodes"]["qualify"]["Branches"][0]["When"]["DataPoint"] = "TURNOVER"
    document["Tests"][0]["Given"] = {"company SIZE": 3}
    kept = named_to_ids(document, Points(), REGISTRY)
    assert kept["Nodes"]["qualify"]["Branches"][0]["When"]["DataPoint"] == 5
    assert kept["Tests"][0]["Given"] == {"#2": 3}


def test_a_name_of_nobodys_stays_a_name() -> None:
    document = reference_document()
    document["Nodes"]["qualify"]["Branches"][0]["When"]["DataPoint"] = "Nobody"
    document["Tests"][0]["Given"] = {"Nobody": 1, "#1": 2, "##x": 3, "Budget": 4, "Turnover": 5}
    kept = named_to_ids(document, Points(), REGISTRY)
    assert kept["Nodes"]["qualify"]["Branches"][0]["When"]["DataPoint"] == "Nobody"
    assert ids_to_names(kept, NAMES, REGISTRY) == document


def test_all_data_points_of_a_stored_document_are_known() -> None:
    assert data_point_ids(stored(), REGISTRY) == {1, 2, 3, 4, 5, 6, 7}


def test_the_owners_data_point_is_used_where_an_activity_falls_to_the_owner() -> None:
    assert set(used_data_points(stored(), Points(), REGISTRY)) == {1, 2, 3, 4, 5, 6, 7}
    document = stored()
    document["Nodes"]["start"]["Activities"][0]["Assignee"] = {"Kind": "Owner"}
    points = used_data_points(document, Points(), REGISTRY)
    assert set(points) == {1, 2, 3, 4, 5, 6, 7, 11}
    stage = compile_definition(document, 1, points, REGISTRY).nodes["start"]
    assert isinstance(stage, d.Stage)
    assert stage.activities[0].assignee == d.AssigneeRule("Owner", data_point=BY_ID[11])


names = st.sampled_from([*(point.name for point in POINTS), "Nobody", "#1", "#", "##2", "#²", ""]) | st.text(
    max_size=3
)
PARTS = [
    "DataPoint",
    "Nodes",
    "Tests",
    "Branches",
    "Activities",
    "When",
    "All",
    "Not",
    "Assignee",
    "Settings",
]
PARTS += ["Given", "Do", "Data", "Expect"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | names,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(PARTS),
            inner,
            max_size=3,
        )
        | st.dictionaries(names, inner, max_size=3)
    ),
    max_leaves=10,
)


@given(json_values)
def test_whatever_is_saved_is_read_again(part: Any) -> None:
    for document in (part, {"Nodes": part, "Tests": part}, _filled(part)):
        before = copy.deepcopy(document)
        kept = named_to_ids(document, Points(), REGISTRY)
        assert document == before
        assert ids_to_names(kept, NAMES, REGISTRY) == _with_canonical_names(document)


def _filled(part: Any) -> dict[str, Any]:
    """A document with ``part`` in every place that names data points."""
    settings = part if isinstance(part, dict) else {"Fields": part}
    return {
        "Nodes": {
            "a": {"Type": "Decision", "Branches": [{"When": part}]},
            "b": {"Type": "Stage", "Activities": [{"Type": "Form", "Assignee": part, "Settings": settings}]},
        },
        "Tests": [{"Given": part, "Do": [{"Data": part}], "Expect": {"Data": part}}],
    }


def _with_canonical_names(document: Any) -> Any:
    """What is read again: ids that were sent as numbers are shown by name, where they stand for a name."""
    return ids_to_names(named_to_ids(document, _Nobody(), REGISTRY), NAMES, REGISTRY)


class _Nobody:
    def find(self, reference: str | int) -> DataPoint | None:
        return None


# --- definitions --------------------------------------------------------------------------------------------


def compiled(document: dict[str, Any] | None = None) -> d.Definition:
    return compile_definition(document or stored(), 3, BY_ID, REGISTRY)


def test_a_stored_document_becomes_a_definition() -> None:
    definition = compiled()
    assert (definition.version, definition.name, definition.reentry) == (3, "B2B onboarding", "WhenEnded")
    assert definition.start == "qualify"
    assert list(definition.nodes) == ["qualify", "discovery", "fit", "contract", "start", "nurture", "won"]
    assert set(definition.data_points) == {1, 2, 3, 4, 5, 6, 7}


def test_decisions_have_typed_tests() -> None:
    qualify = compiled().nodes["qualify"]
    assert isinstance(qualify, d.Decision)
    assert qualify.wait_for_data == timedelta(seconds=30)
    assert qualify.default == "start"
    assert [(branch.name, branch.next) for branch in qualify.branches] == [
        ("Private address", "nurture"),
        ("Enterprise", "discovery"),
    ]
    assert qualify.branches[1].when == d.All(
        (
            d.Test("AtLeast", BY_ID[2], value=Decimal(250)),
            d.Any_(
                (
                    d.Test("In", BY_ID[3], value=("Banking", "Insurance")),
                    d.Not(d.Test("Is", BY_ID[4], value="US")),
                )
            ),
        )
    )
    assert [leaf.operator for leaf in qualify.leaves] == ["Is", "AtLeast", "In", "Is"]


def test_activities_have_all_that_the_engine_runs_on() -> None:
    discovery = compiled().nodes["discovery"]
    assert isinstance(discovery, d.Stage)
    needs, call = discovery.activities[1], discovery.activities[2]
    assert needs.assignee == d.AssigneeRule("Lead")
    assert (needs.required, needs.after, needs.when_overdue, needs.go_to) == (True, (), "Notify", None)
    assert (needs.due_in, needs.remind) == (timedelta(days=3), (timedelta(hours=24),))
    assert needs.settings == (5, 6)
    assert needs.raw_settings["Fields"][0] == {"DataPoint": 5, "Required": True}
    assert call.after == ("owner", "needs")
    assert discovery.activities[3].assignee == d.AssigneeRule("Role", role="Manager")
    contract = compiled().nodes["contract"]
    assert isinstance(contract, d.Stage)
    assert contract.activities[0].assignee == d.AssigneeRule("Stakeholder", data_point=BY_ID[7])


def test_the_stage_of_an_activity_is_found_by_its_key() -> None:
    stage = compiled().stage_of("call")
    assert stage is not None
    assert stage.key == "discovery"
    assert compiled().stage_of("nobody") is None


def test_what_is_not_said_has_its_default() -> None:
    document = stored()
    del document["Reentry"], document["Nodes"]["qualify"]["WaitForData"]
    qualify = compiled(document).nodes["qualify"]
    assert compiled(document).reentry == "WhenEnded"
    assert isinstance(qualify, d.Decision)
    assert qualify.wait_for_data == timedelta(0)


def test_an_overdue_rule_may_lead_elsewhere() -> None:
    document = stored()
    document["Nodes"]["discovery"]["Activities"][1]["WhenOverdue"] = {"GoTo": "nurture"}
    discovery = compiled(document).nodes["discovery"]
    assert isinstance(discovery, d.Stage)
    assert (discovery.activities[1].when_overdue, discovery.activities[1].go_to) == ("GoTo", "nurture")


def test_a_choice_taken_from_its_list_later_does_not_stop_a_published_version() -> None:
    document = stored()
    document["Nodes"]["qualify"]["Branches"][0]["When"] = {"DataPoint": 9, "Operator": "Is", "Value": "Large"}
    points = {**BY_ID, 9: DataPoint(9, "Plan", ValueType.CHOICE, ("Small",))}
    qualify = compile_definition(document, 1, points, REGISTRY).nodes["qualify"]
    assert isinstance(qualify, d.Decision)
    assert qualify.leaves[0].value == "Large"


def test_a_document_that_cannot_be_run_is_refused() -> None:
    document = stored()
    document["Nodes"]["qualify"]["Default"] = "nowhere"
    with pytest.raises(ValueError, match="qualify/Default"):
        compiled(document)
    with pytest.raises(ValueError, match="cannot be run"):
        compile_definition([], 1, BY_ID, REGISTRY)
