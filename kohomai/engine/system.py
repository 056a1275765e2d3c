"""The data points that are there in every workspace: their names, which are reserved, and their types."""

from __future__ import annotations

from collections.abc import Mapping

from kohomai.engine.values import ValueType as T

SYSTEM: Mapping[str, T] = {
    "Email": T.TEXT,
    "Email domain": T.TEXT,
    "Email is free": T.YES_NO,
    "Email is disposable": T.YES_NO,
    "Firstname": T.TEXT,
    "Lastname": T.TEXT,
    "Phone": T.TEXT,
    "Phone country": T.TEXT,
    "Country": T.TEXT,
    "Language": T.TEXT,
    "Origin": T.TEXT,
    "Registered at": T.DATE_TIME,
    "Referrer": T.TEXT,
    "Landing page": T.TEXT,
    "UTM source": T.TEXT,
    "UTM medium": T.TEXT,
    "UTM campaign": T.TEXT,
    "UTM term": T.TEXT,
    "UTM content": T.TEXT,
    "UTM id": T.TEXT,
    "Click id": T.TEXT,
    "Score": T.NUMBER,
    "Owner": T.TEXT,
    "Company": T.TEXT,
    "Company domain": T.TEXT,
    "Company size": T.NUMBER,
    "Company revenue": T.AMOUNT,
    "Industry": T.TEXT,
    "Sector": T.TEXT,
}
"""Names and types; the names are reserved and cannot be changed."""

ENRICHED = frozenset(("Company", "Company domain", "Company size", "Company revenue", "Industry", "Sector"))
"""Found out from the e-mail in the background; what a person or the API gave is never replaced."""

SENDABLE = frozenset(("Country", "Language"))
"""Computed at registration, and yet anybody may send them."""

COMPUTED = frozenset(SYSTEM) - ENRICHED - SENDABLE
"""May not be sent as journey data (422)."""

LEAD_FIELDS = ("Firstname", "Lastname", "Phone", "Country", "Language")
"""A form may ask for these; what is filled in is written to the lead."""
