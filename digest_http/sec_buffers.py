"""SecBuffer and SecBufferDesc: memory of a caller, with its type (Microsoft: "SecBuffer structure").

Import them from `buffers.py`, which has the layouts that are made of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum, IntFlag
from operator import index
from typing import Final

__all__ = ["SECBUFFER_VERSION", "SecBuffer", "SecBufferDesc", "SecBufferFlags", "SecBufferType"]

SECBUFFER_VERSION: Final = 0


class SecBufferType(IntEnum):
    """SECBUFFER_* of sspi.h; the names keep their header spelling."""

    SECBUFFER_EMPTY = 0
    SECBUFFER_DATA = 1
    SECBUFFER_TOKEN = 2
    SECBUFFER_PKG_PARAMS = 3
    SECBUFFER_MISSING = 4
    SECBUFFER_EXTRA = 5
    SECBUFFER_STREAM_TRAILER = 6
    SECBUFFER_STREAM_HEADER = 7
    SECBUFFER_NEGOTIATION_INFO = 8
    SECBUFFER_PADDING = 9
    SECBUFFER_STREAM = 10
    SECBUFFER_MECHLIST = 11
    SECBUFFER_MECHLIST_SIGNATURE = 12
    SECBUFFER_TARGET = 13
    SECBUFFER_CHANNEL_BINDINGS = 14
    SECBUFFER_CHANGE_PASS_RESPONSE = 15
    SECBUFFER_TARGET_HOST = 16
    SECBUFFER_ALERT = 17
    SECBUFFER_APPLICATION_PROTOCOLS = 18
    SECBUFFER_SRTP_PROTECTION_PROFILES = 19
    SECBUFFER_SRTP_MASTER_KEY_IDENTIFIER = 20
    SECBUFFER_TOKEN_BINDING = 21
    SECBUFFER_PRESHARED_KEY = 22
    SECBUFFER_PRESHARED_KEY_IDENTITY = 23
    SECBUFFER_DTLS_MTU = 24
    SECBUFFER_SEND_GENERIC_TLS_EXTENSION = 25
    SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION = 26
    SECBUFFER_FLAGS = 27
    SECBUFFER_TRAFFIC_SECRETS = 28
    SECBUFFER_CERTIFICATE_REQUEST_CONTEXT = 29


class SecBufferFlags(IntFlag):
    """Flags in the upper bits of the type word."""

    SECBUFFER_NONE = 0
    SECBUFFER_READONLY_WITH_CHECKSUM = 0x10000000
    SECBUFFER_RESERVED = 0x60000000
    SECBUFFER_READONLY = 0x80000000
    SECBUFFER_ATTRMASK = 0xF0000000


class SecBuffer:
    """A typed buffer over memory of the caller, which is written in place.

    `data` is a bytearray or a writable memoryview; None is an empty buffer. BufferError for memory that cannot be
    written, ValueError for a number that is no type. `buffer_type` may carry flags in its upper bits, as in C.
    """

    __slots__ = ("_count", "_flags", "_full", "_memory", "_readonly", "_type", "writable_type")

    def __init__(
        self,
        data: bytearray | memoryview | None,
        buffer_type: SecBufferType | int,
        buffer_flags: SecBufferFlags | int = 0,
    ) -> None:
        word = index(buffer_type) | index(buffer_flags)
        self._type: Final = SecBufferType(word & ~_ATTRMASK)
        self._flags: Final = SecBufferFlags(word & _ATTRMASK)
        # Asked for several times a call; an operation on an IntFlag costs as much as ten on an int.
        self._readonly: Final = bool(word & _READONLY)
        self.writable_type: Final = -1 if self._readonly else word & ~_ATTRMASK
        """The number of the type; -1 if the caller forbids writing, whatever the type. For loops of each call."""
        memory = memoryview(data if data is not None else bytearray())
        if memory.readonly:
            raise BufferError("a SecBuffer is over memory that can be written: pass bytearray(data)")
        self._memory = memory.cast("B")
        self._count = len(self._memory)
        # Whether the count is all of the memory. Nearly every buffer is full, and is copied in a third of the time.
        self._full = True

    @property
    def buffer_type(self) -> SecBufferType:
        """BufferType without its flags."""
        return self._type

    @property
    def buffer_flags(self) -> SecBufferFlags:
        """The flags of BufferType."""
        return self._flags

    @property
    def count(self) -> int:
        """cbBuffer: the number of octets, after a call those that were written."""
        return self._count

    @property
    def data(self) -> bytes:
        """A copy of the octets."""
        return self._memory.tobytes() if self._full else self._memory[: self._count].tobytes()

    def octets_of(self, kind: SecBufferType) -> bytes | None:
        """A copy of the octets of a buffer of that type; None if it is of another. One call where a layout has five."""
        if self._type is not kind:
            return None
        return self._memory.tobytes() if self._full else self._memory[: self._count].tobytes()

    def dangerous_get_view(self) -> memoryview:
        """The octets themselves; sspilib's name, although here nothing dangles."""
        return self._memory[: self._count]

    @property
    def readonly(self) -> bool:
        """Whether the caller forbids writing (SECBUFFER_READONLY, or READONLY_WITH_CHECKSUM)."""
        return self._readonly

    @property
    def room(self) -> int:
        """How many octets can be written: all of the caller's memory, whatever count says; 0 if READONLY."""
        return 0 if self._readonly else len(self._memory)

    def store(self, octets: bytes | memoryview) -> None:
        """Write from the start and set the count. Raises BufferError, with nothing written, for more than `room`."""
        length, memory = len(octets), self._memory
        if length > (0 if self._readonly else len(memory)):
            raise BufferError(f"{length} octets do not fit into {self.room}: look at room before")
        memory[:length] = octets
        self._count = length
        self._full = length == len(memory)

    def attach(self, memory: memoryview) -> None:
        """Point the buffer at other memory: what allocating, or decrypting a STREAM, does in C."""
        self._memory = memory
        self._count = len(memory)
        self._full = True

    def __str__(self) -> str:
        return "|".join([self._type.name, *(str(flag.name) for flag in self._flags)])

    def __repr__(self) -> str:
        # Sizes only: a TOKEN or DATA buffer may hold what a log must not.
        return f"<SecBuffer {self._type.name} of {self._count} octets>"


_ATTRMASK: Final = int(SecBufferFlags.SECBUFFER_ATTRMASK)
_READONLY: Final = int(SecBufferFlags.SECBUFFER_READONLY | SecBufferFlags.SECBUFFER_READONLY_WITH_CHECKSUM)


class SecBufferDesc:
    """An ordered array of buffers (pBuffers of SecBufferDesc)."""

    __slots__ = ("array", "version")

    def __init__(self, buffers: Iterable[SecBuffer], *, version: int = SECBUFFER_VERSION) -> None:
        self.array: Final = tuple(buffers)
        """The buffers themselves; what each call reads, since it costs no call to get at them."""
        if not all(isinstance(buffer, SecBuffer) for buffer in self.array):
            raise TypeError("buffers must be a list of SecBuffer")
        self.version: Final = version

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[SecBuffer]:
        return iter(self.array)

    def __getitem__(self, place: int) -> SecBuffer:
        return self.array[place]

    def __repr__(self) -> str:
        return f"SecBufferDesc({list(self.array)!r})"
