"""Documents on their way in and out: numbers exact, nodes in the order in which they are reached."""

from __future__ import annotations

from decimal import Decimal

from kohomai.funnels.documents import dumps, loads, ordered


def test_numbers_come_back_digit_for_digit() -> None:
    text = '{"a":0.10,"b":10000.00,"c":123456789012345.1234,"d":42,"e":-0.5}'
    assert dumps(loads(text)) == text
    assert loads(text)["a"] == Decimal("0.10")


def test_nodes_stand_as_they_are_reached_from_the_start() -> None:
    nodes = {
        "a": {"Type": "End"},
        "z": {"Type": "Decision", "Branches": [{"Next": "m"}, "nonsense"], "Default": "a"},
        "m": {"Next": "z", "Type": "Stage"},
        "lost": 5,
    }
    shown = ordered({"Nodes": nodes, "Start": "z", "Name": "x"})
    assert list(shown) == ["Name", "Start", "Nodes"]
    assert list(shown["Nodes"]) == ["z", "m", "a", "lost"]
    assert list(shown["Nodes"]["m"]) == ["Type", "Next"]


def test_nothing_that_is_json_makes_it_fail() -> None:
    for nodes in (None, [], 5, {"a": None}, {"a": {"Branches": 5, "Next": []}}):
        for start in (None, [], {}, "a", 5):
            ordered({"Nodes": nodes, "Start": start})
