"""A connection to a workspace's mail server: opened to a checked address, used for several mails, bounded in time.

What goes wrong is said in plain words. A fault of the server or of the way there (``Trouble``) says nothing of the
mail, which is tried again; what the server says of a mail is ``Rejected``.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from kohomai.delivery.emails import tokens
from kohomai.delivery.emails.messages import Message
from kohomai.delivery.emails.servers import Server
from kohomai.delivery.webhooks.addresses import Refused, looked_up
from kohomai.delivery.webhooks.client import tls_context
from kohomai.leads.webhooks import Network

CONNECT_LIMIT = 10.0
"""Seconds for reaching one address."""
ANSWER_LIMIT = 30.0
"""Seconds the server may be silent."""
ANSWER_BYTES = 64_000
"""Bytes of one answer, of however many lines."""

_OURS_TO_MEND = frozenset({530, 534, 535, 538})
"""Refusals that say something of how we signed in, and nothing of the mail (RFC 4954)."""


class Trouble(Exception):
    """The server could not be used; says why."""


class Rejected(Exception):
    """The server does not take this mail. ``permanent``: it never will; ``recipient``: because of whom it is for."""

    def __init__(self, reason: str, *, permanent: bool, recipient: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.recipient = recipient


class _Answers:
    """What the server says, one answer at a time, none of which is without end."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.left = ANSWER_BYTES

    def readline(self, size: int) -> bytes:
        """The next line. Raises ``OSError`` when the answer is longer than any."""
        line: bytes = self._file.readline(size)
        self.left -= len(line)
        if self.left < 0:
            raise OSError("the answer has no end")
        return line

    def close(self) -> None:
        """Close it."""
        self._file.close()


class _Talk(smtplib.SMTP):
    """SMTP with one of the checked addresses, spoken to by the server's name."""

    def __init__(self, address: str, tls: ssl.SSLContext | None, silence: float) -> None:
        super().__init__(local_hostname=tokens.site(), timeout=min(CONNECT_LIMIT, silence))
        self._address, self._silence, self._at_once = address, silence, tls
        self.handle: socket.socket | None = None

    def reach(self, server: Server) -> None:
        """Connect, and hear that it serves us. Raises what smtplib raises."""
        self._host = server.host
        code, said = self.connect(server.host, server.port)
        if code != 220:
            self.close()
            raise smtplib.SMTPConnectError(code, said)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        wire = socket.create_connection((self._address, port), timeout)
        # A second handle on the connection: by it another thread can end it, whatever this one waits for.
        self.handle = wire.dup()
        wire.settimeout(self._silence)
        if self._at_once is None:
            return wire
        return self._at_once.wrap_socket(wire, server_hostname=host)

    def getreply(self) -> tuple[int, bytes]:
        """The next answer."""
        if self.file is None and self.sock is not None:
            self.file = _Answers(self.sock.makefile("rb"))
        if self.file is not None:
            self.file.left = ANSWER_BYTES
        return super().getreply()

    def end(self) -> None:
        """End the connection, from any thread."""
        if self.handle is not None:
            with contextlib.suppress(OSError):
                self.handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        if self.handle is not None:
            self.handle.close()
            self.handle = None


class Connection:
    """An open connection to a mail server, signed in where the workspace has a user name."""

    def __init__(
        self,
        server: Server,
        networks: Sequence[Network],
        *,
        tls: ssl.SSLContext | None = None,
        silence: float = ANSWER_LIMIT,
        started: Callable[[Connection], None] | None = None,
    ) -> None:
        """Open it. ``started`` is told at once of what may be ended meanwhile. Raises ``Trouble``."""
        self._talk: _Talk | None = None
        self._ended = False
        if started is not None:
            started(self)
        try:
            self._open(server, networks, tls or _trusting(), silence)
        except BaseException as error:
            self.close()
            if isinstance(error, (OSError, smtplib.SMTPException, Refused, UnicodeError, ValueError)):
                raise Trouble(_why(error, self._ended)) from None
            raise

    def send(self, message: Message) -> None:
        """Hand over one mail. Raises ``Rejected``, after which the connection may be used on, and ``Trouble``, after
        which it is closed."""
        if self._talk is None:
            raise Trouble("The connection was closed before the mail was taken.")
        try:
            self._talk.sendmail(
                message.sender,
                [message.recipient],
                message.content,
                ["SMTPUTF8"] if message.international else [],
            )
        except smtplib.SMTPNotSupportedError:
            raise Rejected(
                "The server cannot write to addresses with such letters (it has no SMTPUTF8).", permanent=True
            ) from None
        except smtplib.SMTPServerDisconnected as error:
            self.close()
            raise Trouble(_why(error, self._ended)) from None
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise self._rejected("the recipient", code, said, recipient=True) from None
        except smtplib.SMTPSenderRefused as error:
            raise self._rejected("the sender", error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPResponseException as error:
            raise self._rejected("the mail", error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException, UnicodeError, ValueError) as error:
            self.close()
            raise Trouble(_why(error, self._ended)) from None

    @property
    def usable(self) -> bool:
        """Whether another mail can be handed over."""
        return self._talk is not None and not self._ended

    def end(self) -> None:
        """End it now, from any thread: it has taken too long."""
        self._ended = True
        talk = self._talk
        if talk is not None:
            talk.end()

    def close(self) -> None:
        """Take leave, where that is still possible, and close it."""
        talk, self._talk = self._talk, None
        if talk is None:
            return
        with contextlib.suppress(OSError, smtplib.SMTPException, ValueError):
            if talk.sock is not None and not self._ended:
                talk.sock.settimeout(1.0)
                talk.quit()
        talk.close()

    def _open(self, server: Server, networks: Sequence[Network], tls: ssl.SSLContext, silence: float) -> None:
        encrypted = server.security != "None"
        addresses = looked_up(server.host, networks, encrypted=encrypted)
        talk = self._reach(server, addresses, tls if server.security == "TLS" else None, silence)
        talk.ehlo_or_helo_if_needed()
        if server.security == "StartTLS":
            if not talk.has_extn("starttls"):
                raise Refused("The server does not offer STARTTLS.")
            talk.starttls(context=tls)
            talk.ehlo_or_helo_if_needed()
        if server.username is not None:
            talk.login(server.username, _password(server))

    def _reach(
        self, server: Server, addresses: Sequence[str], tls: ssl.SSLContext | None, silence: float
    ) -> _Talk:
        """The first of the addresses that can be reached; what the last one failed of is raised."""
        for address in addresses:
            talk = self._talk = _Talk(address, tls, silence)
            try:
                talk.reach(server)
            except (ConnectionError, TimeoutError):
                if address == addresses[-1] or self._ended:
                    raise
                talk.close()
            else:
                return talk
        raise Refused("The server's name has no address.")

    def _rejected(self, what: str, code: int, said: Any, *, recipient: bool = False) -> Exception:
        reason = f"The server refused {what}: {_answer(code, said)}"
        if self._talk is not None and self._talk.sock is None:
            self.close()  # 421: it hangs up
        if code in _OURS_TO_MEND:
            self.close()
            return Trouble(reason)
        return Rejected(reason, permanent=500 <= code < 600, recipient=recipient)


@lru_cache(maxsize=1)
def _trusting() -> ssl.SSLContext:
    return tls_context(None)


def _password(server: Server) -> str:
    try:
        return server.password()
    except ValueError:
        raise Refused("The password of the mail server cannot be read any more: set it again.") from None


def _answer(code: int, said: Any) -> str:
    """What a server answered, in one line of printable text."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"{code} {' '.join(shown.split())}"[:400].strip()


def _why(error: BaseException, ended: bool) -> str:
    """What went wrong, as a sentence."""
    if ended or isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "The server took too long to answer."
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The server's certificate is not valid: {error.verify_message.rstrip('.')}."
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or 'no reason given'})."
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"The server refused to sign us in: {_answer(error.smtp_code, error.smtp_error)}"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "The server closed the connection."
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0:
        return f"The server does not serve us: {_answer(error.smtp_code, error.smtp_error)}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "The server does not offer to sign in."
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPResponseException):
        return "The server and we have no way of signing in that both know."
    if isinstance(error, ConnectionRefusedError):
        return "The connection was refused."
    if isinstance(error, socket.gaierror):
        return "The server's name has no address."
    if isinstance(error, ConnectionError):
        return "The server closed the connection."
    if isinstance(error, OSError) and error.strerror and not isinstance(error, smtplib.SMTPException):
        return f"The server cannot be reached ({error.strerror})."
    return "What the server answered is not SMTP."
