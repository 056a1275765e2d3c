"""The bare loop: the same client and signing, with nothing else: `python -m bench.lib.bare URL COUNT`.

Prints how many a second were answered.
"""

from __future__ import annotations

import asyncio
import ipaddress
import sys
import time

import orjson
from standardwebhooks import Webhook

from kohomai.delivery.webhooks import signing
from kohomai.delivery.webhooks.client import Client

AT_ONCE = 16
"""Calls at the same time: as many as the worker makes to one endpoint."""
EVENT = {
    "type": "activity.opened",
    "timestamp": "2026-11-23T10:00:00.000Z",
    "data": {
        "Lead": {"Id": 4, "Email": "johndoe@bench.example", "Firstname": "John", "Lastname": "Doe"},
        "Journey": {"Id": 9, "Funnel": {"Id": 7}},
        "Text": "x" * 300,
    },
}


async def main(url: str, count: int) -> None:
    """Send so many."""
    client = Client([ipaddress.ip_network("127.0.0.0/8")])
    signer = Webhook(signing.new_secret())
    left = iter(range(200))

    async def send() -> None:
        for number in left:
            body = orjson.dumps(EVENT)
            headers = signing.headers(f"evt_{number}", body, [signer])
            answer = await client.call(url, headers=headers, body=body)
            assert answer.status == 204

    await asyncio.gather(*(send() for _ in range(100)))  # warms up
    left = iter(range(count))
    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    print(f"{count / (time.perf_counter() - began):.1f}")
    client.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
