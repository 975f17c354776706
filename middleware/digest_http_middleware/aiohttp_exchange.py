"""One request of aiohttp.web as the guard and the path rules see it.

The path rules, the proxies in front and the log know requests as ASGI scopes, so a request is shown as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final
from urllib.parse import unquote

from aiohttp import web

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.errors import MalformedField
from digest_http.guard.uploads import too_large

from .aiohttp_streams import stream_of
from .asgi import Scope
from .content_lengths import announces_more
from .fronts import Front
from .held_bodies import HeldBody
from .shown_requests import ShownRequest

__all__ = ["Exchange", "root_of"]


class Exchange(ShownRequest):
    """A request; see digest_http.guard.requests.Request. `limit`: octets of a body that may be read.

    `root`: see root_of. `spool_above`, `held`: see HeldBody; who has made the exchange closes what is held.
    """

    __slots__ = ("_limit", "_request", "_spool_above", "held", "method")

    def __init__(
        self, request: web.Request, front: Front, limit: int, spool_above: int | None = None, root: str = ""
    ) -> None:
        super().__init__(_scope(request, root), front)
        self._request: Final = request
        self._limit: Final = limit
        self._spool_above: Final = spool_above
        self.method: Final = request.method.encode("utf-8", "surrogateescape")
        self.held: HeldBody | None = None

    async def hash_body(self, algorithm: Algorithm, /) -> bytes:
        """See Request. The app reads the same octets again, whole or in pieces."""
        request, limit = self._request, self._limit
        if announces_more(self.scope, limit):
            raise too_large(limit)
        if not request.body_exists:
            return calculation.entity_hash(algorithm, b"")
        self.held = held = HeldBody(algorithm, limit, self._spool_above)
        try:
            async for piece in request.content.iter_any():
                if held.add(piece):
                    await held.spill_aside()
        except (web.RequestPayloadError, ConnectionError):
            # The second is a connection that was lost (aiohttp says that so).
            raise MalformedField("The body did not arrive whole", reason="body") from None
        # aiohttp has no public way to put a body back, but for one that is about to go (unread_data).
        inner: Any = request
        inner._payload = stream_of(held, request)  # noqa: SLF001
        inner._cache.pop("content", None)  # noqa: SLF001
        return held.hentity


def root_of(app: web.Application, apps: Sequence[web.Application]) -> str:
    """The path below which an app has its routes: "" for the whole app, for a sub-app what it was added with.

    `apps`: those that a request goes through, the whole one first.
    """
    root = ""
    for outer, inner in pairwise(apps):
        if outer is app:
            break
        found = (resource.get_info() for resource in outer.router.resources())
        # The prefix has those of the apps around it; a sub-app for a host has none of its own.
        root = next((info["prefix"] for info in found if info.get("app") is inner and "prefix" in info), root)
    return unquote(root)


def _scope(request: web.Request, root: str) -> Scope:
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
        "root_path": root,
        "headers": [(name.lower(), value) for name, value in request.raw_headers],
        "client": (peer[0], peer[1]) if isinstance(peer, tuple) else None,
        "extensions": {},
        # For other ways to log in: what layers outside have left in it (a session).
        "aiohttp.request": request,
    }
