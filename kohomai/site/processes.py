"""Processes that end with the one that started them, and what is left of an earlier run."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def die_with_parent(number: int = signal.SIGKILL, parent: int | None = None) -> None:
    """Have the kernel send this process a signal when its parent ends. Only on Linux; the next start cleans up too.

    `parent` is who the parent should be: when it has already gone, the signal is sent at once.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), number)


def child_setup(number: int, user: tuple[int, int] | None = None) -> Callable[[], None]:
    """What a child does before it becomes its program: takes a user and group id, and dies with the supervisor.

    The order matters: a change of user clears the wish to die with the parent.
    """
    parent = os.getpid()

    def setup() -> None:
        if user is not None:
            os.setgroups([])
            os.setgid(user[1])
            os.setuid(user[0])
        os.umask(0o077)
        die_with_parent(number, parent)

    return setup


def is_alive(pid: int) -> bool:
    """Whether a process is there and is no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return True


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait until a process that is not our child has ended; False when it is still there after `seconds`."""
    end = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
