"""aiohttp's client and, at the other end of a pair of connected sockets, aiohttp's server. No port is opened."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

from digest_http_client_auth.aiohttp import DigestAuth

from .strict_server import StrictServer

__all__ = ["LONG", "URL", "Handler", "Wire", "answered", "auth", "fields_of", "read", "run", "served_by", "statuses"]

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
T = TypeVar("T")

#: A URL with what must not be changed on the way.
URL = "http://server.example/a/b?c=%2F&d"

#: More than goes into a socket at once.
LONG = bytes(range(256)) * 1024


class Wire(aiohttp.BaseConnector):
    """A connector whose connections all lead to `handler`. `made` counts them."""

    def __init__(self, handler: Handler) -> None:
        super().__init__()
        self._serve = web.Server(handler, access_log=None)
        self.made = 0

    async def _create_connection(self, *_: Any) -> Any:
        self.made += 1
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        await loop.connect_accepted_socket(self._serve, theirs)
        pair = await loop.create_connection(self._factory, sock=ours)
        return pair[1]

    async def finish(self) -> None:
        """End the server's side."""
        await self._serve.shutdown(1)


def run(handler: Handler, use: Callable[[aiohttp.ClientSession], Coroutine[Any, Any, T]], **settings: Any) -> T:
    """What `use` gives for a session whose requests `handler` answers."""

    async def main() -> T:
        wire = Wire(handler)
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(connector=wire, timeout=timeout, **settings) as client:
            result = await use(client)
        await wire.finish()
        return result

    return asyncio.run(main())


def fields_of(request: web.BaseRequest) -> dict[str, str]:
    """The fields of a request as a StrictServer reads them."""
    return {name.lower(): value for name, value in request.headers.items()}


async def read(request: web.BaseRequest) -> bytes:
    """The body of a request, of whatever length; it is asked for if the client waits for that."""
    if request.headers.get("Expect") and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return await request.content.read()


def answered(status: int, fields: list[tuple[str, str]], content: bytes) -> web.Response:
    """A response of aiohttp's server."""
    response = web.Response(status=status, body=content)
    for name, value in fields:
        response.headers.add(name, value)
    return response


def served_by(server: StrictServer) -> Handler:
    """A handler that lets a StrictServer answer."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        body = await read(request)
        return answered(*server.answer(request.method, request.raw_path, fields_of(request), body))

    return handler


def auth(**settings: Any) -> DigestAuth:
    """The usual user."""
    return DigestAuth("alice", "s3cret", **settings)


def statuses(
    handler: Handler, digest: DigestAuth, *urls: str, method: str = "GET", **keywords: Any
) -> list[tuple[int, bytes]]:
    """What a session gets for some URLs, one after the other."""

    async def use(client: aiohttp.ClientSession) -> list[tuple[int, bytes]]:
        found = []
        for url in urls:
            async with client.request(method, url, **keywords) as answer:
                found.append((answer.status, await answer.read()))
        return found

    return run(handler, use, middlewares=(digest,))
