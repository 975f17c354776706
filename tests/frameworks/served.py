"""The sites of the live tests over sockets, in a thread: those of ASGI under uvicorn, and aiohttp's by itself.

Under uvicorn the field `X-Site` names the site and its qop, as in "Quart|auth".
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from aiohttp import web

from tests.frameworks.sites import SITES
from tests.frameworks.wsgi_sites import POLICY

__all__ = ["HOST", "served"]

HOST = "127.0.0.1"

#: Seconds in which a loaded machine has opened two ports.
PATIENCE = 120


@functools.cache
def door(name: str, qop: str) -> Any:
    """A site, made once."""
    return SITES[name].make({**POLICY, "qop": [qop]})


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Hand a request to the site that it names."""
    name, qop = dict(scope["headers"])[b"x-site"].decode().split("|")
    await door(name, qop)(scope, receive, send)


class Opening(uvicorn.Server):
    """A server that says when it is open. `other` is the port of aiohttp's."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.opened = threading.Event()
        self.other = 0

    async def startup(self, *arguments: Any, **keywords: Any) -> None:
        """Open the port."""
        await super().startup(*arguments, **keywords)
        self.opened.set()


@contextmanager
def served() -> Iterator[tuple[int, int]]:
    """The ports of uvicorn and of aiohttp, while both serve."""
    server = Opening(uvicorn.Config(app, HOST, 0, log_level="warning", lifespan="off"))

    async def serve() -> None:
        runner = web.AppRunner(door("aiohttp.web", "auth-int")(), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        server.other = runner.addresses[0][1]
        await server.serve()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert server.opened.wait(PATIENCE)
        yield server.servers[0].sockets[0].getsockname()[1], server.other
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
