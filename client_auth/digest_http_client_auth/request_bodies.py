"""Request bodies of httpx and httpx2 that are sent a second time.

Sending an exhausted stream again would send an empty body under a valid signature, and the server would store it. So a
body is replayed only if it is known how, and otherwise BodyNotReplayable is raised before anything is sent.

What a body was made of is looked for in what the library's own stream holds, whatever it is called there. Where it is
not found the body counts as not replayable, which is safe.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Final, NoReturn

from digest_http.algorithms import Hash
from digest_http.errors import BodyNotReplayable

from .held_pieces import HeldPieces
from .httpx_shapes import Request
from .sent_bodies import hash_file

__all__ = ["BodyReplay", "SentBody"]

_ADVICE = (
    "the server asks for credentials, and the request body is used up: it cannot be sent again. Pass bytes or a file "
    "that can seek; or make a small request to the server first, so that its challenge is known and the body needs to "
    "be sent only once"
)


class SentBody:
    """Wraps a body stream of the library and knows whether it was begun. The plugs add the library's base classes."""

    def __init__(self, stream: Any) -> None:  # the library's own class
        self.stream: Final[Any] = stream
        self.begun = False
        #: Set by who looked into it: the file that it reads, where that can seek; whether it begins anew each time.
        self.file: Any = None
        self.replays: Callable[[], bool] = _never
        #: Called before it is sent once more: by a redirect, which the library follows by itself.
        self.rewind: Callable[[], None] | None = None

    def _begin(self) -> None:
        if self.begun and self.rewind is not None:
            self.rewind()
        self.begun = True

    def hash_file(self, entity: Hash) -> bool:
        """Hash the file that it reads; False, and nothing is done, if that is none of octets that can seek."""
        if self.file is None:
            return False
        self._begin()
        return hash_file(self.file, entity) is not None

    def __iter__(self) -> Iterator[bytes]:
        self._begin()
        return iter(self.stream)

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._begin()
        return aiter(self.stream)


class BodyReplay:
    """How to send the body of one request again. Made before the first sending, while a file's offset is known.

    `sent` is the request's body; `octets` is the library's class of bodies that are octets in memory; `package` is the
    name of the library, into whose own streams we look.
    """

    __slots__ = ("_file", "_held", "_octets", "_offset", "_sent")

    def __init__(self, sent: SentBody, octets: type, package: str) -> None:
        self._sent: Final = sent
        self._octets: Final = octets
        self._held: Final = _held_by(sent.stream, package)
        self._file: Any = next((value for value in self._held if hasattr(value, "read") and _can_seek(value)), None)
        self._offset = 0 if self._file is None else self._file.tell()
        if self._file is not None:
            sent.file, sent.rewind = self._file, self._rewind
        sent.replays = self._replays

    def restore(self, request: Request) -> None:
        """Make the body of `request` ready to be sent. Raises BodyNotReplayable."""
        if request.stream is not self._sent:
            # The body was read into memory meanwhile, or a redirect dropped it: the request holds its octets.
            if not isinstance(request.stream, (self._octets, HeldPieces)):
                _refuse()
        elif self._file is not None:
            self._rewind()
        elif self._sent.begun and not self._iterates_anew():
            _refuse()

    def _replays(self) -> bool:
        return self._file is not None or self._iterates_anew()

    def _rewind(self) -> None:
        try:
            self._file.seek(self._offset)
        except (OSError, ValueError):  # closed meanwhile
            _refuse()

    def _iterates_anew(self) -> bool:
        """Whether the stream yields its whole body each time it is iterated."""
        fields: Any = getattr(self._sent.stream, "fields", None)
        if fields is not None:  # multipart: the library itself rewinds each file to its start
            return all(_part_replays(part) for part in fields)
        return any(isinstance(value, Sequence) for value in self._held)


def _held_by(stream: object, package: str) -> list[Any]:
    """What a stream of the library holds; nothing for streams of others, whose ways are not known."""
    ours = type(stream).__module__.partition(".")[0] == package
    return list(vars(stream).values()) if ours and hasattr(stream, "__dict__") else []


def _never() -> bool:
    return False


def _refuse() -> NoReturn:
    raise BodyNotReplayable(_ADVICE)


def _part_replays(part: object) -> bool:
    file = getattr(part, "file", None)
    if file is None:
        return hasattr(part, "value")
    return isinstance(file, (str, bytes)) or _can_seek(file)


def _can_seek(file: Any) -> bool:  # whatever the caller gave as a body
    try:
        return bool(file.seekable()) and isinstance(file.tell(), int)
    except (AttributeError, OSError, ValueError):
        return False
