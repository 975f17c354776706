"""Bodies of aiohttp: those of requests that are sent a second time or signed, those of responses that are thrown away.

What aiohttp would do by itself with a body that is used up: send an empty one, under a valid signature. So a body is
sent again only if it is known how.
"""

from __future__ import annotations

import asyncio
import io
import zlib
from contextlib import suppress
from typing import Final, NoReturn

import aiohttp
from aiohttp.base_protocol import BaseProtocol

from digest_http.errors import BodyNotReplayable

from .aiohttp_messages import Answer, Message

__all__ = ["MessageReplay", "discard", "read_answer", "read_message"]

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
        if message.body is None and message.request is not None and not _replays(message.request.body):
            _refuse()


def _replays(payload: object) -> bool:
    if isinstance(payload, aiohttp.MultipartWriter):
        return all(_replays(part) for part, *_ in payload)
    # A file without an offset to go back to was marked when it was sent.
    return isinstance(payload, (bytes, aiohttp.BytesPayload)) or (
        isinstance(payload, aiohttp.IOBasePayload) and not payload.consumed
    )


def _refuse() -> NoReturn:
    raise BodyNotReplayable(
        "the server asks for credentials, and the request body is used up: it cannot be sent again. Pass bytes or a "
        "file that can seek; or make a small request to the server first, so that its challenge is known and the body "
        "needs to be sent only once"
    )


async def read_message(message: Message) -> None:
    """Read the body of a request into memory, as it will be transferred, for a signature that covers it."""
    request = message.request
    if request is None or not request.body:
        message.body = b""
        return
    octets = bytes(await request.body.as_bytes())
    if request.compress:
        # Otherwise aiohttp compresses while it sends, when the request is long signed.
        form = zlib.MAX_WBITS + (_GZIP if request.compress == "gzip" else 0)
        packer = zlib.compressobj(wbits=form)
        octets = packer.compress(octets) + packer.flush()
        request.compress = None
    # As a file: aiohttp warns of long bodies that come as bytes.
    await request.update_body(io.BytesIO(octets))
    message.body = octets


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
