"""Reasons not to start, or to stop, that a person can do something about."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path


class Refusal(Exception):
    """The program cannot go on; the message is one line that says why, and what to do."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def from_os_error(error: OSError, doing: str) -> Refusal:
    """Put an error of the system into words; `doing` says what was tried ("write in /data")."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refusal(f"The disk is full: could not {doing}. Make room and start again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Refusal(
            f"Not allowed to {doing} ({error.strerror}): set KOHOMAI_DATA to a folder that may be written."
        )
    return Refusal(f"Could not {doing}: {error.strerror or error}.")


def check_disk(folder: Path, megabytes: int) -> None:
    """Raise Refusal when less than `megabytes` are free where `folder` lies."""
    free = shutil.disk_usage(folder).free // (1024 * 1024)
    if free < megabytes:
        raise Refusal(
            f"The disk is full: {free} MB are free for {folder}, {megabytes} MB are needed. Make room and start again."
        )
