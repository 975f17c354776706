"""One ASGI connection as the guard sees it (digest_http.guard.requests.Request).

Each request goes through this file, so it may be compiled. What stands in a scope is the server's, and `Any` here.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Any, Final

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.guard.uploads import too_large

from .asgi import Receive, Scope
from .bodies import Disconnected, hash_pieces, replayed
from .content_lengths import announces_more
from .fronts import Front
from .held_bodies import HeldBody

__all__ = ["Connection"]


class Connection:
    """An http or websocket connection. `receive` gives the app the body, also where it was read before.

    `limit`: octets of a body that may be read. `spool_above`, `held`: see HeldBody; who has made the connection closes
    what is held. `method` is that of the request: ASGI shows a websocket handshake
    without one, and over HTTP/1.1 it is GET (RFC 6455 §4.1).
    """

    __slots__ = ("_front", "_limit", "_scope", "_spool_above", "fields", "held", "method", "receive")

    def __init__(
        self, scope: Scope, receive: Receive, front: Front, limit: int, spool_above: int | None = None
    ) -> None:
        self._scope: Final = scope
        self.receive = receive
        self._front: Final = front
        self._limit: Final = limit
        self._spool_above: Final = spool_above
        self.held: HeldBody | None = None
        self.fields: Final[Any] = scope["headers"]
        """See Request."""
        # Half of a surrogate pair is no character that can be sent, and no reason to fail: it is no method.
        method = scope["method"] if scope["type"] == "http" else "GET"
        self.method: Final[bytes] = method.encode("utf-8", "surrogatepass")
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

    def hash_body(self, algorithm: Algorithm, /) -> bytes | Awaitable[Any]:
        """See Request. What is to be awaited is the first message of the body."""
        if self._scope["type"] == "websocket":  # a handshake has no body
            return calculation.entity_hash(algorithm, b"")
        if announces_more(self._scope, self._limit):
            raise too_large(self._limit)
        return self.receive()

    def hash_received(self, algorithm: Algorithm, received: Any, /) -> bytes | Awaitable[bytes]:  # noqa: ANN401 - see the head
        """See Request. Raises Disconnected too."""
        if received["type"] == "http.disconnect":
            raise Disconnected
        if received.get("more_body", False):
            return hash_pieces(self, received, algorithm, self._limit, self._spool_above)
        # What nearly all bodies are. It is in memory already, whatever may be.
        body = received.get("body", b"")
        if len(body) > self._limit:
            raise too_large(self._limit)
        if not isinstance(body, bytes):  # a buffer may be used again
            body = bytes(body)
        self.receive = partial(replayed, [body], self.receive)
        return calculation.entity_hash(algorithm, body)
