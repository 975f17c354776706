"""Request bodies that are sent a second time, for urllib3 and the libraries on it, which send what the caller gave.

Sending an exhausted body again would send an empty one under a valid signature, and the server would store it. So a
body is sent again only if it is known how, and otherwise BodyNotReplayable is raised before anything is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NoReturn, Protocol

from digest_http.errors import BodyNotReplayable

__all__ = ["BodyReplay", "as_octets", "is_octets", "read_pieces"]

_ADVICE: Final = (
    "the request is to be sent again (the server asks for credentials, or redirects), and its body is used up. Pass "
    "bytes or a file that can seek; or make a small request to the server first, so that its challenge is known and "
    "the body needs to be sent only once"
)


_OCTETS: Final = (bytes, str, bytearray, memoryview)


class HasBody(Protocol):
    """A request."""

    body: Any


def is_octets(body: object) -> bool:
    """Whether a body is in memory, or none, so that it can be sent as often as need be."""
    return body is None or isinstance(body, _OCTETS)


def as_octets(body: Any) -> bytes:  # any body that `is_octets`, or a piece of one
    """The octets that the libraries send for it: text goes out as UTF-8."""
    return body.encode() if isinstance(body, str) else bytes(body or b"")


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


def read_pieces(body: Any) -> bytes:
    """Read a file, or what is iterated, into memory."""
    read: Any = getattr(body, "read", None)
    pieces: Any = body if read is None else [read()]
    return b"".join(map(as_octets, pieces))
