"""Calls of addresses that a workspace has chosen: by one client, on an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping, Sequence
from functools import cache
from typing import Any

from django.conf import settings
from standardwebhooks import Webhook

from kohomai.activities.services import Answer, Situation, TryAgain
from kohomai.delivery.webhooks import signing
from kohomai.delivery.webhooks.client import CallFailed, Client
from kohomai.workspaces import named_secrets
from kohomai.workspaces.services import webhook_secret

ANSWER_LIMIT = 1_000_000
"""Bytes of an answer that are read."""
LONGEST = 30.0
"""Seconds that any call may take."""
SWEEP = 5.0
"""Seconds between two looks for connections that nobody uses any more."""


class Line:
    """A client that any thread may call by."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, name="calls", daemon=True).start()
        self._client = self._do(self._open())

    def call(
        self, url: str, method: str, headers: Sequence[tuple[str, str]], body: bytes, time_limit: float
    ) -> Answer:
        """Send one request and give the answer. Raises ``CallFailed``."""

        async def work() -> Answer:
            try:
                async with asyncio.timeout(time_limit):
                    found = await self._client.call(
                        url, method=method, headers=headers, body=body, answer_limit=ANSWER_LIMIT
                    )
            except TimeoutError:
                raise CallFailed(f"There was no answer within {time_limit:g} s.", late=True) from None
            broken_off = not found.whole and len(found.body) < ANSWER_LIMIT
            return Answer(found.status, found.headers, found.body, broken_off)

        return self._do(work())

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _open(self) -> Client:
        client = Client(settings.KOHOMAI_WEBHOOK_ALLOW, time_limit=LONGEST)

        def sweep() -> None:
            client.sweep()
            self._loop.call_later(SWEEP, sweep)

        sweep()
        return client


@cache
def line() -> Line:
    """The process's line, made when it is first needed."""
    return Line()


class Calls:
    """Calls of one run of an activity."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self.secrets: Mapping[str, str] = named_secrets.ByName(situation.workspace_id)

    def call(
        self,
        url: str,
        *,
        method: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        time_limit: float,
        signed: bool,
    ) -> Answer:
        """Send one request, with an ``Idempotency-Key`` and, when ``signed``, the workspace's signature. Raises
        ``TryAgain`` when there is no answer."""
        mark = f"kh-{self._situation.mark}"
        sent = [
            *headers,
            ("Idempotency-Key", mark),
            ("User-Agent", "Kohomai"),
            ("Accept-Encoding", "identity"),
        ]
        if signed:
            secret = Webhook(webhook_secret(self._situation.workspace_id))
            sent += signing.headers(mark, body, [secret])
        try:
            return line().call(url, method, sent, body, time_limit)
        except CallFailed as failed:
            raise TryAgain(str(failed)) from None
