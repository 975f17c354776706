"""One ASGI connection as the guard sees it (digest_http.guard.requests.Request)."""

from __future__ import annotations

from typing import Final

from .asgi import Headers, Receive, Scope
from .bodies import read_body, replay
from .fronts import Front

__all__ = ["Connection"]


class Connection:
    """An http or websocket connection. `receive` gives the app the body, also where it was read before.

    `limit`: octets of a body that may be read. `method` is that of the request: ASGI shows a websocket handshake
    without one, and over HTTP/1.1 it is GET (RFC 6455 §4.1).
    """

    __slots__ = ("_front", "_limit", "_scope", "fields", "method", "receive")

    def __init__(self, scope: Scope, receive: Receive, front: Front, limit: int) -> None:
        self._scope: Final = scope
        self.receive = receive
        self._front: Final = front
        self._limit: Final = limit
        self.fields: Final[Headers] = scope["headers"]
        """See Request."""
        self.method: Final[bytes] = scope["method"].encode() if scope["type"] == "http" else b"GET"
        """See Request."""

    @property
    def client(self) -> str | None:
        """The address of who sent it, None if it is not known."""
        return self._front.client(self._scope)

    def is_named_by(self, uri: bytes) -> bool:
        """See Request."""
        scope, front = self._scope, self._front
        # raw_target, for what nearly every request is, without a call.
        target = scope.get("raw_path")
        query = scope.get("query_string")
        if target and query:
            target = target + b"?" + query
        if uri == target and uri[:1] == b"/" and not front.changes_targets:
            return True
        return front.is_named_by(uri, scope)

    async def read_body(self) -> bytes:
        """See Request. Raises Disconnected too."""
        if self._scope["type"] == "websocket":  # a handshake has no body
            return b""
        receive = self.receive
        body = await read_body(self._scope, receive, self._limit)
        self.receive = replay(body, receive)
        return body
