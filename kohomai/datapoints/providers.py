"""Enrichment providers: who finds out about a lead in the background, and how one is added.

A provider is an object (see ``Provider``). ``KOHOMAI_PROVIDERS`` names those of this installation as a
comma-separated list of import paths, ``package.module:name`` or ``package.module.name``, each of a provider
or of a class that makes one without arguments. The order is the order in which they are asked.

    class Register:
        name = "register"
        time_limit = 5.0

        def promises(self, workspace_id, catalogue):
            return [catalogue.system["Company size"].id]

        def find(self, lead):
            size = ask_the_register(lead.email)
            return {lead.catalogue.system["Company size"].id: Decimal(size)} if size else {}

What a provider promises is *pending* in a new journey until it has answered, so that a decision may wait
for it (``WaitForData``). One that fails, or takes longer than its ``time_limit``, has not found anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Protocol, runtime_checkable

from django.conf import settings

from kohomai.datapoints.catalogue import Catalogue
from kohomai.engine.values import Value

TIME_LIMIT = 10.0
"""Seconds a provider has that names no ``time_limit``."""


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What a provider is told of a lead. ``catalogue`` has the ids of the workspace's data points."""

    workspace_id: int
    lead_id: int
    email: str
    firstname: str | None
    lastname: str | None
    phone: str | None
    catalogue: Catalogue = field(repr=False)


@runtime_checkable
class Provider(Protocol):
    """Finds out about leads. Called from several threads at once, and now and then twice for the same lead."""

    name: str
    """Short and unique among the providers; a value's source is ``Enrichment:<name>``."""

    def promises(self, workspace_id: int, catalogue: Catalogue) -> Iterable[int]:
        """Ids of the data points it will look for in this workspace. Asked often: no input or output here."""
        ...

    def find(self, lead: LeadFacts) -> Mapping[int, Value]:
        """What it found, by data point ``Id``; what it promised and is not in here was not found."""
        ...


class ProvidersFault(Exception):
    """``KOHOMAI_PROVIDERS`` names something that is no provider."""


def time_limit_of(provider: Provider) -> float:
    """Seconds that ``provider`` has for one lead."""
    return float(getattr(provider, "time_limit", TIME_LIMIT))


def providers() -> tuple[Provider, ...]:
    """The providers of this installation, loaded once. Raises ``ProvidersFault``."""
    return load(settings.KOHOMAI_PROVIDERS)


def promised(workspace_id: int, catalogue: Catalogue) -> frozenset[int]:
    """Ids of all data points that some provider promises in this workspace: what is pending at first."""
    found: set[int] = set()
    for provider in providers():
        found.update(promises_of(provider, workspace_id, catalogue))
    return frozenset(found)


def promises_of(provider: Provider, workspace_id: int, catalogue: Catalogue) -> frozenset[int]:
    """Ids of what one provider promises; only such as the workspace has."""
    wanted = provider.promises(workspace_id, catalogue)
    return frozenset(point_id for point_id in wanted if point_id in catalogue.by_id)


@cache
def load(paths: str) -> tuple[Provider, ...]:
    """The providers at these comma-separated import paths, in this order. Raises ``ProvidersFault``."""
    found = [_load_one(path) for path in (part.strip() for part in paths.split(",")) if path]
    names = [provider.name for provider in found]
    _refuse_twice(names)
    return tuple(found)


def _refuse_twice(names: Collection[str]) -> None:
    if len(set(names)) != len(names):
        raise ProvidersFault("KOHOMAI_PROVIDERS names two providers of the same name")


def _load_one(path: str) -> Provider:
    module, colon, name = path.partition(":")
    if not colon:
        module, _, name = path.rpartition(".")
    try:
        thing = getattr(import_module(module), name)
        provider = thing() if isinstance(thing, type) else thing
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise ProvidersFault(f"KOHOMAI_PROVIDERS: {path} cannot be loaded ({error})") from error
    if (
        not isinstance(provider, Provider)
        or not isinstance(provider.name, str)
        or not 0 < len(provider.name) <= 80
    ):
        raise ProvidersFault(f"KOHOMAI_PROVIDERS: {path} is no provider (name, promises, find)")
    return provider
