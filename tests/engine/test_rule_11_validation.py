"""Validation: all faults at once, each with node and field."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kohomai.engine.document import named_to_ids
from kohomai.engine.validation import DefinitionFault, validate
from tests.engine.samples import REGISTRY, Points, reference_document


def faults_of(document: Any) -> list[DefinitionFault]:
    return validate(document, Points(), REGISTRY)


def found(document: Any) -> set[tuple[str | None, str, str]]:
    return {(fault.node, fault.field, fault.code) for fault in faults_of(document)}


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """The reference's document with one place set to ``to``."""
    document = reference_document()
    part: Any = document
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = to
    return document


def without(*path: str | int) -> dict[str, Any]:
    """The reference's document with one place left out."""
    document = reference_document()
    part: Any = document
    for step in path[:-1]:
        part = part[step]
    del part[path[-1]]
    return document


def when(condition: Any) -> dict[str, Any]:
    """The reference's document with another condition on its first branch."""
    return changed("Nodes", "qualify", "Branches", 0, "When", to=condition)


def activity(**fields: Any) -> dict[str, Any]:
    """The reference's document with the form ``needs`` changed."""
    document = reference_document()
    document["Nodes"]["discovery"]["Activities"][1].update(fields)
    return document


NEEDS = "Activities/1"
WHEN = "Branches/0/When"


def test_the_references_example_has_no_fault() -> None:
    assert faults_of(reference_document()) == []


def test_nor_has_it_with_its_data_points_by_id() -> None:
    assert faults_of(named_to_ids(reference_document(), Points(), REGISTRY)) == []


def test_all_faults_are_said_at_once() -> None:
    document = reference_document()
    document["Reentry"] = "Sometimes"
    document["Nodes"]["qualify"]["Default"] = "nowhere"
    document["Nodes"]["discovery"]["Activities"][1]["DueIn"] = "P1M"
    document["Nodes"]["won"]["Outcome"] = 3
    assert found(document) == {
        (None, "Reentry", "WrongValue"),
        ("qualify", "Default", "Unknown"),
        ("discovery", "Activities/1/DueIn", "WrongValue"),
        ("won", "Outcome", "WrongType"),
        ("start", "", "Unreachable"),
    }


def test_a_fault_says_how_to_mend_it() -> None:
    (fault,) = faults_of(changed("Nodes", "fit", "Default", to="nowhere"))
    assert fault.detail == "There is no node “nowhere”."


# --- the funnel as a whole ----------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [None, True, 3, "x", [], [{}]])
def test_a_document_is_an_object(document: Any) -> None:
    assert found(document) == {(None, "", "WrongType")}


def test_an_empty_document_lacks_its_parts() -> None:
    assert found({}) == {(None, name, "Required") for name in ("Name", "Start", "Nodes")}


@pytest.mark.parametrize(
    ("path", "node", "field"),
    [
        (("Colour",), None, "Colour"),
        (("Nodes", "qualify", "Colour"), "qualify", "Colour"),
        (("Nodes", "qualify", "Branches", 0, "Colour"), "qualify", "Branches/0/Colour"),
        (("Nodes", "qualify", "Branches", 0, "When", "Colour"), "qualify", "Branches/0/When/Colour"),
        (("Nodes", "qualify", "Branches", 1, "When", "Any"), "qualify", "Branches/1/When/Any"),
        (("Nodes", "discovery", "Colour"), "discovery", "Colour"),
        (("Nodes", "discovery", "Activities", 1, "a/b~c"), "discovery", "Activities/1/a~1b~0c"),
        (
            ("Nodes", "discovery", "Activities", 1, "Assignee", "Role"),
            "discovery",
            "Activities/1/Assignee/Role",
        ),
        (("Nodes", "won", "Next"), "won", "Next"),
        (("Tests", 0, "Colour"), None, "Tests/0/Colour"),
    ],
)
def test_unknown_fields_are_named_wherever_they_are(
    path: tuple[str | int, ...], node: str | None, field: str
) -> None:
    assert (node, field, "UnknownField") in found(changed(*path, to=[]))


@pytest.mark.parametrize(
    ("path", "node", "field"),
    [
        (("Nodes", "qualify", "Type"), "qualify", "Type"),
        (("Nodes", "qualify", "Name"), "qualify", "Name"),
        (("Nodes", "qualify", "Default"), "qualify", "Default"),
        (("Nodes", "qualify", "Branches"), "qualify", "Branches"),
        (("Nodes", "qualify", "Branches", 0, "When"), "qualify", "Branches/0/When"),
        (("Nodes", "qualify", "Branches", 0, "Next"), "qualify", "Branches/0/Next"),
        (("Nodes", "discovery", "Activities"), "discovery", "Activities"),
        (("Nodes", "discovery", "Activities", 1, "Key"), "discovery", "Activities/1/Key"),
        (("Nodes", "discovery", "Activities", 1, "Type"), "discovery", "Activities/1/Type"),
        (("Nodes", "discovery", "Activities", 1, "Assignee"), "discovery", "Activities/1/Assignee"),
        (("Nodes", "won", "Outcome"), "won", "Outcome"),
    ],
)
def test_missing_fields_are_named_as_if_they_were_there(
    path: tuple[str | int, ...], node: str | None, field: str
) -> None:
    assert (node, field, "Required") in found(without(*path))


@pytest.mark.parametrize("key", ["Qualify", "1st", "", "two words", "ä", "a" * 101, "a\n", "-a"])
def test_keys_are_small_letters_digits_and_dashes(key: str) -> None:
    document = reference_document()
    document["Nodes"][key] = document["Nodes"]["won"]
    assert (key, "", "WrongValue") in found(document)
    assert ("discovery", "Activities/1/Key", "WrongValue") in found(activity(Key=key))


def test_nodes_and_activities_share_one_name_space() -> None:
    assert ("discovery", "Activities/1/Key", "Duplicate") in found(activity(Key="fit"))
    assert ("start", "Activities/0/Key", "Duplicate") in found(
        changed("Nodes", "start", "Activities", 0, "Key", to="needs")
    )


def test_names_are_text_that_is_not_blank() -> None:
    assert ("won", "Name", "Required") in found(changed("Nodes", "won", "Name", to=" "))
    assert ("won", "Name", "WrongType") in found(changed("Nodes", "won", "Name", to=1))
    assert ("won", "Name", "WrongValue") in found(changed("Nodes", "won", "Name", to="x" * 201))
    assert ("won", "Name", "WrongValue") in found(changed("Nodes", "won", "Name", to="a\x00b"))


@pytest.mark.parametrize("rule", ["WhenEnded", "Never", "Always"])
def test_the_reentry_rules(rule: str) -> None:
    assert faults_of(changed("Reentry", to=rule)) == []


# --- ways through it ----------------------------------------------------------------------------------------


def stage(key: str, next_node: str, **more: Any) -> dict[str, Any]:
    form = {"Key": key, "Type": "Form", "Name": "Form", "Assignee": {"Kind": "Lead"}, **more}
    return {"Type": "Stage", "Name": "Stage", "Next": next_node, "Activities": [form]}


def decision(*targets: str, default: str) -> dict[str, Any]:
    condition = {"DataPoint": "Country", "Operator": "IsKnown"}
    branches = [
        {"Name": f"Branch {number}", "When": condition, "Next": target}
        for number, target in enumerate(targets)
    ]
    return {"Type": "Decision", "Name": "Decision", "Branches": branches, "Default": default}


def funnel(start: str, **nodes: Any) -> dict[str, Any]:
    end = {"Type": "End", "Name": "End", "Outcome": "Converted"}
    return {"Name": "Funnel", "Start": start, "Nodes": {**nodes, "end": end}}


@pytest.mark.parametrize(
    ("path", "node", "field"),
    [
        (("Start",), None, "Start"),
        (("Nodes", "qualify", "Default"), "qualify", "Default"),
        (("Nodes", "qualify", "Branches", 1, "Next"), "qualify", "Branches/1/Next"),
        (("Nodes", "discovery", "Next"), "discovery", "Next"),
    ],
)
def test_unknown_targets(path: tuple[str | int, ...], node: str | None, field: str) -> None:
    assert (node, field, "Unknown") in found(changed(*path, to="nowhere"))
    assert (node, field, "WrongType") in found(changed(*path, to=["won"]))


def test_an_activity_is_no_target() -> None:
    assert ("qualify", "Default", "Unknown") in found(changed("Nodes", "qualify", "Default", to="needs"))


def test_nodes_that_cannot_be_reached() -> None:
    assert found(funnel("end", a=stage("x", "end"))) == {("a", "", "Unreachable")}


def test_a_node_may_be_the_target_of_several_and_a_way_back_may_lie_over_a_stage() -> None:
    assert faults_of(funnel("a", a=stage("x", "d"), d=decision("a", "end", default="end"))) == []


def test_nodes_from_which_no_end_can_be_reached() -> None:
    document = funnel("a", a=decision("end", default="b"), b=stage("x", "c"), c=stage("y", "b"))
    assert found(document) == {("b", "", "NoEnd"), ("c", "", "NoEnd")}


def test_decisions_in_a_circle() -> None:
    document = funnel(
        "a", a=decision("end", default="b"), b=decision("c", default="end"), c=decision("a", default="a")
    )
    assert found(document) == {("a", "", "Loop")}
    (fault,) = faults_of(document)
    assert "a → b → c → a" in fault.detail
    assert found(funnel("a", a=decision("a", default="end"))) == {("a", "", "Loop")}


def test_when_overdue_goes_along_an_arrow() -> None:
    document = funnel("a", a=stage("x", "a", DueIn="P1D", WhenOverdue={"GoTo": "end"}))
    assert faults_of(document) == []


# --- stages and activities ----------------------------------------------------------------------------------


def test_an_empty_stage() -> None:
    assert found(changed("Nodes", "start", "Activities", to=[])) == {("start", "Activities", "Empty")}


def test_a_stage_without_a_required_activity() -> None:
    assert found(changed("Nodes", "start", "Activities", 0, "Required", to=False)) == {
        ("start", "Activities", "Empty")
    }


def test_after_names_activities_of_the_same_stage() -> None:
    document = activity(After=["owner", "video", "nobody", 3, "owner"])
    assert found(document) == {
        ("discovery", "Activities/1/After/1", "Unknown"),
        ("discovery", "Activities/1/After/2", "Unknown"),
        ("discovery", "Activities/1/After/3", "WrongType"),
        ("discovery", "Activities/1/After/4", "Duplicate"),
    }


def test_after_cycles() -> None:
    assert found(activity(After=["check"])) == {("discovery", "Activities/2/After", "Cycle")}
    assert found(activity(After=["needs"])) == {("discovery", "Activities/1/After", "Cycle")}


def test_a_required_activity_may_not_wait_for_an_optional_one() -> None:
    assert found(activity(Required=False)) == {("discovery", "Activities/2/After/1", "WrongValue")}
    document = activity(Required=False)
    document["Nodes"]["discovery"]["Activities"][2]["Required"] = False
    assert found(document) == {("discovery", "Activities/3/After/0", "WrongValue")}


@pytest.mark.parametrize(
    "assignee",
    [
        {"Kind": "Lead"},
        {"Kind": "Owner"},
        {"Kind": "Role", "Role": "Administrator"},
        {"Kind": "Role", "Role": "Manager"},
        {"Kind": "User", "Id": 3},
        {"Kind": "User", "Id": "3"},
        {"Kind": "Stakeholder", "Email": "ann@example.com"},
        {"Kind": "Stakeholder", "DataPoint": "Signatory e-mail"},
    ],
)
def test_the_kinds_of_assignee(assignee: Any) -> None:
    assert faults_of(activity(Assignee=assignee)) == []


@pytest.mark.parametrize(
    ("assignee", "field", "code"),
    [
        ("Lead", "", "WrongType"),
        ({}, "/Kind", "Required"),
        ({"Kind": "Boss"}, "/Kind", "WrongValue"),
        ({"Kind": ["Lead"]}, "/Kind", "WrongValue"),
        ({"Kind": "Automatic"}, "/Kind", "Assignee"),
        ({"Kind": "Role"}, "/Role", "WrongValue"),
        ({"Kind": "Role", "Role": "Lead"}, "/Role", "WrongValue"),
        ({"Kind": "User"}, "/Id", "WrongValue"),
        ({"Kind": "User", "Id": "ann"}, "/Id", "WrongValue"),
        ({"Kind": "Stakeholder"}, "/Email", "Required"),
        ({"Kind": "Stakeholder", "Email": "ann@x", "DataPoint": "Industry"}, "/Email", "Required"),
        ({"Kind": "Stakeholder", "Email": "ann"}, "/Email", "WrongValue"),
        ({"Kind": "Stakeholder", "DataPoint": "Nobody"}, "/DataPoint", "Unknown"),
        ({"Kind": "Stakeholder", "DataPoint": "Budget"}, "/DataPoint", "WrongType"),
    ],
)
def test_assignees_that_do_not_fit(assignee: Any, field: str, code: str) -> None:
    assert found(activity(Assignee=assignee)) == {("discovery", f"{NEEDS}/Assignee{field}", code)}


def test_automatic_types_accept_only_automatic() -> None:
    document = changed("Nodes", "discovery", "Activities", 0, "Assignee", to={"Kind": "Lead"})
    assert found(document) == {("discovery", "Activities/0/Assignee/Kind", "Assignee")}


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"Type": "Dance"}, "Type", "Unknown"),
        ({"Type": ["Form"]}, "Type", "Unknown"),
        ({"Required": "yes"}, "Required", "WrongType"),
        ({"After": "owner"}, "After", "WrongType"),
        ({"DueIn": "P1M"}, "DueIn", "WrongValue"),
        ({"DueIn": 3}, "DueIn", "WrongType"),
        ({"DueIn": None}, "DueIn", "Required"),
        ({"Remind": "PT1H"}, "Remind", "WrongType"),
        ({"Remind": ["soon"]}, "Remind/0", "WrongValue"),
        ({"WhenOverdue": "Panic"}, "WhenOverdue", "WrongValue"),
        ({"WhenOverdue": {"GoTo": "nowhere"}}, "WhenOverdue/GoTo", "Unknown"),
        ({"WhenOverdue": {}}, "WhenOverdue/GoTo", "Required"),
        ({"Settings": []}, "Settings", "WrongType"),
        ({"Settings": {"Fields": 3}}, "Settings/Fields", "WrongType"),
        ({"Settings": {"Fields": [{"DataPoint": "Nobody"}]}}, "Settings/Fields/0/DataPoint", "Unknown"),
    ],
)
def test_activities_with_a_fault(fields: dict[str, Any], field: str, code: str) -> None:
    assert found(activity(**fields)) == {("discovery", f"{NEEDS}/{field}", code)}


def test_a_reminder_that_is_past_at_the_opening_is_no_fault() -> None:
    assert faults_of(activity(Remind=["P3D", "P4D"])) == []


@pytest.mark.parametrize("rule", ["Notify", "Skip", {"GoTo": "nurture"}])
def test_what_happens_when_overdue(rule: Any) -> None:
    assert faults_of(activity(WhenOverdue=rule)) == []


# --- decisions and conditions -------------------------------------------------------------------------------


def test_branches_have_names_of_their_own_and_none_is_called_default() -> None:
    document = changed("Nodes", "qualify", "Branches", 1, "Name", to="private ADDRESS")
    assert found(document) == {("qualify", "Branches/1/Name", "Duplicate")}
    document = changed("Nodes", "qualify", "Branches", 1, "Name", to="default")
    assert found(document) == {("qualify", "Branches/1/Name", "Duplicate")}


def test_wait_for_data_is_a_duration() -> None:
    assert found(changed("Nodes", "qualify", "WaitForData", to="30 s")) == {
        ("qualify", "WaitForData", "WrongValue")
    }


@pytest.mark.parametrize(
    "condition",
    [
        {"DataPoint": "Company size", "Operator": "Between", "Value": [1, Decimal("2.5")]},
        {"DataPoint": "Company size", "Operator": "IsUnknown"},
        {"DataPoint": "Company size", "Operator": "IsKnown", "Value": None},
        {"DataPoint": "Start date", "Operator": "InTheNext", "Value": "P1W"},
        {"DataPoint": "Registered at", "Operator": "AtLeast", "Value": "2026-11-23T10:00:00Z"},
        {"DataPoint": "Budget", "Operator": "AtLeast", "Value": "10000 EUR"},
        {"DataPoint": "Plan", "Operator": "In", "Value": ["small"]},
        {"DataPoint": "Industry", "Operator": "Matches", "Value": "^bank"},
        {"DataPoint": "turnover", "Operator": "IsKnown"},
        {"Result": "video.Share", "Operator": "AtLeast", "Value": Decimal("0.8")},
        {"Not": {"Result": "check.Comment", "Operator": "Contains", "Value": "no"}},
    ],
)
def test_conditions_that_are_right(condition: Any) -> None:
    assert faults_of(when(condition)) == []


@pytest.mark.parametrize(
    ("condition", "field", "code"),
    [
        ("x", "", "WrongType"),
        ({}, "/Operator", "Required"),
        ({"Operator": "Is", "Value": 1}, "/DataPoint", "Required"),
        (
            {"DataPoint": "Country", "Result": "check.Approved", "Operator": "IsKnown"},
            "/DataPoint",
            "Required",
        ),
        ({"DataPoint": "Nobody", "Operator": "IsKnown"}, "/DataPoint", "Unknown"),
        ({"DataPoint": None, "Operator": "IsKnown"}, "/DataPoint", "WrongType"),
        ({"DataPoint": 99, "Operator": "IsKnown"}, "/DataPoint", "Unknown"),
        ({"DataPoint": 10**5000, "Operator": "IsKnown"}, "/DataPoint", "Unknown"),
        ({"Result": "nobody.Approved", "Operator": "IsKnown"}, "/Result", "Unknown"),
        ({"Result": "check.Happy", "Operator": "IsKnown"}, "/Result", "Unknown"),
        ({"Result": "needs.Budget", "Operator": "IsKnown"}, "/Result", "Unknown"),
        ({"Result": "check", "Operator": "IsKnown"}, "/Result", "Unknown"),
        ({"Result": 3, "Operator": "IsKnown"}, "/Result", "Unknown"),
        ({"DataPoint": "Country", "Operator": "Equals", "Value": "US"}, "/Operator", "Unknown"),
        ({"DataPoint": "Country", "Operator": "AtLeast", "Value": "US"}, "/Operator", "Operator"),
        ({"DataPoint": "Plan", "Operator": "Contains", "Value": "S"}, "/Operator", "Operator"),
        ({"DataPoint": "Company size", "Operator": "Contains", "Value": "1"}, "/Operator", "Operator"),
        ({"DataPoint": "Company size", "Operator": "InTheLast", "Value": "P1D"}, "/Operator", "Operator"),
        ({"DataPoint": "Company size", "Operator": "Is", "Value": "many"}, "/Value", "WrongType"),
        ({"DataPoint": "Company size", "Operator": "Is", "Value": True}, "/Value", "WrongType"),
        ({"DataPoint": "Company size", "Operator": "Is"}, "/Value", "Required"),
        ({"DataPoint": "Country", "Operator": "Is", "Value": ""}, "/Value", "Required"),
        ({"DataPoint": "Company size", "Operator": "IsKnown", "Value": 1}, "/Value", "WrongValue"),
        ({"DataPoint": "Company size", "Operator": "In", "Value": 3}, "/Value", "WrongType"),
        ({"DataPoint": "Company size", "Operator": "In", "Value": []}, "/Value", "WrongType"),
        ({"DataPoint": "Company size", "Operator": "In", "Value": [1, "x"]}, "/Value/1", "WrongType"),
        ({"DataPoint": "Company size", "Operator": "Between", "Value": [1]}, "/Value", "WrongType"),
        ({"DataPoint": "Company size", "Operator": "Between", "Value": [2, 1]}, "/Value", "WrongValue"),
        ({"DataPoint": "Budget", "Operator": "Between", "Value": ["1 EUR", "2 USD"]}, "/Value", "WrongValue"),
        ({"DataPoint": "Start date", "Operator": "InTheLast", "Value": "P1M"}, "/Value", "WrongValue"),
        ({"DataPoint": "Plan", "Operator": "Is", "Value": "Medium"}, "/Value", "WrongType"),
        ({"DataPoint": "Industry", "Operator": "Matches", "Value": "(?=x)"}, "/Value", "WrongValue"),
        ({"DataPoint": "Industry", "Operator": "Matches", "Value": "("}, "/Value", "WrongValue"),
        ({"All": []}, "/All", "Empty"),
        ({"Any": {}}, "/Any", "WrongType"),
        ({"Not": []}, "/Not", "WrongType"),
        ({"All": [{"DataPoint": "Country", "Operator": "IsKnown"}], "Any": []}, "/Any", "UnknownField"),
    ],
    ids=range(37),
)
def test_conditions_with_a_fault(condition: Any, field: str, code: str) -> None:
    assert ("qualify", WHEN + field, code) in found(when(condition))


def test_the_place_of_a_fault_is_given_to_the_value() -> None:
    document = reference_document()
    document["Nodes"]["qualify"]["Branches"][1]["When"]["All"][1]["Any"][1]["Not"]["Value"] = 49
    assert found(document) == {("qualify", "Branches/1/When/All/1/Any/1/Not/Value", "WrongType")}


# --- limits -------------------------------------------------------------------------------------------------


def test_conditions_may_not_be_nested_without_end() -> None:
    condition: Any = {"DataPoint": "Country", "Operator": "IsKnown"}
    for _ in range(19):
        condition = {"Not": condition}
    assert faults_of(when(condition)) == []
    for _ in range(2_000):
        condition = {"Not": condition}
    assert {code for _, _, code in found(when(condition))} == {"Limit"}


@pytest.mark.parametrize(
    ("change", "node", "field"),
    [
        (lambda d: d["Nodes"].update({f"n{i}": d["Nodes"]["won"] for i in range(500)}), None, "Nodes"),
        (
            lambda d: d["Nodes"]["start"].update(Activities=d["Nodes"]["start"]["Activities"] * 201),
            "start",
            "Activities",
        ),
        (lambda d: d["Nodes"]["fit"].update(Branches=d["Nodes"]["fit"]["Branches"] * 101), "fit", "Branches"),
    ],
)
def test_nothing_may_be_without_end(
    change: Callable[[dict[str, Any]], None], node: str | None, field: str
) -> None:
    document = reference_document()
    change(document)
    assert (node, field, "Limit") in found(document)


def test_even_a_thousand_faults_are_enough() -> None:
    document = reference_document()
    document.update({f"Field {number}": 1 for number in range(5_000)})
    assert len(faults_of(document)) == 1_000


# --- the tests a document carries ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "to", "field", "code"),
    [
        ((), {}, "", "WrongType"),
        ((0, "Name"), "", "/0/Name", "Required"),
        ((0, "Given", "Nobody"), 1, "/0/Given/Nobody", "Unknown"),
        ((0, "Given", "company size"), 1, "/0/Given/company size", "Duplicate"),
        ((0, "Given", "Company size"), "many", "/0/Given/Company size", "WrongType"),
        ((0, "Do"), {}, "/0/Do", "WrongType"),
        ((0, "Do", 0, "Complete"), "nobody", "/0/Do/0/Complete", "Unknown"),
        ((0, "Do", 0, "Data"), {"Budget": "cheap"}, "/0/Do/0/Data/Budget", "WrongType"),
        ((0, "Do", 1, "After"), "P1M", "/0/Do/1/After", "WrongValue"),
        ((0, "Do", 1), {}, "/0/Do/1", "Empty"),
        ((0, "Do", 0, "Skip"), "call", "/0/Do/0/Skip", "WrongValue"),
        ((0, "Do", 0, "Result"), True, "/0/Do/0/Result", "WrongType"),
        ((0, "Do", 0, "Dance"), True, "/0/Do/0/Dance", "UnknownField"),
        ((0, "Expect"), "discovery", "/0/Expect", "WrongType"),
        ((0, "Expect", "Colour"), "red", "/0/Expect/Colour", "UnknownField"),
        ((0, "Expect", "Data"), {"Budget": "cheap"}, "/0/Expect/Data/Budget", "WrongType"),
        ((0, "Expect", "Activities"), {"nobody": "Completed"}, "/0/Expect/Activities/nobody", "Unknown"),
        ((0, "Expect", "Node"), "nowhere", "/0/Expect/Node", "Unknown"),
        ((0, "Expect", "Visits"), ["qualify", "nowhere"], "/0/Expect/Visits/1", "Unknown"),
    ],
)
def test_the_tests_of_a_funnel_are_checked_too(
    path: tuple[str | int, ...], to: Any, field: str, code: str
) -> None:
    assert found(changed("Tests", *path, to=to)) == {(None, f"Tests{field}", code)}


def test_the_place_of_a_fault_in_a_stored_document_has_the_name_and_not_the_id() -> None:
    document = changed("Tests", 0, "Given", to={"Company size": "many", "#7": 1})
    stored = named_to_ids(document, Points(), REGISTRY)
    assert found(stored) == {
        (None, "Tests/0/Given/Company size", "WrongType"),
        (None, "Tests/0/Given/#7", "Unknown"),
    }


# --- any JSON at all ----------------------------------------------------------------------------------------

WORDS = [
    *(
        "Name",
        "Start",
        "Nodes",
        "Reentry",
        "Tests",
        "Type",
        "Stage",
        "Decision",
        "End",
        "Activities",
        "Next",
        "Branches",
    ),
    *(
        "Default",
        "When",
        "All",
        "Any",
        "Not",
        "DataPoint",
        "Result",
        "Operator",
        "Value",
        "Is",
        "In",
        "Between",
        "Matches",
    ),
    *(
        "Key",
        "Assignee",
        "Kind",
        "Lead",
        "Role",
        "User",
        "Id",
        "Stakeholder",
        "Email",
        "After",
        "DueIn",
        "Remind",
        "Form",
    ),
    *(
        "WhenOverdue",
        "GoTo",
        "Settings",
        "Fields",
        "Given",
        "Do",
        "Data",
        "Complete",
        "Expect",
        "Visits",
        "Node",
    ),
    *("a", "b", "Budget", "Industry", "Plan", "P1D", "a.Approved", "Approval", "won", "qualify", "#1"),
]
leaf = (
    st.none() | st.booleans() | st.integers() | st.decimals() | st.sampled_from(WORDS) | st.text(max_size=5)
)
anything = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=30,
)


@settings(deadline=None)
@given(anything)
def test_no_json_makes_it_raise(document: Any) -> None:
    for fault in faults_of(document):
        assert fault.code
        assert fault.detail


def paths(part: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a document."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(part, dict):
        inner = list(part.items())
    elif isinstance(part, list):
        inner = list(enumerate(part))
    return [(*path, step) for step, _ in inner] + [
        deeper for step, value in inner for deeper in paths(value, (*path, step))
    ]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(paths(reference_document())), anything), min_size=1, max_size=3))
def test_no_change_to_a_document_makes_it_raise(changes: list[tuple[tuple[str | int, ...], Any]]) -> None:
    document = reference_document()
    for path, value in changes:
        part: Any = document
        try:
            for step in path[:-1]:
                part = part[step]
            part[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    for fault in faults_of(document):
        assert fault.node is None or fault.node in document["Nodes"]
