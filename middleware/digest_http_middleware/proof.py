"""Authentication-Info on the way out: the server's own proof, rspauth (RFC 7616 §3.5, RFC 7615).

With qop=auth it depends on the request alone and stands in the header (header_proof.py). With auth-int it covers the
response body, so the response is held back up to a limit; a longer one gets it in a trailer where the server sends
trailers and the client takes them, and goes without where not. Here are answers in pieces, and what has to be awaited
for the others (exchanges.py).

The app's messages are copied before anything is put into them: an app may send one dict for all requests, and what is
put into it here is one user's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Final

from digest_http import calculation
from digest_http.guard import Accepted

from .asgi import Headers, Message, Scope, Send
from .connections import ConnectionSettings
from .header_proof import with_header
from .pieces import Pieces

__all__ = ["BodyProof", "nothing", "send_whole", "takes_trailers"]


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
    """A send for an answer to auth-int in pieces: holds it back, hashes it, and puts the proof before or behind it.

    `start`: the message that began it, whose last field is that of the proof; its value is not known yet.
    """

    __slots__ = (
        "_app_has_trailers", "_context", "_field", "_hash", "_held", "_layout", "_limit", "_refused", "_scope", "_send",
        "_start", "_trailing",
    )  # fmt: skip

    def __init__(
        self, scope: Scope, send: Send, settings: ConnectionSettings, accepted: Accepted, start: Message
    ) -> None:
        self._scope: Final = scope
        self._send: Final = send
        self._field: Final = settings.proof_field
        self._refused: Final = settings.refused_status
        self._limit: Final = settings.most_held
        self._context: Final = accepted.context
        self._layout: Final = accepted.message
        self._start: Message | None = start
        self._hash: Final = self._context.algorithm.hash_body()
        self._held: Final = Pieces()
        self._trailing = False
        self._app_has_trailers = False

    def __call__(self, message: Message) -> Awaitable[None]:
        """Send one ASGI message, now or when the body before it is complete."""
        kind = message["type"]
        if kind == "http.response.start" and message["status"] != self._refused:
            # Another one, before the first has gone out.
            self._start = with_header(message, self._field, b"")
            return nothing()
        if kind == "http.response.body" and (self._start is not None or self._trailing):
            return self._body(message)
        if kind == "http.response.trailers" and self._trailing and not message.get("more_trailers", False):
            return self._finish(_with_field(message.get("headers", ()), self._field, self._value()))
        return self._send(message)

    async def _body(self, message: Message) -> None:
        piece = message.get("body", b"")
        more = message.get("more_body", False)
        self._hash.update(piece)
        start = self._start
        if start is None:
            await self._send(message)
        else:
            held = self._held.add(piece)
            if more and held <= self._limit:
                return
            self._start = None
            await self._release(start, more=more)
        if self._trailing and not more and not self._app_has_trailers:
            await self._finish([(self._field, self._value())])

    async def _release(self, start: Message, *, more: bool) -> None:
        headers: Headers = start["headers"]
        if not more:
            headers[-1] = (self._field, self._value())
        elif takes_trailers(self._scope):
            self._app_has_trailers = bool(start.get("trailers", False))
            self._trailing = True
            start["trailers"] = True
            headers[-1] = (b"trailer", self._field)
        else:
            headers[-1] = (self._field, self._context.authentication_info(None))
        await self._send(start)
        further = True
        while further:
            piece = self._held.take()
            further = self._held.octets > 0
            await self._send({"type": "http.response.body", "body": piece, "more_body": more or further})

    async def _finish(self, headers: Headers) -> None:
        self._trailing = False
        await self._send({"type": "http.response.trailers", "headers": headers, "more_trailers": False})

    def _value(self) -> bytes:
        self._layout.hentity = calculation.hex_octets(self._hash.digest())
        self._context.make_signature(self._layout)
        return self._layout.padding


async def nothing() -> None:
    """What is awaited for a message that goes out later."""


async def send_whole(send: Send, start: Message, body: bytes) -> None:
    """An answer of which all is known."""
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _with_field(headers: Iterable[tuple[bytes, bytes]], field: bytes, value: bytes) -> Headers:
    # An app, or what it proxies, may have a field of that name: two would contradict each other.
    return [*(header for header in headers if header[0].lower() != field), (field, value)]
