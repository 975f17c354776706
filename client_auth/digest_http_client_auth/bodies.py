"""Request bodies that are sent a second time.

Sending an exhausted stream again would send an empty body under a valid signature, and the server would store it. So a
body is replayed only if it is known how, and otherwise BodyNotReplayable is raised before anything is sent.

The libraries keep what `content=` and `files=` were given in attributes that are not documented (`_stream`, `fields`),
the same in httpx 0.27 to 0.28 and httpx2 2. Where they are missing the body counts as not replayable, which is safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from digest_http.errors import BodyNotReplayable

from .messages import Request

__all__ = ["Replay"]

_ADVICE = (
    "the server asks for credentials, and the request body is used up: it cannot be sent again. Pass bytes or a file "
    "that can seek; or make a small request to the server first, so that its challenge is known and the body needs to "
    "be sent only once"
)


class Replay:
    """How to send the body of one request again. Made before the first sending, while a file's offset is known."""

    __slots__ = ("_file", "_offset", "_stream")

    def __init__(self, request: Request) -> None:
        self._stream = request.stream
        self._file: Any = None
        self._offset = 0
        source: Any = getattr(self._stream, "_stream", None)
        if hasattr(source, "read") and _can_seek(source):
            self._file, self._offset = source, source.tell()

    def restore(self, request: Request) -> None:
        """Make the body of `request` ready to be sent. Raises BodyNotReplayable."""
        stream = request.stream
        if stream is not self._stream:
            # The body was read into memory meanwhile, or a redirect dropped it: the request holds its octets.
            if not _holds_octets(stream):
                _refuse()
        elif self._file is not None:
            try:
                self._file.seek(self._offset)
            except (OSError, ValueError):  # closed meanwhile
                _refuse()
        elif not (_holds_octets(stream) or _iterates_anew(stream)):
            _refuse()


def _refuse() -> NoReturn:
    raise BodyNotReplayable(_ADVICE)


def _holds_octets(stream: object) -> bool:
    return isinstance(getattr(stream, "_stream", None), bytes)


def _iterates_anew(stream: object) -> bool:
    """Whether a stream yields its whole body each time it is iterated."""
    if getattr(stream, "_is_stream_consumed", None) is False:
        return True  # not sent so far: the server answered without reading the body
    fields: Any = getattr(stream, "fields", None)
    if fields is not None:  # multipart: the library itself rewinds each file to its start
        return all(_part_replays(part) for part in fields)
    return isinstance(getattr(stream, "_stream", None), Sequence)


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
