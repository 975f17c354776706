"""Channel bindings: the SEC_CHANNEL_BINDINGS blob and the hash of it that Digest sends.

The blob is eight 32-bit little-endian words, then the data that they point to (sspi.h). The hash covers the structure
of GSS-API (RFC 2744 §3.11) in the same byte order: it has lengths in front of the octets, and no offsets.
"""

from __future__ import annotations

import struct
from typing import Final

from digest_http.algorithms import by_name

from .arguments import checked
from .buffers import SecBuffer, SecBufferType
from .status import NtStatus, failure

__all__ = ["NO_BINDING", "SecChannelBindings"]

#: The channel-binding directive of a client that sees no TLS.
NO_BINDING: Final = b"0" * 32

_HEADER: Final = struct.Struct("<8I")

_Octets = bytes | bytearray | memoryview


class SecChannelBindings:
    """Binds a context to the channel below it. On the web only `application_data` is used. All parts are octets."""

    @checked
    def __init__(
        self,
        *,
        initiator_addr_type: int = 0,
        initiator_addr: _Octets | None = None,
        acceptor_addr_type: int = 0,
        acceptor_addr: _Octets | None = None,
        application_data: _Octets | None = None,
    ) -> None:
        self.initiator_addr_type: Final = initiator_addr_type
        self.initiator_addr: Final = _copy(initiator_addr)
        self.acceptor_addr_type: Final = acceptor_addr_type
        self.acceptor_addr: Final = _copy(acceptor_addr)
        self.application_data: Final = _copy(application_data)

    @classmethod
    def parse(cls, blob: bytes) -> SecChannelBindings:
        """Read a blob. Raises SEC_E_INVALID_TOKEN if it is too short or points outside itself."""
        if len(blob) < _HEADER.size:
            raise failure(NtStatus.SEC_E_INVALID_TOKEN)
        kind, length, offset, other_kind, other_length, other_offset, data_length, data_offset = _HEADER.unpack_from(
            blob
        )
        return cls(
            initiator_addr_type=kind,
            initiator_addr=_part(blob, offset, length),
            acceptor_addr_type=other_kind,
            acceptor_addr=_part(blob, other_offset, other_length),
            application_data=_part(blob, data_offset, data_length),
        )

    def get_sec_buffer_copy(self) -> SecBuffer:
        """A CHANNEL_BINDINGS buffer with the blob."""
        parts = [self.initiator_addr or b"", self.acceptor_addr or b"", self.application_data or b""]
        offsets = [_HEADER.size, _HEADER.size + len(parts[0]), _HEADER.size + len(parts[0]) + len(parts[1])]
        words = [(len(part), offset if part else 0) for part, offset in zip(parts, offsets, strict=True)]
        header = _HEADER.pack(self.initiator_addr_type, *words[0], self.acceptor_addr_type, *words[1], *words[2])
        return SecBuffer(bytearray(b"".join((header, *parts))), SecBufferType.SECBUFFER_CHANNEL_BINDINGS)

    def dangerous_get_sec_buffer(self) -> SecBuffer:
        """The same as get_sec_buffer_copy(), and so not dangerous here."""
        return self.get_sec_buffer_copy()

    def digest(self) -> bytes:
        """The value of the channel-binding directive: MD5 of the structure in hex, or NO_BINDING if all is empty."""
        addresses = (
            (self.initiator_addr_type, self.initiator_addr or b""),
            (self.acceptor_addr_type, self.acceptor_addr or b""),
        )
        data = self.application_data or b""
        if not data and not any(kind or address for kind, address in addresses):
            return NO_BINDING
        octets = b"".join(struct.pack("<2I", kind, len(address)) + address for kind, address in addresses)
        # Microsoft's digest binding fixes MD5, whatever the algorithm of the exchange.
        return by_name("MD5").hexdigest(octets + struct.pack("<I", len(data)) + data)

    def __repr__(self) -> str:
        return (
            f"SecChannelBindings(initiator_addr_type={self.initiator_addr_type}, "
            f"initiator_addr={self.initiator_addr!r}, acceptor_addr_type={self.acceptor_addr_type}, "
            f"acceptor_addr={self.acceptor_addr!r}, application_data={self.application_data!r})"
        )


def _copy(octets: _Octets | None) -> bytes | None:
    return bytes(octets) if octets else None


def _part(blob: bytes, offset: int, length: int) -> bytes:
    if length and not (_HEADER.size <= offset and offset + length <= len(blob)):
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    return blob[offset : offset + length]
