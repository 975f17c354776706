"""One request of aiohttp.web as the guard and the path rules see it.

The path rules, the proxies in front and the log know requests as ASGI scopes, so a request is shown as one.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import StreamReader, web

from digest_http.errors import MalformedField
from digest_http.guard.uploads import too_large

from .asgi import Scope
from .bodies import Pieces, announces_more
from .fronts import Front
from .shown_requests import ShownRequest

__all__ = ["Exchange"]


class Exchange(ShownRequest):
    """A request; see digest_http.guard.requests.Request. `limit`: octets of a body that may be read."""

    __slots__ = ("_limit", "_request", "method")

    def __init__(self, request: web.Request, front: Front, limit: int) -> None:
        super().__init__(_scope(request), front)
        self._request: Final = request
        self._limit: Final = limit
        self.method: Final = request.method.encode("utf-8", "surrogateescape")

    async def read_body(self) -> bytes:
        """See Request. The app reads the same octets again, whole or in pieces."""
        request = self._request
        if announces_more(self.scope, self._limit):
            raise too_large(self._limit)
        if not request.body_exists:
            return b""
        pieces = Pieces()
        try:
            async for piece in request.content.iter_any():
                if len(pieces) + len(piece) > self._limit:
                    raise too_large(self._limit)
                pieces.add(piece)
        except web.RequestPayloadError:
            raise MalformedField("The body did not come whole", reason="body") from None
        body = pieces.take()
        # A limit that is never reached: a full one would stop the reading of the connection.
        again = StreamReader(request.protocol, limit=len(body) + 1, loop=asyncio.get_running_loop())
        again.feed_data(body)
        again.feed_eof()
        # aiohttp has no public way to put a body back, but for one that is about to go (unread_data).
        inner: Any = request
        inner._payload = again  # noqa: SLF001
        inner._cache.pop("content", None)  # noqa: SLF001
        return body


def _scope(request: web.Request) -> Scope:
    raw_path, _, query = request.raw_path.encode("utf-8", "surrogateescape").partition(b"?")
    transport = request.transport
    # A socket of the internet has more than these two for IPv6; one of Unix has a path, which is no address.
    peer: tuple[str, int] | str | None = None if transport is None else transport.get_extra_info("peername")
    return {
        "type": "http",
        "method": request.method,
        "scheme": request.scheme,
        "http_version": f"{request.version.major}.{request.version.minor}",
        # As aiohttp's router reads it.
        "path": request.rel_url.path,
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.raw_headers],
        "client": (peer[0], peer[1]) if isinstance(peer, tuple) else None,
        "extensions": {},
        # For other ways to log in: what layers outside have left in it (a session).
        "aiohttp.request": request,
    }
