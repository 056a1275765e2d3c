"""Enrich: what its settings say, and what it asks of the world."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from kohomai.activities import registry
from kohomai.activities.services import Sought
from kohomai.engine.system import ENRICHED, SYSTEM
from kohomai.engine.types import Facts
from kohomai.engine.values import DataPoint, ValueType

POINTS = {name: DataPoint(number, name, kind) for number, (name, kind) in enumerate(SYSTEM.items(), 1)}
POINTS["Rating"] = DataPoint(99, "Rating", ValueType.TEXT)
ENRICH = registry["Enrich"]
FACTS = Facts({}, {}, datetime(2026, 1, 1, tzinfo=UTC))


class Points:
    def find(self, reference: str | int) -> DataPoint | None:
        for point in POINTS.values():
            if reference in (point.id, point.name):
                return point
        return None


def settings(**raw: Any) -> Any:
    model, faults = ENRICH.parse_settings(raw, Points())
    assert faults == []
    return model


def ids(*names: str) -> frozenset[int]:
    return frozenset(POINTS[name].id for name in names)


def test_it_promises_the_six_of_enrichment_unless_it_says_which() -> None:
    assert ENRICH.promises(settings()) == ids(*ENRICHED)
    assert ENRICH.promises(settings(DataPoints=["Rating", POINTS["Country"].id])) == ids("Rating", "Country")


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ({"DataPoints": []}, "/Settings/DataPoints Empty"),
        ({"DataPoints": ["Nope"]}, "/Settings/DataPoints/0 Unknown"),
        ({"DataPoints": ["Rating", "Rating"]}, "/Settings/DataPoints/1 Duplicate"),
        ({"DataPoints": ["Email"]}, "/Settings/DataPoints/0 NotAllowed"),
        ({"DataPoints": "Rating"}, "/Settings/DataPoints WrongType"),
        ({"Providers": []}, "/Settings/Providers Empty"),
        ({"Providers": [5]}, "/Settings/Providers/0 WrongType"),
    ],
)
def test_what_is_wrong_is_named(raw: dict[str, Any], fault: str) -> None:
    assert [f"{one.pointer} {one.code}" for one in ENRICH.parse_settings(raw, Points())[1]] == [fault]


def test_the_places_that_name_data_points_can_be_renamed() -> None:
    raw: dict[str, Any] = {"DataPoints": ["Rating", 7, None]}
    for part, key in ENRICH.settings_references(raw):
        part[key] = f"#{part[key]}"
    assert raw == {"DataPoints": ["#Rating", "#7", None]}
    assert list(ENRICH.settings_references({"DataPoints": "x"})) == []


def test_it_asks_for_what_it_promised_and_says_how_much_was_found() -> None:
    asked: list[Any] = []

    class World:
        def find_out(self, data_points: Sequence[int], providers: Sequence[str] | None) -> Sought:
            asked.append((frozenset(data_points), providers))
            return Sought(7, 2)

    outcome = ENRICH.run(
        settings(DataPoints=["Rating"], Providers=["Acme"]), None, SimpleNamespace(enrichment=World())
    )
    assert asked == [(ids("Rating"), ["Acme"])]
    assert (outcome.result, outcome.explanation) == ({"Found": 2}, {"Enrichment": {"Id": 7}})


def test_where_nobody_is_asked_nothing_is_found() -> None:
    assert ENRICH.run_pure(settings(), FACTS).result == {"Found": 0}
