"""uvicorn with both of its parsers, and hypercorn, in one process: each without a root path and with one.

usage: python -m tests.doors.many_servers PORT...: six free ports.
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from hypercorn.asyncio import serve
from hypercorn.config import Config

from tests.doors.door import app

HOST = "127.0.0.1"


async def main(ports: list[int]) -> None:
    """Serve until the process is ended."""
    each = iter(ports)
    running = []
    for root in ("", "/svc"):
        for http, sockets in (("h11", "wsproto"), ("httptools", "websockets-sansio")):
            config = uvicorn.Config(
                app, HOST, next(each), http=http, ws=sockets, root_path=root, log_level="critical", lifespan="off"
            )
            running.append(uvicorn.Server(config)._serve())  # noqa: SLF001  # serve() would take the signals
        hypercorn = Config()
        hypercorn.bind, hypercorn.root_path, hypercorn.errorlog = [f"{HOST}:{next(each)}"], root, None
        running.append(serve(app, hypercorn, shutdown_trigger=asyncio.Event().wait))
    await asyncio.gather(*running)


if __name__ == "__main__":
    asyncio.run(main([int(port) for port in sys.argv[1:]]))
