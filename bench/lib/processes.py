"""Looking at and ending the processes a benchmark started (Linux: it reads /proc)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def tree(root: int) -> list[int]:
    """The process `root` and all its descendants."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(folder.name))
    found, waiting = [], [root]
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting += children.get(process, [])
    return found


def cpu_seconds(root: int) -> float:
    """The processor time the process and its living descendants have used."""
    total = 0
    for process in tree(root):
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def wait_until_quiet(root: int, *, share: float = 0.08, patience: float = 20.0) -> bool:
    """Wait until the processes use less than `share` of one processor; False when they never did."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        before = cpu_seconds(root)
        time.sleep(0.5)
        if cpu_seconds(root) - before < share * 0.5:
            return True
    return False


def wait_for(
    condition: Callable[[], bool], process: subprocess.Popen[bytes], *, patience: float, what: str
) -> float:
    """Wait until `condition` holds, and say how long it took.

    Raises RuntimeError when the process ends before, or patience does.
    """
    started = time.monotonic()
    while time.monotonic() - started < patience:
        if condition():
            return time.monotonic() - started
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with {process.returncode} before it was ready")
        time.sleep(0.02)
    raise RuntimeError(f"{what} was not ready after {patience:.0f} s")


def stop(process: subprocess.Popen[bytes], *, patience: float = 20.0) -> float:
    """Ask a process to end (SIGTERM), kill it when it does not, and say how long it took."""
    started = time.monotonic()
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return time.monotonic() - started
