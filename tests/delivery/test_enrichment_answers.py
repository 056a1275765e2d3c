"""Whatever a service answers is read, or refused in words; nothing is raised, and nothing gets in that does not fit."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kohomai.activities.services import Answer
from kohomai.datapoints.catalogue import Catalogue
from kohomai.datapoints.http_services import Mapped, Service
from kohomai.delivery.enrichment.http import _read
from kohomai.engine.values import Amount, DataPoint, ValueType, parse, to_api

TYPES = [kind for kind in ValueType if kind is not ValueType.DOCUMENT]
POINTS = {
    number: DataPoint(number, kind.value, kind, ("A", "B") if kind is ValueType.CHOICE else ())
    for number, kind in enumerate(TYPES, 1)
}
CATALOGUE = Catalogue(7, POINTS, {}, {}, frozenset(), frozenset(), frozenset())
SERVICE = Service(
    id=1, workspace_id=7, name="Acme", url="https://a.example/", method="GET", body=None,
    mapping=[Mapped(number, "$.a", "EUR") for number in POINTS],
    time_limit=5.0, cache_for=timedelta(), rate_limit=None, currency=None, cost=None, monthly_budget=None, version=1,
)  # fmt: skip

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["A", "5 EUR", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


def fits(found: dict[int, Any]) -> bool:
    """Whether each value is one that a person could have given."""
    return all(parse(POINTS[number], to_api(value)) == value for number, value in found.items())


@given(st.integers(100, 599), st.binary(max_size=200))
def test_whatever_bytes_it_answers(status: int, body: bytes) -> None:
    found, error, failed = _read(SERVICE, Answer(status, {}, body), CATALOGUE)
    assert fits(found)
    assert bool(found) <= (200 <= status < 300)
    assert isinstance(error, str) or found or not failed


@given(_JSON)
def test_whatever_document_it_answers(value: Any) -> None:
    found, _, failed = _read(SERVICE, Answer(200, {}, json.dumps({"a": value}).encode()), CATALOGUE)
    assert fits(found)
    assert not failed or not found


def test_a_bare_number_is_an_amount_in_the_currency_that_was_said() -> None:
    found, _, _ = _read(SERVICE, Answer(200, {}, b'{"a": 12.50}'), CATALOGUE)
    by_type = {POINTS[number].type: value for number, value in found.items()}
    assert by_type[ValueType.AMOUNT] == Amount(Decimal("12.50"), "EUR")
    assert by_type[ValueType.NUMBER] == Decimal("12.50")
    assert by_type[ValueType.TEXT] == "12.50"
    assert ValueType.DATE not in by_type
