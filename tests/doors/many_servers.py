"""uvicorn with both of its parsers, hypercorn and granian in one process: each without a root path and with one.

usage: python -m tests.doors.many_servers PORT...: eight free ports.
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from granian.constants import Interfaces
from granian.server.embed import Server as Granian
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
        granian = Granian(
            app, HOST, next(each), interface=Interfaces.ASGINL, url_path_prefix=root or None, log_enabled=False
        )
        running.append(granian.serve())
        running.append(serve(app, hypercorn, shutdown_trigger=asyncio.Event().wait))
    await asyncio.gather(*running)


if __name__ == "__main__":
    asyncio.run(main([int(port) for port in sys.argv[1:]]))
