"""The data folder: made where it is missing, and held by one run at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from kohomai.site.environment import Environment
from kohomai.site.failures import Refusal, from_os_error
from kohomai.site.postgres import Server


def make(folder: Path) -> None:
    """Make the folder, or take an existing one: as root passable (0711) for the database's user, else ours alone.

    Raises Refusal.
    """
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) != mode:
            folder.chmod(mode)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise Refusal(f"The data folder {folder} may not be written: set KOHOMAI_DATA to another one.")
    except (FileExistsError, NotADirectoryError) as error:
        raise Refusal(f"The data folder {folder} cannot be made: a file is in its way.") from error
    except PermissionError as error:
        raise Refusal(
            f"The data folder {folder} cannot be used ({error.strerror}): set KOHOMAI_DATA to another one."
        ) from error
    except OSError as error:
        raise from_os_error(error, f"make the data folder {folder}") from error


def hold(folder: Path) -> int | None:
    """Take the folder's lock until this process ends: an open file, or None when another run has it."""
    try:
        file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise from_os_error(error, f"write in {folder}") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    try:
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
    except OSError as error:
        raise from_os_error(error, f"write in {folder}") from error
    return file


def holder(folder: Path) -> str:
    """The process that holds the folder, as far as is known."""
    with contextlib.suppress(OSError):
        return (folder / "lock").read_text().strip() or "unknown"
    return "unknown"


@contextlib.contextmanager
def database(environment: Environment) -> Iterator[None]:
    """Have a database while the block runs: the outside one, the one of a running Kohomai, else our own for so long.

    Raises Refusal.
    """
    if not environment.embedded:
        yield
        return
    make(environment.data)
    lock = hold(environment.data)
    if lock is None:
        yield
        return
    server = Server(environment)
    try:
        server.prepare()
        server.start()
        yield
    finally:
        server.stop()
        os.close(lock)
