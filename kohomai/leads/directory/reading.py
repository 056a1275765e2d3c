"""Reading a file of companies as spreadsheets write it: which separator, which columns, which encoding, which rows.

A place in a file is the number of its bytes before it; reading can begin at the start of any row.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TypeVar

from kohomai.engine.currencies import CURRENCIES
from kohomai.engine.values import parse_number, parse_text
from kohomai.leads.contact import NAME_LENGTH, read_email

T = TypeVar("T")

COLUMNS = ("Domain", "Name", "Size", "Revenue", "Currency", "Industry", "Sector")
"""The columns that are read; they are found by name, without regard to case."""
SEPARATORS = (",", ";", "\t")
UTF_8, WINDOWS = "utf-8", "cp1252"
HEAD = 65_536
"""Bytes within which the line of the columns' names has to end."""
MAX_COLUMNS = 500
MAX_RECORD = 32_768
"""Bytes of a row at most: beyond that, a quote was not closed."""
MAX_LINES = 20
"""Lines of a row at most, for the same reason."""
MAX_DOMAIN = 253

_BOM = b"\xef\xbb\xbf"
_PLAIN_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:[^/?#@]*@)?([^/?#:]+)(?::\d+)?(?:[/?#].*)?", re.DOTALL)
_GAPS = re.compile("(?<=\\d)[ \u00a0\u202f\u2009'\u2019](?=\\d{3}(?!\\d))")
_THOUSANDS = {
    ",": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"),
    ".": re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?"),
}
_WITH_CURRENCY = re.compile(r"(.*?)[ \u00a0]*([A-Za-z]{3})", re.DOTALL)


class NoDirectory(ValueError):
    """The file is none of companies; says why, as the rest of a sentence."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out. ``columns`` names ours in the order of the file's (``None``: it is none of ours),
    ``ignored`` the others; ``begins`` is the place of the first row, on the line after ``line``."""

    separator: str
    columns: Sequence[str | None]
    ignored: Sequence[str]
    begins: int
    line: int


class RowFault(Exception):
    """What is wrong with a row, and with which of its columns."""

    def __init__(self, column: str | None, code: str, detail: str) -> None:
        super().__init__(detail)
        self.column = column
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Record:
    """A row with the line it begins on; ``ends`` is the place, ``last`` the line, where it ends."""

    line: int
    last: int
    ends: int
    fields: Sequence[str]
    fault: RowFault | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """A company as a row has it."""

    domain: str
    name: str | None
    size: Decimal | None
    revenue: Decimal | None
    currency: str | None
    industry: str | None
    sector: str | None


# --- the head -----------------------------------------------------------------------------------------------


def read_layout(head: bytes) -> Layout:
    """How the file that begins so is laid out. Raises ``NoDirectory``."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head.partition(b"\n")[0]:
        raise NoDirectory("is not in UTF-8 or Latin-1; save it as CSV UTF-8")
    begins = len(_BOM) if head.startswith(_BOM) else 0
    separator = None
    lines = head[begins:].splitlines(keepends=True)
    number = 0
    for raw in lines:
        number += 1
        begins += len(raw)
        line = _lenient(raw).strip("\r\n")
        if not line.strip():
            continue
        if number == 1 and (said := re.fullmatch(r"sep=(.)", line, re.IGNORECASE)):
            separator = said[1]  # a spreadsheet's own way of saying it
            continue
        if begins >= HEAD and raw is lines[-1]:
            break
        return _layout(line, separator, begins, number)
    raise NoDirectory("does not begin with a line of column names, among them Domain")


def _layout(line: str, separator: str | None, begins: int, number: int) -> Layout:
    found = separator if separator in SEPARATORS else max(SEPARATORS, key=_without_quoted(line).count)
    try:
        names = [name.strip() for name in next(csv.reader([line], delimiter=found))]
    except (csv.Error, StopIteration):
        names = []
    ours = {name.casefold(): name for name in COLUMNS}
    columns = [ours.get(name.casefold()) for name in names]
    if "Domain" not in columns:
        raise NoDirectory("does not begin with a line of column names, among them Domain")
    if len(columns) > MAX_COLUMNS:
        raise NoDirectory(f"has more than {MAX_COLUMNS} columns")
    for name in COLUMNS:
        if columns.count(name) > 1:
            raise NoDirectory(f"has two columns named {name}")
    ignored = [name[:100] for name, column in zip(names, columns, strict=True) if column is None and name]
    return Layout(found, columns, ignored, begins, number)


def _without_quoted(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _lenient(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return _windows(raw)


def _windows(raw: bytes) -> str:
    try:
        return raw.decode(WINDOWS)
    except UnicodeDecodeError:  # bytes that it leaves open
        return raw.decode("latin-1")


# --- rows ---------------------------------------------------------------------------------------------------


def records(
    pieces: Iterable[bytes], encoding: str, separator: str, place: int, line: int
) -> Iterator[Record]:
    """The rows of a file from a place on, which is the start of a row, on the line after ``line``; ``pieces`` are the
    file's bytes from there. Lines with nothing on them are passed over."""
    feed = _Feed(_lines(pieces), _windows if encoding == WINDOWS else bytes.decode)
    reader = csv.reader(feed, delimiter=separator, strict=True)
    while True:
        fault, fields = None, []
        try:
            fields = next(reader)
        except StopIteration:
            return
        except UnicodeDecodeError:
            fault = RowFault(
                None, "WrongEncoding", "The line is not in UTF-8, as the beginning of the file is."
            )
        except csv.Error:
            fault = RowFault(
                None, "WrongQuotes", "A quote on this line is not closed, or the line is too long."
            )
        taken = feed.give_back() if fault else feed.take()
        first, line, place = line + 1, line + len(taken), place + sum(map(len, taken))
        if fault or any(field and not field.isspace() for field in fields):
            yield Record(first, line, place, fields, fault)


class _Feed:
    """Lines for the parser, which takes as many as a row has; those that a faulty row took too many are given back."""

    def __init__(self, lines: Iterator[bytes], decode: Callable[[bytes], str]) -> None:
        self._lines = lines
        self._decode = decode
        self._back: deque[bytes] = deque()
        self._taken: list[bytes] = []
        self._size = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines)
        self._taken.append(line)
        self._size += len(line)
        if self._size > MAX_RECORD or len(self._taken) > MAX_LINES:
            raise csv.Error("too long")
        return self._decode(line)

    def take(self) -> list[bytes]:
        """The lines of the row that was just read."""
        taken, self._taken, self._size = self._taken, [], 0
        return taken

    def give_back(self) -> list[bytes]:
        """The same of a faulty one: its first line; the others are read anew."""
        taken = self.take()
        self._back.extendleft(reversed(taken[1:]))
        return taken[:1]


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines with their ends; one that is longer than any row is cut."""
    rest = b""
    for piece in pieces:
        lines = (rest + piece).splitlines(keepends=True)
        # The last one may go on in the next piece; after a CR there may be its LF.
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        yield from lines
        if len(rest) > MAX_RECORD:
            yield rest
            rest = b""
    if rest:
        yield rest


# --- companies ----------------------------------------------------------------------------------------------


def read_company(record: Record, columns: Sequence[str | None], separator: str) -> Company:
    """The company that a row stands for. Raises ``RowFault``."""
    if record.fault is not None:
        raise record.fault
    fields = record.fields
    if len(fields) > len(columns) and any(field.strip() for field in fields[len(columns) :]):
        detail = f"The line has {len(fields)} fields, and there are {len(columns)} columns."
        raise RowFault(None, "TooManyFields", detail)
    row = {name: text.strip() for name, text in zip(columns, fields, strict=False) if name is not None}
    revenue, currency = _revenue(row, separator)
    return Company(
        domain=_read("Domain", row, _domain) or _missing("Domain"),
        name=_read("Name", row, _text),
        size=_read("Size", row, partial(_figure, separator=separator)),
        revenue=revenue,
        currency=currency,
        industry=_read("Industry", row, _text),
        sector=_read("Sector", row, _text),
    )


def _read(name: str, row: dict[str, str], reader: Callable[[str], T]) -> T | None:
    text = row.get(name)
    if not text:
        return None
    try:
        return reader(text)
    except ValueError as error:
        raise RowFault(name, "WrongValue", f"{name} {error}."[:300]) from None


def _missing(name: str) -> str:
    raise RowFault(name, "Required", f"{name} is missing.")


def _domain(text: str) -> str:
    """A domain, also out of an address of the web or of mail: ``acme.com`` of ``https://www.Acme.com/``."""
    domain = text.lower()
    if not _PLAIN_DOMAIN.fullmatch(domain):
        found = _ADDRESS.fullmatch(domain)
        host = (found[1] if found else domain).strip().rstrip(".")
        try:
            domain = read_email(f"a@{host}").domain
        except ValueError:
            raise ValueError("must be a domain, such as acme.com") from None
    if domain.startswith("www.") and domain.count(".") > 1:
        domain = domain[4:]
    if len(domain) > MAX_DOMAIN:
        raise ValueError(f"must not be longer than {MAX_DOMAIN} characters")
    return domain


def _text(text: str) -> str:
    if len(parse_text(text)) > NAME_LENGTH:
        raise ValueError(f"must not be longer than {NAME_LENGTH} characters")
    return text


def _figure(text: str, separator: str) -> Decimal:
    """A number that is not negative, as spreadsheets write it: where fields are parted by ``;``, a comma is the decimal
    one, and a point parts thousands; else the other way round."""
    plain = _GAPS.sub("", text)
    comma_is_decimal = separator == ";"
    groups, decimal = (".", ",") if comma_is_decimal else (",", ".")
    if _THOUSANDS[groups].fullmatch(plain):
        plain = plain.replace(groups, "")
    number = parse_number(plain.replace(decimal, "."))
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _revenue(row: dict[str, str], separator: str) -> tuple[Decimal | None, str | None]:
    """The revenue with its currency, from a column of its own or behind the number."""
    text, currency = row.get("Revenue", ""), row.get("Currency", "").upper()
    if not text:
        return None, None
    if (found := _WITH_CURRENCY.fullmatch(text)) and found[1]:
        text, currency = found[1], found[2].upper()
    if currency not in CURRENCIES:
        detail = (
            "Currency must be an ISO 4217 code, such as EUR." if currency else "The revenue has no currency."
        )
        raise RowFault("Currency", "WrongValue" if currency else "Required", detail)
    return _read("Revenue", {"Revenue": text}, partial(_figure, separator=separator)), currency
