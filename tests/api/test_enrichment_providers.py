"""``/enrichment-providers``: HTTP services that are asked about leads."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.support import assert_problem, pointers
from tests.delivery.service import Knows, sizes
from tests.delivery.support import rows, told
from tests.support.program import Program

MAPPING = [{"DataPoint": "Company size", "Path": "$.size"}]
SENT: dict[str, Any] = {
    "Name": "Acme Data",
    "URL": "https://api.example.com/c?d={{ Domain }}",
    "Mapping": MAPPING,
}


def make(api: httpx.Client, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = told(api.post("enrichment-providers", json={**SENT, **more}))
    return made


def test_one_is_made_and_shown_with_what_was_not_said(api: httpx.Client) -> None:
    answer = api.post("enrichment-providers", json=SENT)
    made = answer.json()

    assert answer.status_code == 201
    assert answer.headers["location"].endswith(f"/enrichment-providers/{made['Id']}")
    shown = {name: made[name] for name in made if name not in ("Id", "createdDate", "changedDate")}
    assert shown == {
        **SENT,
        "Method": "GET",
        "Headers": [],
        "Body": None,
        "Mapping": [{**MAPPING[0], "Currency": None}],
        "TimeLimit": 5.0,
        "CacheFor": "P30D",
        "RateLimit": None,
        "Cost": None,
        "MonthlyBudget": None,
        "Active": True,
        "Position": 1,
        "PausedUntil": None,
        "Months": [],
    }
    assert told(api.get(f"enrichment-providers/{made['Id']}")) == made
    assert told(api.get("enrichment-providers"))["Items"] == [made]


def test_values_of_headers_are_sealed_and_never_shown(api: httpx.Client, program: Program) -> None:
    made = make(api, Headers=[{"Name": "Authorization", "Value": "Bearer s3cr3t"}])
    hidden = [{"Name": "Authorization", "Value": "hidden"}]
    assert made["Headers"] == hidden

    changed = told(api.patch(f"enrichment-providers/{made['Id']}", json={"Headers": hidden, "RateLimit": 9}))
    assert (changed["Headers"], changed["RateLimit"]) == (hidden, 9)
    sql = "SELECT headers FROM datapoints_httpprovider WHERE id = %s"
    ((kept,),) = rows(program.database_url, sql, made["Id"])
    assert b"s3cr3t" not in bytes(kept)


def test_a_header_sent_as_hidden_stays_what_it_is(api: httpx.Client) -> None:
    with Knows(sizes(bank=900)) as service:
        made = service.provider(api, Headers=[{"Name": "X-Key", "Value": "s3cr3t"}])
        path = f"enrichment-providers/{made['Id']}"
        more = [{"Name": "X-Other", "Value": "hidden"}]
        told(api.patch(path, json={"Headers": [*made["Headers"], *more]}))
        told(api.post(f"{path}/test", json={"Email": "jo@bank.example"}))

        headers = service.asked[0].headers
        assert (headers["x-key"], headers["x-other"]) == ("s3cr3t", "hidden")


def test_no_header_is_told_to_another_host_than_it_was_given_for(api: httpx.Client) -> None:
    headers = [{"Name": "Authorization", "Value": "Bearer s3cr3t"}]
    made = make(api, Headers=headers, URL="https://api.register.example/{{ Domain }}")
    path, elsewhere = f"enrichment-providers/{made['Id']}", "https://elsewhere.example/{{ Domain }}"
    for sent in ({"URL": elsewhere}, {"URL": elsewhere, "Headers": made["Headers"]}):
        answer = api.patch(path, json=sent)
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/Headers"]
    assert told(api.get(path))["URL"] == made["URL"]
    told(api.patch(path, json={"URL": "https://api.register.example/v2/{{ Domain }}"}))
    told(api.patch(path, json={"URL": elsewhere, "Headers": [{"Name": "X-Key", "Value": "theirs"}]}))
    told(api.patch(path, json={"URL": made["URL"], "Headers": []}))


WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"Name": ""}, ["/Name"]),
    ({"Name": "x" * 81}, ["/Name"]),
    ({"Name": "Directory"}, ["/Name"]),
    ({"Name": "domain"}, ["/Name"]),
    ({"Name": "a:b"}, ["/Name"]),
    ({"URL": "ftp://x.example/"}, ["/URL"]),
    ({"URL": "https://{{ Domain }}/about.json"}, ["/URL"]),
    ({"URL": "https://10.0.0.1/{{ Domain }}"}, ["/URL"]),
    ({"URL": "https://api.internal/"}, ["/URL"]),
    ({"URL": "https://u:p@api.example.com/"}, ["/URL"]),
    ({"URL": "https://api.example.com/{{ Domain"}, ["/URL"]),
    ({"URL": "https://api.example.com/{{ Domain | nope }}"}, ["/URL"]),
    ({"Method": "DELETE"}, ["/Method"]),
    ({"Headers": [{"Name": "Host", "Value": "x"}]}, ["/Headers/0/Name"]),
    ({"Headers": [{"Name": "X", "Value": "a\r\nB: c"}]}, ["/Headers/0/Value"]),
    ({"Headers": [{"Name": "X", "Value": "a"}, {"Name": "x", "Value": "b"}]}, ["/Headers/1/Name"]),
    ({"Body": {"a": 1}}, ["/Body"]),
    ({"Method": "POST", "Body": "text"}, ["/Body"]),
    ({"Method": "POST", "Body": {"a": "{% if %}"}}, ["/Body"]),
    ({"Mapping": []}, ["/Mapping"]),
    ({"Mapping": [{"DataPoint": "Nope", "Path": "$.x"}]}, ["/Mapping/0/DataPoint"]),
    ({"Mapping": [{"DataPoint": "Email", "Path": "$.x"}]}, ["/Mapping/0/DataPoint"]),
    ({"Mapping": [{"DataPoint": "Company", "Path": "x["}]}, ["/Mapping/0/Path"]),
    ({"Mapping": [{"DataPoint": "Company", "Path": "$.x", "Currency": "EUR"}]}, ["/Mapping/0/Currency"]),
    (
        {"Mapping": [{"DataPoint": "Company revenue", "Path": "$", "Currency": "EURO"}]},
        ["/Mapping/0/Currency"],
    ),
    ({"TimeLimit": 31}, ["/TimeLimit"]),
    ({"TimeLimit": 0}, ["/TimeLimit"]),
    ({"CacheFor": "P1Y"}, ["/CacheFor"]),
    ({"RateLimit": 0}, ["/RateLimit"]),
    ({"Cost": "0.05"}, ["/Cost"]),
    ({"Cost": "-1 EUR"}, ["/Cost"]),
    ({"MonthlyBudget": "10 EUR"}, ["/MonthlyBudget"]),
    ({"Cost": "1 EUR", "MonthlyBudget": "10 USD"}, ["/MonthlyBudget"]),
    ({"Active": "yes"}, ["/Active"]),
    ({"Nope": 1}, ["/Nope"]),
]


@pytest.mark.parametrize(("wrong", "places"), WRONG)
def test_what_is_wrong_is_named(api: httpx.Client, wrong: dict[str, Any], places: list[str]) -> None:
    answer = api.post("enrichment-providers", json={**SENT, **wrong})
    assert_problem(answer, 422)
    assert pointers(answer) == places
    assert told(api.get("enrichment-providers"))["Items"] == []


def test_every_fault_is_named_at_once(api: httpx.Client) -> None:
    answer = api.post("enrichment-providers", json={"RateLimit": 0, "CacheFor": "x", "Mapping": [{}]})
    assert set(pointers(answer)) >= {"/Name", "/URL", "/RateLimit", "/CacheFor", "/Mapping/0/DataPoint"}


def test_a_name_is_there_once_without_regard_to_case(api: httpx.Client, other_api: httpx.Client) -> None:
    first = make(api)
    assert pointers(api.post("enrichment-providers", json={**SENT, "Name": "ACME data"})) == ["/Name"]
    told(api.patch(f"enrichment-providers/{first['Id']}", json={"Name": "ACME DATA"}))
    make(other_api)


def test_what_goes_together_is_looked_at_as_it_would_stand(api: httpx.Client) -> None:
    made = make(api, Method="POST", Body={"q": "{{ Email }}"}, Cost="1 EUR", MonthlyBudget="10 EUR")
    path = f"enrichment-providers/{made['Id']}"
    assert pointers(api.patch(path, json={"Method": "GET"})) == ["/Body"]
    assert pointers(api.patch(path, json={"Cost": None})) == ["/MonthlyBudget"]
    changed = told(api.patch(path, json={"Method": "GET", "Body": None, "MonthlyBudget": None, "Cost": None}))
    assert (changed["Method"], changed["Body"], changed["Cost"]) == ("GET", None, None)


def test_a_renamed_data_point_is_shown_by_todays_name(api: httpx.Client) -> None:
    point = told(api.post("datapoints", json={"Name": "Rating", "Type": "Text"}))["Id"]
    made = make(api, Mapping=[{"DataPoint": point, "Path": "$.r"}])
    assert made["Mapping"][0]["DataPoint"] == "Rating"
    told(api.patch(f"datapoints/{point}", json={"Name": "Grade"}))
    assert told(api.get(f"enrichment-providers/{made['Id']}"))["Mapping"][0]["DataPoint"] == "Grade"
    assert_problem(api.patch(f"datapoints/{point}", json={"Type": "Number"}), 409)


def test_the_order_names_each_once(api: httpx.Client) -> None:
    ids = [make(api, Name=name)["Id"] for name in "abc"]
    answer = api.post("enrichment-providers/order", json={"Order": [ids[2], ids[0], ids[1]]})
    assert [item["Name"] for item in told(answer)["Items"]] == ["c", "a", "b"]
    assert [item["Position"] for item in told(api.get("enrichment-providers"))["Items"]] == [1, 2, 3]
    for wrong in (ids[:2], [*ids, ids[0]], [ids[0]] * 3, []):
        assert_problem(api.post("enrichment-providers/order", json={"Order": wrong}), 422)


def test_one_that_is_deleted_is_gone(api: httpx.Client) -> None:
    made = make(api)
    assert api.delete(f"enrichment-providers/{made['Id']}").status_code == 204
    assert_problem(api.get(f"enrichment-providers/{made['Id']}"), 404)
    assert_problem(api.delete(f"enrichment-providers/{made['Id']}"), 404)


def test_a_test_shows_request_answer_and_what_would_be_taken(api: httpx.Client) -> None:
    with Knows(sizes(bank=900)) as service:
        made = service.provider(
            api, Active=False, Headers=[{"Name": "X-Key", "Value": "s3cr3t"}], Cost="0.10 EUR"
        )
        path = f"enrichment-providers/{made['Id']}"
        tried = told(api.post(f"{path}/test", json={"Email": "jo@bank.example"}))

        assert tried["Request"]["URL"] == f"{service.base}/?d=bank.example"
        assert {"Name": "X-Key", "Value": "hidden"} in tried["Request"]["Headers"]
        assert tried["Answer"] == {"Status": 200, "Body": '{"size": 900}'}
        assert tried["Found"] == [{"Name": "Company size", "Value": 900}]
        assert tried["Error"] is None
        nothing = told(api.post(f"{path}/test", json={"Email": "jo@shop.example"}))
        assert (nothing["Answer"]["Status"], nothing["Found"]) == (404, [])
        assert "404" in nothing["Error"]
        (month,) = told(api.get(path))["Months"]
        assert (month["Calls"], month["Hits"], month["Misses"]) == (2, 1, 1)
        assert told(api.get("leads"))["Items"] == []


def test_a_test_says_why_there_is_no_answer(api: httpx.Client) -> None:
    made = make(api, URL="http://127.0.0.1:1/{{ Domain }}")
    tried = told(api.post(f"enrichment-providers/{made['Id']}/test", json={"Email": "jo@bank.example"}))
    assert (tried["Answer"], tried["Found"]) == (None, [])
    assert "refused" in tried["Error"]


def test_a_test_keeps_to_the_rate_limit(api: httpx.Client) -> None:
    with Knows(sizes(bank=900)) as service:
        made = service.provider(api, RateLimit=1)
        path = f"enrichment-providers/{made['Id']}/test"
        told(api.post(path, json={"Email": "jo@bank.example"}))
        refused = api.post(path, json={"Email": "jo@bank.example"})
        assert_problem(refused, 429)
        assert 50 <= int(refused.headers["retry-after"]) <= 60
        assert len(service.asked) == 1


def test_a_test_with_an_idempotency_key_is_made_once(api: httpx.Client) -> None:
    with Knows(sizes(bank=900)) as service:
        path = f"enrichment-providers/{service.provider(api)['Id']}/test"
        headers = {"Idempotency-Key": "once"}
        first, again = (api.post(path, json={"Email": "jo@bank.example"}, headers=headers) for _ in range(2))
        assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
        assert len(service.asked) == 1
        assert_problem(api.post(path, json={"Email": "b@bank.example"}, headers=headers), 422)


@pytest.mark.parametrize("email", ["", "nobody", 5, None])
def test_a_test_needs_an_address(api: httpx.Client, email: Any) -> None:
    made = make(api)
    answer = api.post(f"enrichment-providers/{made['Id']}/test", json={"Email": email})
    assert_problem(answer, 422)
    assert pointers(answer) == ["/Email"]
