"""A batch of one workspace's mails, handed to its server on one connection, or a second one where that is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import monotonic

from django.conf import settings

from kohomai.delivery.database import AWAY, give_back
from kohomai.delivery.emails import rows, sealed, servers, unsubscribes
from kohomai.delivery.emails.connection import Connection, Rejected, Trouble
from kohomai.delivery.emails.messages import Written, compose
from kohomai.delivery.emails.rows import Claimed
from kohomai.delivery.emails.servers import Server

CONNECT_LIMIT = 40.0
"""Seconds for looking up, reaching, TLS and signing in, together."""
MAIL_LIMIT = 45.0
"""Seconds for handing over one mail."""
STALE = servers.LEASE - CONNECT_LIMIT - MAIL_LIMIT - 15.0
"""Seconds after which nothing is begun that was taken on lease: it may be another worker's soon."""
CONNECTIONS = 2
"""Connections that one batch is worth."""

NotePace = Callable[[int, float, bool], None]
"""Is told of a workspace's server how many seconds it took, and whether it failed."""


class Session:
    """One batch on its way. ``watch`` is called by another thread, now and then."""

    def __init__(self, mails: Sequence[Claimed], stopping: threading.Event, note_pace: NotePace) -> None:
        self.workspace_id = mails[0].workspace_id
        self._mails = mails
        self._stopping = stopping
        self._note_pace = note_pace
        self._began = monotonic()
        self._connection: Connection | None = None
        self._ends: float | None = None

    def watch(self, now: float) -> None:
        """End what takes too long."""
        connection, ends = self._connection, self._ends
        if connection is not None and ends is not None and now > ends:
            connection.end()

    def carry_out(self) -> None:
        """Send them, and write down what became of each. Raises when the database is away; what was not written down
        is taken again after its lease."""
        server = servers.find(self.workspace_id)
        if server is None:
            rows.end([mail.id for mail in self._mails], "Kept")
            return
        left = self._wanted()
        give_back()  # none of the database's connections is held while a server is waited for
        try:
            self._send(server, left)
        finally:
            if self._connection is not None:
                self._connection.close()

    def _wanted(self) -> list[Claimed]:
        """Those whose readers have not unsubscribed while the mail waited."""
        of = {mail.id: _subscription(mail) for mail in self._mails}
        ended = unsubscribes.ended_among([one for one in of.values() if one is not None])
        rows.end([number for number, one in of.items() if one in ended], "Suppressed")
        return [mail for mail in self._mails if of[mail.id] not in ended]

    def _send(self, server: Server, left: list[Claimed]) -> None:
        connections = 0
        while left:
            if self._stopping.is_set() or monotonic() - self._began > STALE:
                rows.give_back(left)
                return
            if self._connection is None:
                if connections == CONNECTIONS:
                    rows.give_back(left)
                    return
                connections += 1
                trouble = self._connect(server)
                if trouble is not None:
                    self._all_failed(left, trouble)
                    return
            self._send_one(server, left.pop(0))

    def _connect(self, server: Server) -> str | None:
        """Open a connection; why that did not work, where it did not."""
        began = monotonic()
        try:
            self._connection = Connection(server, settings.KOHOMAI_WEBHOOK_ALLOW, started=self._started)
        except Trouble as trouble:
            self._note_pace(self.workspace_id, monotonic() - began, True)
            return str(trouble)
        finally:
            self._ends = None
        self._note_pace(self.workspace_id, monotonic() - began, False)
        return None

    def _started(self, connection: Connection) -> None:
        """There is something that can be ended, before it is open."""
        self._connection, self._ends = connection, monotonic() + CONNECT_LIMIT

    def _send_one(self, server: Server, mail: Claimed) -> None:
        assert self._connection is not None
        began = monotonic()
        self._ends = began + MAIL_LIMIT
        failed = False
        try:
            self._connection.send(compose(_written(mail), server))
            self._note(lambda: rows.sent(mail))
        except Rejected as rejected:
            reason, recipient = str(rejected), rejected.recipient
            if rejected.permanent:
                self._note(lambda: rows.rejected(mail, reason, recipient=recipient))
            else:
                self._note(lambda: rows.failed(mail, reason))
        except Trouble as trouble:
            failed, why = True, str(trouble)
            self._note(lambda: rows.failed(mail, why))
        except ValueError as error:
            wrong = f"The address {error}."
            self._note(lambda: rows.rejected(mail, wrong, recipient=True))
        finally:
            self._ends = None
        if not self._connection.usable:
            self._connection.close()
            self._connection = None
        self._note_pace(self.workspace_id, monotonic() - began, failed)

    def _all_failed(self, mails: Sequence[Claimed], reason: str) -> None:
        for mail in mails:
            rows.failed(mail, reason)

    def _note(self, write: Callable[[], None]) -> None:
        """Write down what became of a mail; as long as the lease lasts it is tried again where the database is away,
        since what is not written down is sent once more."""
        self._ends = None
        pause = 0.1
        while True:
            try:
                write()
            except AWAY:
                give_back()
                if monotonic() - self._began + pause > servers.LEASE or self._stopping.wait(pause):
                    raise
                pause = min(5.0, pause * 2)
            else:
                give_back()
                return


def _subscription(mail: Claimed) -> unsubscribes.Subscription | None:
    if mail.category is None:
        return None
    return unsubscribes.subscription(mail.workspace_id, mail.category, mail.to, mail.lead_id)


def _written(mail: Claimed) -> Written:
    subscription = _subscription(mail)
    return Written(
        id=mail.id,
        to=mail.to,
        subject=mail.subject,
        text=_unsealed(mail.text),
        html=None if mail.html is None else _unsealed(mail.html),
        automatic=mail.kind != "message",
        unsubscribe=None if subscription is None else unsubscribes.url(subscription),
    )


def _unsealed(kept: str) -> str:
    try:
        return sealed.unseal(kept)
    except ValueError:
        raise Rejected(
            "What it says cannot be read any more: KOHOMAI_SECRET_KEY has changed.", permanent=True
        ) from None
