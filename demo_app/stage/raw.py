"""One HTTP request over a socket of its own, octet by octet: what somebody on the wire sends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

__all__ = ["NoAnswer", "RawAnswer", "send"]

#: Seconds for an answer of this same process.
PATIENCE: Final = 20.0


class NoAnswer(Exception):
    """The server could not be reached, or did not answer in time."""


@dataclass(frozen=True)
class RawAnswer:
    """The head of an answer, taken apart; names are in lower case."""

    status: int
    fields: tuple[tuple[str, str], ...]


async def send(host: str, port: int, octets: bytes) -> RawAnswer:
    """Send a request that asks for the end of its connection; the answer. Raises NoAnswer."""
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(octets)
                await writer.drain()
                head = await reader.readuntil(b"\r\n\r\n")
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise NoAnswer(f"{host} port {port} did not answer") from error
    return _read(head)


def _read(head: bytes) -> RawAnswer:
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[1].isdecimal():  # noqa: PLR2004 - version and status
        raise NoAnswer("the answer was not HTTP")
    pairs = (line.partition(":") for line in lines)
    return RawAnswer(int(words[1]), tuple((name.strip().lower(), value.strip()) for name, _, value in pairs))
