"""What a mail is known by outside: its ``Id``, with what proves that it is one of ours.

It stands in the ``Message-ID`` and, where the workspace has an address for reports, in the envelope's sender (VERP).
"""

from __future__ import annotations

import hmac
import re
from urllib.parse import urlsplit

from django.conf import settings

from kohomai.engine.values import MAX_ID
from kohomai.leads.webhooks import literal_address

_MARK_LENGTH = 20
_TOKEN = r"([1-9][0-9]{0,15})-([0-9a-f]{20})"  # noqa: S105  (a pattern)
_MESSAGE_ID = re.compile(rf"<{_TOKEN}@[^<>\s]+>")
_ADDRESS = re.compile(rf"\+{_TOKEN}@")


def site() -> str:
    """The name by which this site makes itself known to mail servers, from ``KOHOMAI_URL``."""
    host = urlsplit(settings.KOHOMAI_URL).hostname or "localhost"
    address = literal_address(host)
    if address is None:
        return host
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


def message_id(email_id: int) -> str:
    """The ``Message-ID`` of a mail of ours, with its brackets."""
    return f"<{_token(email_id)}@{site().replace('IPv6:', '')}>"


def envelope_sender(email_id: int, address: str) -> str:
    """The address that reports about a mail go to: ``address`` with the mail's mark after a plus sign."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{_token(email_id)}@{domain}"


def read_message_id(text: str) -> int | None:
    """The ``Id`` of the first mail of ours that ``text`` names by its ``Message-ID``; ``None`` if it names none."""
    return _proven(_MESSAGE_ID, text)


def read_envelope_sender(text: str) -> int | None:
    """The ``Id`` of the mail that an address in ``text`` stands for (see ``envelope_sender``)."""
    return _proven(_ADDRESS, text)


def _token(email_id: int) -> str:
    return f"{email_id}-{_mark(email_id)}"


def _mark(email_id: int) -> str:
    made = hmac.new(settings.SECRET_KEY.encode(), f"kohomai mail {email_id}".encode(), "sha256")
    return made.hexdigest()[:_MARK_LENGTH]


def _proven(pattern: re.Pattern[str], text: str) -> int | None:
    for found in pattern.finditer(text):
        email_id = int(found[1])
        if email_id <= MAX_ID and hmac.compare_digest(found[2], _mark(email_id)):
            return email_id
    return None
