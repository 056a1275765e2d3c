"""A real SMTP server on loopback, in a thread of its own, that notes what it takes and answers as a test wants."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import httpx
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.delivery.support import told

logging.getLogger("mail.log").setLevel(logging.ERROR)
Answer = Callable[[str], str | None]
"""What a command is answered, by its address; ``None`` takes it."""
HANG = "hang"
DROP = "drop"


@dataclass(frozen=True, slots=True)
class Taken:
    """One mail that was taken."""

    sender: str
    recipient: str
    content: bytes
    options: tuple[str, ...]
    peer: int

    @property
    def message(self) -> EmailMessage:
        """The mail, read."""
        found = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def part(self, subtype: str) -> str:
        """The text of one of its two parts."""
        body = self.message.get_body((subtype,))
        assert body is not None
        text: str = body.get_content()
        return text


@dataclass
class Mailbox:
    """The server. ``recipient`` and ``data`` say what is answered; ``password`` is what lets in, if anything is
    asked. ``most`` is how many connections there were at the same
    time."""

    recipient: Answer = lambda _: None
    data: Answer = lambda _: None
    password: str | None = None
    tls: ssl.SSLContext | None = None
    at_once: bool = False
    taken: list[Taken] = field(default_factory=list)
    most: int = 0
    _open: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Mailbox:
        box = self

        class Counted(SMTP):
            def connection_made(self, transport: Any) -> None:
                with box._lock:
                    box._open += 1
                    box.most = max(box.most, box._open)
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                with box._lock:
                    box._open -= 1
                super().connection_lost(error)

        class Server(Controller):
            def factory(self) -> SMTP:
                return Counted(self.handler, **self.SMTP_kwargs)

        wanted = box.password is not None
        self._controller = Server(
            self,
            hostname="127.0.0.1",
            port=0,
            enable_SMTPUTF8=True,
            authenticator=self._authenticate if wanted else None,
            auth_required=wanted,
            auth_require_tls=False,
            ssl_context=self.tls if self.at_once else None,
            tls_context=None if self.at_once else self.tls,
        )
        self._controller.port = free_port()
        self._controller.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._controller.stop(no_assert=True)

    @property
    def peers(self) -> set[int]:
        """The connections by which mails were taken."""
        return {one.peer for one in self.taken}

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.port)

    def set(self, api: httpx.Client, **more: Any) -> dict[str, Any]:
        """Make it the workspace's mail server."""
        found: dict[str, Any] = told(api.put("workspace/smtp", json=self.settings(**more)))
        return found

    def settings(self, **more: Any) -> dict[str, Any]:
        """What names it to the API."""
        return {
            "Host": "127.0.0.1",
            "Port": self.port,
            "Security": "None",
            "FromAddress": "hello@myapp.example",
            "FromName": "My app",
            **more,
        }

    # --- what aiosmtpd asks -----------------------------------------------------------------------------------

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, how: str, data: Any
    ) -> AuthResult:
        good = bytes(data.password).decode() == self.password
        return AuthResult(success=good, handled=good)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient or not."""
        answer = await self._answered(server, self.recipient(address))
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail or not."""
        answer = await self._answered(server, self.data(envelope.rcpt_tos[0]))
        if answer is not None:
            return answer
        assert isinstance(envelope.content, bytes)
        peer = session.peer[1] if session.peer else 0
        options = tuple(str(one) for one in envelope.mail_options)
        self.taken.append(
            Taken(str(envelope.mail_from), envelope.rcpt_tos[0], envelope.content, options, peer)
        )
        return "250 Taken"

    async def _answered(self, server: SMTP, answer: str | None) -> str | None:
        if answer == HANG:
            await asyncio.sleep(120)
        if answer == DROP:
            assert server.transport is not None
            server.transport.abort()
        return answer


def free_port() -> int:
    """A port that nobody listens on just now."""
    from tests.support.program import free_port as found

    return found()
