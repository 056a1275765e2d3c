"""The addresses that a lead's own program wants to be told at, and whether one may be called at all."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_URL = 2_000
_REFUSED_NAMES = re.compile(r"(^|\.)(localhost|local|internal)$")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)+")


def literal_address(host: str) -> IPAddress | None:
    """The IP address that ``host`` is, in whatever notation (dotted, short, octal, hexadecimal, one
    number, mapped); ``None`` where it is a name. No question is asked of DNS."""
    try:
        address: IPAddress = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            address = ipaddress.IPv4Address(socket.inet_aton(host))
        except (OSError, ValueError):
            return None
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return mapped or address


def is_public(address: IPAddress) -> bool:
    """Whether an address is one of the open internet: not private, loopback, link-local, metadata,
    multicast, reserved or mapped onto one of these."""
    site_local = getattr(address, "is_site_local", False)  # fec0::/10 was private once, and is_global
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified or site_local
    )


def is_allowed(address: IPAddress, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of the networks that the operator allows all the same."""
    return any(address.version == network.version and address in network for network in networks)


def check_webhook_url(url: object, networks: Sequence[Network] = ()) -> str | None:
    """What is wrong with an address to be called, as the rest of a sentence; ``None`` if nothing is.

    Form, host name and literal addresses only (contracts, "Webhooks"): the address is checked again,
    resolved, when it is called.
    """
    if not isinstance(url, str) or not url:
        return "must be an address that starts with https://"
    if len(url) > MAX_URL:
        return f"must not be longer than {MAX_URL:,} characters"
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "must be written in plain ASCII, without spaces or backslashes"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "must be a well-formed address"
    if parts.scheme not in ("https", "http") or not host:
        return "must be an address that starts with https://"
    if "@" in parts.netloc:
        return "must not hold a user name or password"
    if "[" in parts.netloc and (":" not in host or literal_address(host) is None):
        return "must be a well-formed address"
    return _check_host(host.rstrip("."), parts.scheme, networks)


def _check_host(host: str, scheme: str, networks: Sequence[Network]) -> str | None:
    address = literal_address("127.0.0.1" if host == "localhost" and networks else host)
    if address is not None:
        if is_allowed(address, networks):
            return None
        if not is_public(address):
            return "must not lead into a private or local network"
    elif _REFUSED_NAMES.search(host) or not _NAME.fullmatch(host) or host.rpartition(".")[2].isdigit():
        return "must name a host of the public internet"
    if scheme != "https" and not (networks and address is None):
        return "must start with https://"
    return None
