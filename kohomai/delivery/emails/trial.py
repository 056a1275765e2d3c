"""Trying a workspace's mail server: one mail, now, within a few seconds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from time import monotonic

from django.conf import settings

from kohomai.delivery import mail
from kohomai.delivery.emails import servers
from kohomai.delivery.emails.connection import Connection, Rejected, Trouble
from kohomai.delivery.emails.messages import Message, Written, compose
from kohomai.delivery.emails.servers import Server
from kohomai.engine.errors import Conflict, Fault
from kohomai.workspaces.checks import raise_faults

TIME_LIMIT = 10.0
"""Seconds for everything."""
_SILENCE = 8.0
_threads = ThreadPoolExecutor(4, thread_name_prefix="smtp-test")


@dataclass(frozen=True, slots=True)
class Result:
    """Whether the server took the mail; else why not, in plain words. ``took`` is in milliseconds."""

    accepted: bool
    reason: str | None
    took: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A test mail that is ready to be handed over."""

    server: Server
    message: Message

    def run(self) -> Result:
        """Hand it over; takes up to ``TIME_LIMIT`` seconds, and no transaction."""
        began = monotonic()
        reason = _send(self.server, self.message)
        return Result(reason is None, reason, round((monotonic() - began) * 1000))


def prepare(workspace_id: int, to: object) -> Trial:
    """A test mail to an address. It is no mail of the outbox.

    Raises ``Invalid`` for a bad address, ``Conflict`` where no server is set.
    """
    faults: list[Fault] = []
    address = servers.read_address(to, "/To", faults, required=True)
    raise_faults(faults)
    assert address is not None
    server = servers.find(workspace_id)
    if server is None:
        raise Conflict("No mail server is set: PUT /api/v1/workspace/smtp sets one.")
    words = mail.render(workspace_id, kind="smtp_test", to=address, context={"Host": server.host})
    written = Written(0, address, words.subject, words.text, words.html, automatic=True)
    return Trial(server, compose(written, server))


def _send(server: Server, message: Message) -> str | None:
    """Why it was not taken, if it was not."""
    opened: list[Connection] = []
    sending = _threads.submit(_hand_over, server, message, opened)
    try:
        return sending.result(TIME_LIMIT)
    except TooLate:
        for connection in opened:
            connection.end()
        return f"The server did not take the mail within {TIME_LIMIT:g} seconds."


def _hand_over(server: Server, message: Message, opened: list[Connection]) -> str | None:
    try:
        connection = Connection(
            server, settings.KOHOMAI_WEBHOOK_ALLOW, silence=_SILENCE, started=opened.append
        )
        try:
            connection.send(message)
        finally:
            connection.close()
    except (Trouble, Rejected) as error:
        return str(error)
    return None
