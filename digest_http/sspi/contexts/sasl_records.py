"""Signing and sealing over SecBuffers, for a DIGEST-MD5 layer.

Buffers are found by type; their order is that of the array. A buffer with READONLY or READONLY_WITH_CHECKSUM is not
processed: nothing is written to it, and no signature and no record covers it (docs/sspi-functions.md, "Flags").

* sign, verify: all DATA, joined, are the message. The first TOKEN has the signature.
* encrypt: all DATA, joined, are the message. A record is longer than its message. TOKEN, PADDING, STREAM_HEADER and
  STREAM_TRAILER take the octets that do not fit into DATA. Afterwards all these buffers, joined, are the record, and
  each DATA is as long as before. If DATA comes first, each octet is enciphered in place.
* decrypt: the record is STREAM, or all the buffers above, joined. DATA receives the message.

A call writes only after everything was found right. A call that refuses changes no buffer.

Nearly every array is a message and one more buffer. Each call looks for those two first (`_two`): to join and to spread
the octets of any array takes longer than the hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from digest_http.errors import OutOfSequence
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from digest_http.sasl.integrity import MAC_OCTETS, SIGNATURE_OCTETS
from digest_http.sspi.values.buffers import SecBuffer, SecBufferDesc, SecBufferType, find, require
from digest_http.sspi.values.status import NtStatus, failure

__all__ = ["SURROUNDING", "Undelivered", "decrypt", "encrypt", "sign", "trailer_length", "verify"]

_DATA: Final = SecBufferType.SECBUFFER_DATA
_TOKEN: Final = SecBufferType.SECBUFFER_TOKEN
_STREAM: Final = SecBufferType.SECBUFFER_STREAM
# As plain numbers: an operator on two members of an IntEnum costs as much as a call.
_DATA_NUMBER: Final = int(_DATA)
_TOKEN_NUMBER: Final = int(_TOKEN)

#: The types of the buffers that take what does not fit into DATA. A tuple, because to hash an enum member costs more
#: than four comparisons.
SURROUNDING: Final = (
    SecBufferType.SECBUFFER_PADDING,
    _TOKEN,
    SecBufferType.SECBUFFER_STREAM_HEADER,
    SecBufferType.SECBUFFER_STREAM_TRAILER,
)

#: "EncryptMessage (Digest)": without PADDING a second DATA has the signature. With more than two DATA the page does not
#: say which one has it, and the wrong one would be overwritten.
_DATA_WITH_SIGNATURE: Final = 2

_SURROUNDING_NUMBERS: Final = frozenset(map(int, SURROUNDING))

Mechanism = DigestMD5Client | DigestMD5Server


@dataclass(slots=True)
class Undelivered:
    """The last record and its message, if the message did not fit into the caller's buffers.

    The number of the record is used up, but its message was not delivered. The length of the padding, and so of the
    message, is known only after the record is deciphered.
    """

    record: bytes = b""
    message: bytes = b""


def sign(mechanism: Mechanism, message: SecBufferDesc) -> None:
    """Put the signature of all DATA buffers into TOKEN."""
    token, octets = _signed(message)
    if token.room < SIGNATURE_OCTETS:
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
    token.store(mechanism.sign(octets))


def verify(mechanism: Mechanism, message: SecBufferDesc, undelivered: Undelivered) -> None:
    """Check the signature in TOKEN against all DATA buffers."""
    token, octets = _signed(message)
    if undelivered.record:
        raise _passed_over()
    mechanism.verify(octets, token.data)


def encrypt(mechanism: Mechanism, message: SecBufferDesc, block: int, limit: int | None) -> None:
    """Seal all DATA buffers as one record.

    `block` is the padding unit in octets, 1 for a stream cipher; `limit` is the longest message in octets.
    """
    two = _two(message)
    if two is not None and two[0] is message.array[0]:
        # In place, so every refusal comes before the first octet is changed.
        first, second = two
        length = first.count
        if (limit is not None and length > limit) or second.room < trailer_length(length, block):
            raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
        second.store(mechanism.seal_in_place(first.dangerous_get_view()))
        return
    parts, data = _parts(message)
    if not data:
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    surrounding = [buffer for buffer in parts if buffer.buffer_type is not _DATA]
    if not surrounding and len(data) == _DATA_WITH_SIGNATURE:
        surrounding = [data.pop()]
    record = _joined(data)
    length = len(record)
    needed = trailer_length(length, block)
    if (limit is not None and length > limit) or sum([buffer.room for buffer in surrounding]) < needed:
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
    record += mechanism.seal_in_place(record)
    sizes: list[int] = []
    for buffer in parts:
        size = buffer.count
        if buffer in surrounding:
            size = min(buffer.room, needed)
            needed -= size
        sizes.append(size)
    _spread(record, parts, sizes)


def decrypt(mechanism: Mechanism, message: SecBufferDesc, block: int, limit: int, undelivered: Undelivered) -> None:
    """Unseal the record in STREAM, or in its parts joined; DATA receives the message. `block` as for encrypt.

    `limit` is the longest record in octets. After SEC_E_INCOMPLETE_MESSAGE and SEC_E_BUFFER_TOO_SMALL the same record
    can be passed again.
    """
    two = _two(message) if block == 1 and not undelivered.record else None
    if two is not None:
        _decrypt_two(mechanism, message, two[0], limit)
        return
    stream = find(message, _STREAM)
    parts, data = _parts(message)
    if find(message, _DATA) is None or (stream is not None and len(data) > 1):
        # The message of a STREAM is one piece of memory, so only one DATA can point to it.
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    if not data:
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
    record = _joined([stream] if stream is not None else parts)
    _check_length(record, trailer_length(0, block), limit)
    if stream is not None:
        plain = _unseal(mechanism, record, undelivered)
        undelivered.record = undelivered.message = b""
        if not stream.readonly:
            memory = stream.dangerous_get_view()
            memory[: len(plain)] = plain
            plain = memory[: len(plain)]
        data[0].attach(plain)
        return
    room = sum(buffer.count for buffer in data[:-1]) + data[-1].room
    padding = block if block > 1 else 0
    if room < len(record) - SIGNATURE_OCTETS - padding:
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
    sealed = bytes(record) if padding else b""
    plain = _unseal(mechanism, record, undelivered)
    if len(plain) > room:
        undelivered.record, undelivered.message = sealed, bytes(plain)
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
    undelivered.record = undelivered.message = b""
    left, sizes = len(plain), list[int]()
    for buffer in data:
        sizes.append(min(buffer.count, left))
        left -= sizes[-1]
    sizes[-1] += left
    _spread(plain, data, sizes)


def _decrypt_two(mechanism: Mechanism, message: SecBufferDesc, data: SecBuffer, limit: int) -> None:
    """As decrypt, for DATA and one buffer with the rest of the record, in a layer without padding."""
    first, second = message.array
    record = bytearray().join((first.dangerous_get_view(), second.dangerous_get_view()))
    _check_length(record, SIGNATURE_OCTETS, limit)
    if data.room < len(record) - SIGNATURE_OCTETS:
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
    data.store(memoryview(record)[: mechanism.unseal_in_place(record)])


def _check_length(record: bytearray, least: int, limit: int) -> None:
    if len(record) < least:
        raise failure(NtStatus.SEC_E_INCOMPLETE_MESSAGE)
    if len(record) > limit:
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)


def trailer_length(length: int, block: int) -> int:
    """By how many octets a record is longer than its message of `length` octets (RFC 2831 §2.3, §2.4)."""
    return SIGNATURE_OCTETS if block == 1 else SIGNATURE_OCTETS + block - (length + MAC_OCTETS) % block


def _two(message: SecBufferDesc) -> tuple[SecBuffer, SecBuffer] | None:
    """(DATA, the buffer for the rest of the record) if the array has only these two, in any order, both writable."""
    array = message.array
    if len(array) != 2:  # noqa: PLR2004  # as the name says
        return None
    first, second = array
    if first.writable_type == _DATA_NUMBER and second.writable_type in _SURROUNDING_NUMBERS:
        return first, second
    if second.writable_type == _DATA_NUMBER and first.writable_type in _SURROUNDING_NUMBERS:
        return second, first
    return None


def _parts(message: SecBufferDesc) -> tuple[list[SecBuffer], list[SecBuffer]]:
    """(The buffers that form a record, those of them that are DATA), in the order of the array."""
    parts: list[SecBuffer] = []
    data: list[SecBuffer] = []
    for buffer in message.array:
        kind = buffer.writable_type
        if kind == _DATA_NUMBER:
            data.append(buffer)
        elif kind not in _SURROUNDING_NUMBERS:
            continue
        parts.append(buffer)
    return parts, data


def _signed(message: SecBufferDesc) -> tuple[SecBuffer, bytearray | memoryview]:
    """(The buffer of the signature, the octets that it covers)."""
    two = _two(message)
    if two is not None and two[1].writable_type == _TOKEN_NUMBER:
        return two[1], two[0].dangerous_get_view()
    token = require(message, _TOKEN)
    data = _parts(message)[1]
    if not data:
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    return token, _joined(data)


def _joined(parts: Sequence[SecBuffer]) -> bytearray:
    if len(parts) == 1:
        return bytearray(parts[0].dangerous_get_view())
    return bytearray().join([part.dangerous_get_view() for part in parts])


def _unseal(mechanism: Mechanism, record: bytearray, undelivered: Undelivered) -> memoryview:
    """The message of a record. The record is overwritten."""
    if not undelivered.record:
        return memoryview(record)[: mechanism.unseal_in_place(record)]
    if record != undelivered.record:
        raise _passed_over()
    return memoryview(bytearray(undelivered.message))


def _passed_over() -> OutOfSequence:
    # To accept the next record would drop a message, and nobody would notice.
    return OutOfSequence("the message of the last record did not fit into the buffers: pass that record again first")


def _spread(octets: bytearray | memoryview, parts: Sequence[SecBuffer], sizes: Sequence[int]) -> None:
    rest = memoryview(octets)
    for buffer, size in zip(parts, sizes, strict=True):
        buffer.store(rest[:size])
        rest = rest[size:]
