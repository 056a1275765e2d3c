"""A small client of the API: one connection that is kept open, and taken up again when it breaks."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kohomai.site.failures import Refusal

TRIES = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered."""

    status: int
    json: Any

    @property
    def ok(self) -> bool:
        """Whether it did what it was asked."""
        return 200 <= self.status < 300

    @property
    def faults(self) -> str:
        """Why not, in one line."""
        if not isinstance(self.json, dict):
            return f"answered {self.status}"
        named = [
            f"{error.get('pointer') or error.get('parameter') or ''} {error.get('detail', '')}".strip()
            for error in self.json.get("errors") or ()
        ]
        return "; ".join(named) or str(self.json.get("detail") or self.json.get("title") or self.status)


class Client:
    """Calls one server with one key; for one thread."""

    def __init__(self, base_url: str, key: str) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refusal(f"{base_url} is no http or https address.")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.base_url = base_url
        self.connection = kind(parts.hostname, parts.port, timeout=60)
        self.prefix = parts.path.rstrip("/") + "/api/v1"
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Call, and call again when the connection breaks or the server asks to wait.

        Every call of the demo can be repeated: a lead registered twice is the same lead.
        Raises Refusal when the server cannot be reached.
        """
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        reason = ""
        for tried in range(TRIES):
            if tried:
                time.sleep(min(5.0, 0.2 * 2.0**tried))
            try:
                self.connection.request(method, self.prefix + path, data, {**self.headers, **headers})
                response = self.connection.getresponse()
                answer = Answer(response.status, read_json(response.read()))
            except (OSError, http.client.HTTPException) as error:
                self.connection.close()
                reason = str(error) or type(error).__name__
                continue
            if answer.status not in (429, 502, 503):
                return answer
            reason = answer.faults
        raise Refusal(f"{self.base_url} does not answer ({reason}). Is Kohomai running there?")

    def must(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Call what must succeed, and give its JSON. Raises Refusal."""
        answer = self.call(method, path, body, **headers)
        if not answer.ok:
            raise Refusal(f"{method} {path} was refused ({answer.status}): {answer.faults}")
        return answer.json

    def every(self, path: str) -> Iterator[Any]:
        """All items of a list, page by page."""
        joined = "&" if "?" in path else "?"
        following = f"{path}{joined}limit=200"
        while True:
            page = self.must("GET", following)
            yield from page["Items"]
            if not page["Next"]:
                return
            following = f"{path}{joined}limit=200&cursor={page['Next']}"


def read_json(content: bytes) -> Any:
    """The JSON of an answer; None where it is none."""
    try:
        return json.loads(content)
    except ValueError:
        return None
