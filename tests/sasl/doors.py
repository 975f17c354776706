"""One face for the three kinds of stream, each over real descriptors: what is there is read, nothing is waited for."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from digest_http.sasl import LayeredFile, LayeredSocket, LayeredStream


class Door:
    """A layered stream and the far end of its wire."""

    def __init__(self, stream: Any, feed: Callable[[bytes], Any], end: Callable[[], None], far: int) -> None:
        self.stream = stream
        self.feed = feed
        #: The far end sends no more.
        self.end = end
        self._far = far

    def read(self, size: int = 65536) -> bytes | None:
        """What is there to be read; None if it would have to wait."""
        raise NotImplementedError

    def write(self, data: bytes) -> None:
        """Write all of it."""
        raise NotImplementedError

    def sent(self) -> bytes:
        """All that has arrived at the far end."""
        parts = []
        while True:
            try:
                parts.append(os.read(self._far, 1 << 20))
            except BlockingIOError:
                return b"".join(parts)
            if not parts[-1]:
                return b"".join(parts)


class _Socket(Door):
    def read(self, size: int = 65536) -> bytes | None:
        try:
            return bytes(self.stream.recv(size))
        except BlockingIOError:
            return None

    def write(self, data: bytes) -> None:
        self.stream.sendall(data)


class _File(Door):
    def read(self, size: int = 65536) -> bytes | None:
        read: bytes | None = self.stream.read(size)
        return read

    def write(self, data: bytes) -> None:
        self.stream.write(data)


class _Async(Door):
    runner: asyncio.Runner

    def read(self, size: int = 65536) -> bytes | None:
        return self.runner.run(self._read(size))

    async def _read(self, size: int) -> bytes | None:
        task = asyncio.ensure_future(self.stream.read(size))
        # One turn to begin, one to poll, one to wake up, and one to spare.
        for _ in range(4):
            await asyncio.sleep(0)
        if task.done():
            return bytes(task.result())
        task.cancel()
        await asyncio.wait([task])
        return None

    def write(self, data: bytes) -> None:
        self.runner.run(self._write(data))

    async def _write(self, data: bytes) -> None:
        self.stream.write(data)
        await self.stream.drain()


@contextmanager
def _socket(context: Any, **settings: Any) -> Iterator[Door]:
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        far.setblocking(False)
        stream = LayeredSocket(near, context, **settings)
        yield _Socket(stream, far.sendall, lambda: far.shutdown(socket.SHUT_WR), far.fileno())


@contextmanager
def _file(context: Any) -> Iterator[Door]:
    inner, inner_far = os.pipe()
    outer_far, outer = os.pipe()
    for descriptor in (inner, outer_far):
        os.set_blocking(descriptor, False)
    with (
        os.fdopen(inner, "rb", buffering=0) as reader,
        os.fdopen(outer, "wb", buffering=0) as writer,
        os.fdopen(inner_far, "wb", buffering=0) as far,
        os.fdopen(outer_far, "rb", buffering=0),
        LayeredFile(context, reader, writer) as stream,
    ):
        yield _File(stream, far.write, far.close, outer_far)


@contextmanager
def _asyncio(context: Any, **settings: Any) -> Iterator[Door]:
    near, far = socket.socketpair()
    far.setblocking(False)
    with far, asyncio.Runner() as runner:

        async def opened() -> LayeredStream:
            reader, writer = await asyncio.open_connection(sock=near)
            return LayeredStream(reader, writer, context, **settings)

        stream = runner.run(opened())
        door = _Async(stream, far.sendall, lambda: far.shutdown(socket.SHUT_WR), far.fileno())
        door.runner = runner
        try:
            yield door
        finally:
            runner.run(closed(stream))


async def closed(stream: LayeredStream) -> None:
    """Close, and wait until it is."""
    stream.close()
    await stream.wait_closed()


#: Call one with a login, as a context manager.
DOORS: dict[str, Callable[..., AbstractContextManager[Door]]] = {
    "socket": _socket,
    "file": _file,
    "asyncio": _asyncio,
}
