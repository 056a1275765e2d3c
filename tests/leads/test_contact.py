"""How a lead is reached: e-mail addresses, phone numbers and names, read as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.leads.contact import read_email, read_name, read_phone

# --- e-mail -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "domain"),
    [
        ("johndoe@gmail.com", "gmail.com"),
        ("Jo.Hn+tag@Company.Example", "company.example"),
        ("o'neil@a-b.example", "a-b.example"),
        ("jürgen@bücher.example", "xn--bcher-kva.example"),
        ("1@sub.sub.company.co.uk", "sub.sub.company.co.uk"),
    ],
)
def test_an_address_is_kept_as_sent_and_found_without_regard_to_case(raw: str, domain: str) -> None:
    address = read_email(raw)

    assert address.email == raw
    assert address.key == raw.lower()
    assert address.domain == domain
    assert read_email(raw.upper()).key == address.key


@pytest.mark.parametrize(
    "raw",
    [
        "", "nobody", "@company.example", "a@", "a@b", "a@@company.example", "a b@company.example",
        " a@company.example",
        "a@company.example ", "John <a@company.example>", "a@company..example", ".a@company.example",
        "a@-company.example",
        "a@company.example, b@company.example", "a@[127.0.0.1]", "a@localhost", "a@host.local",
        "a\n@company.example",
        "a@company.example\0", "a" * 250 + "@company.example", "a@" + "b." * 130 + "example",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_the_rest_of_a_sentence(raw: str) -> None:
    with pytest.raises(ValueError, match=r"^must be an e-mail address: "):
        read_email(raw)


@pytest.mark.parametrize("raw", ["a@gmail.com", "a@GMAIL.com", "a@yahoo.com"])
def test_anybody_can_have_an_address_at_a_free_provider(raw: str) -> None:
    assert read_email(raw).is_free


def test_an_address_to_be_thrown_away() -> None:
    assert read_email("a@mailinator.com").is_disposable
    assert not read_email("a@company.example").is_disposable
    assert not read_email("a@company.example").is_free


@given(st.text(max_size=300))
def test_any_text_is_an_address_or_refused(raw: str) -> None:
    try:
        address = read_email(raw)
    except ValueError:
        return
    assert address.email == raw
    assert len(address.email) <= 254
    assert len(address.key) <= 254


# --- phone --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        "+1 (800) 555\u20110175",  # as in the documentation, with a non-breaking hyphen
        "+1 (800) 555\u00e2\u20ac\u20180175",  # the same, garbled on the way
        "+1 (800) 555-0175",
        "+18005550175",
        "001 800 555 0175".replace("001", "+1"),
        "1-800-555-0175",
        "(800) 555 0175",
        "\uff0b1 800 555 0175",
        "+1\u00a0800\u00a0555\u00a00175",
        "tel:+1-800-555-0175",
    ],
)
def test_one_number_typed_in_many_ways(raw: str) -> None:
    phone = read_phone(raw, "US")

    assert phone.e164 == "+18005550175"
    assert phone.original == raw
    assert phone.country == "US"


@pytest.mark.parametrize(
    ("raw", "country", "e164"),
    [
        ("01 42 68 53 00", "FR", "+33142685300"),
        ("030 901820", "DE", "+4930901820"),
        ("+44 20 7946 0958", "US", "+442079460958"),
        ("00 33 1 42 68 53 00", "DE", "+33142685300"),
    ],
)
def test_without_a_country_code_the_default_country_counts(raw: str, country: str, e164: str) -> None:
    assert read_phone(raw, country).e164 == e164


def test_a_number_of_no_country_has_none() -> None:
    assert read_phone("+800 1234 5678", "US").country is None


@pytest.mark.parametrize(
    "raw",
    [
        "", "call me", "123", "+1 800 555", "+999 1234567", "+1 800 555 01755555", "1" * 101,
        "+1 800 555 0175\0",
        "+1 800 555 0175\u0007", "+", "\ud800",
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        read_phone(raw, "US")


@given(st.text(max_size=120), st.sampled_from(["US", "DE", "FR", "JP"]))
def test_any_text_is_a_number_or_refused(raw: str, country: str) -> None:
    try:
        phone = read_phone(raw, country)
    except ValueError:
        return
    assert phone.e164.startswith("+")
    assert len(phone.e164) <= 20
    assert read_phone(phone.e164, "US").e164 == phone.e164
    assert read_phone(phone.e164, "US").country == phone.country


# --- names --------------------------------------------------------------------------------------------------


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc",)), min_size=1, max_size=200))
def test_a_name_is_kept_exactly_as_sent(raw: str) -> None:
    assert read_name(raw) == raw


@pytest.mark.parametrize("raw", [None, ""])
def test_empty_counts_as_none(raw: str | None) -> None:
    assert read_name(raw) is None


@pytest.mark.parametrize("raw", ["x" * 201, "a\0b", "a\u0007b", "a\u009fb", "\ud800", 7, ["John"], True])
def test_what_is_no_name_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        read_name(raw)


def test_tab_and_line_break_are_no_control_characters_that_are_refused() -> None:
    assert read_name("a\tb\r\nc") == "a\tb\r\nc"
