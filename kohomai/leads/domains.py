"""What the domain of an e-mail address tells by itself: no question is asked of anybody.

The registrable domain is found by the Public Suffix List as it comes with ``tldextract`` (https://publicsuffix.org/list/;
where no rule of it fits, its rule ``*`` does: the last label is the suffix).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from tldextract import TLDExtract

from kohomai.leads.contact import DISPOSABLE_DOMAINS, FREE_DOMAINS

PROVIDER = "domain"
"""The name under which what is told here is known: values have the source ``Enrichment:domain``."""
COMPANY_DOMAIN, COUNTRY = "Company domain", "Country"
"""The data points that a domain may tell."""

_REMEMBERED = 16_384

_SOLD = (
    "ac ad ag ai am as bz cc cd cf co cx dj fm ga gg gl gq gs im io la ly md me ml ms nu pw sc sh sr st su sx tc tk"
    " tm to tv vc vg vu ws"
)
_SOLD_FOR_THEIR_SOUND = frozenset(_SOLD.split())
"""Country-code domains that whoever likes takes for what the letters say (the generic ones of Google's list for its
search, and others that are marketed so): they tell no country."""

_extract = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
_extract_public = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=False)


@dataclass(frozen=True, slots=True)
class Told:
    """What a domain tells: its owner's registrable domain, and the country (ISO 3166-1 alpha-2) it hints at.
    ``values`` has the same by the names of the system data points."""

    company_domain: str | None
    country: str | None
    values: Mapping[str, str]


@lru_cache(maxsize=_REMEMBERED)
def told_by(domain: str) -> Told:
    """What a domain tells (in ASCII and lower case, as ``Address.domain``).

    A free or disposable provider's says nothing of a company, and a disposable one's nothing of a country either.
    """
    own = registrable(domain)
    company = country = None
    if {domain, own}.isdisjoint(DISPOSABLE_DOMAINS):
        company = own if {domain, own}.isdisjoint(FREE_DOMAINS) else None
        country = _country(domain)
    found = {COMPANY_DOMAIN: company, COUNTRY: country}
    return Told(company, country, {name: value for name, value in found.items() if value is not None})


def registrable(domain: str) -> str | None:
    """The part of a domain that somebody has registered: ``acme.co.uk`` of ``mail.acme.co.uk``.

    Suffixes that a company gives out (``github.io``) count as suffixes, but for addresses right at them. ``None`` for
    what is a public suffix itself.
    """
    for extract in (_extract, _extract_public):
        found = extract(domain)
        if found.suffix and found.domain:
            return f"{found.domain}.{found.suffix}"
        if not found.suffix and found.subdomain:  # no rule fits: the last label is the suffix
            return f"{found.subdomain.rpartition('.')[2]}.{found.domain}"
    return None


def with_parents(domain: str) -> Iterator[str]:
    """A domain, then its parents, down to the registrable one."""
    last = registrable(domain) or domain
    yield domain
    while domain != last and "." in domain:
        domain = domain.partition(".")[2]
        yield domain


def _country(domain: str) -> str | None:
    """The country whose domain it is; none for domains that stand for no country of people (where nobody has a
    telephone: ``.aq``, ``.eu``), or are sold for their sound."""
    label = domain.rpartition(".")[2]
    if len(label) != 2 or label in _SOLD_FOR_THEIR_SOUND:
        return None
    country = "GB" if label == "uk" else label.upper()
    return country if country in phonenumbers.SUPPORTED_REGIONS else None
