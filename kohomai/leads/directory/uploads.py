"""Uploads: files of companies, kept in the database in pieces until they have been imported.

A file is never whole in memory, and need not be on a disk that the workers share. What became of it is kept.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from django.db import connection, transaction

from kohomai.engine.errors import Conflict, Fault, Invalid, NotFound
from kohomai.leads.directory import reading
from kohomai.leads.directory.reading import NoDirectory
from kohomai.leads.models import Directory, DirectoryFault, DirectoryUpload

RECEIVING, WAITING, IMPORTING = "Receiving", "Waiting", "Importing"
DONE, FAILED, CANCELLED = "Done", "Failed", "Cancelled"
MAX_SIZE = 256 * 1024 * 1024
"""Bytes of a file at most."""
MAX_ROWS = 1_000_000
MAX_FAULTS = 1_000
"""Faults of an upload that are kept; all are counted."""
MAX_UNDER_WAY = 3
"""Uploads of a workspace that have not been imported, at most."""
CHUNK = 1024 * 1024
"""Bytes of a piece."""

_PUT = "INSERT INTO leads_directorychunk (upload_id, number, workspace_id, data) VALUES (%s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has arrived whole; ``digest`` is the SHA-256 of it."""

    upload_id: int
    workspace_id: int
    size: int
    encoding: str
    digest: bytes


def receive(workspace_id: int, parts: Iterable[bytes]) -> Received:
    """Keep a file as it comes. It is not imported before ``accept``; what is not accepted is to be dropped (``drop``).

    Raises ``Invalid`` where it does not begin as a file of companies does, ``Conflict`` where there are too many under
    way, and what ``parts`` raises; then nothing of it is kept.
    """
    pieces = _pieces(parts)
    first = next(pieces, b"")
    upload = _begin(workspace_id, first)
    digest = sha256()
    # A file is in UTF-8 when all of it is; else a spreadsheet has written it in the encoding of Windows.
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, size = reading.UTF_8, 0
    try:
        for number, piece in enumerate(_with(first, pieces)):
            digest.update(piece)
            size += len(piece)
            if encoding == reading.UTF_8 and not _decodes(decoder, piece, last=len(piece) < CHUNK):
                encoding = reading.WINDOWS
            with connection.cursor() as cursor:
                cursor.execute(_PUT, [upload.id, number, workspace_id, piece])
    except BaseException:
        drop(workspace_id, upload.id)
        raise
    if first.startswith(codecs.BOM_UTF8):
        encoding = reading.UTF_8  # it says so: a line that is not is a fault
    return Received(upload.id, workspace_id, size, encoding, digest.digest())


def accept(received: Received) -> DirectoryUpload:
    """Have the file imported, soon, in the background. Raises ``Conflict`` where it took so long to arrive that it was
    given up."""
    rows = DirectoryUpload.objects.filter(
        id=received.upload_id, workspace_id=received.workspace_id, status=RECEIVING
    )
    if not rows.update(status=WAITING, size=received.size, encoding=received.encoding, todo=True):
        raise Conflict("The file took too long to arrive.")
    return get(received.workspace_id, received.upload_id)


def drop(workspace_id: int, upload_id: int) -> None:
    """The file did not arrive, or is not wanted: what was kept of it is deleted in the background."""
    rows = DirectoryUpload.objects.filter(id=upload_id, workspace_id=workspace_id, status=RECEIVING)
    rows.update(status=FAILED, error="It did not arrive whole.", todo=True)


def _begin(workspace_id: int, first: bytes) -> DirectoryUpload:
    try:
        layout = reading.read_layout(first[: reading.HEAD])
    except NoDirectory as wrong:
        raise Invalid([Fault("", "NoDirectory", f"The file {wrong}.")]) from None
    with transaction.atomic():
        with (
            connection.cursor() as cursor
        ):  # two that come at the same moment are counted one after the other
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtext('directory'), %s::int)", [workspace_id % 2**31]
            )
        under_way = DirectoryUpload.objects.filter(
            workspace_id=workspace_id, status__in=(RECEIVING, WAITING, IMPORTING)
        )
        if under_way.count() >= MAX_UNDER_WAY:
            raise Conflict(
                f"At most {MAX_UNDER_WAY} uploads are under way at a time; wait until they are imported."
            )
        return DirectoryUpload.objects.create(
            workspace_id=workspace_id,
            status=RECEIVING,
            separator=layout.separator,
            columns=list(layout.columns),
            ignored=list(layout.ignored),
            position=layout.begins,
            line=layout.line,
        )


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of ``CHUNK``, the last one smaller."""
    gathered = bytearray()
    for part in parts:
        gathered += part
        while len(gathered) >= CHUNK:
            yield bytes(gathered[:CHUNK])
            del gathered[:CHUNK]
    yield bytes(gathered)


def _with(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, *, last: bool) -> bool:
    try:
        decoder.decode(piece, last)
    except UnicodeDecodeError:
        return False
    return True


# --- what there is ------------------------------------------------------------------------------------------


def get(workspace_id: int, upload_id: int) -> DirectoryUpload:
    """One upload. Raises ``NotFound``."""
    row = DirectoryUpload.objects.filter(workspace_id=workspace_id, id=upload_id).first()
    if row is None:
        raise NotFound("There is no such upload.")
    return row


def faults_of(upload: DirectoryUpload) -> list[DirectoryFault]:
    """The faults of its lines that are kept, in order."""
    rows = DirectoryFault.objects.filter(workspace_id=upload.workspace_id, upload_id=upload.id)
    return list(rows.order_by("id")[:MAX_FAULTS])


def directory(workspace_id: int) -> tuple[Directory | None, DirectoryUpload | None]:
    """The directory the workspace has now, and the last upload that was not dropped, if any."""
    now = Directory.objects.filter(workspace_id=workspace_id).first()
    rows = DirectoryUpload.objects.filter(workspace_id=workspace_id).exclude(status=RECEIVING)
    return now, rows.order_by("-id").first()


@transaction.atomic
def delete(workspace_id: int) -> None:
    """The workspace has no directory any more, and none on its way; the rows are deleted in the background."""
    from kohomai.leads.directory.lookup import forget

    DirectoryUpload.objects.filter(workspace_id=workspace_id, status__in=(WAITING, IMPORTING)).update(
        status=CANCELLED, error="The directory was deleted.", todo=True
    )
    for row in Directory.objects.filter(workspace_id=workspace_id):
        DirectoryUpload.objects.filter(id=row.upload_id).update(todo=True)
    Directory.objects.filter(workspace_id=workspace_id).delete()
    transaction.on_commit(lambda: forget(workspace_id))
