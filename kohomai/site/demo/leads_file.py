"""Reads a file of leads: whatever encoding and separator a spreadsheet gave it, row by row, faults named by row."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kohomai.site.failures import Refusal

ID_COLUMN = "Prospect ID"
NOT_KNOWN = frozenset({"", "select"})
"""What stands where nobody answered: nothing, or the first line of a drop-down that was left as it was."""

MOST_CHOICES = 60
LONGEST_NAME = 180
NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?")
YES_NO = {"yes": True, "no": False, "true": True, "false": False}
DIGITS = {"1": True, "0": False}

csv.field_size_limit(1024 * 1024)


@dataclass(frozen=True, slots=True)
class Row:
    """One lead of the file. `number` counts as a spreadsheet does: the headers are row 1."""

    number: int
    values: dict[str, str]

    @property
    def prospect(self) -> str:
        """What identifies the lead in the file."""
        return self.values.get(ID_COLUMN, "")


@dataclass(frozen=True, slots=True)
class Unsent:
    """A row that cannot be sent, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class LeadsFile:
    """A file as it was read. `values` of the rows hold only what is known."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    unsent: tuple[Unsent, ...]

    def __len__(self) -> int:
        return len(self.rows) + len(self.unsent)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as a data point."""

    name: str
    type: str
    choices: tuple[str, ...] = ()


def read(path: Path) -> LeadsFile:
    """Read the file. Raises Refusal when it cannot be read, or is no file of leads."""
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        raise Refusal(f"{path} could not be read: {error.strerror}.") from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text))
    try:
        headers = name_headers(next(reader, []))
        if ID_COLUMN not in headers:
            raise Refusal(f"{path} has no column “{ID_COLUMN}”, from which the e-mail addresses are made.")
        return sort_rows(headers, reader)
    except csv.Error as error:
        raise Refusal(f"{path} is no CSV file: {error} (line {reader.line_num}).") from error


def decode(content: bytes) -> str:
    """The text of a file. One that is no Unicode is taken for Windows-1252, which spreadsheets write."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def separator(text: str) -> str:
    """What separates the columns: whatever the line of headers has most of."""
    line = text.lstrip("\r\n").partition("\n")[0]
    return max(",;\t", key=line.count)


def name_headers(headers: Sequence[str]) -> list[str]:
    """A name for each column: on one line, numbered where it comes twice, empty where it has none."""
    named: list[str] = []
    taken: set[str] = set()
    for header in headers:
        plain = " ".join(header.split())[:LONGEST_NAME]
        name, times = plain, 1
        while name.casefold() in taken:
            times += 1
            name = f"{plain} ({times})"
        named.append(name)
        if name:
            taken.add(name.casefold())
    return named


def sort_rows(headers: Sequence[str], records: Iterable[Sequence[str]]) -> LeadsFile:
    """What can be sent, and what cannot; blank lines are no rows."""
    rows, unsent = [], []
    for number, record in enumerate(records, start=2):
        if not any(field.strip() for field in record):
            continue
        if any(field.strip() for field in record[len(headers) :]):
            unsent.append(Unsent(number, f"it has {len(record)} fields, the headers are {len(headers)}"))
            continue
        fields = zip(headers, record, strict=False)
        row = Row(number, {name: field.strip() for name, field in fields if name and is_known(field)})
        if row.prospect:
            rows.append(row)
        else:
            unsent.append(Unsent(number, f"it has no {ID_COLUMN}"))
    return LeadsFile(tuple(name for name in headers if name), tuple(rows), tuple(unsent))


def is_known(field: str) -> bool:
    """Whether a field says anything."""
    return field.strip().casefold() not in NOT_KNOWN


def infer(name: str, values: Sequence[str]) -> Column:
    """The type of a column, from all that is known in it."""
    counted = Counter(values)
    folded = {value.casefold() for value in counted}
    if not counted:
        return Column(name, "Text")
    if folded <= YES_NO.keys() or folded == DIGITS.keys():
        return Column(name, "YesNo")
    if all(NUMBER.fullmatch(value) for value in counted):
        return Column(name, "Number")
    few = len(folded) <= MOST_CHOICES and len(folded) * 4 <= len(values)
    if few and all(len(value) <= 200 for value in counted):
        return Column(name, "Choice", merge_choices((), [value for value, _ in counted.most_common()]))
    return Column(name, "Text")


def merge_choices(first: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    """All choices, each once without regard to case, in the spelling that came first."""
    merged: dict[str, str] = {}
    for choice in (*first, *more):
        merged.setdefault(choice.casefold(), choice)
    return tuple(merged.values())


def to_send(column: Column, value: str) -> str | bool:
    """A field as `JourneyData` takes it; what does not fit its type is left for the API to refuse."""
    if column.type == "YesNo":
        return {**YES_NO, **DIGITS}.get(value.casefold(), value)
    return value
