"""The sender: takes what is due, sends it, and writes down what became of it.

Deliveries of one lane share a number of places, fewer while its receiver is slow or dead, so that the others do not
wait for it. What is sent once more after a crash is told by its ``webhook-id``.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from time import monotonic
from typing import TypeVar

import structlog
from django.conf import settings

from kohomai.delivery.database import AWAY, give_back
from kohomai.delivery.webhooks import payloads, signing
from kohomai.delivery.webhooks.client import Answer, CallFailed, Client
from kohomai.delivery.webhooks.rows import Claimed, Health, Result, exchange, record_apart
from kohomai.delivery.webhooks.schedule import pause_after, read_retry_after

T = TypeVar("T")

BATCH = 100
"""Deliveries taken at once."""
HELD = 1_024
"""Deliveries held at the same time at most, in all lanes together."""
PLACES = 256
"""Deliveries of one lane that are held at the same time, where its receiver is known to answer soon."""
NEW_PLACES = 16
"""The same where nothing is known of it yet."""
SLOW_PLACES = 4
"""The same where its last answer came late, or not at all."""
NEW_HELD = 256
SLOW_HELD = 128
"""Deliveries held at the same time, about, in all lanes together of which nothing is known yet, and in all that are
slow: however many hang, there is room for those that are known to answer."""
AT_ONCE = 16
"""Calls of one lane at the same time."""
SLOW = 2.0
"""Seconds from which on an answer is late."""
CHAIN_LIMIT = 8.0
"""Seconds after which what is left of a chain is given back, to be taken anew."""
STALE = 12.0
"""Seconds after which nothing is sent that was taken on lease: it may be another worker's soon."""
GATHER = 0.02
"""Seconds that results are gathered before they are written, so that many are written at once."""
AGAIN = 0.1
"""Seconds until it is looked again for what is due and could not be taken."""
LONGEST_SLEEP = 1.0

_log = structlog.get_logger()


@dataclass(slots=True)
class Lane:
    """The places of one lane, and how its receiver fares."""

    held: int = 0
    calls: asyncio.Semaphore | None = None
    places: int = NEW_PLACES
    seen: float = 0.0

    def note(self, took: float, failed: bool) -> None:
        """A call has ended."""
        self.seen = monotonic()
        if took >= SLOW:
            self.places = SLOW_PLACES
        elif not failed:
            self.places = PLACES


class Sender:
    """The sender of one worker process: a thread with an event loop, and one that speaks to the database."""

    def __init__(self, client: Callable[[], Client] | None = None) -> None:
        self._client_of = client or (lambda: Client(settings.KOHOMAI_WEBHOOK_ALLOW))
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        self._lanes: defaultdict[int, Lane] = defaultdict(Lane)
        self._results: list[Result] = []
        self._failing: set[int] = set()
        self._well: set[int] = set()
        self._gone: set[int] = set()
        self._known_failing: set[int] = set()
        self._held = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._database = ThreadPoolExecutor(1, thread_name_prefix="webhooks-database")

    # --- from other threads -----------------------------------------------------------------------------------

    def wake(self) -> None:
        """There is something to be sent; from any thread."""
        loop, wake = self._loop, self._wake
        if loop is not None and wake is not None and not loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it was closed just now
                loop.call_soon_threadsafe(wake.set)

    def stop(self) -> None:
        """End soon; what is not written down is sent again. From any thread."""
        self._stopping.set()
        self.wake()

    def run(self, next_due: Callable[[], float | None]) -> None:
        """Send until stopped. ``next_due`` asks the database how many seconds it is until the next delivery."""
        asyncio.run(self._run(next_due))

    # --- the loop ---------------------------------------------------------------------------------------------

    async def _run(self, next_due: Callable[[], float | None]) -> None:
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        client = self._client_of()
        pause = 0.1
        try:
            while not self._stopping.is_set():
                self._wake.clear()
                try:
                    taken = await self._step(client)
                    sleep = 0.0 if taken else await self._sleep_for(next_due)
                    pause = 0.1
                except AWAY as error:
                    _log.warning("the database is away", error=type(error).__name__, thread="webhooks")
                    await self._in_database(give_back)
                    sleep, pause = pause, min(1.0, pause * 2)
                except Exception:
                    _log.exception("a step failed", thread="webhooks")
                    await self._in_database(give_back)
                    sleep, pause = pause, min(30.0, pause * 2)
                client.sweep()
                await self._rest(sleep)
            await self._end()
        finally:
            for task in self._tasks:
                task.cancel()
            client.close()
            await self._in_database(give_back)
            self._database.shutdown(wait=False)

    async def _rest(self, seconds: float) -> None:
        assert self._wake is not None
        if seconds > 0:
            try:
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            except TimeoutError:
                return
        await asyncio.sleep(GATHER)

    async def _sleep_for(self, next_due: Callable[[], float | None]) -> float:
        """Nothing could be taken: how long until it is worth looking again (unless somebody wakes us)."""
        due = await self._in_database(next_due)
        if due is None:
            return LONGEST_SLEEP
        return min(LONGEST_SLEEP, max(due, AGAIN if due <= 0 else 0.005))

    async def _step(self, client: Client) -> int:
        """Write down what has come back, take what is due, begin to send it; how many were taken."""
        results, self._results = self._results, []
        health = Health(tuple(self._failing), tuple(self._well), tuple(self._gone))
        self._failing, self._well, self._gone = set(), set(), set()
        room = min(BATCH, HELD - self._held)
        free, otherwise = self._free()
        try:
            try:
                claimed = await self._in_database(lambda: exchange(results, health, free, otherwise, room))
            except AWAY:
                raise
            except Exception:
                await self._in_database(lambda: record_apart(results, health))
                results, health = [], Health()
                raise
        except BaseException:
            self._results[:0] = results
            self._failing |= set(health.failing)
            self._well |= set(health.well)
            self._gone |= set(health.gone)
            raise
        self._forget_lanes()
        self._begin(client, claimed)
        return len(claimed)

    def _free(self) -> tuple[dict[int, int], int]:
        """Places that are free in each lane, and in one that is not known."""
        room = {NEW_PLACES: NEW_HELD, SLOW_PLACES: SLOW_HELD, PLACES: HELD}
        for lane in self._lanes.values():
            room[lane.places] -= lane.held
        free = {
            number: min(lane.places - lane.held, room[lane.places]) for number, lane in self._lanes.items()
        }
        return free, min(NEW_PLACES, room[NEW_PLACES])

    def _begin(self, client: Client, claimed: Sequence[Claimed]) -> None:
        taken_at = monotonic()
        for chain, group in groupby(sorted(claimed, key=_order), key=lambda one: one.chain):
            deliveries = list(group)
            lane = self._lanes[chain[0]]
            lane.held += len(deliveries)
            lane.seen = taken_at
            self._held += len(deliveries)
            task = asyncio.create_task(self._send_chain(client, lane, deliveries, taken_at))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _forget_lanes(self) -> None:
        if len(self._lanes) > 1_000:
            before = monotonic() - 60.0
            for number in [n for n, lane in self._lanes.items() if not lane.held and lane.seen < before]:
                del self._lanes[number]

    async def _in_database(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._database, work)

    async def _end(self) -> None:
        """Write down what has come back; what is still under way is sent again after its lease."""
        results, self._results = self._results, []
        if results:
            with contextlib.suppress(*AWAY):
                await self._in_database(lambda: exchange(results, Health(), {}, 0, 0))

    # --- sending ----------------------------------------------------------------------------------------------

    async def _send_chain(
        self, client: Client, lane: Lane, deliveries: list[Claimed], taken_at: float
    ) -> None:
        if lane.calls is None:
            lane.calls = asyncio.Semaphore(AT_ONCE)
        for delivery in deliveries:
            try:
                async with lane.calls:
                    result = await self._send(client, lane, delivery, taken_at)
            except Exception as error:
                _log.exception("a delivery could not be made", delivery=delivery.id)
                result = _fault_of_ours(delivery, error)
            finally:
                lane.held -= 1
                self._held -= 1
            if result is not None:
                self._results.append(result)
            assert self._wake is not None
            self._wake.set()

    async def _send(self, client: Client, lane: Lane, delivery: Claimed, taken_at: float) -> Result | None:
        if delivery.url is None or delivery.secret is None:
            return Result(delivery.id, delivery.lease, "Cancelled")
        age = monotonic() - taken_at
        if age > STALE:
            return None  # this process stood still: somebody else has it by now, or will
        if age > CHAIN_LIMIT:
            return Result(delivery.id, delivery.lease, "Waiting", pause=0.0)
        now = datetime.now(UTC)
        body = payloads.body(delivery.happening)
        headers = signing.headers(
            delivery.happening.message_id,
            body,
            signing.signers(delivery.secret, delivery.former_secrets, now),
            now,
        )
        began = monotonic()
        answer: Answer | None = None
        error: str | None = None
        try:
            answer = await client.call(delivery.url, headers=[*headers, *_HEADERS], body=body)
        except CallFailed as failed:
            error = str(failed)
        took = monotonic() - began
        success = answer is not None and 200 <= answer.status < 300
        lane.note(took, not success)
        self._note_health(delivery, answer, success)
        status, pause = _outcome(delivery, answer, success)
        return Result(
            id=delivery.id,
            lease=delivery.lease,
            status=status,
            tried=True,
            pause=pause,
            workspace_id=delivery.workspace_id,
            number=delivery.tries + 1,
            at=now,
            took_ms=round(took * 1000),
            url=delivery.url,
            headers=dict([*headers, *_HEADERS]),
            body=body.decode(),
            answer_status=answer.status if answer else None,
            answer=_text(answer.body) if answer else None,
            error=error,
        )

    def _note_health(self, delivery: Claimed, answer: Answer | None, success: bool) -> None:
        webhook = delivery.webhook_id
        if success:
            if delivery.failing or webhook in self._known_failing:
                self._well.add(webhook)
                self._known_failing.discard(webhook)
        elif answer is not None and answer.status == 410:
            self._gone.add(webhook)
        elif delivery.happening.event_id is not None:
            self._failing.add(webhook)
            self._known_failing.add(webhook)


_HEADERS = (("Content-Type", "application/json"), ("User-Agent", "Kohomai"), ("Accept-Encoding", "identity"))


def _order(delivery: Claimed) -> tuple[tuple[int, int, int], int, int]:
    lane, lead, own = delivery.chain
    return (lane, lead, own or 0), delivery.happening.event_id or 0, delivery.id


def _outcome(delivery: Claimed, answer: Answer | None, success: bool) -> tuple[str, float | None]:
    """The status a delivery has after an attempt, and seconds until the next one, if there is to be one."""
    if success:
        return "Done", None
    if delivery.happening.event_id is None:
        return "GivenUp", None  # a test is not tried again
    if answer is not None and answer.status == 410:
        return "Cancelled", None
    retry_after = None
    if answer is not None and answer.status == 429:
        retry_after = read_retry_after(answer.headers.get("retry-after"))
    pause = pause_after(delivery.tries + 1, retry_after=retry_after)
    return ("GivenUp", None) if pause is None else ("Waiting", pause)


def _fault_of_ours(delivery: Claimed, error: Exception) -> Result:
    """Something of ours failed (a secret that cannot be read, say): it follows the schedule as if the receiver had."""
    pause = pause_after(delivery.tries + 1)
    return Result(
        id=delivery.id,
        lease=delivery.lease,
        status="GivenUp" if pause is None else "Waiting",
        tried=True,
        pause=pause,
        workspace_id=delivery.workspace_id,
        number=delivery.tries + 1,
        at=datetime.now(UTC),
        took_ms=0,
        url=delivery.url or "",
        headers={},
        body="",
        error=f"It could not be sent ({type(error).__name__}).",
    )


def _text(body: bytes) -> str:
    """The first bytes of an answer as text that can be kept."""
    return body.decode(errors="replace").replace("\0", "\ufffd")
