"""Request bodies that are sent a second time, for urllib3 and the libraries on it, which send what the caller gave.

Sending an exhausted body again would send an empty one under a valid signature, and the server would store it. So a
body is sent again only if it is known how, and otherwise BodyNotReplayable is raised before anything is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NoReturn, Protocol

from digest_http.algorithms import Hash
from digest_http.errors import BodyNotReplayable

from .held_pieces import HeldPieces

__all__ = ["BodyReplay", "as_octets", "hash_body", "hash_file", "is_octets"]

#: Octets of a file that are read at once.
_PIECE: Final = 16384

_ADVICE: Final = (
    "the request is to be sent again (the server asks for credentials, or redirects), and its body is used up. Pass "
    "bytes or a file that can seek; or make a small request to the server first, so that its challenge is known and "
    "the body needs to be sent only once"
)


_OCTETS: Final = (bytes, str, bytearray, memoryview)
_IN_MEMORY: Final = (*_OCTETS, HeldPieces)


class HasBody(Protocol):
    """A request."""

    body: Any


def is_octets(body: object) -> bool:
    """Whether a body is in memory, in one piece or several, or none, so that it can be sent as often as need be."""
    return body is None or isinstance(body, _IN_MEMORY)


def as_octets(piece: Any) -> Any:  # whatever the caller gave as a piece of a body, or a whole one
    """What the libraries send for it: text goes out as UTF-8, and octets of any class as they are."""
    return piece.encode() if isinstance(piece, str) else piece or b""


class BodyReplay:
    """How to send the body of one call again. Made before the first sending, while a file's offset is known."""

    __slots__ = ("_body", "_offset")

    def __init__(self, body: Any) -> None:  # whatever the caller gave as a body
        self._body: Final = body
        self._offset: Final[int | None] = _offset_of(body)

    def restore(self, request: HasBody, /) -> None:
        """Make the body of `request` ready to be sent. Raises BodyNotReplayable."""
        if is_octets(request.body):  # it was read into memory meanwhile, or a redirect dropped it
            return
        if request.body is not self._body:
            _refuse()
        if self._offset is not None:
            try:
                self._body.seek(self._offset)
            except (OSError, ValueError):  # closed meanwhile
                _refuse()
        elif not isinstance(self._body, Sequence):  # an iterator is used up once it was begun, and nobody can tell
            _refuse()


def _refuse() -> NoReturn:
    raise BodyNotReplayable(_ADVICE)


def _offset_of(body: Any) -> int | None:
    try:
        if not body.seekable():
            return None
        offset = body.tell()
    except (AttributeError, OSError, ValueError):
        return None
    return offset if isinstance(offset, int) else None


def hash_body(body: Any, entity: Hash) -> tuple[Any, int]:
    """Hash a body that is about to be sent. What is to be sent in its place, and how many octets that has.

    It is the body itself where that can be read twice: octets, a sequence of them, a file of octets that can seek.
    """
    if body is None:
        return None, 0
    if _is_one_of(body, _OCTETS):
        return body, _hash(body, entity)
    if _is_one_of(body, (Sequence, HeldPieces)):
        return body, sum(_hash(piece, entity) for piece in body)
    offset = _offset_of(body) if hasattr(body, "read") else None
    if offset is not None:
        counted = hash_file(body, entity)
        body.seek(offset)
        if counted is not None:
            return body, counted
    held = HeldPieces()
    for piece in _pieces_of(body):
        octets = as_octets(piece)
        entity.update(octets)
        held.add(octets)
    return held, held.octets


def _is_one_of(body: Any, kinds: tuple[type, ...]) -> bool:
    # A function, so that the body goes on to be of any type to a type checker.
    return isinstance(body, kinds)


def _hash(piece: Any, entity: Hash) -> int:
    octets = as_octets(piece)
    entity.update(octets)
    return memoryview(octets).nbytes


def hash_file(file: Any, entity: Hash) -> int | None:
    """How many octets were read up to the end; None for a file of text, of which nothing was hashed."""
    counted = 0
    while piece := file.read(_PIECE):
        if isinstance(piece, str):
            return None
        entity.update(piece)
        counted += len(piece)
    return counted


def _pieces_of(body: Any) -> Iterable[Any]:
    if not hasattr(body, "read"):
        yield from body
        return
    while piece := body.read(_PIECE):
        yield piece
