"""Texts with data in them: filled in, escaped for where they go, and harmless whatever stands in them."""

from __future__ import annotations

import contextlib
import gc
import html
import json
import time
import weakref
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.activities import bounded, texts
from kohomai.engine.values import Amount

IDS = {"budget": 1, "company size": 2, "old name": 2, "start date": 3, "called at": 4, "qualified": 5}
NAMES = {1: "Budget", 2: "Company size", 3: "Start date", 4: "Called at", 5: "Qualified"}
KNOWN = {
    1: Amount(Decimal("10000.50"), "EUR"),
    2: Decimal("900"),
    3: date(2026, 11, 23),
    4: datetime(2026, 11, 23, 10, tzinfo=UTC),
    5: True,
}
VALUES = {
    "Lead": {"Firstname": "Ada", "Lastname": None, "Email": "ada@bank.example"},
    "Data": texts.ByName(KNOWN, lambda name: IDS.get(name.casefold()), NAMES.__getitem__),
    "Result": {"check": {"Approved": True}},
}


def as_written(value: str) -> str:
    """A value as a text has it: Liquid writes line breaks in one way."""
    return value.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Hello {{ Lead.Firstname }}", "Hello Ada"),
        ("{{ Data.Budget }}", "10000.50 EUR"),
        ('{{ Data["Company size"] }} people', "900 people"),
        ('{{ Data["company SIZE"] }} {{ Data["Old name"] }}', "900 900"),
        ('{{ Data["Start date"] }} {{ Data["Called at"] }}', "2026-11-23 2026-11-23T10:00:00.000Z"),
        ("{{ Data.Qualified }} {{ Result.check.Approved }}", "true true"),
        ("{% if Data.Qualified %}yes{% else %}no{% endif %}", "yes"),
        ("[{{ Nobody.knows.this }}{{ Lead.Lastname }}{{ Data.Nothing }}]", "[]"),
        ('{{ Lead.Lastname | default: "friend" }}', "friend"),
        ("{{ Lead.Firstname | upcase }}", "ADA"),
        ("[{{ Lead }}{{ Data }}{{ Result.check }}]", "[]"),
    ],
)
def test_a_text_is_filled_in(source: str, shown: str) -> None:
    assert texts.render(source, VALUES) == shown


def test_names_that_a_text_reads() -> None:
    source = (
        '{{ Lead.Firstname }} {{ Data["Company size"] }} {% for one in Items %}{{ one.Name }}{% endfor %}'
    )
    assert texts.names(source) == [("Lead", "Firstname"), ("Data", "Company size"), ("Items",)]


@pytest.mark.parametrize(
    "source",
    [
        "{{ x",
        "{% if %}",
        "{{ x | nothing }}",
        "{% include 'a' %}",
        "{% render 'a' %}",
        "{{ x | safe }}",
        "{{ x | strip_html }}",
        "{% tablerow a in b %}{% endtablerow %}",
        "{{ " + "a[" * 5_000 + "]" * 5_000 + " }}",
        "{% if " + " or ".join("a" * 5_000) + " %}{% endif %}",
        "{% for %}",
    ],
)
def test_what_cannot_be_read_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        texts.check(source)


Y = "y" * 900


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in (1..1000000000) %}x{% endfor %}",
        "{% for a in (1..1000000000) reversed limit: 1 %}x{% endfor %}",
        "{% for a in (1..1000000000) offset: 900000000 limit: 1 %}x{% endfor %}",
        "{{ (1..1000000000) | join: ',' }}",
        "{{ (1..1000000000) | size }}",
        f"{{{{ Long | replace: '', '{Y}' | replace: '', '{Y}' | replace: '', '{Y}' | size }}}}",
        "{% assign x = 9999999 %}{% for i in (1..40) %}{% assign x = x | times: x %}{% endfor %}{{ x | size }}",
        "{% assign a = 'a,b' | split: ',' %}{% for i in (1..40) %}{% assign a = a | concat: a %}{% endfor %}",
        "{% assign a = Long | split: '' %}{{ a | uniq | size }}",
        "{% for i in (1..2000) %}" + "{% assign s = Long | upcase %}" * 300 + "{% endfor %}",
        "{% for i in (1..2000) %}" + "{% if 1 == 2 %}{% endif %}" * 400 + "{% endfor %}",
        "{{ Long | date: '%Y' }}",
        "{{ Items | compact: 'Nothing' }}",
        "{{ '999999999999999999999' | date: '%Y' }}",
        "{% for a in (1..999) %}{% for b in (1..999) %}x{% endfor %}{% endfor %}",
        "{% assign a = 'xxxxxxxxxx' %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}{{ a }}",
        "{{ Long | replace: 'x', Long | replace: 'x', Long | replace: 'x', Long }}",
        "{{ Long | split: '' | join: Long }}",
        "{{ 1 | divided_by: 0 }}",
    ],
)
def test_a_text_cannot_take_more_than_its_share(source: str) -> None:
    began = time.thread_time()
    with pytest.raises(ValueError, match="cannot be filled in"):
        texts.render(source, {"Long": "x" * 10_000, "Items": [{"Name": "a"}]})
    assert time.thread_time() - began < 2  # reading it included


@pytest.mark.parametrize(
    "source",
    [
        "{{ Who | split: '§' | uniq: 'a' }}",
        "{{ 'a' | slice: Who }}",
        "{{ Who | sort: 'x' }}{{ 1 | divided_by: Who }}",
        "{{ Who | split: ',' | where: 'a' }}{{ Who | truncate: Who }}",
    ],
)
def test_what_cannot_be_filled_in_tells_nothing_of_the_values(source: str) -> None:
    with pytest.raises(ValueError, match="cannot be filled in") as refusal:
        texts.render(f"\n\n{source}", {"Who": "John Doe"})
    assert "John" not in str(refusal.value)
    assert "(line 3)" in str(refusal.value)


def test_what_a_person_writes_at_length_may_be_put_in_anywhere() -> None:
    long = "a ü € " * 1_600
    made = texts.render("{{ A | default: Long | append: Long | prepend: B }}", {"Long": long, "B": long})
    assert made == long * 3


def test_a_mapping_shows_nothing() -> None:
    assert texts.render("[{{ Lead }}{{ Data }}{{ Data[1] }}]", VALUES) == "[]"


def test_long_texts_are_not_all_kept_in_memory() -> None:
    kept = [weakref.ref(bounded.parsed("{{ a }}" * 300 + str(number), False)) for number in range(40)]
    gc.collect()
    assert sum(one() is not None for one in kept) <= 16


@pytest.mark.parametrize("blank", [" ", "\n", "\t"])
def test_a_name_amid_blanks_is_a_name(blank: str) -> None:
    much = blank * 20_000
    began = time.thread_time()
    assert texts.fill(f"{much}{{{{{much}Data.Qualified{much}}}}}{much}", VALUES) is True
    assert texts.fill(f"{{{{{much}Data.Qualified{much}}}}}.", VALUES) == "true."
    assert texts.fill("{{- Data.Qualified -}}", VALUES) is True
    assert texts.fill("{{ Data.Qualified }}{{ Data.Qualified }}", VALUES) == "truetrue"
    assert time.thread_time() - began < 1


@given(st.text(max_size=200))
def test_nothing_that_is_put_into_html_is_markup(value: str) -> None:
    made = texts.render("<p>{{ Lead.Firstname }}</p>", {"Lead": {"Firstname": value}}, "html")
    inside = made.removeprefix("<p>").removesuffix("</p>")
    assert not set("<>\"'") & set(inside)
    assert html.unescape(inside) == html.unescape(html.escape(as_written(value)))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_nothing_that_is_put_into_an_address_leads_elsewhere(value: str) -> None:
    made = texts.render("https://crm.example/find/{{ V }}?q={{ V }}#{{ V }}", {"V": value}, "url")
    parts = urlsplit(made)
    assert parts.netloc == "crm.example"
    assert parts.path.count("/") == 2
    assert unquote(parts.query.removeprefix("q=")) == value


@pytest.mark.parametrize("value", [".", ".."])
def test_data_does_not_lead_out_of_its_place_in_an_address(value: str) -> None:
    for source in ("https://crm.example/leads/{{ V }}/close", "https://crm.example/leads/{{ V }}?a"):
        with pytest.raises(ValueError, match="elsewhere"):
            texts.render(source, {"V": value}, "url")
    made = texts.render("https://crm.example/a{{ V }}/{{ V }}b?q={{ V }}/..#/../", {"V": value}, "url")
    assert made == f"https://crm.example/a{value}/{value}b?q={value}/..#/../"


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(source: str) -> None:
    with contextlib.suppress(ValueError):  # nothing else is ever raised
        texts.check(source)
        texts.render(source, VALUES, "html")


def test_a_body_keeps_the_types_of_what_is_put_in() -> None:
    body = {
        "size": '{{ Data["Company size"] }}',
        "text": 'size {{ Data["Company size"] }}',
        "budget": "{{ Data.Budget }}",
        "nothing": "{{ Data.Nothing }}",
        "list": ["{{ Data.Qualified }}", 5, None],
        "{{ Lead.Firstname }}": "{{ Result }}",
    }
    assert texts.fill(body, VALUES) == {
        "size": Decimal(900),
        "text": "size 900",
        "budget": {"Amount": Decimal("10000.50"), "Currency": "EUR"},
        "nothing": None,
        "list": [True, 5, None],
        "Ada": {"check": {"Approved": True}},
    }
    assert texts.fill("{{ Data }}", VALUES)["Start date"] == "2026-11-23"


@given(st.text(max_size=100))
def test_nothing_that_is_put_into_a_body_adds_to_it(value: str) -> None:
    body: Any = texts.fill({"a": "x{{ V }}", "b": "{{ V }}"}, {"V": value})
    assert json.loads(json.dumps(body)) == {"a": f"x{as_written(value)}", "b": value}


@pytest.mark.parametrize(
    "source",
    [
        "{{ Data.Host }}",
        "https://{{ Data.Host }}/a",
        "{{ x }}://a.example",
        "https://a{{ x }}.example/",
        "nothing",
        "https:///x",
    ],
)
def test_data_never_says_who_is_called(source: str) -> None:
    with pytest.raises(ValueError, match="written out"):
        texts.check_address(source)


def test_data_may_say_what_is_asked_for() -> None:
    source = "https://crm.example:8443/find?email={{ Lead.Email }}"
    assert texts.check_address(source) == source
    assert texts.render(source, VALUES, "url") == "https://crm.example:8443/find?email=ada%40bank.example"
