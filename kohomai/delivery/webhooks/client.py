"""A client of HTTP/1.1 for calls to addresses that somebody else has chosen.

It connects to checked addresses only, follows no redirect, asks no proxy, takes ``TIME_LIMIT`` seconds in all and
reads no more of an answer than its head and ``ANSWER_LIMIT`` bytes, unless a call says so. The protocol is h11's.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import h11

from kohomai.delivery.webhooks.addresses import Refused, Resolve, Resolver, Target, checked
from kohomai.leads.webhooks import Network

TIME_LIMIT = 15.0
"""Seconds for everything: the DNS question, connecting, sending, and the answer."""
CONNECT_LIMIT = 5.0
"""Seconds for connecting to one of several addresses, before the next is tried."""
BODY_PATIENCE = 2.0
"""Seconds that the rest of an answer is waited for once its head is there: its status says it all."""
ANSWER_LIMIT = 4_096
"""Bytes of an answer that are read and kept."""
PIECES_LIMIT = 20_000
"""Pieces that the body of an answer comes in at most: each takes time, however small it is."""
HEAD_LIMIT = 32_768
"""Bytes of all heads of an answer together."""
IDLE = 4.0
"""Seconds that an unused connection is kept; less than receivers usually keep theirs."""
KEPT = 64
"""Unused connections to one address that are kept at most."""

REASON_LIMIT = 300
"""Characters of what is said of a call that failed: a name in it can be as long as names can be."""

_CHUNK = 16_384


class CallFailed(Exception):
    """There was no answer; says why, in words that can be shown, of ``REASON_LIMIT`` characters at most. ``late``:
    because it took too long."""

    def __init__(self, reason: str, *, late: bool = False) -> None:
        super().__init__(reason[:REASON_LIMIT])
        self.late = late


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers (names in lower case), the first bytes of the body; ``whole`` says
    whether these are all of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True


class _Reader(asyncio.StreamReader):
    """Knows whether something has come that nobody has read."""

    unread = 0

    def feed_data(self, data: Any) -> None:
        self.unread += len(data)
        super().feed_data(data)

    async def read(self, n: int = -1) -> bytes:
        data = await super().read(n)
        self.unread -= len(data)
        return data


@dataclass(slots=True)
class _Connection:
    """An open connection, and how far its conversation is."""

    reader: _Reader
    writer: asyncio.StreamWriter
    address: str
    talk: h11.Connection = field(default_factory=lambda: _talk())
    used: bool = False
    idle_since: float = 0.0

    def quiet(self) -> bool:
        """Whether it is open and nothing has come on it that no request has asked for: an answer that is there before
        its request would be taken for that of the next."""
        return not (self.reader.at_eof() or self.reader.unread or self.talk.trailing_data[0])

    def close(self) -> None:
        self.writer.transport.abort()


@dataclass(frozen=True, slots=True)
class _Request:
    """What is sent, the limit of time it runs under, and how many bytes of the answer are wanted."""

    method: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    limit: asyncio.Timeout
    answer_limit: int

    def patience(self) -> float:
        """The head of the answer is there, in time: seconds that the rest may still take. Where more is wanted of it
        than a log keeps, that is all the time there is."""
        ends = self.limit.when()
        self.limit.reschedule(None)
        left = BODY_PATIENCE if ends is None else ends - asyncio.get_running_loop().time()
        return max(0.05, min(BODY_PATIENCE, left) if self.answer_limit <= ANSWER_LIMIT else left)


class _Stale(Exception):
    """A kept connection had been closed by the other side before anything was answered."""


def _talk() -> h11.Connection:
    return h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)


class Client:
    """Calls addresses, with connections kept for the next call. Belongs to one event loop."""

    def __init__(
        self,
        networks: Sequence[Network] = (),
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        time_limit: float = TIME_LIMIT,
    ) -> None:
        self._networks = networks
        self._resolve = resolve or Resolver()
        self._tls = tls or tls_context()
        self._time_limit = time_limit
        self._kept: dict[tuple[str, int, bool], deque[_Connection]] = defaultdict(deque)

    async def call(
        self,
        url: str,
        *,
        method: str = "POST",
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        time_limit: float | None = None,
        answer_limit: int = ANSWER_LIMIT,
    ) -> Answer:
        """Send one request and give the answer, whatever its status; of its body, ``answer_limit`` bytes.

        ``time_limit`` is this call's, in seconds, where it differs from the client's. Raises ``CallFailed``.
        """
        seconds = self._time_limit if time_limit is None else time_limit
        try:
            async with asyncio.timeout(seconds) as limit:
                target = await checked(url, self._resolve, self._networks)
                return await self._call(target, _Request(method, headers, body, limit, answer_limit))
        except TimeoutError:
            raise CallFailed(f"There was no answer within {seconds:g} s.", late=True) from None
        except Refused as refused:
            raise CallFailed(str(refused)) from None
        except h11.RemoteProtocolError:
            raise CallFailed("What it answered is not HTTP.") from None
        except h11.LocalProtocolError:
            raise CallFailed("The request cannot be sent to this address.") from None
        except ssl.SSLCertVerificationError as error:
            said = error.verify_message.rstrip(".")
            raise CallFailed(f"Its certificate is not valid: {said}.") from None
        except ssl.SSLError as error:
            raise CallFailed(f"TLS failed ({error.reason or 'no reason given'}).") from None
        except (OSError, EOFError, UnicodeError, ValueError) as error:
            raise CallFailed(_reason(error)) from None

    async def _call(self, target: Target, request: _Request) -> Answer:
        kept = self._take(target)
        if kept is not None:
            try:
                return await self._talk(kept, target, request)
            except _Stale:
                pass  # nothing was answered on it: the other side had hung up before
        return await self._talk(await self._connect(target), target, request)

    async def _connect(self, target: Target) -> _Connection:
        fault: Exception | None = None
        for address in target.addresses:
            last = address == target.addresses[-1]
            try:
                async with asyncio.timeout(None if last else CONNECT_LIMIT):
                    return await _open(address, target, self._tls)
            except (OSError, TimeoutError) as error:
                fault = error
        raise fault if isinstance(fault, OSError) else OSError("it cannot be reached")

    async def _talk(self, connection: _Connection, target: Target, request: _Request) -> Answer:
        clean = False
        try:
            answer = await self._exchange(connection, target, request)
            clean = connection.talk.our_state is h11.DONE and connection.talk.their_state is h11.DONE
        finally:
            if clean and connection.quiet():
                self._keep(connection, target)
            else:
                connection.close()
        return answer

    async def _exchange(self, connection: _Connection, target: Target, request: _Request) -> Answer:
        talk = connection.talk
        headers = [("Host", target.host_header), *request.headers, ("Content-Length", str(len(request.body)))]
        parts = (
            h11.Request(method=request.method, target=target.path, headers=headers),
            h11.Data(data=request.body),
            h11.EndOfMessage(),
        )
        sent = b"".join(talk.send(part) or b"" for part in parts)
        try:
            connection.writer.write(sent)
            if len(sent) > _CHUNK:
                await connection.writer.drain()
            head = await self._head(connection)
        except (ConnectionError, EOFError):
            if connection.used and talk.their_state is h11.SEND_RESPONSE and not talk.trailing_data[0]:
                raise _Stale from None
            raise
        read = bytearray()
        try:
            async with asyncio.timeout(request.patience()):
                whole = await self._body(connection, read, request.answer_limit)
        except (TimeoutError, OSError, EOFError, h11.RemoteProtocolError):
            whole = False  # the status has been said; whoever needs the rest sees that it is not all there
        found = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        return Answer(head.status_code, found, bytes(read[: request.answer_limit]), whole)

    async def _head(self, connection: _Connection) -> h11.Response:
        """The final head; those before it are passed over."""
        left = 2 * HEAD_LIMIT
        while True:
            event = connection.talk.next_event()
            if isinstance(event, h11.Response):
                return event
            if event is h11.NEED_DATA:
                data = await connection.reader.read(_CHUNK)
                if not data:
                    raise EOFError
                left -= len(data)
                if left < 0:
                    raise h11.RemoteProtocolError("the head is too long")
                connection.talk.receive_data(data)
            elif not isinstance(event, h11.InformationalResponse):
                raise h11.RemoteProtocolError("no answer")

    async def _body(self, connection: _Connection, read: bytearray, limit: int) -> bool:
        """Read on until the end (then it is whole) or a little over the limit."""
        pieces = 0
        while True:
            event = connection.talk.next_event()
            if isinstance(event, h11.Data):
                read += event.data
                pieces += 1
                if len(read) > limit or pieces > PIECES_LIMIT:
                    return False
            elif event is h11.NEED_DATA:
                connection.talk.receive_data(await connection.reader.read(_CHUNK))
            else:
                return isinstance(event, h11.EndOfMessage)

    # --- connections that are kept ----------------------------------------------------------------------------

    def _take(self, target: Target) -> _Connection | None:
        """A kept connection to one of the addresses that were just checked."""
        kept = self._kept.get((target.host, target.port, target.tls))
        while kept:
            connection = kept.pop()
            old = monotonic() - connection.idle_since > IDLE
            if old or not connection.quiet() or connection.address not in target.addresses:
                connection.close()
                continue
            return connection
        return None

    def _keep(self, connection: _Connection, target: Target) -> None:
        kept = self._kept[target.host, target.port, target.tls]
        connection.talk.start_next_cycle()
        connection.used = True
        connection.idle_since = monotonic()
        kept.append(connection)
        if len(kept) > KEPT:
            kept.popleft().close()

    def sweep(self) -> None:
        """Close connections that have not been used for a while; to be called now and then."""
        before = monotonic() - IDLE
        for key, kept in list(self._kept.items()):
            while kept and kept[0].idle_since < before:
                kept.popleft().close()
            if not kept:
                del self._kept[key]

    def close(self) -> None:
        """Close all connections."""
        for kept in self._kept.values():
            for connection in kept:
                connection.close()
        self._kept.clear()


async def _open(address: str, target: Target, tls: ssl.SSLContext) -> _Connection:
    loop = asyncio.get_running_loop()
    reader = _Reader(limit=_CHUNK, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.create_connection(
        lambda: protocol,
        address,
        target.port,
        ssl=tls if target.tls else None,
        server_hostname=target.host if target.tls else None,
    )
    return _Connection(reader, asyncio.StreamWriter(transport, protocol, reader, loop), address)


def tls_context(protocol: str | None = "http/1.1") -> ssl.SSLContext:
    """The system's trusted certificates; where the system has none, those of certifi. ``protocol`` is what is going
    to be spoken (ALPN), ``None`` says nothing of it."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not paths.cafile and not (paths.capath and Path(paths.capath).is_dir()):
        import certifi

        context.load_verify_locations(certifi.where())
    if protocol is not None:
        context.set_alpn_protocols([protocol])
    return context


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "The connection was refused."
    if isinstance(error, ConnectionError | EOFError):
        return "The connection was closed before there was an answer."
    if isinstance(error, OSError) and error.errno is not None and error.errno < 0:
        return "The name has no address."
    if isinstance(error, OSError) and error.strerror:
        return f"It cannot be reached ({error.strerror})."
    return "It cannot be reached."
