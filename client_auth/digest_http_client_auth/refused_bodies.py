"""The body of a refusal: read as far as that is worth its connection, and no further."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["discard", "discard_async"]

#: Octets of a refusal's body that are read, so that its connection can be used again. Behind that the connection is
#: closed: a stranger's body may have no end.
MAX_DISCARDED: Final = 65536

_PIECE: Final = 16384


def discard(raw: Any) -> bytes:
    """Read what is left of the body of a urllib3 response, so that its connection can be used again.

    What is given back was read, undecoded. A body over MAX_DISCARDED is cut off there, and its connection closed.
    """
    read = bytearray()
    while piece := raw.read(_PIECE, decode_content=False):
        read += piece
        if len(read) > MAX_DISCARDED:
            raw.close()
            raw.release_conn()
            break
    return bytes(read[:MAX_DISCARDED])


async def discard_async(raw: Any) -> bytes:
    """The same for an asynchronous response."""
    read = bytearray()
    while piece := await raw.read(_PIECE, decode_content=False):
        read += piece
        if len(read) > MAX_DISCARDED:
            await raw.close()
            break
    return bytes(read[:MAX_DISCARDED])
