"""The octets of a response body as they were transferred, kept while the client decodes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

__all__ = ["WireBody"]


class WireBody:
    """Wraps a body stream of the library; `octets()` is what has passed. The plugs add the library's base classes."""

    def __init__(self, stream: Any) -> None:  # the library's own class
        self._stream = stream
        self._chunks: list[bytes] = []
        #: False if the body had been read before it was wrapped.
        self.seen = False

    def octets(self) -> bytes:
        """All octets so far."""
        return b"".join(self._chunks)

    def __iter__(self) -> Iterator[bytes]:
        self.seen = True
        for chunk in self._stream:
            self._chunks.append(chunk)
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.seen = True
        async for chunk in self._stream:
            self._chunks.append(chunk)
            yield chunk

    def close(self) -> None:
        """Close the stream below."""
        self._stream.close()

    async def aclose(self) -> None:
        """Close the stream below."""
        await self._stream.aclose()
