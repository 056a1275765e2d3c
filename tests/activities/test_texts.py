"""Texts with data in them: filled in, escaped for where they go, and harmless whatever stands in them."""

from __future__ import annotations

import contextlib
import html
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.activities import texts
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
        "{% for %}",
    ],
)
def test_what_cannot_be_read_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        texts.check(source)


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in (1..1000000000) %}x{% endfor %}",
        "{% for a in (1..999) %}{% for b in (1..999) %}x{% endfor %}{% endfor %}",
        "{% assign a = 'xxxxxxxxxx' %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}{{ a }}",
        "{{ Long | replace: 'x', Long | replace: 'x', Long | replace: 'x', Long }}",
        "{{ Long | split: '' | join: Long }}",
        "{{ 1 | divided_by: 0 }}",
    ],
)
def test_a_text_cannot_take_more_than_its_share(source: str) -> None:
    with pytest.raises(ValueError, match="cannot be filled in"):
        texts.render(source, {"Long": "x" * 10_000})


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
