"""A connection that the middleware serves: the request as the guard sees it, and the answer with the server's proof.

What proves an answer is a method of the object that was the request: a function with all that it needs would be three
objects more. Each verified request goes through this file, so it may be compiled. What an app sends is its own, and
`Any` here.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from digest_http import calculation
from digest_http.buffers import HTTPMessage
from digest_http.httpauth.server import ServerContext

from .asgi import Message
from .connections import Connection
from .header_proof import header_proof, with_header
from .proof import BodyProof, nothing, send_whole

__all__ = ["Exchange"]


class Exchange(Connection):
    """The request, and the two ways to prove an answer to it, which are a send for the app each.

    Both need `answering`: the server's send, the name of the proof's field, the status of a refusal (401, 407), which
    never carries a proof, even if the app makes it, and what was verified.
    """

    __slots__ = ("answering", "in_pieces", "most_held", "start")

    answering: tuple[Any, bytes, int, ServerContext, HTTPMessage]
    """See the class. Set once the request is accepted."""
    most_held: int
    """Octets of an answer that may be held back. Set for prove_body."""
    start: Message | None
    """For prove_body: the start of the answer while it waits for the body, and None before.

    Its last field is that of the proof, whose value is not known yet.
    """
    in_pieces: BodyProof | None
    """For prove_body: what sends all messages, once the answer has turned out to come in pieces, and None before."""

    def prove_header(self, message: Message) -> Awaitable[None]:
        """Send one ASGI message. The proof stands in the header: qop=auth, where it depends on the request alone."""
        kind = message["type"]
        if kind == "http.response.body":  # half of all messages
            return self.answering[0](message)  # type: ignore[no-any-return]
        send, field, refused, context, layout = self.answering
        if kind == "http.response.start" and message["status"] != refused:
            context.make_signature(layout)
            # Handed on, not awaited: a coroutine of our own around each message costs as much as finding the field.
            return send(with_header(message, field, layout.padding))  # type: ignore[no-any-return]
        # As this does it, for whatever may come.
        return header_proof(send, field, refused, (context, layout))(message)

    def prove_body(self, message: Message) -> Awaitable[None]:
        """Send one ASGI message, now or when the body before it is complete, which the proof covers (auth-int).

        Nearly every answer comes whole, in a start and one message of its body: its proof is made here. What comes in
        pieces is handed to proof.py.
        """
        in_pieces = self.in_pieces
        if in_pieces is not None:
            return in_pieces(message)
        send, field, refused, context, layout = self.answering
        kind = message["type"]
        start = self.start
        if start is None:
            if kind != "http.response.start" or message["status"] == refused:
                return send(message)  # type: ignore[no-any-return]
            # As it is now: what the app does to its own before the body ends is no part of this answer.
            self.start = with_header(message, field, b"")
            return nothing()
        self.start = None
        if kind != "http.response.body" or message.get("more_body", False):
            self.in_pieces = in_pieces = BodyProof(
                self._scope, send, field, refused, (context, layout), self.most_held, start
            )
            return in_pieces(message)
        body = message.get("body", b"")
        layout.hentity = calculation.entity_hash(context.algorithm, body)
        context.make_signature(layout)
        start["headers"][-1] = (field, layout.padding)
        return send_whole(send, start, body)
