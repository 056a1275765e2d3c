"""A service on loopback that knows companies, and whatever else a service may do to those who ask it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from tests.delivery.support import told

SIZE = [{"DataPoint": "Company size", "Path": "$.size"}]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Knows:
    """The service; ``answer`` says what it answers: a status, a body (JSON unless it is bytes), headers. It may take
    its time."""

    answer: Callable[[Asked], tuple[int, Any] | tuple[int, Any, dict[str, str]]]
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> Knows:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, body, time.monotonic())
                service.asked.append(asked)
                status, said, *more = service.answer(asked)
                sent = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                for name, value in (more[0] if more else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_GET = do_POST = do_PUT = _answer

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Clients hang up in these tests."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def provider(self, api: httpx.Client, **more: Any) -> dict[str, Any]:
        """Have the workspace ask it; what the API answered."""
        sent = {"Name": "Acme Data", "URL": self.base + "/?d={{ Domain }}", "Mapping": SIZE, **more}
        made: dict[str, Any] = told(api.post("enrichment-providers", json=sent))
        return made


def sizes(**known: int) -> Callable[[Asked], tuple[int, Any]]:
    """Knows the sizes of companies by the first label of their domain; of others it knows nothing (404)."""

    def answer(asked: Asked) -> tuple[int, Any]:
        label = asked.path.partition("=")[2].partition(".")[0]
        return (200, {"size": known[label]}) if label in known else (404, {})

    return answer
