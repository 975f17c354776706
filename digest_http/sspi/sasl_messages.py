"""Signing and sealing over SecBuffers, for a DIGEST-MD5 layer.

Buffers are found by type. TOKEN holds a signature. A sealed record is what the buffers that take part hold one after
the other, in the order of the array: DATA, and around it TOKEN and PADDING. The documented layout, DATA then PADDING,
leaves the first octets of the record in DATA, enciphered where they stand, and the rest in PADDING. With a TOKEN in
front of it, as sspilib passes, the record begins in TOKEN, and joining the buffers still gives the record.
"""

from __future__ import annotations

from typing import Final

from digest_http.sasl import DigestMD5Client, DigestMD5Server

from .buffers import SecBuffer, SecBufferDesc, SecBufferFlags, SecBufferType, find, require
from .status import NtStatus, failure

__all__ = ["SIGNATURE", "decrypt", "encrypt", "sign", "trailer_length", "verify"]

#: Octets of a signature: MAC (10), message type (2), sequence number (4).
SIGNATURE: Final = 16

_MAC: Final = 10
_DATA: Final = SecBufferType.SECBUFFER_DATA
_TOKEN: Final = SecBufferType.SECBUFFER_TOKEN
_PADDING: Final = SecBufferType.SECBUFFER_PADDING

Mechanism = DigestMD5Client | DigestMD5Server


def sign(mechanism: Mechanism, message: SecBufferDesc) -> None:
    """Put the signature of all DATA buffers into TOKEN."""
    token = require(message, _TOKEN)
    octets = _signed(message)
    if token.room < SIGNATURE:
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
    token.store(mechanism.sign(octets))


def verify(mechanism: Mechanism, message: SecBufferDesc) -> None:
    """Check the signature in TOKEN against all DATA buffers."""
    token = require(message, _TOKEN)
    mechanism.verify(_signed(message), token.data)


def encrypt(mechanism: Mechanism, message: SecBufferDesc, block: int, limit: int | None) -> None:
    """Seal the first DATA buffer that may be written. `block` is 1 for a stream; `limit` the longest message."""
    data = next((buffer for buffer in message if buffer.buffer_type == _DATA and not buffer.readonly), None)
    if data is None:
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    length = data.count
    needed = trailer_length(length, block)
    trailers = [buffer for buffer in message if buffer is not data and _takes_trailer(buffer)]
    if (limit is not None and length > limit) or sum(buffer.room for buffer in trailers) < needed:
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
    record = memoryview(mechanism.seal_in_place(data.dangerous_get_view()))
    front = [buffer for buffer in message if buffer in trailers and _before(message, buffer, data)]
    if any(buffer.room for buffer in front):
        # Not in place: the octets move up by what stands in front.
        record = memoryview(b"".join((data.dangerous_get_view(), record)))
        for buffer in front:
            record = _fill(buffer, record, min(buffer.room, needed))
            needed -= buffer.count
        record = _fill(data, record, length)
    for buffer in trailers:
        if buffer not in front:
            record = _fill(buffer, record, min(buffer.room, len(record)))


def decrypt(mechanism: Mechanism, message: SecBufferDesc, block: int) -> None:
    """Unseal the record in STREAM, or in TOKEN, DATA and PADDING joined; DATA receives the message."""
    stream = find(message, SecBufferType.SECBUFFER_STREAM)
    data = find(message, _DATA)
    if data is None:
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    parts = [buffer for buffer in message if buffer.buffer_type in (_TOKEN, _DATA, _PADDING)]
    least = SIGNATURE if block == 1 else SIGNATURE + block - _MAC % block
    if (stream.count if stream is not None else sum(part.count for part in parts)) < least:
        raise failure(NtStatus.SEC_E_INCOMPLETE_MESSAGE)
    if stream is not None:
        memory = stream.dangerous_get_view()
        data.attach(memory[: mechanism.unseal_in_place(memory)])
        return
    if data.readonly:
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
    record = bytearray().join(part.dangerous_get_view() for part in parts)
    # The least that the message can have: what cannot fit is refused before the record is used up.
    if data.room < len(record) - SIGNATURE - (block if block > 1 else 0):
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
    data.store(memoryview(record)[: mechanism.unseal_in_place(record)])


def trailer_length(length: int, block: int) -> int:
    """By how much a record is longer than its message (RFC 2831 §2.3, §2.4)."""
    return SIGNATURE if block == 1 else SIGNATURE + block - (length + _MAC) % block


def _signed(message: SecBufferDesc) -> bytes:
    skipped = SecBufferFlags.SECBUFFER_READONLY_WITH_CHECKSUM
    parts = [
        buffer.dangerous_get_view()
        for buffer in message
        if buffer.buffer_type == _DATA and not buffer.buffer_flags & skipped
    ]
    if not parts:
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    return b"".join(parts)


def _takes_trailer(buffer: SecBuffer) -> bool:
    return buffer.buffer_type in (_TOKEN, _PADDING, _DATA) and bool(buffer.room)


def _before(message: SecBufferDesc, one: SecBuffer, other: SecBuffer) -> bool:
    buffers = list(message)
    return buffers.index(one) < buffers.index(other)


def _fill(buffer: SecBuffer, octets: memoryview, count: int) -> memoryview:
    buffer.store(octets[:count])
    return octets[count:]
