"""A login's layer over asyncio's streams. It wraps what is written, and verifies what is read.

The rules are those of streams.py. No event loop is imported here: the Protocols name the methods of StreamReader and
StreamWriter that are used. Only the streams below are awaited, and the other work is done in one go. So a cancelled
read loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol, Self

from digest_http.errors import MessageTooLarge
from digest_http.secrecy import HoldsSecrets

from .integrity import Octets
from .mechanism import Mechanism
from .records import Records

__all__ = ["LayeredStream", "StreamReaderLike", "StreamWriterLike"]

_READ_OCTETS: Final = 65536
"""How many octets are read at a time: several small records, or the usual maxbuf."""

_LINE_OCTETS: Final = 65536
"""How many octets readuntil() holds while it looks for the separator. asyncio's own streams have the same limit."""


class StreamReaderLike(Protocol):
    """The methods of asyncio's StreamReader that are used here."""

    async def read(self, n: int = -1, /) -> bytes:
        """At most `n` octets, at least one; b"" at the end."""
        ...


class StreamWriterLike(Protocol):
    """The methods of asyncio's StreamWriter that are used here."""

    def write(self, data: bytes, /) -> None:
        """Take all octets of `data`."""
        ...

    async def drain(self) -> None:
        """Wait until there is room for more."""
        ...

    def close(self) -> None:
        """Begin to close the connection."""
        ...

    async def wait_closed(self) -> None:
        """Wait until it is closed."""
        ...


class LayeredStream(HoldsSecrets):
    """Reader and writer in one object. It replaces the two streams that the login used.

    `context` is the DigestMD5Client or DigestMD5Server of the completed login. With qop=auth the octets pass unchanged.
    `received` and `during_login` are those of LayeredSocket, and so are the errors: the first fault ends the stream for
    good, and an end of the stream inside a record is MalformedField, reason "truncated". One task may read while others
    write.
    """

    def __init__(
        self,
        reader: StreamReaderLike,
        writer: StreamWriterLike,
        context: Mechanism,
        *,
        received: bytes = b"",
        during_login: bool = False,
    ) -> None:
        self._reader: Final = reader
        self._writer: Final = writer
        self._records: Final = Records(context, during_login=during_login)
        self._held: Final = bytearray()
        self._ended = False
        if received:
            self._records.received(received)

    # --- reading ---

    async def read(self, n: int = -1, /) -> bytes:
        """Verified octets: at most `n`, or all until the end of the stream for -1; b"" at the end."""
        if n < 0:
            while await self._more():
                pass
            return self._taken(len(self._held))
        if not (n and (self._held or await self._more(n))):
            return b""
        return self._taken(n)

    async def readexactly(self, n: int, /) -> bytes:
        """Exactly `n` verified octets. Raises EOFError if the stream ends before; what came can still be read."""
        while len(self._held) < n:
            if not await self._more():
                raise EOFError(f"the stream ended after {len(self._held)} of {n} octets")
        return self._taken(n)

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        """Verified octets up to and with the separator. Raises EOFError if the stream ends before.

        Raises MessageTooLarge if it does not come within 65536 octets. In both cases what came can still be read.
        """
        start = 0
        while (found := self._held.find(separator, start)) < 0:
            if len(self._held) > _LINE_OCTETS:
                raise MessageTooLarge(f"no {separator!r} within {_LINE_OCTETS} octets", reason="separator")
            start = max(0, len(self._held) - len(separator) + 1)
            if not await self._more():
                raise EOFError(f"the stream ended after {len(self._held)} octets without {separator!r}")
        return self._taken(found + len(separator))

    async def readline(self) -> bytes:
        """A line with its newline; at the end of the stream the rest, or b"". Raises MessageTooLarge as readuntil."""
        try:
            return await self.readuntil(b"\n")
        except EOFError:
            return self._taken(len(self._held))

    def at_eof(self) -> bool:
        """Whether the stream has ended and everything was read."""
        return self._ended and not self._held

    async def _more(self, size: int = _READ_OCTETS) -> bool:
        """Add the next verified octets, at most `size`, to those held; False at the end of the stream."""
        while not (part := self._records.read(size)):
            if self._ended:
                return False
            data = await self._reader.read(_READ_OCTETS)
            if data:
                self._records.received(data)
            else:
                self._records.received_end()
                self._ended = True
        self._held.extend(part)
        return True

    def _taken(self, size: int) -> bytes:
        """Take the first `size` of the octets that are held."""
        part = bytes(self._held[:size])
        del self._held[:size]
        return part

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        part = await self.read(_READ_OCTETS)
        if not part:
            raise StopAsyncIteration
        return part

    # --- writing ---

    def write(self, data: Octets, /) -> None:
        """Wrap `data` in as many records as the peer needs, and pass them to the writer.

        drain() waits until there is room for more. Raises ContextExpired after any failure.
        """
        octets = self._records.sent(data)
        try:
            self._writer.write(octets)
        except BaseException:
            self._records.close()
            raise

    def writelines(self, data: Iterable[Octets], /) -> None:
        """Call write() for each."""
        for octets in data:
            self.write(octets)

    async def drain(self) -> None:
        """As the writer's own."""
        await self._writer.drain()

    def close(self) -> None:
        """End the layer, then close the writer."""
        self._held.clear()
        self._records.close()
        self._writer.close()

    async def wait_closed(self) -> None:
        """As the writer's own."""
        await self._writer.wait_closed()

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401  # as the writer's own
        """As the writer's own."""
        get: Any = getattr(self._writer, "get_extra_info", None)
        return get(name, default) if get is not None else default

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.close()
        await self.wait_closed()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} over {self._writer!r}>"
