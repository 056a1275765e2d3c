"""Looking a company up by a domain, and the directory as a provider of enrichment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import connection

from kohomai.datapoints.catalogue import Catalogue
from kohomai.datapoints.providers import DIRECTORY, LeadFacts, Provider
from kohomai.engine.values import Amount, Value
from kohomai.leads.contact import read_email
from kohomai.leads.directory.reading import Company
from kohomai.leads.domains import with_parents
from kohomai.leads.models import Directory as DirectoryRow
from kohomai.workspaces.caching import ShortCache
from kohomai.workspaces.sql import statement

_FIND = statement(__file__, "find")
_POINTS = ("Company", "Company size", "Company revenue", "Industry", "Sector")


def find(workspace_id: int, domain: str) -> Company | None:
    """The company of a domain: that of the domain itself, else of its next parent, down to the registrable one."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"workspace": workspace_id, "domains": list(with_parents(domain))})
        row = cursor.fetchone()
    return Company(*row) if row else None


def find_by_text(workspace_id: int, text: str) -> Company | None:
    """The same for a domain as people write it. Raises ``ValueError`` with the rest of a sentence."""
    try:
        domain = read_email(f"a@{text.strip()}").domain
    except ValueError:
        raise ValueError("must be a domain, such as acme.com") from None
    return find(workspace_id, domain)


class Directory:
    """Knows the companies that the workspace has uploaded."""

    name = DIRECTORY
    time_limit = 5.0

    def promises(self, workspace_id: int, catalogue: Catalogue) -> Iterable[int]:
        """All that a row may hold."""
        return [catalogue.system[name].id for name in _POINTS]

    def find(self, lead: LeadFacts) -> Mapping[int, Value]:
        """What the row of the e-mail's domain holds."""
        company = find(lead.workspace_id, read_email(lead.email).domain)
        if company is None:
            return {}
        revenue = company.revenue
        values: dict[str, Value | None] = {
            "Company": company.name,
            "Company size": company.size,
            "Company revenue": None if revenue is None else Amount(revenue, company.currency or ""),
            "Industry": company.industry,
            "Sector": company.sector,
        }
        system = lead.catalogue.system
        return {system[name].id: value for name, value in values.items() if value is not None}


_PROVIDER = Directory()


def provider_of(workspace_id: int, fresh: bool) -> Sequence[Provider]:
    """The directory as a provider, where the workspace has one; at most a few seconds old, unless ``fresh``."""
    found = _cache.fresh(workspace_id) if fresh else _cache.get(workspace_id)
    return (_PROVIDER,) if found else ()


def forget(workspace_id: int) -> None:
    """Look anew next time: this process has changed whether there is one."""
    _cache.forget(workspace_id)


def _load(workspace_id: int) -> int:
    """The ``Id`` of the directory's upload; 0 where there is none, so that this is remembered, too."""
    rows = DirectoryRow.objects.filter(workspace_id=workspace_id).values_list("upload_id", flat=True)
    return rows.first() or 0


_cache: ShortCache[int, int] = ShortCache(_load)
