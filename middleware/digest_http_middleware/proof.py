"""Authentication-Info on the way out: the server's own proof, rspauth (RFC 7616 §3.5, RFC 7615).

With qop=auth it depends on the request alone and stands in the header (header_proof.py). With auth-int it covers the
response body, so the response is held back up to a limit; a longer one gets it in a trailer where the server sends
trailers and the client takes them, and goes without where not.

The app's messages are copied before anything is put into them: an app may send one dict for all requests, and what is
put into it here is one user's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Final

from digest_http import calculation
from digest_http.algorithms import Hash
from digest_http.buffers import HTTPMessage
from digest_http.httpauth.server import ServerContext

from .asgi import Headers, Message, Scope, Send
from .held_bodies import Pieces

__all__ = ["BodyProof", "takes_trailers"]


def takes_trailers(scope: Scope) -> bool:
    """Whether a trailer would reach the client: the server can send one, and the request says TE: trailers.

    RFC 9110 §6.5.1 and §10.1.4: no trailer is made for who does not ask for it, since hops may drop it unseen.
    """
    if "http.response.trailers" not in (scope.get("extensions") or {}):
        return False
    values = [value for name, value in scope["headers"] if name.lower() == b"te"]
    if not scope.get("http_version", "1.1").startswith("1"):
        # RFC 9113 §8.2.2, RFC 9114 §4.2: TE holds nothing else there, and servers look for just that.
        return b"trailers" in values
    # t-codings = "trailers" / ( transfer-coding [ weight ] ), a list.
    return any(coding.strip(b" \t").lower() == b"trailers" for value in values for coding in value.split(b","))


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
        self._start: Message | None = None
        # Made for answers that come in pieces: most come whole.
        self._hash: Hash | None = None
        self._held: Pieces | None = None
        self._trailing = False
        self._app_has_trailers = False

    def __call__(self, message: Message) -> Awaitable[None]:
        """Send one ASGI message, now or when the body before it is complete."""
        kind = message["type"]
        # One coroutine a message, not one around another: each costs as much as finding the field.
        if kind == "http.response.start" and message["status"] != self._refused:
            # As it is now: what the app does to its own before the body ends is no part of this answer.
            start = dict(message)
            start["headers"] = list(message.get("headers", ()))
            self._start = start
            return _held_back()
        if kind == "http.response.body" and (self._start is not None or self._trailing):
            return self._body(message)
        if kind == "http.response.trailers" and self._trailing and not message.get("more_trailers", False):
            return self._finish(_with_field(message.get("headers", ()), self._field, self._value()))
        return self._send(message)

    async def _body(self, message: Message) -> None:
        piece = message.get("body", b"")
        more = message.get("more_body", False)
        start, hash_, held = self._start, self._hash, self._held
        if hash_ is None or held is None:
            if not more and start is not None:
                self._start = None
                hentity = calculation.entity_hash(self._context.algorithm, piece)
                start["headers"] = _with_field(start["headers"], self._field, self._proof(hentity))
                await self._send(start)
                await self._send({"type": "http.response.body", "body": piece, "more_body": False})
                return
            hash_ = self._hash = self._context.algorithm.hash_body()
            held = self._held = Pieces()
        hash_.update(piece)
        if start is None:
            await self._send(message)
        else:
            held.add(piece)
            if more and held.octets <= self._limit:
                return
            self._start = None
            await self._release(start, held, more=more)
        if self._trailing and not more and not self._app_has_trailers:
            await self._finish([(self._field, self._value())])

    async def _release(self, start: Message, held: Pieces, *, more: bool) -> None:
        if not more:
            start["headers"] = _with_field(start["headers"], self._field, self._value())
        elif self._trailers:
            self._app_has_trailers = bool(start.get("trailers", False))
            self._trailing = True
            start["trailers"] = True
            headers = [header for header in start["headers"] if header[0].lower() != self._field]
            start["headers"] = [*headers, (b"trailer", self._field)]
        else:
            start["headers"] = _with_field(start["headers"], self._field, self._context.authentication_info(None))
        await self._send(start)
        further = True
        while further:
            piece = held.take()
            further = held.octets > 0
            await self._send({"type": "http.response.body", "body": piece, "more_body": more or further})

    async def _finish(self, headers: Headers) -> None:
        self._trailing = False
        await self._send({"type": "http.response.trailers", "headers": headers, "more_trailers": False})

    def _value(self) -> bytes:
        """The proof of an answer that came in pieces."""
        entity = self._hash or self._context.algorithm.hash_body()
        return self._proof(calculation.hex_octets(entity.digest()))

    def _proof(self, hentity: bytes) -> bytes:
        self._layout.hentity = hentity
        self._context.make_signature(self._layout)
        return self._layout.padding


async def _held_back() -> None:
    """What is awaited for a message that goes out later."""


def _with_field(headers: Iterable[tuple[bytes, bytes]], field: bytes, value: bytes) -> Headers:
    # An app, or what it proxies, may have a field of that name: two would contradict each other.
    return [*(header for header in headers if header[0].lower() != field), (field, value)]
