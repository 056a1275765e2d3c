"""Reading a file of companies as spreadsheets write it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.leads.directory.reading import (
    Company,
    NoDirectory,
    Record,
    RowFault,
    read_company,
    read_layout,
    records,
)


def rows(data: bytes, encoding: str = "utf-8", pieces: int = 1_000_000) -> list[Company | RowFault]:
    """What the rows of a file come to."""
    layout = read_layout(data[:65_536])
    rest = data[layout.begins :]
    parts = [rest[at : at + pieces] for at in range(0, len(rest), pieces)]
    found: list[Company | RowFault] = []
    for record in records(parts, encoding, layout.separator, layout.begins, layout.line):
        try:
            found.append(read_company(record, layout.columns, layout.separator))
        except RowFault as fault:
            found.append(fault)
    return found


def one(text: str, encoding: str = "utf-8") -> Company:
    (found,) = rows(text.encode(encoding), encoding)
    assert isinstance(found, Company), found.detail
    return found


WHOLE = Company("bank.example", "The Bank", Decimal(900), Decimal("1200000.5"), "EUR", "Banking", "Finance")


@pytest.mark.parametrize(
    "text",
    [
        "Domain,Name,Size,Revenue,Currency,Industry,Sector\nbank.example,The Bank,900,1200000.5,EUR,Banking,Finance\n",
        "Domain;Name;Size;Revenue;Currency;Industry;Sector\r\n"
        "bank.example;The Bank;900;1200000,5;EUR;Banking;Finance\r\n",
        "Domain\tName\tSize\tRevenue\tCurrency\tIndustry\tSector\rbank.example\tThe Bank\t900\t1200000.5\tEUR\t"
        "Banking\tFinance\r",
        "\ufeffDOMAIN,name,SIZE,revenue,currency,industry,SECTOR\n"
        "bank.example,The Bank,900,1200000.5,eur,Banking,Finance",
        "sep=;\nDomain;Name;Size;Revenue;Currency;Industry;Sector\nbank.example;The Bank;900;1.200.000,5;EUR;Banking;"
        "Finance\n",
        '"Sector","Industry","Currency","Revenue","Size","Name","Domain"\n'
        '"Finance","Banking","EUR","1,200,000.5","900","The Bank","bank.example"\n',
        "Town,Domain,Name,Size,Revenue,Industry,Sector\n"
        "Paris,bank.example,The Bank,900,1200000.5 EUR,Banking,Finance\n",
        "\n\nDomain,Name,Size,Revenue,Currency,Industry,Sector,,\n\n"
        "bank.example,The Bank,900,1 200 000.5,EUR,Banking,Finance,,\n,,,,,,,,\n",
    ],
)
def test_separators_line_ends_and_order_of_columns_are_found_out(text: str) -> None:
    assert one(text) == WHOLE


@pytest.mark.parametrize(
    ("encoding", "stored"), [("utf-8", "utf-8"), ("cp1252", "cp1252"), ("latin-1", "cp1252")]
)
def test_letters_beyond_ascii_are_read_in_what_spreadsheets_write(encoding: str, stored: str) -> None:
    data = "Domain,Name\nbuecher.example,Bücher & Söhne\n".encode(encoding)
    (found,) = rows(data, stored)
    assert isinstance(found, Company)
    assert found.name == "Bücher & Söhne"


def test_columns_that_nobody_knows_are_named() -> None:
    layout = read_layout(b"Town;Domain;;Chief\n")
    assert (layout.columns, layout.ignored) == ([None, "Domain", None, None], ["Town", "Chief"])


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (b"", "column names"),
        (b"Name,Size\nA,1\n", "Domain"),
        (b"bank.example\n", "Domain"),
        (b"\xff\xfeD\0o\0m\0a\0i\0n\0", "UTF-8"),
        (b"Domain,Name,Domain\n", "two columns named Domain"),
        (b"PK\x03\x04\x14\0\x06\0", "UTF-8"),
        (b"Domain," + b"x" * 70_000, "column names"),
    ],
)
def test_what_is_no_directory_is_refused(head: bytes, says: str) -> None:
    with pytest.raises(NoDirectory, match=says):
        read_layout(head[:65_536])


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("bank.example", "bank.example"),
        (" Bank.Example ", "bank.example"),
        ("www.bank.example", "bank.example"),
        ("https://www.bank.example/about?x=1", "bank.example"),
        ("@bank.example", "bank.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("www.example", "www.example"),
    ],
)
def test_a_domain_is_read_as_people_write_it(written: str, domain: str) -> None:
    assert one(f"Domain\n{written}\n").domain == domain


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("", None, None),
        (",Bank,,", "Domain", "Required"),
        ("bank,,,", "Domain", "WrongValue"),
        ("ba nk.example,,,", "Domain", "WrongValue"),
        ("bank.example,,many,", "Size", "WrongValue"),
        ("bank.example,,-3,", "Size", "WrongValue"),
        ("bank.example,,,5", "Currency", "Required"),
        ("bank.example,,,5 XXQ", "Currency", "WrongValue"),
        ("bank.example,,,many EUR", "Revenue", "WrongValue"),
        ("bank.example,,,,more", None, "TooManyFields"),
        (f"bank.example,{'x' * 201},,", "Name", "WrongValue"),
        ("bank.example,a\x01b,,", "Name", "WrongValue"),
        ('bank.example,"a"b,,', None, "WrongQuotes"),
        ('bank.example,"never closed,,', None, "WrongQuotes"),
    ],
)
def test_a_faulty_row_is_said_why(row: str, column: str | None, code: str | None) -> None:
    found = rows(f"Domain,Name,Size,Revenue\n{row}\nnext.example,,,\n".encode())
    last = found.pop()
    assert isinstance(last, Company)
    assert last.domain == "next.example"
    faults = [(fault.column, fault.code) for fault in found if isinstance(fault, RowFault)]
    assert faults == ([] if code is None else [(column, code)])


def test_a_line_in_another_encoding_is_faulty_alone() -> None:
    found = rows("Domain,Name\na.example,ä\n".encode() + b"b.example,\xe4\nc.example,x\n")
    assert [isinstance(one, Company) for one in found] == [True, False, True]


def test_a_quoted_line_break_is_part_of_its_field() -> None:
    assert one('Domain,Name\nbank.example,"The\nBank"\n').name == "The\nBank"


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    data = 'Domain,Name\na.example,"open\n' + "".join(f"b{n}.example,x\n" for n in range(100))
    found = rows(data.encode())
    assert [isinstance(one, RowFault) for one in found[:2]] == [True, False]
    assert len(found) == 101


def test_a_line_without_an_end_is_not_held() -> None:
    found = rows(b"Domain,Name\n" + b"x" * 10_000_000 + b"\nlast.example,x\n", pieces=65_536)
    assert isinstance(found[-1], Company)
    assert all(isinstance(one, RowFault) for one in found[:-1])


_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)


@given(
    st.lists(st.lists(_TEXT, min_size=2, max_size=2), max_size=20),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\r\n", "\n"]),
    st.integers(1, 50),
    st.integers(0, 19),
)
def test_reading_can_begin_at_any_row(
    table: list[list[str]], separator: str, end: str, size: int, begin: int
) -> None:
    """However the file is cut, the rows are the same; from the end of any row on, the rest is the same."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, lineterminator=end)
    writer.writerow(["Domain", "Name"])
    writer.writerows(table)
    data = written.getvalue().encode()
    layout = read_layout(data[:65_536])

    def read(place: int, line: int, piece: int) -> list[Record]:
        parts: Iterable[bytes] = (data[at : at + piece] for at in range(place, len(data), piece))
        return list(records(parts, "utf-8", layout.separator, place, line))

    whole = read(layout.begins, layout.line, 1_000_000)
    cut = read(layout.begins, layout.line, size)
    expected = [row for row in table if any(field and not field.isspace() for field in row)]
    shown = [(one.line, one.ends, list(one.fields)) for one in whole]
    assert shown == [(one.line, one.ends, list(one.fields)) for one in cut]
    if layout.separator == separator:
        assert [list(one.fields) for one in whole] == expected
    if begin < len(whole):
        rest = read(whole[begin].ends, whole[begin].last, size)
        assert [(one.line, one.ends) for one in rest] == [(one.line, one.ends) for one in whole[begin + 1 :]]


@given(st.binary(max_size=300))
def test_whatever_is_sent_is_read_or_refused(data: bytes) -> None:
    for encoding in ("utf-8", "cp1252"):
        for found in rows(b"Domain,Size,Revenue\n" + data, encoding):
            assert isinstance(found, Company | RowFault)
