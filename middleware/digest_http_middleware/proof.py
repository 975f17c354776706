"""Authentication-Info on the way out: the server's own proof, rspauth (RFC 7616 §3.5, RFC 7615).

With qop=auth it depends on the request alone and stands in the header. With auth-int it covers the response body, so
the response is held back up to a limit; a longer one gets it in a trailer where the server sends trailers, and goes
without where it does not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Final

from digest_http import calculation
from digest_http.buffers import HTTPMessage
from digest_http.httpauth.server import ServerContext

from .asgi import Headers, Message, Send

__all__ = ["BodyProof", "header_proof"]


def header_proof(send: Send, field: bytes, refused: int, verified: tuple[ServerContext, HTTPMessage]) -> Send:
    """A send for answers whose header can carry the proof at once: qop=auth, HEAD, and websockets.

    `refused` is the status of a refusal (401, 407), which never carries a proof, even if the app makes it.
    """
    context, layout = verified
    # Only HEAD and handshakes come here with auth-int: their answers have no body.
    layout.hentity = calculation.entity_hash(context.algorithm, b"") if context.covers_body else b""

    def send_with_proof(message: Message) -> Awaitable[None]:
        kind = message["type"]
        if (kind == "http.response.start" and message["status"] != refused) or kind == "websocket.accept":
            context.make_signature(layout)
            message["headers"] = _with_field(message.get("headers", ()), field, layout.padding)
        elif kind == "websocket.http.response.start" and message["status"] != refused:
            # The app itself turns the handshake down. With auth-int its body would have to be known by now.
            context.make_signature(layout)
            value = context.authentication_info(None) if context.covers_body else layout.padding
            message["headers"] = _with_field(message.get("headers", ()), field, value)
        # Handed on, not awaited: a coroutine of our own around each message costs as much as finding the field.
        return send(message)

    return send_with_proof


class BodyProof:
    """A send for auth-int: holds the response back, hashes its body, and puts the proof before or behind it."""

    def __init__(
        self,
        send: Send,
        field: bytes,
        refused: int,
        verified: tuple[ServerContext, HTTPMessage],
        limit: int,
        *,
        trailers: bool,
    ) -> None:
        self._send: Final = send
        self._field: Final = field
        self._refused: Final = refused
        self._context, self._layout = verified
        self._limit: Final = limit
        self._trailers: Final = trailers
        self._hash: Final = self._context.algorithm.hash_body()
        self._start: Message | None = None
        self._held: list[bytes] = []
        self._size = 0
        self._trailing = False
        self._app_has_trailers = False

    async def __call__(self, message: Message) -> None:
        """Send one ASGI message, now or when the body before it is complete."""
        kind = message["type"]
        if kind == "http.response.start" and message["status"] != self._refused:
            self._start = message
        elif kind == "http.response.body" and (self._start is not None or self._trailing):
            await self._body(message)
        elif kind == "http.response.trailers" and self._trailing:
            await self._finish(_with_field(message.get("headers", ()), self._field, self._value()))
        else:
            await self._send(message)

    async def _body(self, message: Message) -> None:
        piece = message.get("body", b"")
        more = message.get("more_body", False)
        self._hash.update(piece)
        if self._start is None:
            await self._send(message)
        else:
            self._held.append(piece)
            self._size += len(piece)
            if more and self._size <= self._limit:
                return
            start, self._start = self._start, None
            await self._release(start, more=more)
        if self._trailing and not more and not self._app_has_trailers:
            await self._finish([(self._field, self._value())])

    async def _release(self, start: Message, *, more: bool) -> None:
        if not more:
            start["headers"] = _with_field(start.get("headers", ()), self._field, self._value())
        elif self._trailers:
            self._app_has_trailers = bool(start.get("trailers", False))
            self._trailing = True
            start["trailers"] = True
            headers = [header for header in start.get("headers", ()) if header[0].lower() != self._field]
            start["headers"] = [*headers, (b"trailer", self._field)]
        else:
            start["headers"] = _with_field(
                start.get("headers", ()), self._field, self._context.authentication_info(None)
            )
        await self._send(start)
        body, self._held = b"".join(self._held), []
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def _finish(self, headers: Headers) -> None:
        self._trailing = False
        await self._send({"type": "http.response.trailers", "headers": headers, "more_trailers": False})

    def _value(self) -> bytes:
        self._layout.hentity = self._hash.hexdigest().encode()
        self._context.make_signature(self._layout)
        return self._layout.padding


def _with_field(headers: Iterable[tuple[bytes, bytes]], field: bytes, value: bytes) -> Headers:
    # An app, or what it proxies, may have a field of that name: two would contradict each other.
    kept = [header for header in headers if header[0].lower() != field]
    kept.append((field, value))
    return kept
