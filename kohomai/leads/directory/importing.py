"""Importing uploads in the background: a batch of rows in one short transaction, with the place up to which it came.

So it is taken up where it was left, whenever and wherever it is killed, and many workers may do it. The former
directory answers until the new one is complete; its rows are deleted in batches afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import orjson
from django.db import connection, transaction

from kohomai.leads.directory import reading
from kohomai.leads.directory.lookup import forget
from kohomai.leads.directory.reading import Company, Record, RowFault
from kohomai.leads.directory.uploads import (
    CANCELLED,
    CHUNK,
    DONE,
    FAILED,
    IMPORTING,
    MAX_FAULTS,
    MAX_ROWS,
    WAITING,
)
from kohomai.workspaces.sql import statement

BATCH = 4_000
"""Rows of a transaction at most."""
LONGEST = 0.4
"""Seconds after which a batch takes no more rows in."""
SWEPT = 5_000
"""Rows that are deleted in one transaction."""

_NEXT = statement(__file__, "next_upload")
_PUT = statement(__file__, "put_companies")
_CHUNK = "SELECT data FROM leads_directorychunk WHERE upload_id = %s AND number = %s"
_READ = "DELETE FROM leads_directorychunk WHERE upload_id = %s AND number < %s"
_FAULT = """
INSERT INTO leads_directoryfault (workspace_id, upload_id, line, "column", code, detail)
SELECT %s, %s, line, "column", code, detail
FROM jsonb_to_recordset(%s::jsonb) AS r (line int, "column" text, code text, detail text)
ORDER BY line
"""
_ON = """
UPDATE leads_directoryupload
SET status = %s, position = %s, line = %s, imported = %s, faulty = %s, changed_at = clock_timestamp()
WHERE id = %s
"""
_END = """
UPDATE leads_directoryupload
SET status = %s, error = %s, todo = %s, changed_at = clock_timestamp(), ended_at = clock_timestamp()
WHERE id = %s
"""
_FORMER = """
UPDATE leads_directoryupload SET todo = true
WHERE id = (SELECT upload_id FROM leads_directory WHERE workspace_id = %s)
"""
_REPLACE = """
INSERT INTO leads_directory (workspace_id, upload_id, companies, since) VALUES (%s, %s, %s, clock_timestamp())
ON CONFLICT (workspace_id) DO UPDATE
SET upload_id = excluded.upload_id, companies = excluded.companies, since = excluded.since
"""
_SWEEP = (
    "DELETE FROM leads_company WHERE workspace_id = %(workspace)s AND upload_id = %(upload)s AND domain IN ("
    " SELECT domain FROM leads_company WHERE workspace_id = %(workspace)s AND upload_id = %(upload)s LIMIT %(limit)s)",
    "DELETE FROM leads_directorychunk WHERE upload_id = %(upload)s AND number IN ("
    " SELECT number FROM leads_directorychunk WHERE upload_id = %(upload)s LIMIT 20)",
)


@dataclass(slots=True)
class _Upload:
    """An upload as it stands; ``outdone`` by a later one."""

    id: int
    workspace_id: int
    status: str
    encoding: str
    separator: str
    columns: Any
    size: int
    position: int
    line: int
    imported: int
    faulty: int
    outdone: bool


def step() -> bool:
    """Do one batch of what is to be done, in one short transaction; whether there was anything."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', '5s', true), set_config('statement_timeout', '20s', true)"
        )
        cursor.execute(_NEXT)
        row = cursor.fetchone()
        if row is None:
            return False
        upload = _Upload(*row)
        upload.columns = orjson.loads(upload.columns)
        if upload.status not in (WAITING, IMPORTING):
            _sweep(cursor, upload)
        elif upload.outdone:
            cursor.execute(_END, [CANCELLED, "A later upload took its place.", True, upload.id])
        else:
            _import(cursor, upload)
    return True


def _import(cursor: Any, upload: _Upload) -> None:
    """Read on from where it was left."""
    taken, faults, ended = _read_batch(cursor, upload)
    if taken:
        rows = orjson.dumps([_row(company) for company in taken.values()], default=str).decode()
        cursor.execute(_PUT, {"workspace": upload.workspace_id, "upload": upload.id, "rows": rows})
        there = {domain for (domain,) in cursor.fetchall()}
        twice = [
            (line, _twice())
            for line, one in zip(taken, taken.values(), strict=True)
            if one.domain not in there
        ]
        faults = sorted([*faults, *twice], key=lambda pair: pair[0])
        upload.imported += len(there)
    _note(cursor, upload, faults)
    values = [IMPORTING, upload.position, upload.line, upload.imported, upload.faulty, upload.id]
    cursor.execute(_ON, values)
    if upload.imported + upload.faulty > MAX_ROWS:
        cursor.execute(_END, [FAILED, f"The file has more than {MAX_ROWS:,} rows.", True, upload.id])
    elif not ended:
        cursor.execute(_READ, [upload.id, upload.position // CHUNK])
    elif not upload.imported:
        cursor.execute(_END, [FAILED, "No row of the file could be read.", True, upload.id])
    else:
        cursor.execute(_READ, [upload.id, upload.size // CHUNK + 1])
        cursor.execute(_FORMER, [upload.workspace_id])
        cursor.execute(_REPLACE, [upload.workspace_id, upload.id, upload.imported])
        cursor.execute(_END, [DONE, None, False, upload.id])
        workspace_id = upload.workspace_id
        transaction.on_commit(lambda: forget(workspace_id))


def _read_batch(cursor: Any, upload: _Upload) -> tuple[dict[int, Company], list[tuple[int, RowFault]], bool]:
    """The next companies by their lines, the faults by theirs, and whether that was the end; ``upload`` is moved on."""
    taken: dict[int, Company] = {}
    faults: list[tuple[int, RowFault]] = []
    domains: set[str] = set()
    ends = monotonic() + LONGEST
    for count, record in enumerate(_records(cursor, upload), 1):
        upload.position, upload.line = record.ends, record.last
        try:
            company = reading.read_company(record, upload.columns, upload.separator)
            if company.domain in domains:
                raise _twice()
        except RowFault as fault:
            faults.append((record.line, fault))
        else:
            domains.add(company.domain)
            taken[record.line] = company
        if count >= BATCH or (count % 200 == 0 and monotonic() > ends):
            return taken, faults, False
    return taken, faults, True


def _records(cursor: Any, upload: _Upload) -> Iterator[Record]:
    pieces = _pieces(cursor, upload.id, upload.position)
    return reading.records(pieces, upload.encoding, upload.separator, upload.position, upload.line)


def _pieces(cursor: Any, upload_id: int, position: int) -> Iterator[bytes]:
    """The file from a place on."""
    number, skip = divmod(position, CHUNK)
    while True:
        cursor.execute(_CHUNK, [upload_id, number])
        row = cursor.fetchone()
        if row is None:
            return
        yield bytes(row[0])[skip:]
        number, skip = number + 1, 0


def _twice() -> RowFault:
    return RowFault("Domain", "Duplicate", "Domain is there already, further up.")


def _row(company: Company) -> dict[str, Any]:
    return {
        "domain": company.domain,
        "name": company.name,
        "size": company.size,
        "revenue": company.revenue,
        "currency": company.currency,
        "industry": company.industry,
        "sector": company.sector,
    }


def _note(cursor: Any, upload: _Upload, faults: Sequence[tuple[int, RowFault]]) -> None:
    """Count the faults, and keep them as long as there are few."""
    kept = faults[: max(0, MAX_FAULTS - upload.faulty)]
    if kept:
        rows = [
            {"line": line, "column": fault.column, "code": fault.code, "detail": fault.detail[:300]}
            for line, fault in kept
        ]
        cursor.execute(_FAULT, [upload.workspace_id, upload.id, orjson.dumps(rows).decode()])
    upload.faulty += len(faults)


def _sweep(cursor: Any, upload: _Upload) -> None:
    """Delete what is left of an upload that is no directory, or not any more."""
    values = {"workspace": upload.workspace_id, "upload": upload.id, "limit": SWEPT}
    deleted = 0
    for sql in _SWEEP:
        cursor.execute(sql, values)
        deleted += cursor.rowcount
    cursor.execute(
        "UPDATE leads_directoryupload SET todo = %s, changed_at = clock_timestamp() WHERE id = %s",
        [deleted > 0, upload.id],
    )
