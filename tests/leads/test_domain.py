"""What the domain of an e-mail tells by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.leads.derived import derive
from kohomai.leads.domains import registrable, told_by, with_parents


@pytest.mark.parametrize(
    ("domain", "company", "country"),
    [
        ("acme.com", "acme.com", None),
        ("mail.acme.co.uk", "acme.co.uk", "GB"),
        ("acme.de", "acme.de", "DE"),
        ("bank.example", "bank.example", None),
        ("eu.mail.bank.example", "bank.example", None),
        ("acme.uk.com", "acme.uk.com", None),
        ("acme.github.io", "acme.github.io", None),
        ("github.io", "github.io", None),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", None),
    ],
)
def test_the_registrable_domain_is_the_companys(
    domain: str, company: str | None, country: str | None
) -> None:
    assert (told_by(domain).company_domain, told_by(domain).country) == (company, country)


@pytest.mark.parametrize("domain", ["gmail.com", "mail.gmail.com", "mailinator.com", "co.uk"])
def test_a_provider_and_a_public_suffix_are_no_company(domain: str) -> None:
    assert told_by(domain).company_domain is None


@pytest.mark.parametrize("domain", ["acme.io", "acme.co", "acme.ai", "acme.tv", "acme.me", "acme.ly"])
def test_a_domain_that_is_sold_for_its_sound_tells_no_country(domain: str) -> None:
    assert told_by(domain).country is None


@pytest.mark.parametrize("domain", ["base.aq", "europa.eu", "old.su", "isle.bv"])
def test_a_domain_of_no_country_of_people_tells_none(domain: str) -> None:
    assert told_by(domain).country is None


def test_a_free_provider_of_a_country_hints_at_it_and_a_disposable_one_at_nothing() -> None:
    assert told_by("yahoo.fr").country == "FR"
    assert told_by("yopmail.fr").country is None


def test_an_address_is_looked_up_from_itself_down_to_what_was_registered() -> None:
    assert list(with_parents("a.b.acme.co.uk")) == ["a.b.acme.co.uk", "b.acme.co.uk", "acme.co.uk"]
    assert list(with_parents("co.uk")) == ["co.uk"]


_LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)


@given(st.lists(_LABEL, min_size=2, max_size=5).map(".".join))
def test_what_was_registered_is_an_end_of_the_domain(domain: str) -> None:
    own = registrable(domain)
    assert own is None or own == domain or domain.endswith(f".{own}")
    parents = list(with_parents(domain))
    assert parents[0] == domain
    assert parents[-1] == (own or domain)


def test_it_is_at_work_for_invented_leads_behind_their_phone() -> None:
    found = derive({"Email": "jo@mail.acme.fr"})
    assert (found["Company domain"], found["Country"]) == ("acme.fr", "FR")
    assert derive({"Email": "jo@acme.fr", "Phone": "+4930901820"})["Country"] == "DE"
