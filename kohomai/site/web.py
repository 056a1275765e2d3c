"""The web server: granian, WSGI, some processes of many threads (each process commits its registrations in groups)."""

from __future__ import annotations

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from kohomai.site.environment import Environment


def serve(environment: Environment) -> None:
    """Serve until told to stop. Django is imported by the serving processes only."""
    Granian(
        "kohomai.site.wsgi:application",
        address=environment.bind,
        port=environment.port,
        interface=Interfaces.WSGI,
        workers=environment.web_processes,
        blocking_threads=environment.web_threads,
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
