"""Enrichment providers: who finds out about a lead in the background, in which order, and how one is added.

Asked are the workspace's company directory (``BEFORE``), then the installation's providers, then the HTTP services of
the workspace. A provider of the installation is an object (see ``Provider``). ``KOHOMAI_PROVIDERS`` names them as a
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

What the providers promise is *pending* in a new journey until one has found it or the last has answered, so that a
decision may wait for it (``WaitForData``). One that fails, or takes longer than its ``time_limit``, has not found
anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Protocol, runtime_checkable

from django.conf import settings

from kohomai.datapoints.catalogue import Catalogue
from kohomai.datapoints.http_services import configured
from kohomai.engine.values import Value

TIME_LIMIT = 10.0
"""Seconds a provider has that names no ``time_limit``."""
DOMAIN, DIRECTORY = "domain", "directory"
"""Names of the providers that are there by themselves; nobody else may have them."""
MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What a provider is told of a lead: ``data`` is all that is known of the person, by data point ``Id``, ``country``
    (ISO 3166-1 alpha-2) the phone's, else what was sent or found out. ``catalogue`` has the ids of the workspace's data
    points."""

    workspace_id: int
    lead_id: int
    email: str
    firstname: str | None
    lastname: str | None
    phone: str | None
    catalogue: Catalogue = field(repr=False)
    data: Mapping[int, Value] = field(default_factory=dict, repr=False)
    country: str | None = None


class Promising(Protocol):
    """Who promises to look for certain data points."""

    @property
    def name(self) -> str:
        """Short and unique among the providers; a value's source is ``Enrichment:<name>``."""
        ...

    def promises(self, workspace_id: int, catalogue: Catalogue) -> Iterable[int]:
        """Ids of the data points it will look for in this workspace. Asked often: no input or output here."""
        ...


@runtime_checkable
class Provider(Promising, Protocol):
    """Finds out about leads. Called from several threads at once, and now and then twice for the same lead."""

    def find(self, lead: LeadFacts) -> Mapping[int, Value]:
        """What it found, by data point ``Id``; what it promised and is not in here was not found."""
        ...


class ProvidersFault(Exception):
    """``KOHOMAI_PROVIDERS`` names something that is no provider."""


def time_limit_of(provider: Provider) -> float:
    """Seconds that ``provider`` has for one lead."""
    return float(getattr(provider, "time_limit", TIME_LIMIT))


Source = Callable[[int, bool], Sequence[Provider]]
"""Gives the providers that a workspace has of its own; asked often, so what it says is remembered for seconds, unless
it is to be fresh."""

BEFORE: list[Source] = []
"""Those of the rooms above that are asked before all others."""


def providers() -> tuple[Provider, ...]:
    """The providers of this installation, loaded once. Raises ``ProvidersFault``."""
    return load(settings.KOHOMAI_PROVIDERS)


def in_order(workspace_id: int, fresh: bool = False) -> tuple[Promising, ...]:
    """Those that are asked about a lead of this workspace, one after the other; at most a few seconds old, ``fresh``
    reads them now."""
    before = (provider for source in BEFORE for provider in source(workspace_id, fresh))
    return (*before, *providers(), *configured(workspace_id, fresh))


def key_of(provider: Promising) -> str:
    """What a provider is known by for ever, whatever it is called: its name, unless it has a key."""
    return str(getattr(provider, "key", provider.name))


def promised(workspace_id: int, catalogue: Catalogue) -> frozenset[int]:
    """Ids of all data points that some provider promises in this workspace: what is pending at first."""
    found: set[int] = set()
    for provider in in_order(workspace_id):
        found.update(promises_of(provider, workspace_id, catalogue))
    return frozenset(found)


def promises_of(provider: Promising, workspace_id: int, catalogue: Catalogue) -> frozenset[int]:
    """Ids of what one provider promises; only such as the workspace has."""
    wanted = provider.promises(workspace_id, catalogue)
    return frozenset(point_id for point_id in wanted if point_id in catalogue.by_id)


@cache
def load(paths: str) -> tuple[Provider, ...]:
    """The providers at these comma-separated import paths, in this order. Raises ``ProvidersFault``."""
    found = [_load_one(path) for path in (part.strip() for part in paths.split(",")) if path]
    names = [provider.name for provider in found]
    if len(set(names)) != len(names):
        raise ProvidersFault("KOHOMAI_PROVIDERS names two providers of the same name")
    return tuple(found)


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
        or not 0 < len(provider.name) <= MAX_NAME
    ):
        raise ProvidersFault(f"KOHOMAI_PROVIDERS: {path} is no provider (name, promises, find)")
    if is_reserved(provider.name):
        raise ProvidersFault(f"KOHOMAI_PROVIDERS: {path} is named {provider.name}, which is another's name")
    return provider


def is_reserved(name: str) -> bool:
    """Whether a name is that of a provider that is there by itself, or looks like a key."""
    return name.casefold() in (DOMAIN, DIRECTORY) or ":" in name
