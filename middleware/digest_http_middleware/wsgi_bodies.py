"""The body of a WSGI request signed with auth-int: hashed as it is read, and given to the app as a stream once more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BufferedReader, BytesIO, RawIOBase
from typing import Any, Final

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.errors import MalformedField
from digest_http.guard.uploads import too_large

from .held_bodies import FILE_PIECE, HeldBody

__all__ = ["ClosedWith", "read_stream", "stream_of"]


def read_stream(
    stream: Any,  # noqa: ANN401 - the server's own
    left: int,
    algorithm: Algorithm,
    limit: int,
    spool_above: int | None,
) -> tuple[bytes, bytes | HeldBody]:
    """The hash of a body, in hex, and the body: octets if it came in one piece, else what is to be closed.

    `left`: octets that are read, at most. Raises BodyTooLarge over `limit` octets, and MalformedField where the stream
    raises anything.
    """
    piece = _read(stream, left)
    left -= len(piece)
    if not left:
        if len(piece) > limit:
            raise too_large(limit)
        return calculation.entity_hash(algorithm, piece), piece
    held = HeldBody(algorithm, limit, spool_above)
    try:
        while piece:
            if held.add(piece):
                held.spill()
            piece = _read(stream, left)
            left -= len(piece)
    except BaseException:
        held.close()
        raise
    return held.hentity, held


def _read(stream: Any, left: int) -> bytes:  # noqa: ANN401 - the server's own
    try:
        piece: bytes = stream.read(min(left, FILE_PIECE)) if left else b""
    except Exception:  # noqa: BLE001 - PEP 3333 names none: of a bad chunk each server raises another
        raise MalformedField("The body did not arrive whole", reason="body") from None
    return piece


def stream_of(body: bytes | HeldBody) -> BytesIO | BufferedReader:
    """The body for the app to read."""
    return BytesIO(body) if isinstance(body, bytes) else BufferedReader(_HeldStream(body))


class _HeldStream(RawIOBase):
    """The octets of a held body, once. Closing it leaves the body alone."""

    def __init__(self, held: HeldBody) -> None:
        self._held: Final = held
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - what can be written to
        if not self._rest:
            self._rest = memoryview(self._held.read())
        length = min(len(buffer), len(self._rest))
        buffer[:length] = self._rest[:length]
        self._rest = self._rest[length:]
        return length

    def readall(self) -> bytes:
        rest, self._rest = self._rest, memoryview(b"")
        return b"".join([rest, *iter(self._held.read, b"")])


class ClosedWith:
    """An answer, whose close() closes the body of the request as well."""

    def __init__(self, answer: Iterable[bytes], held: HeldBody) -> None:
        self._answer: Final = answer
        self._held: Final = held

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        """See PEP 3333: called by the server when the answer is over, however it went."""
        try:
            close = getattr(self._answer, "close", None)
            if close is not None:
                close()
        finally:
            self._held.close()
