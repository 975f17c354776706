"""A connection that the middleware serves: the request as the guard sees it, and the answer with the server's proof.

What proves an answer is a method of the object that was the request: a function with all that it needs would be three
objects more. Each verified request goes through this file, so it may be compiled. What an app sends is its own, and
`Any` here.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from digest_http import calculation
from digest_http.guard import Accepted

from .asgi import Message
from .connections import Connection
from .header_proof import header_proof, with_header
from .proof import BodyProof, nothing, send_whole

__all__ = ["Exchange"]


class Exchange(Connection):
    """The request, and the two ways to prove an answer to it, which are a send for the app each."""

    __slots__ = ("accepted", "in_pieces", "send", "start")

    send: Any
    """The server's send."""
    accepted: Accepted
    """What was verified. Both are set once that is known."""
    start: Message | None
    """For prove_body: the start of the answer while it waits for the body, and None before.

    Its last field is that of the proof, whose value is not known yet.
    """
    in_pieces: BodyProof | None
    """For prove_body: what sends all messages, once the answer has turned out to come in pieces, and None before."""

    def prove_header(self, message: Message) -> Awaitable[None]:
        """Send one ASGI message. The proof stands in the header: qop=auth, where it depends on the request alone."""
        kind, send = message["type"], self.send
        if kind == "http.response.body":  # half of all messages
            return send(message)  # type: ignore[no-any-return]
        accepted, settings = self.accepted, self._settings
        context, layout = accepted.context, accepted.message
        if kind == "http.response.start" and message["status"] != settings.refused_status:
            context.make_signature(layout)
            # Handed on, not awaited: a coroutine of our own around each message costs as much as finding the field.
            return send(with_header(message, settings.proof_field, layout.padding))  # type: ignore[no-any-return]
        # As this does it, for whatever may come.
        return header_proof(send, settings.proof_field, settings.refused_status, (context, layout))(message)

    def prove_body(self, message: Message) -> Awaitable[None]:
        """Send one ASGI message, now or when the body before it is complete, which the proof covers (auth-int).

        Nearly every answer comes whole, in a start and one message of its body: its proof is made here. What comes in
        pieces is handed to proof.py.
        """
        kind, start, settings = message["type"], self.start, self._settings
        if start is None:
            if self.in_pieces is not None:
                return self.in_pieces(message)
            if kind == "http.response.start" and message["status"] != settings.refused_status:
                # As it is now: what the app does to its own before the body ends is no part of this answer.
                self.start = with_header(message, settings.proof_field, b"")
                return nothing()
            return self.send(message)  # type: ignore[no-any-return]
        self.start = None
        accepted = self.accepted
        if kind != "http.response.body" or message.get("more_body", False):
            self.in_pieces = in_pieces = BodyProof(self._scope, self.send, settings, accepted, start)
            return in_pieces(message)
        context, layout = accepted.context, accepted.message
        body = message.get("body", b"")
        layout.hentity = calculation.entity_hash(context.terms.algorithm, body)
        context.make_signature(layout)
        start["headers"][-1] = (settings.proof_field, layout.padding)
        return send_whole(self.send, start, body)
