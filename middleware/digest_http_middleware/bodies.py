"""The entity body of a request signed with auth-int: hashed as it arrives, handed on as it came (RFC 7616 §3.4.3)."""

from __future__ import annotations

from typing import Any, NoReturn

from digest_http.algorithms import Algorithm
from digest_http.guard.uploads import DEFAULT_MAX_BODY, PATIENCE, SLOWEST_LINE, longest_upload, too_large

from .asgi import Message, Receive, Scope
from .held_bodies import HeldBody

__all__ = [
    "DEFAULT_MAX_BODY",
    "PATIENCE",
    "SLOWEST_LINE",
    "Disconnected",
    "announces_more",
    "hash_kept",
    "longest_upload",
    "read_body",
    "replay",
    "replay_held",
]


class Disconnected(Exception):
    """The client went away before the body was complete: there is nobody to answer and nothing to call."""


def announces_more(scope: Scope, limit: int) -> bool:
    """Whether the request says that its body has more than `limit` octets."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            # By length first: int() refuses thousands of digits, which some server may let through.
            digits = value.lstrip(b"0")
            if len(digits) > len(str(limit)) or int(digits or b"0") > limit:
                return True
    return False


async def read_body(
    scope: Scope, receive: Receive, algorithm: Algorithm, limit: int, spool_above: int | None = None
) -> tuple[bytes, bytes | HeldBody]:
    """The hash of the body, in hex, and the body: octets if it came in one piece, else what is to be closed.

    Raises BodyTooLarge over `limit` octets (before reading any if Content-Length says so). `spool_above`: see HeldBody.
    """
    if announces_more(scope, limit):
        raise too_large(limit)
    held: HeldBody | None = None
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                _gone()
            piece, more = message.get("body", b""), message.get("more_body", False)
            if held is None:
                if not more and len(piece) <= limit:
                    # What nearly all bodies are. It is in memory already, whatever may be.
                    return algorithm.hexdigest(piece), bytes(piece)
                held = HeldBody(algorithm, limit, spool_above)
            if held.add(piece):
                await held.spill_aside()
            if not more:
                return held.hentity, held
    except BaseException:
        if held is not None:
            held.close()
        raise


async def hash_kept(
    keeping: Any,  # noqa: ANN401 - a Connection, whose file imports this one
    scope: Scope,
    algorithm: Algorithm,
    limit: int,
    spool_above: int | None,
) -> bytes:
    """The hash of the body, in hex, which then stands in `keeping` again. Raises BodyTooLarge and Disconnected."""
    receive: Receive = keeping.receive
    hentity, body = await read_body(scope, receive, algorithm, limit, spool_above)
    if isinstance(body, HeldBody):
        keeping.held = body
        keeping.receive = replay_held(body, receive)
    else:
        keeping.receive = replay(body, receive)
    return hentity


def _gone() -> NoReturn:
    raise Disconnected


def replay(body: bytes, receive: Receive) -> Receive:
    """A receive that gives `body` in one message and then whatever the server has to say."""
    first: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def receive_again() -> Message:
        nonlocal first
        if first is None:
            return await receive()
        message, first = first, None
        return message

    return receive_again


def replay_held(held: HeldBody, receive: Receive) -> Receive:
    """The same for a body in pieces. A body that was closed meanwhile ends as that of a client that goes away."""
    left, ended = held.octets, False

    async def receive_again() -> Message:
        nonlocal left, ended
        if ended:
            return await receive()
        if held.closed:
            return {"type": "http.disconnect"}
        piece = held.read() if held.in_memory else await held.read_aside()
        left -= len(piece)
        ended = not left
        if not piece and left:  # somebody has shortened the file
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": not ended}

    return receive_again
