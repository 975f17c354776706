"""SecBuffer, SecBufferDesc and the message layouts (Microsoft: "SecBuffer structure", "MakeSignature (Digest)").

The HTTP layout is the one message type of the HTTP side. Whoever packs a request, the ASGI middleware, the httpx
flow or a caller of the SSPI names, packs these five buffers, so a packed request means the same everywhere:

  #  type        signing (client)                        verifying (server)
  0  TOKEN       empty                                   the Authorization value without its scheme word
  1  PKG_PARAMS  method                                  method
  2  PKG_PARAMS  request target                          request target
  3  PKG_PARAMS  HEntity: hex H(body); empty for auth    HEntity
  4  PADDING     receives the Authorization parameters   receives the Authentication-Info parameters
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum, IntFlag
from typing import Final, Generic, TypeVar

from .errors import MalformedField
from .grammar import token as token_pattern

__all__ = ["SECBUFFER_VERSION", "HTTPMessage", "SecBuffer", "SecBufferDesc", "SecBufferFlags", "SecBufferType"]

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
    """One typed buffer: octets that the caller owns.

    `data` may be bytes (input only), a bytearray or a writable memoryview (output fits its length), or None.
    What more sspilib's class does (copies, views, filling) is added by the subclass of the SSPI names.
    """

    __slots__ = ("_data", "buffer_flags", "buffer_type")

    def __init__(self, data: bytes | bytearray | memoryview | None, buffer_type: int, buffer_flags: int = 0) -> None:
        self._data = data
        self.buffer_type = buffer_type
        self.buffer_flags = buffer_flags

    @property
    def data(self) -> bytes | bytearray | memoryview | None:
        """The octets: the object that the caller gave."""
        return self._data

    @property
    def count(self) -> int:
        """cbBuffer: the number of octets."""
        return len(self._data) if self._data is not None else 0

    def __repr__(self) -> str:
        # Sizes only: a TOKEN or DATA buffer may hold what a log must not.
        kind = SecBufferType(self.buffer_type).name if self.buffer_type in _TYPES else str(self.buffer_type)
        return f"<SecBuffer {kind} of {self.count} octets>"


_TYPES: Final = frozenset(SecBufferType)

_BufferT = TypeVar("_BufferT", bound=SecBuffer)


class SecBufferDesc(Generic[_BufferT]):
    """An ordered array of buffers (pBuffers of SecBufferDesc)."""

    __slots__ = ("_buffers", "version")

    def __init__(self, buffers: Iterable[_BufferT], *, version: int = SECBUFFER_VERSION) -> None:
        self._buffers: Final = list(buffers)
        self.version: Final = version

    def __len__(self) -> int:
        return len(self._buffers)

    def __iter__(self) -> Iterator[_BufferT]:
        return iter(self._buffers)

    def __getitem__(self, index: int) -> _BufferT:
        return self._buffers[index]

    def __repr__(self) -> str:
        return f"SecBufferDesc({self._buffers!r})"


class HTTPMessage:
    """The HTTP layout, unpacked: one attribute a buffer, in buffer order; all octets.

    `to_buffers` and `from_buffers` are the layout; the hot paths read the attributes and build no SecBuffer.
    """

    __slots__ = ("hentity", "method", "padding", "token", "url")

    def __init__(self, token: bytes, method: bytes, url: bytes, hentity: bytes = b"", padding: bytes = b"") -> None:
        self.token = token
        self.method = method
        self.url = url
        self.hentity = hentity
        self.padding = padding

    def check_method(self) -> None:
        """Raise MalformedField unless the method is a token (RFC 9110 §9.1).

        A2 is method ":" uri. An empty method would make a request's digest the server's proof, which has none; a
        colon in it would move the border between the two.
        """
        if _method.fullmatch(self.method) is None:
            raise MalformedField("the method is not a token", reason="method")

    def to_buffers(self) -> SecBufferDesc[SecBuffer]:
        """Pack into five new buffers; inputs are copied into bytearrays, as SSPI callers expect to write to them."""
        octets = (self.token, self.method, self.url, self.hentity, self.padding)
        return SecBufferDesc(
            SecBuffer(bytearray(value), kind) for value, kind in zip(octets, _HTTP_LAYOUT, strict=True)
        )

    @classmethod
    def from_buffers(cls, message: SecBufferDesc[_BufferT]) -> HTTPMessage:
        """Unpack five buffers. Raises MalformedField (SEC_E_INVALID_TOKEN) for a missing buffer or a wrong type."""
        if len(message) < len(_HTTP_LAYOUT):
            raise MalformedField(
                f"the HTTP layout has {len(_HTTP_LAYOUT)} buffers, TOKEN, method, URL, HEntity and PADDING, "
                f"not {len(message)}",
                reason="buffers",
            )
        values: list[bytes] = []
        for index, kind in enumerate(_HTTP_LAYOUT):
            buffer = message[index]
            if buffer.buffer_type != kind:
                raise MalformedField(
                    f"buffer {index} of the HTTP layout is {kind.name}, not type {buffer.buffer_type}",
                    reason="buffers",
                )
            values.append(bytes(buffer.data) if buffer.data is not None else b"")
        return cls(*values)

    def __repr__(self) -> str:
        return f"<HTTPMessage {self.method!r} {self.url!r}>"


_method: Final = re.compile(token_pattern)

_HTTP_LAYOUT: Final = (
    SecBufferType.SECBUFFER_TOKEN,
    SecBufferType.SECBUFFER_PKG_PARAMS,
    SecBufferType.SECBUFFER_PKG_PARAMS,
    SecBufferType.SECBUFFER_PKG_PARAMS,
    SecBufferType.SECBUFFER_PADDING,
)
