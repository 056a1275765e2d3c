"""The web server: granian, some processes, each with a pool of threads for pages and a committer for registrations.

The application is loaded once, before the serving processes are forked: they start at once and share its memory.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import sys
import threading

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from kohomai.site.environment import Environment
from kohomai.site.gate import Gate
from kohomai.site.processes import die_with_parent


def serve(environment: Environment) -> None:
    """Serve until told to stop.

    Under the supervisor the application is loaded while PostgreSQL starts; through the gate it says when the database
    is there, and hears when it is up to date.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kohomai.site.settings")
    import kohomai.site.asgi  # noqa: F401
    from kohomai.site.migration import setup

    gate = Gate.inherited()
    if gate is not None:
        gate.wait()
        setup()
        close_database()
        gate.pass_on()
    share_memory()
    Granian(
        "kohomai.site.asgi:application",
        address=environment.bind,
        port=environment.port,
        interface=Interfaces.ASGI,
        workers=environment.web_processes,
        # What cannot be answered at once waits in the kernel's queue, not in ours.
        backlog=2048,
        backpressure=max(256, environment.web_threads * 4),
        http=HTTPModes.http1,
        websockets=False,
        log_access=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=2,
    ).serve()


def close_database() -> None:
    """Close connections and pool, threads included: neither survives a fork."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        with contextlib.suppress(KeyError):
            connection.close_pool()  # type: ignore[attr-defined]


def share_memory() -> None:
    """Have the serving processes forked from this one, with what it has loaded; each ends when this one does."""
    if not sys.platform.startswith("linux") or threading.active_count() > 1:
        return
    multiprocessing.set_start_method("fork", force=True)
    os.register_at_fork(after_in_child=die_with_parent)
    gc.collect()
    gc.freeze()
