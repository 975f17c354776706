"""Both libraries, blocking and asynchronous, behind one face."""

import asyncio
import importlib
from typing import Any

import pytest

from digest_http_client_auth import httpx as for_httpx
from digest_http_client_auth import httpx2 as for_httpx2

PLUGS: dict[str, Any] = {"httpx": for_httpx, "httpx2": for_httpx2}


class Caller:
    """A library in one of its two ways. `handler(request) -> response` stands for the network."""

    def __init__(self, name, *, blocking):
        self.library: Any = importlib.import_module(name)
        self.DigestAuth: Any = PLUGS[name].DigestAuth
        self.blocking = blocking

    def call(self, handler, *requests, auth, **settings):
        """Send (method, url, keywords) one after the other with one client; return the responses."""
        if self.blocking:
            with self.library.Client(transport=self.transport(handler), auth=auth, **settings) as client:
                return [client.request(method, url, **keywords) for method, url, keywords in requests]
        return asyncio.run(self._call(handler, requests, auth, settings))

    async def _call(self, handler, requests, auth, settings):
        async with self.library.AsyncClient(transport=self.transport(handler), auth=auth, **settings) as client:
            return [await client.request(method, url, **keywords) for method, url, keywords in requests]

    def get(self, handler, *urls, auth, **settings):
        """GET some URLs; return the responses."""
        return self.call(handler, *(("GET", url, {}) for url in urls), auth=auth, **settings)

    def transport(self, handler):
        """A transport that reads the body from its stream, as a connection would, each time it is sent."""
        library = self.library

        def respond(request, body):
            response = handler(request, body)
            return response if not isinstance(response, tuple) else as_response(library, *response)

        def handle_request(_, request):
            return respond(request, b"".join(request.stream))

        async def handle_async_request(_, request):
            return respond(request, b"".join([chunk async for chunk in request.stream]))

        return transport_of(library, handle_request, handle_async_request)


def transport_of(library, handle_request, handle_async_request):
    """A transport of a library, for both of its ways."""
    methods = {"handle_request": handle_request, "handle_async_request": handle_async_request}
    return type("Wire", (library.BaseTransport, library.AsyncBaseTransport), methods)()


def stream_of(library, iterate, iterate_async=None):
    """A body stream of a library."""
    if iterate_async is None:
        return type("Body", (library.SyncByteStream,), {"__iter__": iterate})()
    bases = (library.SyncByteStream, library.AsyncByteStream)
    return type("Body", bases, {"__iter__": iterate, "__aiter__": iterate_async})()


def as_response(library, status, headers, body):
    """A response whose body comes as a stream, as from a connection."""

    def iterate(_):
        yield body

    async def iterate_async(_):
        yield body

    octets = [
        (name.encode(), value if isinstance(value, bytes) else value.encode("latin-1")) for name, value in headers
    ]
    return library.Response(status, headers=octets, stream=stream_of(library, iterate, iterate_async))


def session_of(auth):
    """What an auth object keeps: some tests look into it, since it is what must not leak or grow."""
    return auth._session  # noqa: SLF001  # see above


def served_by(server):
    """A handler that lets a StrictServer answer."""

    def handler(request, body):
        fields = {name.decode().lower(): value.decode("utf-8") for name, value in request.headers.raw}
        target = request.extensions.get("target", request.url.raw_path).decode()
        return server.answer(request.method, target, fields, body)

    return handler


@pytest.fixture(params=["httpx", "httpx-async", "httpx2", "httpx2-async"])
def caller(request):
    """Each library in each of its ways."""
    name, _, way = request.param.partition("-")
    return Caller(name, blocking=not way)


@pytest.fixture(params=["httpx", "httpx2"])
def plain(request):
    """Each library, blocking: for what does not depend on the way."""
    return Caller(request.param, blocking=True)
