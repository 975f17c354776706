"""Response bodies of requests and niquests that are kept, or withheld.

The libraries read a response through its `raw`, a urllib3 response. What is done to a body is done by putting another
object in that place. It hands on all else that it is asked for, so that cookies, trailers and connections are found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from .refused_bodies import discard, discard_async

__all__ = ["AsyncHeldRaw", "AsyncWithheldRaw", "HeldRaw", "WithheldRaw"]


class _StandIn:
    """Stands in the place of a urllib3 response, for niquests also by its class; a subclass has the body."""

    def __init__(self, raw: Any) -> None:
        self._raw: Final = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    @property
    def __class__(self) -> Any:
        return self._raw.__class__

    @__class__.setter
    def __class__(self, _: Any) -> None:
        raise AttributeError("the class of a stand-in is that of the response it stands for")


class HeldRaw(_StandIn):
    """A body that was read. `octets` is what was transferred; `decoder(octets)` makes a urllib3 response of it."""

    def __init__(self, raw: Any, octets: bytes, decoder: Callable[[bytes], Any]) -> None:
        super().__init__(raw)
        self.octets: Final = octets
        self._inner: Final = decoder(octets)

    def read(self, *args: Any, **keywords: Any) -> Any:
        """As urllib3 has it."""
        return self._inner.read(*args, **keywords)

    def stream(self, *args: Any, **keywords: Any) -> Any:
        """As urllib3 has it."""
        return self._inner.stream(*args, **keywords)


class AsyncHeldRaw(HeldRaw):
    """The same for an asynchronous response."""

    async def read(self, *args: Any, **keywords: Any) -> Any:
        """As urllib3-future has it."""
        return self._inner.read(*args, **keywords)


class WithheldRaw(_StandIn):
    """A body that nobody has proved to be the server's: it reads as empty."""

    def read(self, *_args: Any, **_keywords: Any) -> bytes:
        """Nothing."""
        discard(self._raw)
        return b""

    def stream(self, *_args: Any, **_keywords: Any) -> Iterator[bytes]:
        """Nothing."""
        discard(self._raw)
        return iter(())


class AsyncWithheldRaw(_StandIn):
    """The same for an asynchronous response."""

    async def read(self, *_args: Any, **_keywords: Any) -> bytes:
        """Nothing."""
        await discard_async(self._raw)
        return b""
