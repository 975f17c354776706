"""Body streams of responses of httpx and httpx2: one hashes the octets as they come, the others end early."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing
from typing import Any, Final

from digest_http.algorithms import Hash

__all__ = ["BoundedBody", "RecordedBody", "WithheldBody"]

#: Octets of a refusal's body that are read, so that its connection can be used again. Behind that the connection is
#: closed: a stranger's body may have no end.
MAX_DISCARDED: Final = 65536


class RecordedBody:
    """Wraps a body stream of the library; `entity` is the hash of what has passed. The plugs add the base classes."""

    def __init__(self, stream: Any, entity: Hash) -> None:  # the library's own class
        self._stream = stream
        self.entity: Final = entity

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            self.entity.update(chunk)
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self.entity.update(chunk)
            yield chunk

    def close(self) -> None:
        """Close the stream below."""
        self._stream.close()

    async def aclose(self) -> None:
        """Close the stream below."""
        await self._stream.aclose()


class BoundedBody:
    """Wraps a body stream of the library and ends it after MAX_DISCARDED octets. The plugs add the base classes."""

    def __init__(self, stream: Any) -> None:  # the library's own class
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        left = MAX_DISCARDED
        for chunk in self._stream:
            yield chunk[:left]
            left -= len(chunk)
            if left < 0:
                break

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MAX_DISCARDED
        async with AsyncExitStack() as stack:
            chunks = aiter(self._stream)
            if hasattr(chunks, "aclose"):  # a generator, which some event loops want to see closed
                await stack.enter_async_context(aclosing(chunks))
            async for chunk in chunks:
                yield chunk[:left]
                left -= len(chunk)
                if left < 0:
                    break

    def close(self) -> None:
        """Close the stream below."""
        self._stream.close()

    async def aclose(self) -> None:
        """Close the stream below."""
        await self._stream.aclose()


class WithheldBody(BoundedBody):
    """Reads as much as that, and yields nothing of it."""

    def __iter__(self) -> Iterator[bytes]:
        for _ in super().__iter__():
            pass
        yield from ()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces: Any = super().__aiter__()  # a generator
        async with aclosing(pieces):
            async for _ in pieces:
                pass
        nothing: tuple[bytes, ...] = ()
        for piece in nothing:
            yield piece
