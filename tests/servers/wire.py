"""A wire between one client and one server: what passes is written down, so that each client is judged the same way."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from tests.live.peers import HOST

__all__ = ["Wire", "Wires", "laid"]

HEAD = re.compile(rb"(?:GET|POST|PUT|CONNECT) [^\r\n]+ HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*\r\n")
SIGNATURE = re.compile(rb'(?im)^(?:proxy-)?authorization: (.*\bnonce="([^"]*)".*)\r$')
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")
CHALLENGE = re.compile(rb"(?im)^(?:www|proxy)-authenticate: *Digest (.*)\r$")
OPAQUE = re.compile(rb'\bopaque="([^"]*)"')
COUNT = re.compile(rb"\bnc=([0-9a-f]{8})")


class Wire:
    """What has passed since `forget`, connection by connection. Bodies of these tests hold no head of a message."""

    def __init__(self) -> None:
        self.port = 0
        self._up: list[bytearray] = []
        self._down: list[bytearray] = []

    def forget(self) -> None:
        """Begin anew; connections stay open."""
        for passed in (*self._up, *self._down):
            passed.clear()

    def up(self) -> bytearray:
        """Where the octets of one more connection to the server are written down."""
        self._up.append(bytearray())
        return self._up[-1]

    def down(self) -> bytearray:
        """The same for those to the client."""
        self._down.append(bytearray())
        return self._down[-1]

    @property
    def requests(self) -> list[bytes]:
        """The heads of all requests."""
        return [head for passed in self._up for head in HEAD.findall(passed)]

    @property
    def counts(self) -> list[tuple[bytes, ...]]:
        """nonce, opaque and nc of each signed request; one without qop has none.

        WEBrick gives one nonce to all who ask within a second, with an opaque each, and counts by both.
        """
        signed = [found for head in self.requests for found in SIGNATURE.findall(head)]
        return [(nonce, *OPAQUE.findall(value), nc) for value, nonce in signed for nc in COUNT.findall(value)]

    @property
    def challenges(self) -> list[bytes]:
        """What stood in each Digest challenge."""
        return [value for passed in self._down for value in CHALLENGE.findall(passed)]


class Wires:
    """One event loop in a thread of its own, and every wire in it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    @contextmanager
    def to(self, port: int) -> Iterator[Wire]:
        """A wire to a port of this machine; its own port is `wire.port`."""
        wire = Wire()
        server = asyncio.run_coroutine_threadsafe(self._lay(wire, port), self.loop).result()
        try:
            yield wire
        finally:
            self.loop.call_soon_threadsafe(server.close)

    async def _lay(self, wire: Wire, port: int) -> asyncio.Server:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                far_reader, far_writer = await asyncio.open_connection(HOST, port)
            except OSError:
                writer.close()
                return
            ways = ((reader, far_writer, wire.up()), (far_reader, writer, wire.down()))
            await asyncio.gather(*(carry(*way) for way in ways))

        server = await asyncio.start_server(connected, HOST, 0, backlog=128)
        wire.port = server.sockets[0].getsockname()[1]
        return server

    def close(self) -> None:
        """Cut all wires."""
        asyncio.run_coroutine_threadsafe(self._cut(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _cut(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passed: bytearray) -> None:
    """One way of one connection, until its end or until somebody hangs up."""
    try:
        while octets := await reader.read(65536):
            passed += octets
            writer.write(octets)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@contextmanager
def laid() -> Iterator[Wires]:
    """All wires of a run."""
    wires = Wires()
    try:
        yield wires
    finally:
        wires.close()
