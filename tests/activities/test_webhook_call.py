"""WebhookCall: what its settings must say, and what is taken from an answer."""

from __future__ import annotations

import json
import resource
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.activities import answers
from kohomai.engine.values import Amount, DataPoint, ValueType
from tests.activities.test_settings import faults, settings

URL = "https://crm.example/leads/{{ Lead.Email }}"
TEXT = DataPoint(1, "A", ValueType.TEXT)
NUMBER = DataPoint(2, "B", ValueType.NUMBER)
AMOUNT = DataPoint(3, "C", ValueType.AMOUNT)
ANSWER = answers.read(
    b'{"company": {"size": 900, "rev": 1.10, "tags": ["a", "b"], "ok": true, "none": null, "n": "5"}, "x": 1e400}'
)


def test_its_settings() -> None:
    made = settings(
        "WebhookCall",
        {
            "URL": URL, "Method": "PUT", "Headers": [{"Name": "X-Key", "Value": "{{ Data.Industry }}"}],
            "Body": {"a": ["{{ Lead.Email }}", 5]}, "Take": [{"DataPoint": "Industry", "Path": "$.industry"}],
            "TimeLimit": "PT5S",
        },
    )  # fmt: skip
    assert made.take[0].data_point.name == "Industry"
    assert settings("WebhookCall", {"URL": URL}).method == "POST"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"URL": "{{ Data.Host }}/x"}, "/Settings/URL WrongValue"),
        ({"URL": "https://a.example/{{"}, "/Settings/URL WrongValue"),
        ({"Body": {"a": ["{{ x"]}}, "/Settings/Body WrongValue"),
        ({"Body": ["{{ Lead.Email }}"] * 20_000}, "/Settings/Body Limit"),
        ({"Method": "GET", "Body": {}}, "/Settings/Body NotAllowed"),
        ({"Method": "BREW"}, "/Settings/Method WrongValue"),
        ({"TimeLimit": "PT1M"}, "/Settings/TimeLimit WrongValue"),
        ({"Headers": [{"Name": "Host", "Value": "x"}]}, "/Settings/Headers/0/Name NotAllowed"),
        ({"Headers": [{"Name": "a b", "Value": "x"}]}, "/Settings/Headers/0/Name WrongValue"),
        (
            {"Headers": [{"Name": "X-A", "Value": "x"}, {"Name": "x-a", "Value": "x"}]},
            "/Settings/Headers/1/Name Duplicate",
        ),
        ({"Take": [{"DataPoint": "Industry", "Path": "company"}]}, "/Settings/Take/0/Path WrongValue"),
        ({"Take": [{"DataPoint": "Email", "Path": "$.a"}]}, "/Settings/Take/0/DataPoint NotAllowed"),
    ],
)
def test_faults_of_its_settings(change: dict[str, Any], wanted: str) -> None:
    assert faults("WebhookCall", {"URL": URL, **change}) == [wanted]


def test_values_are_taken_as_their_data_points_types() -> None:
    assert answers.taken(ANSWER, "$.company.size", NUMBER) == Decimal(900)
    assert answers.taken(ANSWER, "$.company.size", TEXT) == "900"
    assert answers.taken(ANSWER, "$.company.rev", AMOUNT, "EUR") == Amount(Decimal("1.10"), "EUR")
    assert answers.taken(ANSWER, "$.company.tags[1]", TEXT) == "b"
    assert answers.taken(ANSWER, "$..size", NUMBER) == Decimal(900)
    assert answers.taken(ANSWER, "$.company.none", TEXT) is None
    assert answers.taken(ANSWER, "$.company.ok", DataPoint(4, "D", ValueType.YES_NO)) is True


@pytest.mark.parametrize(
    ("path", "point"),
    [
        ("$.nothing.here", TEXT), ("$.company", TEXT), ("$.company.tags", NUMBER), ("$.company.ok", NUMBER),
        ("$.x", NUMBER), ("$.company.rev", AMOUNT),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_not_taken(path: str, point: DataPoint) -> None:
    with pytest.raises(ValueError, match=r"^(is|must|cannot) "):
        answers.taken(ANSWER, path, point)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b'{"a": NaN}', b"[" * 100_000, b"\xff\xfe"])
def test_an_answer_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="is not JSON"):
        answers.read(body)


@given(st.text(max_size=60))
def test_a_path_is_read_or_refused(path: str) -> None:
    try:
        answers.check_path(path)
    except ValueError:
        return
    document = answers.read(json.dumps({"a": [1, {"b": "c"}]}).encode())
    try:
        answers.taken(document, path, TEXT)
    except ValueError:
        return


@pytest.mark.parametrize(
    ("written", "value"), [("1.2E7", "12000000"), ("5e-1", "0.5"), ("1E+3", "1000"), ("-2.50e1", "-25.0")]
)
def test_a_number_with_an_exponent_is_a_number(written: str, value: str) -> None:
    document = answers.read(f'{{"n": {written}}}'.encode())
    assert answers.taken(document, "$.n", NUMBER) == Decimal(value)


@pytest.mark.parametrize("written", ["1e400", "1e-400", "1e99999999999999999999", "1e041", f"{'9' * 50}e2"])
def test_one_beyond_measure_is_none(written: str) -> None:
    document = answers.read(f'{{"n": {written}}}'.encode())
    with pytest.raises(ValueError, match="must"):
        answers.taken(document, "$.n", NUMBER)


FIRMS = answers.read(
    b'{"firms": [{"size": 7, "name": "Small", "tag": "42"},'
    b' {"size": 900.5, "name": "Big Bank", "main": true}], "n": 900.5}'
)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("$.firms[?@.size > 10].name", "Big Bank"),
        ("$.firms[?@.size == 7].name", "Small"),
        ("$.firms[?@.size <= 900.5 && @.main].name", "Big Bank"),
        ("$.firms[?@.size == $.n].name", "Big Bank"),
        ("$.firms[?@.tag == '42'].name", "Small"),
        ("$.firms[?match(@.name, 'Big.*')].name", "Big Bank"),
        ("$.firms[?search(@.name, '[S-T]m')].name", "Small"),
        ("$..[?@.main].name", "Big Bank"),
        ("$.firms[?length(@.name) > 6].name", "Big Bank"),
    ],
)
def test_a_path_can_choose(path: str, name: str) -> None:
    assert answers.taken(FIRMS, answers.check_path(path), TEXT) == name


@pytest.mark.parametrize(
    "path", ["$.firms[?@.tag == 42].name", "$.firms[?@.size == '7'].name", "$[?match(@, 'n')]"]
)
def test_a_number_is_no_text_there(path: str) -> None:
    with pytest.raises(ValueError, match="is not there"):
        answers.taken(FIRMS, answers.check_path(path), TEXT)


@pytest.mark.parametrize(
    "path", ["$[?@..a]", "$[?@.*]", "$.a[?count(@.*) > 1]", "$[?@.a[?@.b]]", "$.a[?value($..b) == 1]"]
)
def test_a_path_that_asks_for_many_at_each_of_many_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="more than one value"):
        answers.check_path(path)


DEEP: Any = [0] * 50
for _ in range(90):
    DEEP = [DEEP, [DEEP] if len(str(DEEP)) < 20_000 else 0]
LONG_KEY = {"k" * 300_000: {"firms": [[] for _ in range(150_000)]}}


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("$[?match(@, '(a+)+b')]", ["a" * 100_000]),
        (
            "$[?match(@.text, @.pattern)]",
            [{"text": "a" * 50_000 + "!", "pattern": "(a|a)*(a|a)*(a|a)*c"}] * 3,
        ),
        ("$" + "..*" * 150 + ".nothing", DEEP),
        ("$" + "['a','a']" * 50, json.loads('{"a":' * 60 + "1" + "}" * 60)),
        ("$.*.firms[*].nothing", LONG_KEY),
        ("$..firms[*].nothing", LONG_KEY),
        ("$..[?@.a == @.b].nothing", {"l": [{"a": [1] * 9, "b": [1] * 9} for _ in range(9_000)]}),
    ],
)
def test_no_path_and_no_answer_takes_more_than_its_share(path: str, document: Any) -> None:
    read = answers.read(json.dumps(document).encode())
    answers.check_path(path)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.thread_time()
    for _ in range(100):  # as many as one call may take from an answer
        with pytest.raises(ValueError, match=r"is not there|takes too long|cannot be looked for|must be"):
            answers.taken(read, path, NUMBER)
    assert time.thread_time() - began < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


def test_an_answer_that_is_a_text_is_a_text() -> None:
    assert answers.taken(answers.read(b'"[1, 2]"'), "$", TEXT) == "[1, 2]"
    assert answers.taken(answers.read(b"17"), "$", TEXT) == "17"
