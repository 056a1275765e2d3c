"""Enrichment providers of the tests, named in KOHOMAI_PROVIDERS. What they do is told by the lead's address."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from decimal import Decimal

from kohomai.datapoints.catalogue import Catalogue
from kohomai.datapoints.providers import LeadFacts
from kohomai.engine.values import Value


class Register:
    """Knows how large companies are; hangs for `hang@…`, fails for `fail@…`, answers nonsense for `odd@…`."""

    name = "register"
    time_limit = 1.0

    def promises(self, workspace_id: int, catalogue: Catalogue) -> Iterable[int]:
        """The size and the industry."""
        return [catalogue.system["Company size"].id, catalogue.system["Industry"].id]

    def find(self, lead: LeadFacts) -> Mapping[int, Value]:
        """`size-900@…` is of a company of 900 people."""
        size = lead.catalogue.system["Company size"].id
        kind, _, number = lead.email.partition("@")[0].partition("-")
        if kind == "hang":
            time.sleep(3600)
        if kind == "fail":
            raise RuntimeError(f"cannot find {lead.email}")
        if kind == "odd":
            return {size: "many", 987654321: "x", lead.catalogue.system["Email"].id: "other@x.example"}
        if kind == "slow":
            time.sleep(0.5)
        return {size: Decimal(number)} if number.isdigit() and kind != "second" else {}


class Second:
    """Looks for the size too, in another place: slower, and it knows `second-…@…` as well."""

    name = "second"
    time_limit = 2.0

    def promises(self, workspace_id: int, catalogue: Catalogue) -> Iterable[int]:
        """The size."""
        return [catalogue.system["Company size"].id]

    def find(self, lead: LeadFacts) -> Mapping[int, Value]:
        """`second-700@…` is of a company of 700 people."""
        kind, _, number = lead.email.partition("@")[0].partition("-")
        if kind != "second":
            return {}
        time.sleep(0.7)
        return {lead.catalogue.system["Company size"].id: Decimal(number)}
