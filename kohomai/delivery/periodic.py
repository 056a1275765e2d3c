"""Procrastinate's worker, as light as it goes: no connection of its own while nothing is to be done."""

from __future__ import annotations

import asyncio
import threading

import psycopg_pool
import structlog
from django.conf import settings
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app

POLL = 20.0
"""Seconds between two looks for jobs."""

_log = structlog.get_logger()


class Periodic:
    """The thread that carries procrastinate's jobs."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Work until stopped; begin again whenever the database was away."""
        pause = 1.0
        while not self._stopping.is_set():
            try:
                asyncio.run(self._work())
                pause = 1.0
            except asyncio.CancelledError:
                return
            except Exception as error:
                _log.warning("procrastinate stopped", error=type(error).__name__)
                self._stopping.wait(pause)
                pause = min(30.0, pause * 2)

    def stop(self) -> None:
        """End it from another thread; a job that is being run is run again later."""
        loop, task = self._loop, self._task
        if loop is not None and task is not None and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)

    async def _work(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        connector = PsycopgConnector(
            pool_factory=psycopg_pool.AsyncNullConnectionPool,
            conninfo=settings.KOHOMAI_DATABASE_URL,
            max_size=2,
            timeout=5,
            kwargs={"prepare_threshold": None, "application_name": "kohomai jobs"},
        )
        with app.replace_connector(connector) as worker_app:
            async with worker_app.open_async():
                await worker_app.run_worker_async(
                    queues=["kohomai"],
                    concurrency=1,
                    listen_notify=False,
                    fetch_job_polling_interval=POLL,
                    abort_job_polling_interval=POLL,
                    update_heartbeat_interval=60.0,
                    stalled_worker_timeout=300.0,
                    shutdown_graceful_timeout=0.5,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                )
