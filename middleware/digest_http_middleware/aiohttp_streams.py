"""A held body as the stream of a request of aiohttp.web, which has no other way to be given a body again."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol

from .held_bodies import FILE_PIECE, HeldBody

__all__ = ["stream_of"]


def stream_of(held: HeldBody, request: web.Request) -> StreamReader:
    """A stream of the octets of `held`. What is in memory is there at once, a file is read when asked for."""
    loop = asyncio.get_running_loop()
    if held.in_memory:
        # A limit that is never reached: a full one would stop the reading of the connection.
        stream = StreamReader(request.protocol, limit=held.octets + 1, loop=loop)
        while piece := held.read():
            stream.feed_data(piece)
        stream.feed_eof()
        return stream
    feeder = _Feeder(held, loop)
    feeder.stream = stream = StreamReader(feeder, limit=FILE_PIECE, loop=loop)
    feeder.resume_reading()
    return stream


class _Feeder(BaseProtocol):
    """What a stream tells that it has room: then the next octets are read from the file."""

    stream: StreamReader

    def __init__(self, held: HeldBody, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._held: Final = held
        self._feeding: asyncio.Task[None] | None = None
        # Older versions tell of room only who was told that there is none.
        self._reading_paused = True

    @property
    def connected(self) -> bool:
        """The octets are here, wherever the client is."""
        return True

    def pause_reading(self) -> None:
        """Nothing comes that was not asked for."""

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002  # aiohttp's own signature
        """Read on, unless that is under way."""
        del resume_parser
        if not self.stream.is_eof() and (self._feeding is None or self._feeding.done()):
            self._feeding = self._loop.create_task(self._feed())

    async def _feed(self) -> None:
        try:
            piece = await self._held.read_aside()
        except (OSError, ValueError) as error:  # of the disk, or the request is over
            self.stream.set_exception(error)
            return
        # Done before the stream asks again, which it does while it is fed.
        self._feeding = None
        if piece:
            self.stream.feed_data(piece)
        else:
            self.stream.feed_eof()
