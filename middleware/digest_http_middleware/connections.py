"""One ASGI connection as the guard sees it (digest_http.guard.requests.Request).

Each request goes through this file, so it may be compiled. What stands in a scope is the server's, and `Any` here.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Final

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.guard import Guard
from digest_http.guard.uploads import too_large
from digest_http.secret_holder import SecretHolder

from .asgi import Message, Receive, Scope
from .bodies import Disconnected, hash_pieces, replayed
from .content_lengths import announces_more
from .fronts import Front
from .held_bodies import HeldBody, most_held

__all__ = ["Connection", "ConnectionSettings"]

#: What nearly every request has, in octets: to look one up costs less than to encode it.
_METHODS: Final[dict[Any, bytes]] = {
    name: name.encode() for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
}


class ConnectionSettings:
    """What all connections of a plug have in common.

    `limit`: octets of a body that may be read. `spool_above`: see HeldBody.
    """

    __slots__ = ("changes_targets", "front", "limit", "most_held", "proof_field", "refused_status", "spool_above")

    def __init__(self, front: Front, guard: Guard, limit: int, spool_above: int | None = None) -> None:
        self.front: Final = front
        self.limit: Final = limit
        self.spool_above: Final = spool_above
        self.most_held: Final = most_held(limit, spool_above)
        """Octets of an answer that may be held back."""
        self.proof_field: Final = guard.proof_field
        """The name of the field of the server's proof, in lower case."""
        self.refused_status: Final = guard.refused_status
        """The status of a refusal (401, 407), which never carries a proof, even if the app makes it."""
        # Read from here, where it is at hand in compiled code.
        self.changes_targets: Final[bool] = front.changes_targets


class Connection(SecretHolder):
    """An http or websocket connection. `receive_again` gives the app the body, also where it was read before.

    `held`: see HeldBody; who has made the connection closes what is held. `method` is that of the request: ASGI shows a
    websocket handshake without one, and over HTTP/1.1 it is GET (RFC 6455 §4.1).
    """

    __slots__ = ("_scope", "_settings", "body", "fields", "held", "method", "receive")

    def __init__(self, scope: Scope, receive: Receive, connection_settings: ConnectionSettings) -> None:
        self._scope: Final = scope
        self.receive = receive
        """What the server has to say; the body again, if that came in pieces and was read."""
        self.body: bytes | None = None
        """A body that came in one piece and was read, until it has been given to the app."""
        self._settings: Final = connection_settings
        self.held: HeldBody | None = None
        self.fields: Final[Any] = scope["headers"]
        """See Request."""
        name: Any = scope["method"] if scope["type"] == "http" else "GET"
        try:
            method = _METHODS[name]
        except KeyError:
            # Half of a surrogate pair is no character that can be sent, and no reason to fail: it is no method.
            method = name.encode("utf-8", "surrogatepass")
        self.method: Final[bytes] = method
        """See Request."""

    @property
    def client(self) -> str | None:
        """The address of who sent it, None if it is not known."""
        return self._settings.front.client(self._scope)

    def is_named_by(self, uri: bytes) -> bool:
        """See Request."""
        scope = self._scope
        # raw_target, for what nearly every request is, without a call.
        try:
            target, query = scope["raw_path"], scope["query_string"]
        except KeyError:
            target = query = None
        if target and query:
            target = b"?".join((target, query))
        if uri == target and uri[:1] == b"/" and not self._settings.changes_targets:
            return True
        return self._settings.front.is_named_by(uri, scope)

    def hash_body(self, algorithm: Algorithm, /) -> bytes | Awaitable[Any]:
        """See Request. What is to be awaited is the first message of the body."""
        if self._scope["type"] == "websocket":  # a handshake has no body
            return calculation.entity_hash(algorithm, b"")
        limit = self._settings.limit
        if announces_more(self._scope, limit):
            raise too_large(limit)
        return self.receive()

    def hash_received(self, algorithm: Algorithm, received: Any, /) -> bytes | Awaitable[bytes]:  # noqa: ANN401 - see the head
        """See Request. Raises Disconnected too."""
        if received["type"] == "http.disconnect":
            raise Disconnected
        limit = self._settings.limit
        if received.get("more_body", False):
            return hash_pieces(self, received, algorithm, limit, self._settings.spool_above)
        # What nearly all bodies are. It is in memory already, whatever may be.
        body = received.get("body", b"")
        if len(body) > limit:
            raise too_large(limit)
        if not isinstance(body, bytes):  # a buffer may be used again
            body = bytes(body)
        self.body = body
        return calculation.entity_hash(algorithm, body)

    def receive_again(self) -> Awaitable[Message]:
        """A receive for the app: the body that was read, and then whatever the server has to say."""
        return self.receive() if self.body is None else replayed(self)
