"""A stranger's requests over raw sockets: many connections at once, each with one request after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Knock", "knock_all"]

HOST = "127.0.0.1"
#: Connections to one server at a time.
CONNECTIONS = 6
#: A server that has not answered by then never will; its closing the connection is an answer too.
SECONDS = 30.0

_HANDSHAKE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@dataclass(frozen=True, slots=True)
class Knock:
    """One request. `door` is what stands in X-Door, unlike any other's."""

    door: str
    target: str
    field: str = ""
    websocket: bool = False

    def octets(self) -> bytes:
        """As on the wire."""
        method = "OPTIONS" if self.target == "*" else "CONNECT" if self.target == "h:443" else "GET"
        host = "" if self.field.startswith("Host:") else "Host: h\r\n"
        field = self.field + "\r\n" if self.field else ""
        upgrade = _HANDSHAKE if self.websocket else ""
        head = f"{method} {self.target} HTTP/1.1\r\n{host}{field}X-Door: {self.door}\r\n{upgrade}\r\n"
        return head.encode("latin-1")


async def knock_all(port: int, knocks: Iterable[Knock]) -> dict[str, int]:
    """The status of each answer by its door; 0 where the server closed the connection without one."""
    found: dict[str, int] = {}
    waiting = iter(knocks)
    await asyncio.gather(*(_visit(port, waiting, found) for _ in range(CONNECTIONS)))
    return found


async def _visit(port: int, waiting: Iterator[Knock], found: dict[str, int]) -> None:
    """Take knocks from `waiting` until there are none."""
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    for knock in waiting:
        status, keep = 0, False
        # A server may close a connection and not say so: what it then has not answered is asked again on a new one.
        for fresh in (True,) if connection is None else (False, True):
            if fresh:
                connection = await asyncio.open_connection(HOST, port)
            assert connection is not None
            try:
                async with asyncio.timeout(SECONDS):
                    connection[1].write(knock.octets())
                    status, keep = await _answer(connection[0])
                break
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
                connection[1].close()
        found[knock.door] = status
        if not keep or knock.websocket or knock.target == "h:443":
            assert connection is not None
            connection[1].close()
            connection = None
    if connection is not None:
        connection[1].close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """The status, and whether the connection can be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head.split(b" ", 2)[1])
    fields = dict(line.split(b":", 1) for line in head.split(b"\r\n")[1:-2])
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        while (size := int((await reader.readuntil(b"\r\n")).strip(), 16)) > 0:
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    elif b"content-length" in fields:
        await reader.readexactly(int(fields[b"content-length"]))
    else:
        return status, False
    return status, b"close" not in fields.get(b"connection", b"")
