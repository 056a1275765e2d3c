"""A receiver of webhooks that answers at once, or never: `python -m bench.lib.receiver LOG [hang]`.

Prints its port, then writes a line for each request to LOG: the time, the endpoint's path, the message id, the lead.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_ID = re.compile(rb"webhook-id: *(\S+)", re.IGNORECASE)
_LEAD = re.compile(rb'"Lead":\{"Id":(\d+)')


async def main(log: str, hang: bool) -> None:
    """Serve until killed."""
    with open(log, "ab", buffering=0) as output:

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = _LENGTH.search(head)
                    body = await reader.readexactly(int(length[1]) if length else 0)
                    if hang:
                        await asyncio.sleep(3600)
                    message, lead = _ID.search(head), _LEAD.search(body)
                    path = head.split(b" ", 2)[1]
                    line = b"%.6f %s %s %s\n" % (
                        time.time(),
                        path,
                        message[1] if message else b"-",
                        lead[1] if lead else b"-",
                    )
                    output.write(line)
                    writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], "hang" in sys.argv[2:]))
