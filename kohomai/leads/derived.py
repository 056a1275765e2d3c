"""What follows from what is known of a person: for invented leads, as registration has it for real ones."""

from __future__ import annotations

from collections.abc import Mapping

from kohomai.engine.values import Value
from kohomai.leads.contact import read_email, read_phone
from kohomai.leads.domains import told_by


def derive(given: Mapping[str, Value]) -> Mapping[str, Value]:
    """The system's values that follow from an e-mail address and a phone number, by their names."""
    found: dict[str, Value] = {}
    if isinstance(email := given.get("Email"), str):
        try:
            address = read_email(email)
        except ValueError:
            address = None
        if address is not None:
            found["Email domain"] = address.domain
            found["Email is free"] = address.is_free
            found["Email is disposable"] = address.is_disposable
            found.update(told_by(address.domain).values)
    if isinstance(phone := given.get("Phone"), str):
        try:
            country = read_phone(phone, "US").country
        except ValueError:
            country = None
        if country is not None:
            found["Phone country"] = found["Country"] = country
    return found
