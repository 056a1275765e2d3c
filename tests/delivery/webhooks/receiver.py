"""A receiver of webhooks on loopback that notes what comes and answers as a test wants it to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["BaseHTTPRequestHandler", "Received"], None]


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def message_id(self) -> str:
        """What ``webhook-id`` said."""
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


def say(status: int, body: bytes = b"", **headers: str) -> Answer:
    """Answers with a status, headers and a body."""

    def answer(handler: BaseHTTPRequestHandler, _: Received) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@dataclass
class Receiver:
    """The server; ``answer`` can be changed at any time."""

    answer: Answer = field(default_factory=lambda: say(204))
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> Receiver:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                received = Received(self.path, headers, body)
                receiver.received.append(received)
                receiver.answer(self, received)

            do_GET = do_PUT = do_PATCH = do_DELETE = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Clients hang up in these tests."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def ids(self) -> list[str]:
        """The ids that came, each where it came first."""
        return list(dict.fromkeys(one.message_id for one in self.received))


def holds(received: Received, secret: str) -> bool:
    """Whether a signature holds: from the specification, without the library."""
    assert secret.startswith("whsec_")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = b".".join(
        [received.message_id.encode(), received.headers["webhook-timestamp"].encode(), received.body]
    )
    expected = base64.b64encode(hmac.digest(key, said, hashlib.sha256)).decode()
    given = [one.partition(",") for one in received.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(one, expected) for version, _, one in given)
