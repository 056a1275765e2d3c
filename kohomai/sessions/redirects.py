"""Where a person may be sent on to when all that is available to them is done."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from kohomai.engine.errors import Fault

MAX_URL = 2_000


def check_redirect_url(
    url: object, allowed_hosts: Sequence[str] = (), pointer: str = "/RedirectURL"
) -> Fault | None:
    """What is wrong with a ``RedirectURL``; ``None`` when nothing is.

    It has to be ``http`` or ``https``, without user name or password, and on one of the workspace's
    allowed hosts when it has such a list: a host matches itself, ``*.example.com`` every host below it.
    """
    if not isinstance(url, str) or not url:
        return Fault(
            pointer, "WrongType", "RedirectURL must be an address that starts with https:// or http://."
        )
    if len(url) > MAX_URL:
        return Fault(pointer, "TooLong", f"RedirectURL must not be longer than {MAX_URL:,} characters.")
    problem = _problem(url)
    if problem is not None:
        return Fault(pointer, "Unsafe", f"RedirectURL {problem}.")
    host = (urlsplit(url).hostname or "").rstrip(".")
    if allowed_hosts and not any(_matches(host, allowed) for allowed in allowed_hosts):
        return Fault(
            pointer, "NotAllowed", f"must lead to one of the workspace's allowed hosts, not to {host}"
        )
    return None


def _problem(url: str) -> str | None:
    """What is wrong with the form of an address, as browsers and not only we would read it."""
    # Browsers drop tabs and line breaks, and take a backslash for a slash: none of them belongs in here.
    if any(character <= " " or character in "\\\x7f" for character in url) or not url.isprintable():
        return "must not hold spaces, backslashes or control characters"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "must be a well-formed address"
    if parts.scheme not in ("http", "https") or not url[len(parts.scheme) :].startswith("://"):
        return "must start with https:// or http://"
    if "@" in parts.netloc:
        return "must not hold a user name or password"
    if not host:
        return "must name a host"
    return None


def _matches(host: str, allowed: str) -> bool:
    allowed = allowed.strip().lower().rstrip(".")
    if allowed.startswith("*."):
        return host.endswith(allowed[1:]) and len(host) > len(allowed) - 1
    return host == allowed
