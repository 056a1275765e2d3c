"""Where a call goes: the address is resolved once, every answer is checked, and the call connects to these only.

The form of an address was checked when it was given (``kohomai.leads.webhooks``); it is checked again here, since
rules and allowed networks may have changed meanwhile, and a name means another address every minute.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urlsplit

from kohomai.leads.webhooks import (
    IPAddress,
    Network,
    check_webhook_url,
    is_allowed,
    is_public,
    literal_address,
)

REMEMBERED = 10.0
"""Seconds that the answer to a DNS question is used again; it was checked, and what was checked is called."""
MAX_REMEMBERED = 10_000
MAX_ADDRESSES = 8
"""Addresses of one name that are tried at most."""

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""Asks which addresses a name has now. Raises ``OSError`` when it has none."""


class Refused(Exception):
    """The address must not be called; says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address: whom to connect to (in this order), and as whom the other side is spoken to."""

    tls: bool
    host: str
    port: int
    addresses: tuple[str, ...]
    host_header: str
    path: str


class Resolver:
    """Asks the system, in threads of its own, one question for each name at a time."""

    def __init__(self, threads: int = 64) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="dns")
        self._known: dict[str, tuple[float, Sequence[str]]] = {}
        self._asked: dict[str, asyncio.Future[Sequence[str]]] = {}

    async def __call__(self, host: str) -> Sequence[str]:
        """The addresses of ``host``, at most a few seconds old. Raises ``OSError``."""
        known = self._known.get(host)
        if known is not None and known[0] > monotonic():
            return known[1]
        asked = self._asked.get(host)
        if asked is None:
            loop = asyncio.get_running_loop()
            asked = loop.run_in_executor(self._threads, _ask, host)
            asked.add_done_callback(lambda done: self._learn(host, done))
            self._asked[host] = asked
        return await asyncio.shield(asked)

    def _learn(self, host: str, answer: asyncio.Future[Sequence[str]]) -> None:
        self._asked.pop(host, None)
        if not answer.cancelled() and answer.exception() is None:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[host] = (monotonic() + REMEMBERED, answer.result())


def _ask(host: str) -> Sequence[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def checked(url: str, resolve: Resolve, networks: Sequence[Network]) -> Target:
    """The address to be called for ``url``, resolved once and checked. Raises ``Refused``, and ``OSError`` when the
    name has no address."""
    wrong = check_webhook_url(url, networks)
    if wrong is not None:
        raise Refused(f"The address {wrong}.")
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    tls = parts.scheme == "https"
    literal = literal_address(host)
    found = [str(literal)] if literal is not None else list(await resolve(host))[:MAX_ADDRESSES]
    if not found:
        raise OSError("the name has no address")
    addresses = tuple([_checked_address(address, tls, networks) for address in found])
    port = parts.port or (443 if tls else 80)
    name = f"[{host}]" if ":" in host else host
    shown = name if parts.port is None else f"{name}:{port}"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(tls, host, port, addresses, shown, path)


def looked_up(host: str, networks: Sequence[Network], *, encrypted: bool) -> tuple[str, ...]:
    """The checked addresses of a host, asked of the system now by a thread that can wait. Raises ``Refused``, and
    ``OSError`` when the name has no address."""
    literal = literal_address(host)
    found = [str(literal)] if literal is not None else _ask(host)[:MAX_ADDRESSES]
    checked_ones = [_reachable(address, networks) for address in found]
    if not encrypted and not all(allowed for _, allowed in checked_ones):
        raise Refused("Without TLS only networks are called that KOHOMAI_WEBHOOK_ALLOW names.")
    return tuple(str(address) for address, _ in checked_ones)


def _checked_address(text: str, tls: bool, networks: Sequence[Network]) -> str:
    address, allowed = _reachable(text, networks)
    if not tls and not allowed:
        raise Refused("The address must start with https://.")
    return str(address)


def _reachable(text: str, networks: Sequence[Network]) -> tuple[IPAddress, bool]:
    """An address that may be called, and whether it lies in a network that is allowed by name. Raises ``Refused``."""
    address = literal_address(text)
    if address is None:
        raise Refused("The name leads to what is no address.")
    allowed = is_allowed(address, networks)
    if not allowed and not is_public(address):
        raise Refused("The name leads into a private or local network.")
    return address, allowed
