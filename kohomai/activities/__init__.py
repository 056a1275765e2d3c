"""The activity types, each in a folder of its own, and the registry of them.

A new type is one new folder: its ``type.py`` has an instance named ``TYPE``. Nothing else names it.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from kohomai.engine.types import ActivityType, Registry


def discover() -> Registry:
    """Every activity type there is, by its name. Raises ``ValueError`` when two have the same."""
    found: dict[str, ActivityType] = {}
    for module in sorted(iter_modules(__path__), key=lambda module: module.name):
        if not module.ispkg:
            continue
        type: ActivityType = import_module(f"{__name__}.{module.name}.type").TYPE
        if type.name in found:
            raise ValueError(f"two activity types are named {type.name}")
        found[type.name] = type
    return found


registry: Registry = discover()
"""The activity types, found once."""
