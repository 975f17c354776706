"""The entity body of a request signed with auth-int: hashed as it arrives, handed on as it came (RFC 7616 §3.4.3)."""

from __future__ import annotations

from typing import Any

from digest_http.algorithms import Algorithm
from digest_http.guard.uploads import DEFAULT_MAX_BODY, PATIENCE, SLOWEST_LINE, longest_upload

from .asgi import Message, Receive
from .held_bodies import HeldBody

__all__ = [
    "DEFAULT_MAX_BODY",
    "PATIENCE",
    "SLOWEST_LINE",
    "Disconnected",
    "hash_pieces",
    "longest_upload",
    "replay_held",
    "replayed",
]


class Disconnected(Exception):
    """The client went away before the body was complete: there is nobody to answer and nothing to call."""


async def hash_pieces(
    keeping: Any,  # noqa: ANN401 - a Connection, whose file imports this one
    first: Message,
    algorithm: Algorithm,
    limit: int,
    spool_above: int | None,
) -> bytes:
    """The hash of a body in pieces, in hex, which then stands in `keeping` again. `first`: the first of them.

    Raises BodyTooLarge over `limit` octets, and Disconnected. `spool_above`: see HeldBody.
    """
    receive: Receive = keeping.receive
    held = HeldBody(algorithm, limit, spool_above)
    take_in = held.pieces.take_in
    message, more = first, True
    try:
        while True:
            if take_in(message.get("body", b"")):
                await held.spill_aside()
            if not more:
                break
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Disconnected  # noqa: TRY301 - what is held is closed
            more = message.get("more_body", False)
    except BaseException:
        held.close()
        raise
    keeping.held = held
    keeping.receive = replay_held(held, receive)
    return held.hentity


async def replayed(keeping: Any) -> Message:  # noqa: ANN401 - as above
    """The body of a Connection that came in one piece, once; then whatever the server has to say.

    It is taken when somebody awaits this, and not when it is made: who gives up before that has it when asking again.
    """
    body = keeping.body
    if body is None:
        receive: Receive = keeping.receive
        return await receive()
    keeping.body = None
    return {"type": "http.request", "body": body, "more_body": False}


def replay_held(held: HeldBody, receive: Receive) -> Receive:
    """A receive that gives a body in pieces, and then whatever the server has to say.

    A body that was closed meanwhile ends as that of a client that goes away.
    """
    left, ended, pieces = held.octets, False, held.pieces

    async def receive_again() -> Message:
        nonlocal left, ended
        if ended:
            return await receive()
        if held.closed:
            return {"type": "http.disconnect"}
        if held.in_memory:
            piece = pieces.take()
            ended = not pieces.octets
        else:
            piece = await held.read_aside()
            left -= len(piece)
            ended = not left
            if not piece and left:  # somebody has shortened the file
                return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": not ended}

    return receive_again
