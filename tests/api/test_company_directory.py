"""``/company-directory``: uploaded as a file, imported in the background, looked up by domain."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import httpx

from tests.api.support import assert_problem, pointers
from tests.delivery.support import rows, told, until
from tests.support.program import Program

CSV = {"Content-Type": "text/csv"}
BASE = "company-directory"


def upload(api: httpx.Client, content: Any, **headers: str) -> dict[str, Any]:
    """Upload a file; what was answered."""
    sent = content.encode() if isinstance(content, str) else content
    made: dict[str, Any] = told(api.post(f"{BASE}/uploads", content=sent, headers={**CSV, **headers}))
    return made


def ended(api: httpx.Client, made: dict[str, Any], seconds: float = 20.0) -> dict[str, Any]:
    """The upload when nothing more happens to it."""

    def ask() -> dict[str, Any] | None:
        found: dict[str, Any] = told(api.get(f"{BASE}/uploads/{made['Id']}"))
        return found if found["EndedAt"] else None

    return until(ask, seconds, "an upload")  # type: ignore[return-value]


def known(api: httpx.Client, domain: str) -> list[str]:
    """The names of the companies found for a domain."""
    found = told(api.get(f"{BASE}/companies", params={"Domain": domain}))
    return [one["Name"] for one in found["Items"]]


def file_of(count: int, name: str = "Company") -> Iterator[bytes]:
    """A file of so many companies, in parts."""
    yield b"Domain;Name;Size;Revenue;Currency;Industry;Sector\r\n"
    for start in range(0, count, 1_000):
        lines = (
            f"c{n}.example;{name} {n};{n};{n * 1000},50;EUR;Banking;Finance\r\n"
            for n in range(start, min(count, start + 1_000))
        )
        yield "".join(lines).encode()


def test_a_file_is_imported_and_its_companies_are_found(api: httpx.Client) -> None:
    text = (
        "Domain;Name;Size;Revenue;Currency;Industry;Sector;Town\n"
        "bank.example;The Bank;900;1200000,5;EUR;Banking;Finance;Paris\n"
        "shop.co.uk;The Shop;;;;;;\n"
    )
    made = upload(api, text)
    assert made["Status"] in ("Waiting", "Importing", "Done")
    done = ended(api, made)

    assert (done["Status"], done["Imported"], done["Faulty"], done["Progress"]) == ("Done", 2, 0, 1)
    assert (done["Separator"], done["Encoding"], done["IgnoredColumns"]) == (";", "utf-8", ["Town"])
    directory = told(api.get(BASE))
    assert (directory["Rows"], directory["Upload"]) == (2, {"Id": made["Id"]})
    assert directory["Since"] >= made["createdDate"]
    found = told(api.get(f"{BASE}/companies?Domain=bank.example"))
    assert found["Items"] == [
        {
            "Domain": "bank.example",
            "Name": "The Bank",
            "Size": 900,
            "Revenue": {"Amount": 1200000.5, "Currency": "EUR"},
            "Industry": "Banking",
            "Sector": "Finance",
        }
    ]


def test_a_company_is_found_by_its_domain_and_by_those_below(api: httpx.Client) -> None:
    ended(api, upload(api, "Domain,Name\nbank.co.uk,Bank\nlabs.bank.co.uk,Labs\nco.uk,Nobody\n"))
    for domain, names in (
        ("bank.co.uk", ["Bank"]),
        ("mail.bank.co.uk", ["Bank"]),
        ("Labs.Bank.co.uk", ["Labs"]),
        ("a.b.labs.bank.co.uk", ["Labs"]),
        ("shop.co.uk", []),
        ("ank.co.uk", []),
    ):
        assert known(api, domain) == names, domain
    for wrong in ("", "no domain", "x" * 300):
        assert_problem(api.get(f"{BASE}/companies", params={"Domain": wrong}), 422)
    assert_problem(api.get(f"{BASE}/companies"), 422)


def test_faulty_rows_are_counted_and_named_and_the_others_go_in(api: httpx.Client) -> None:
    lines = (
        "a.example,A,1",
        "b.example,B,many",
        ",C,1",
        "a.example,Again,2",
        "d.example,D,4,5",
        "e.example,E,5",
    )
    text = "\n".join(["Domain,Name,Size", *lines])
    done = ended(api, upload(api, text))

    assert (done["Status"], done["Imported"], done["Faulty"]) == ("Done", 2, 4)
    assert [(one["Line"], one["Column"], one["Code"]) for one in done["Faults"]] == [
        (3, "Size", "WrongValue"),
        (4, "Domain", "Required"),
        (5, "Domain", "Duplicate"),
        (6, None, "TooManyFields"),
    ]
    assert known(api, "a.example") == ["A"]


def test_of_many_faults_the_first_thousand_are_kept(api: httpx.Client) -> None:
    lines = "".join(f"bad {n}\n" for n in range(1_500))
    done = ended(api, upload(api, f"Domain\nok.example\n{lines}"))

    assert (done["Imported"], done["Faulty"], len(done["Faults"])) == (1, 1_500, 1_000)
    assert [one["Line"] for one in done["Faults"][::333]] == [3, 336, 669, 1002]


def test_the_same_domain_far_below_is_a_fault_too(api: httpx.Client) -> None:
    def parts() -> Iterator[bytes]:
        yield from file_of(9_000)
        yield b"c5.example;Again;1;;;;\r\n"

    done = ended(api, upload(api, parts()))
    assert (done["Imported"], done["Faults"][0]["Line"]) == (9_000, 9_002)
    assert known(api, "c5.example") == ["Company 5"]


def test_a_directory_is_replaced_as_a_whole_and_its_rows_are_deleted(
    api: httpx.Client, program: Program
) -> None:
    ended(api, upload(api, file_of(6_000, "Old")))
    made = upload(api, file_of(16_000, "New"))
    seen = set()
    while told(api.get(f"{BASE}/uploads/{made['Id']}"))["EndedAt"] is None:
        seen.update(known(api, "c5999.example"))
    assert seen <= {"Old 5999", "New 5999"}
    assert "Old 5999" in seen
    assert known(api, "c5999.example") == ["New 5999"]
    assert told(api.get(BASE))["Rows"] == 16_000

    sql = "SELECT count(*), count(DISTINCT upload_id) FROM leads_company WHERE workspace_id = %s"
    workspace = told(api.get("workspace"))["Id"]
    until(lambda: rows(program.database_url, sql, workspace) == [(16_000, 1)], 20)
    assert rows(program.database_url, "SELECT count(*) FROM leads_directorychunk")[0][0] == 0


def test_a_file_that_holds_nothing_replaces_nothing(api: httpx.Client) -> None:
    ended(api, upload(api, "Domain,Name\na.example,A\n"))
    for text in ("Domain,Name\n", "Domain,Name\nnonsense,B\n"):
        done = ended(api, upload(api, text))
        assert (done["Status"], done["Imported"]) == ("Failed", 0)
        assert "No row" in done["Error"]
    assert known(api, "a.example") == ["A"]


def test_a_directory_can_be_deleted(api: httpx.Client, program: Program) -> None:
    ended(api, upload(api, "Domain,Name\na.example,A\n"))
    assert api.delete(BASE).status_code == 204

    assert known(api, "a.example") == []
    assert told(api.get(BASE))["Rows"] == 0
    workspace = told(api.get("workspace"))["Id"]
    sql = "SELECT count(*) FROM leads_company WHERE workspace_id = %s"
    until(lambda: rows(program.database_url, sql, workspace) == [(0,)])
    assert api.delete(BASE).status_code == 204


def test_what_is_no_such_file_is_refused_at_once(api: httpx.Client) -> None:
    for content in (b"", b"Name,Size\nA,1\n", b'{"Domain": "a.example"}', b"PK\x03\x04\x14\0\x06\0"):
        answer = api.post(f"{BASE}/uploads", content=content, headers=CSV)
        assert_problem(answer, 422)
        assert pointers(answer) == [""]
    json = api.post(f"{BASE}/uploads", json={"Domain": "a.example"})
    assert_problem(json, 415)
    assert told(api.get(BASE))["LastUpload"] is None


def test_a_file_that_is_too_large_is_refused(api: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        yield b"Domain\n"
        for _ in range(260):
            yield b"x" * 1024 * 1024

    assert_problem(api.post(f"{BASE}/uploads", content=endless(), headers=CSV, timeout=60), 413)


def test_an_upload_with_an_idempotency_key_is_made_once(api: httpx.Client) -> None:
    content = b"Domain,Name\na.example,A\n"
    headers = {**CSV, "Idempotency-Key": "once"}
    first, again = (api.post(f"{BASE}/uploads", content=content, headers=headers) for _ in range(2))
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    ended(api, first.json())
    assert_problem(api.post(f"{BASE}/uploads", content=content + b"b.example,B\n", headers=headers), 422)
    assert told(api.get(BASE))["Upload"] == {"Id": first.json()["Id"]}


def test_a_later_upload_takes_the_place_of_one_under_way(api: httpx.Client) -> None:
    first = upload(api, file_of(60_000, "First"))
    second = upload(api, "Domain,Name\nc1.example,Second\n")
    assert ended(api, second)["Status"] == "Done"
    assert ended(api, first)["Status"] in ("Cancelled", "Done")
    assert known(api, "c1.example") == ["Second"]
    assert known(api, "c2.example") == []


def test_it_is_asked_at_registration_and_says_where_its_values_are_from(api: httpx.Client) -> None:
    from tests.delivery.test_enrichment_http import decided, open_size_door, runs, values

    ended(api, upload(api, "Domain,Name,Size,Industry\nbank.example,The Bank,900,Banking\n"))
    door = open_size_door(api)
    lead = door.register(Email="jo@mail.bank.example")
    found = values(decided(door, lead))

    assert found["Company size"] == (900, "Enrichment:directory")
    assert str(found["Company size"][0]) == "900"  # as it stood in the file, not as the column keeps it
    assert found["Company"] == ("The Bank", "Enrichment:directory")
    (run,) = runs(api, lead)
    assert run["Sought"] == ["Company", "Company size", "Company revenue", "Industry", "Sector"]
    other = door.register(Email="jo@shop.example")
    assert "Company" not in values(decided(door, other))
    (month,) = told(api.get(BASE))["Months"]
    assert (month["Asked"], month["Found"]) == (2, 1)


def test_without_one_nothing_is_pending(api: httpx.Client) -> None:
    from tests.delivery.test_enrichment_http import open_size_door, runs

    door = open_size_door(api)
    lead = door.register(Email="jo@bank.example")
    assert lead["Journey"]["Node"]["Key"] == "nobody"
    assert runs(api, lead) == []


def test_an_import_is_taken_up_again_whenever_its_worker_is_killed(
    api: httpx.Client, program: Program
) -> None:
    made = upload(api, file_of(100_000))
    killed = 0
    while (found := told(api.get(f"{BASE}/uploads/{made['Id']}")))["EndedAt"] is None:
        if found["Imported"] and killed < 5:
            os.kill(until(lambda: program.pids()["worker"], 20)[0], signal.SIGKILL)
            killed += 1
        time.sleep(0.3)

    assert killed >= 2
    assert (found["Status"], found["Imported"], found["Faulty"]) == ("Done", 100_000, 0)
    assert known(api, "c99999.example") == ["Company 99999"]
