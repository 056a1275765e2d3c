"""Addresses of static files, each with the hash of its content, so that browsers may keep them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


@cache
def version_of(name: str) -> str:
    """The first characters of the hash of a static file; empty when there is no such file."""
    path = finders.find(name)
    if not isinstance(path, str):
        return ""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


class VersionedStaticFiles(StaticFilesStorage):
    """Serves files from where they lie, under addresses that change with their content."""

    def url(self, name: str | None) -> str:
        """The address of a static file, `?v=<hash>` included."""
        address = super().url(name)
        version = version_of(name) if name else ""
        return f"{address}?v={version}" if version else address
