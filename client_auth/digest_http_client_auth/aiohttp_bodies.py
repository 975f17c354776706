"""Bodies of aiohttp: those of requests that are sent a second time or signed, those of responses that are thrown away.

What aiohttp would do by itself with a body that is used up: send an empty one, under a valid signature. So a body is
sent again only if it is known how.
"""

from __future__ import annotations

import asyncio
import zlib
from contextlib import suppress
from typing import Any, Final, NoReturn

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.base_protocol import BaseProtocol
from multidict import CIMultiDict

from digest_http.algorithms import Hash
from digest_http.errors import BodyNotReplayable

from .aiohttp_messages import Answer, Message
from .held_pieces import HeldPieces

__all__ = ["HeldPayload", "MessageReplay", "discard", "hash_message", "read_answer"]

#: Octets of a body that nobody wants, read so that its connection can be used again. Behind that the connection is
#: closed: a stranger's body may have no end.
MAX_DISCARDED: Final = 65536

#: zlib's word for the form of gzip; without it, it is what HTTP calls deflate (RFC 9110 §8.4.1).
_GZIP: Final = 16


class _InMemory(BaseProtocol):
    """What a stream is told to read from that has its whole content: there is nothing to pause."""

    def pause_reading(self) -> None:
        """Go on."""

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002  # aiohttp's own signature
        """Go on."""


class MessageReplay:
    """How to send the body of a request again. One object serves all: what there is to know stands in the payload."""

    def restore(self, message: Message) -> None:
        """Raise BodyNotReplayable if the body cannot be sent again. aiohttp rewinds a file by itself."""
        if message.request is not None and not _replays(message.request.body):
            _refuse()


def _replays(payload: object) -> bool:
    if isinstance(payload, aiohttp.MultipartWriter):
        return all(_replays(part) for part, *_ in payload)
    # A file without an offset to go back to was marked when it was sent.
    return isinstance(payload, (bytes, aiohttp.BytesPayload, HeldPayload)) or (
        isinstance(payload, aiohttp.IOBasePayload) and not payload.consumed
    )


def _refuse() -> NoReturn:
    raise BodyNotReplayable(
        "the server asks for credentials, and the request body is used up: it cannot be sent again. Pass bytes or a "
        "file that can seek; or make a small request to the server first, so that its challenge is known and the body "
        "needs to be sent only once"
    )


async def hash_message(message: Message, entity: Hash) -> None:
    """Hash the body of a request, as it will be transferred, for a signature that covers it; see `BodyReader`."""
    request = message.request
    if request is None or not request.body:
        return
    body = request.body
    if request.compress:
        # Otherwise aiohttp compresses while it sends, when the request is long signed.
        form = zlib.MAX_WBITS + (_GZIP if request.compress == "gzip" else 0)
        passing = _Passing(entity, HeldPieces(), zlib.compressobj(wbits=form))
        request.compress = None
    else:
        passing = _Passing(entity, None if _is_read_again(body) else HeldPieces())
    await body.write(passing)
    held = passing.end()
    if held is not None:
        await request.update_body(HeldPayload(held))


def _is_read_again(payload: object) -> bool:
    """Whether a payload writes the same each time, as far as is known before it is written."""
    if isinstance(payload, aiohttp.MultipartWriter):
        return all(_is_read_again(part) for part, *_ in payload)
    if isinstance(payload, (aiohttp.BufferedReaderPayload, aiohttp.BytesIOPayload)):
        # One without an offset to go back to has no size.
        return not payload.consumed and payload.size is not None
    return isinstance(payload, (bytes, aiohttp.BytesPayload, HeldPayload))


class _Passing(AbstractStreamWriter):
    """Where a payload is written to be hashed: packed if need be, and kept if it cannot be written again."""

    def __init__(self, entity: Hash, held: HeldPieces | None, packer: Any = None) -> None:
        self._entity: Final = entity
        self._held: Final = held
        self._packer: Final = packer

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Take a piece."""
        self._take(chunk if self._packer is None else self._packer.compress(chunk))

    def end(self) -> HeldPieces | None:
        """What was kept, None if nothing had to be. There is no more to come."""
        if self._packer is not None:
            self._take(self._packer.flush())
        return self._held

    def _take(self, octets: bytes | bytearray | memoryview) -> None:
        self._entity.update(octets)
        if self._held is not None:
            self._held.add(octets)

    async def write_eof(self, chunk: bytes = b"") -> None:
        """Take the last piece."""
        await self.write(chunk)

    async def drain(self) -> None:
        """Nothing waits here."""

    def enable_compression(self, encoding: str = "deflate", strategy: int | None = None) -> None:
        """Not asked for: the body is packed here."""

    def enable_chunking(self) -> None:
        """Not asked for: it is hashed as it is before that."""

    async def write_headers(self, status_line: str, headers: CIMultiDict[str]) -> None:
        """Not asked for: the head is not hashed."""


class HeldPayload(aiohttp.Payload):
    """A body of which the pieces were kept: it is written as often as need be."""

    _value: HeldPieces
    _autoclose = True  # nothing is open

    @property
    def size(self) -> int:
        """Its octets."""
        return self._value.octets

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """As text."""
        return b"".join(self._value).decode(encoding, errors)

    async def as_bytes(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:  # noqa: ARG002  # aiohttp's own signature
        """As octets in one piece."""
        return b"".join(self._value)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write it whole."""
        await self.write_with_length(writer, None)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Write as much of it as that."""
        left = self.size if content_length is None else content_length
        for piece in self._value:
            await writer.write(piece[:left])
            left -= len(piece)
            if left <= 0:
                return


async def read_answer(answer: Answer) -> None:
    """Read the body of a response into memory; its stream begins anew for whoever reads it then."""
    response = answer.response
    if response is None:
        return
    answer.body = octets = await response.read()
    loop = asyncio.get_running_loop()
    response.content = stream = aiohttp.StreamReader(_InMemory(loop), limit=MAX_DISCARDED, loop=loop)
    stream.feed_data(octets)
    stream.feed_eof()


async def discard(response: aiohttp.ClientResponse, stream: aiohttp.StreamReader) -> bool:
    """Read what is left of a body, if that is little; False if there is more. The connection is not touched."""
    left = MAX_DISCARDED
    with suppress(aiohttp.ClientError):
        while left > 0:
            octets = await stream.readany()
            if not octets:
                return True
            left -= len(octets)
    return response.closed
