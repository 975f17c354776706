"""SecBuffer and SecBufferDesc as sspilib has them: `data` is a copy, the count follows what was written.

The type numbers and the HTTP layout are the kernel's (`digest_http.buffers`).
"""

from __future__ import annotations

from typing import Final

from digest_http import buffers
from digest_http.buffers import SecBufferFlags, SecBufferType

from .status import NtStatus, failure

__all__ = ["SecBuffer", "SecBufferDesc", "SecBufferFlags", "SecBufferType", "emit", "find", "require", "room_for_token"]

_ATTRMASK: Final = int(SecBufferFlags.SECBUFFER_ATTRMASK)


class SecBuffer(buffers.SecBuffer):
    """A typed buffer over memory of the caller, which is written in place.

    `data` is a bytearray or a writable memoryview; None is an empty buffer. BufferError for memory that cannot be
    written. `buffer_type` may carry flags in its upper bits, as in C.
    """

    __slots__ = ("_count", "_memory")

    buffer_type: SecBufferType | int
    buffer_flags: SecBufferFlags

    def __init__(
        self,
        data: bytearray | memoryview | None,
        buffer_type: SecBufferType | int,
        buffer_flags: SecBufferFlags | int = 0,
    ) -> None:
        word = int(buffer_type) | int(buffer_flags)
        number = word & ~_ATTRMASK
        super().__init__(
            None, SecBufferType(number) if number in _NUMBERS else number, SecBufferFlags(word & _ATTRMASK)
        )
        memory = memoryview(data if data is not None else bytearray())
        if memory.readonly:
            raise BufferError("a SecBuffer is over memory that can be written: pass bytearray(data)")
        self._memory = memory.cast("B")
        self._count = len(self._memory)

    @property
    def count(self) -> int:
        """cbBuffer: the number of octets, after a call those that were written."""
        return self._count

    @property
    def data(self) -> bytes:
        """A copy of the octets."""
        return bytes(self._memory[: self._count])

    def dangerous_get_view(self) -> memoryview:
        """The octets themselves; sspilib's name, although here nothing dangles."""
        return self._memory[: self._count]

    @property
    def readonly(self) -> bool:
        """Whether the caller forbids writing (SECBUFFER_READONLY, or READONLY_WITH_CHECKSUM)."""
        return bool(
            self.buffer_flags & (SecBufferFlags.SECBUFFER_READONLY | SecBufferFlags.SECBUFFER_READONLY_WITH_CHECKSUM)
        )

    @property
    def room(self) -> int:
        """How many octets can be written: all of the caller's memory, whatever count says; 0 if READONLY."""
        return 0 if self.readonly else len(self._memory)

    def store(self, octets: bytes | memoryview) -> None:
        """Write from the start and set the count. Raises SEC_E_BUFFER_TOO_SMALL, with nothing written."""
        if len(octets) > self.room:
            raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
        self._memory[: len(octets)] = octets
        self._count = len(octets)

    def shorten(self, count: int) -> None:
        """Set the count after the octets were written in place."""
        self._count = count

    def attach(self, memory: memoryview) -> None:
        """Point the buffer at other memory: what allocating, or decrypting a STREAM, does in C."""
        self._memory = memory
        self._count = len(memory)

    def __str__(self) -> str:
        kind = self.buffer_type.name if isinstance(self.buffer_type, SecBufferType) else str(self.buffer_type)
        return "|".join([kind, *(str(flag.name) for flag in SecBufferFlags(self.buffer_flags))])


_NUMBERS: Final = frozenset(SecBufferType)


class SecBufferDesc(buffers.SecBufferDesc[SecBuffer]):
    """An ordered array of buffers."""

    __slots__ = ()


def find(message: SecBufferDesc | None, kind: SecBufferType) -> SecBuffer | None:
    """The first buffer of a type, or None."""
    return next((buffer for buffer in message or () if buffer.buffer_type == kind), None)


def require(message: SecBufferDesc | None, kind: SecBufferType) -> SecBuffer:
    """The first buffer of a type. Raises SEC_E_INVALID_TOKEN if there is none."""
    buffer = find(message, kind)
    if buffer is None:
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    return buffer


def room_for_token(message: SecBufferDesc | None, *, allocate: bool) -> int | None:
    """How long a token the output can take; None for any length. Raises SEC_E_INVALID_TOKEN without a TOKEN buffer."""
    buffer = require(message, SecBufferType.SECBUFFER_TOKEN)
    return None if allocate and not buffer.readonly else buffer.room


def emit(message: SecBufferDesc | None, token: bytes, *, allocate: bool) -> None:
    """Put a token into the TOKEN buffer of an output, in memory of our own if the caller asked to allocate.

    Raises SEC_E_INVALID_TOKEN if there is a token and no buffer for it, SEC_E_BUFFER_TOO_SMALL.
    """
    buffer = find(message, SecBufferType.SECBUFFER_TOKEN)
    if not token and (buffer is None or buffer.readonly):
        return
    buffer = require(message, SecBufferType.SECBUFFER_TOKEN)
    if allocate and not buffer.readonly:
        buffer.attach(memoryview(bytearray(token)))
    else:
        buffer.store(token)
