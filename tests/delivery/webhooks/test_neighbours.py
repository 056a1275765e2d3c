"""Receivers that hang delay no others. How much they do is measured by bench/delivery."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from kohomai.delivery.webhooks.sender import BATCH, NEW_HELD
from tests.delivery.support import Door, form, open_door, rows, stage, told, until
from tests.delivery.webhooks.receiver import Receiver, say
from tests.support.program import Program

HOSTS = 400


@pytest.fixture
def door(api: httpx.Client) -> Door:
    """A stage with a form."""
    return open_door(api, {"first": stage(form())})


def leads(receiver: Receiver) -> list[int]:
    """Whom what came is about."""
    return [one.json["data"]["Lead"]["Id"] for one in receiver.received]


def well(api: httpx.Client, receiver: Receiver) -> None:
    """Make it a webhook for new leads."""
    told(api.post("webhooks", json={"URL": receiver.url, "Events": ["lead.registered"]}))


def is_told_soon(door: Door, receiver: Receiver, times: int = 20) -> None:
    """One lead after the other, each within three seconds (they take a tenth of one, where nobody else works)."""
    for _ in range(times):
        lead = door.register()["Id"]
        until(lambda lead=lead: lead in leads(receiver), 3.0)


@contextmanager
def silence() -> Iterator[tuple[int, list[socket.socket]]]:
    """Takes connections at all addresses of loopback and never answers: its port, and who has called."""
    called: list[socket.socket] = []
    with socket.create_server(("0.0.0.0", 0), backlog=1_024) as server:

        def take() -> None:
            while True:
                try:
                    called.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield server.getsockname()[1], called
        server.shutdown(socket.SHUT_RDWR)
    for one in called:
        one.close()


def test_an_endpoint_that_hangs_delays_no_other(api: httpx.Client, door: Door) -> None:
    """Also when all it can be sent at the same time hangs already."""
    released = threading.Event()

    def hang(handler: Any, received: Any) -> None:
        released.wait(14)
        say(204)(handler, received)

    with Receiver() as receiver, Receiver(answer=hang) as hanging:
        well(api, hanging)
        for _ in range(30):
            door.register()
        until(lambda: len(hanging.received) == 16)
        well(api, receiver)
        is_told_soon(door, receiver)
        assert len(hanging.received) == 16, "more calls at the same time than there are places"
        released.set()


def test_however_many_hang_there_is_room_for_those_that_answer(
    program: Program, api: httpx.Client, door: Door
) -> None:
    """Four hundred leads, each with a webhook at a host of its own that never answers: more calls than are made at the
    same time in all."""
    with Receiver() as receiver, silence() as (port, called):
        well(api, receiver)
        is_told_soon(door, receiver, 1)
        bodies = [
            {
                "Email": f"lead-{number}@corp.example",
                "WebhookInput": {"URL": f"http://127.0.{1 + number // 100}.{1 + number % 100}:{port}/"},
            }
            for number in range(HOSTS)
        ]
        told(api.post(f"leads/batch?ref={door.ref}", json={"Items": bodies}))
        until(lambda: len(called) >= NEW_HELD)
        is_told_soon(door, receiver)
        assert len(called) <= NEW_HELD + BATCH < HOSTS
    sql = "UPDATE delivery_webhookdelivery SET status = 'GivenUp', ended_at = now() WHERE status = 'Waiting'"
    rows(program.database_url, sql)
