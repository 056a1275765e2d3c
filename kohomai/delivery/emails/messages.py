"""A mail as it goes over the wire: headers, text and HTML, envelope."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from typing import cast

from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import MIMEMixin, utf8_charset_qp

from kohomai.delivery.emails import tokens
from kohomai.delivery.emails.servers import Server
from kohomai.leads.contact import read_email


@dataclass(frozen=True, slots=True)
class Written:
    """What a mail says and to whom; ``unsubscribe`` is the address by which that is done, where it can be.
    ``automatic``: no program is to answer it."""

    id: int
    to: str
    subject: str
    text: str
    html: str | None
    automatic: bool
    unsubscribe: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What the server is given. ``international``: the address can be written in UTF-8 only (SMTPUTF8)."""

    sender: str
    recipient: str
    content: bytes
    international: bool


def compose(mail: Written, server: Server) -> Message:
    """The message. Raises ``ValueError`` (the rest of a sentence) when ``to`` is no address."""
    recipient = _in_ascii(mail.to)
    headers = {
        "From": _named(server.from_address, server.from_name),
        "Message-ID": tokens.message_id(mail.id),
    }
    if server.reply_to is not None:
        headers["Reply-To"] = _in_ascii(server.reply_to)
    if mail.automatic:
        headers["Auto-Submitted"] = "auto-generated"
        headers["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # what Exchange asks; reports are wanted
    made = EmailMultiAlternatives(mail.subject, mail.text, headers=headers)
    made.encoding = utf8_charset_qp  # whatever the server can carry, and however long the lines are
    if mail.html is not None:
        made.attach_alternative(mail.html, "text/html")
    sender = _in_ascii(server.from_address)
    if server.bounce_address is not None:
        sender = tokens.envelope_sender(mail.id, _in_ascii(server.bounce_address))
    # These the library would encode, where they have to be UTF-8 (SMTPUTF8), or fold, which not every reader undoes.
    first = f"To: {recipient}\r\n"
    if mail.unsubscribe is not None:
        first += f"List-Unsubscribe: <{mail.unsubscribe}>\r\n"
        first += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    rest = cast(MIMEMixin, made.message()).as_bytes(linesep="\r\n")
    return Message(
        sender,
        recipient,
        first.encode() + rest,
        not (recipient.isascii() and sender.isascii()),
    )


def _in_ascii(address: str) -> str:
    """An address with its domain as DNS has it; the part before the ``@`` stays. Raises ``ValueError``."""
    read = read_email(address)
    return f"{address.rpartition('@')[0]}@{read.domain}"


def _named(address: str, name: str | None) -> str:
    plain = _in_ascii(address)
    return plain if name is None else str(Address(name, addr_spec=plain))
