"""Who is asked about a lead, in which order, and under which name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kohomai.datapoints import providers
from kohomai.datapoints.catalogue import Catalogue
from kohomai.datapoints.providers import ProvidersFault, in_order, is_reserved, key_of, load, promised
from kohomai.engine.values import DataPoint, ValueType

POINTS = {number: DataPoint(number, f"Point {number}", ValueType.TEXT) for number in (1, 2, 3)}
CATALOGUE = Catalogue(7, POINTS, {}, {}, frozenset(), frozenset(), frozenset())


def provider(name: str, *wanted: int, **more: Any) -> Any:
    """Promises these data points."""
    return SimpleNamespace(
        name=name, promises=lambda workspace, catalogue: wanted, find=lambda lead: {}, **more
    )


Domain = provider("domain")
Mine = provider("Directory")
Key = provider("http:5")
First, Second = provider("first", 1), provider("second", 2, 9)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace's own before, two of the installation, and one HTTP service."""
    service = provider("Acme", 3, key="http:12")
    monkeypatch.setattr(providers, "BEFORE", [lambda workspace, fresh: (provider("directory", 1, 2),)])
    monkeypatch.setattr(providers, "providers", lambda: (First, Second))
    monkeypatch.setattr(providers, "configured", lambda workspace, fresh: (service,))


@pytest.mark.usefixtures("world")
def test_the_directory_is_first_then_the_installations_then_the_services() -> None:
    assert [one.name for one in in_order(7)] == ["directory", "first", "second", "Acme"]
    assert [key_of(one) for one in in_order(7)] == ["directory", "first", "second", "http:12"]


@pytest.mark.usefixtures("world")
def test_what_is_promised_is_what_anybody_promises_and_the_workspace_has() -> None:
    assert promised(7, CATALOGUE) == {1, 2, 3}


@pytest.mark.parametrize("name", ["Domain", "Mine", "Key"])
def test_nobody_has_the_name_of_one_that_is_there_by_itself(name: str) -> None:
    with pytest.raises(ProvidersFault, match="another's name"):
        load(f"tests.datapoints.test_providers:{name}")


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(ProvidersFault, match="same name"):
        load("tests.datapoints.test_providers:First,tests.datapoints.test_providers:First")


def test_names_are_reserved_without_regard_to_case() -> None:
    assert [is_reserved(name) for name in ("DOMAIN", "Directory", "a:b", "Acme")] == [True, True, True, False]
