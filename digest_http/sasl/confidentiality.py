"""The confidentiality layer, auth-conf (RFC 2831 §2.4). Each class is one direction of a context: seal, or unseal.

  record = CIPHER(message, padding, MAC (10)), message type (2, 00 01), sequence number (4)

The MAC is that of the integrity layer, over the message in clear. Padding is for DES and 3DES only: 1 to 8 octets, and
the value of each is their number. The state of CBC and RC4 continues from record to record, so after a lost record the
context is useless. To sign without sealing (sign, verify) is also possible; it uses the same counters.
"""

from __future__ import annotations

from typing import Final

from digest_http.errors import MalformedField

from .ciphers import CipherSpec, decryptor, encryptor
from .integrity import (
    MAC_OCTETS,
    MESSAGE_TYPE,
    SIGNATURE_OCTETS,
    TRAILER_OCTETS,
    Octets,
    Signer,
    Verifier,
    octets_of,
    writable,
)

__all__ = ["Sealer", "Unsealer", "overhead"]


_CHUNK: Final = 1 << 16
"""How many octets are enciphered in place at a time: a multiple of the block, small enough to stay in the cache."""


def overhead(spec: CipherSpec) -> int:
    """By how many octets a record is longer than its message, at most: 16, or 24 with padding."""
    return SIGNATURE_OCTETS if spec.block == 1 else SIGNATURE_OCTETS + spec.block


class Sealer(Signer):
    """The sending direction. `key` is Kic or Kis, `sealing_key` is Kcc or Kcs, 16 octets each. Otherwise as Signer."""

    __slots__ = ("_block", "_update")

    def __init__(self, key: bytes, limit: int | None, spec: CipherSpec, sealing_key: bytes) -> None:
        super().__init__(key, limit)
        self._block = spec.block
        self._update = encryptor(spec, sealing_key).update

    def wrap(self, message: Octets) -> bytes:
        """The message as one record."""
        message = self._checked(message)
        end, number = self._end(message)
        update = self._update
        return b"".join((update(message), update(end), MESSAGE_TYPE, number))

    def seal(self, message: Octets) -> tuple[bytes, bytes]:
        """(body, trailer): the record in two pieces. The body is as long as the message."""
        body = bytearray(octets_of(message))
        trailer = self.seal_in_place(body)
        return bytes(body), trailer

    def seal_in_place(self, message: bytearray | memoryview) -> bytes:
        """Turn the message into the body of a record in place, and return the trailer."""
        view = writable(message)
        self._checked(view)
        end, number = self._end(view)
        whole = len(view) - len(view) % self._block
        for start in range(0, whole, _CHUNK):
            stop = min(start + _CHUNK, whole)
            view[start:stop] = self._update(view[start:stop])
        # The last octets of the message may not fill a block: that block begins in the body and ends in the trailer.
        odd = len(view) - whole
        rest = self._update(bytes(view[whole:]) + end)
        view[whole:] = rest[:odd]
        return b"".join((rest[odd:], MESSAGE_TYPE, number))

    def _end(self, message: bytes | memoryview) -> tuple[bytes, bytes]:
        """(Padding and MAC, sequence number) of the next record."""
        number = self._number()
        self._next += 1
        mac = self._mac(number, message)
        if self._block > 1:
            # RFC 2831 §2.4: message, padding and MAC fill whole blocks; padding is never empty.
            count = self._block - (len(message) + MAC_OCTETS) % self._block
            return bytes([count]) * count + mac, number
        return mac, number


class Unsealer(Verifier):
    """The receiving direction; errors as Verifier. Wrong padding and a wrong MAC give one error after the same time."""

    __slots__ = ("_block", "_update")

    def __init__(self, key: bytes, limit: int | None, spec: CipherSpec, sealing_key: bytes) -> None:
        super().__init__(key, limit)
        self._block = spec.block
        self._update = decryptor(spec, sealing_key).update

    def unwrap(self, record: Octets) -> bytes:
        """The message of one whole record."""
        record = octets_of(record)
        number = self._number()
        self._check_sealed_form(record, number)
        clear = self._update(memoryview(record)[:-TRAILER_OCTETS])
        length, sound = self._message_length(clear)
        message = clear[:length]
        self._check(number, message, clear[-MAC_OCTETS:], sound=sound)
        return message

    def unseal_in_place(self, record: bytearray | memoryview) -> int:
        """Turn a record into its message in place, and return the message's length in octets."""
        view = writable(record)
        number = self._number()
        self._check_sealed_form(view, number)
        view = view[:-TRAILER_OCTETS]
        for start in range(0, len(view), _CHUNK):
            view[start : start + _CHUNK] = self._update(view[start : start + _CHUNK])
        length, sound = self._message_length(view)
        self._check(number, view[:length], bytes(view[-MAC_OCTETS:]), sound=sound)
        return length

    def _check_sealed_form(self, record: bytes | memoryview, number: bytes) -> None:
        self._check_form(len(record), bytes(record[-TRAILER_OCTETS:]), number)
        if (len(record) - TRAILER_OCTETS) % self._block:
            raise MalformedField("the sealed part of the record does not consist of whole blocks", reason="length")

    def _message_length(self, clear: bytes | memoryview) -> tuple[int, bool]:
        """(Length of the message, whether its padding is right). After wrong padding the length serves only the MAC."""
        length = len(clear) - MAC_OCTETS
        if self._block == 1:
            return length, True
        padding = bytes(clear[max(length - self._block, 0) : length])
        count = padding[-1]
        sound = count > 0 and padding.endswith(bytes([count]) * count)
        return length - (count if sound else 1), sound
