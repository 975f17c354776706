"""Records on a stream: four octets of length, big-endian, then the record (RFC 2831 §2.3, RFC 4422 §3.7).

LDAP, IMAP and Cyrus applications use this framing. Thrift and Hadoop have their own framing and use bare records.
"""

from __future__ import annotations

from typing import Final

from digest_http.errors import MessageTooLarge

from .directives import DEFAULT_MAXBUF
from .integrity import Octets

__all__ = ["Deframer", "frame"]

_LENGTH_OCTETS: Final = 4


def frame(record: Octets) -> bytes:
    """The record with its length in front: four octets, big-endian."""
    return b"".join((memoryview(record).nbytes.to_bytes(_LENGTH_OCTETS, "big"), record))


class Deframer:
    """Takes the octets of a stream in pieces of any size, and returns whole records.

    `limit` is the longest record in octets, the maxbuf that was announced. A greater length raises MessageTooLarge
    before any memory is used for the record. The stream is useless then.
    """

    __slots__ = ("_buffer", "_position", "limit")

    def __init__(self, limit: int = DEFAULT_MAXBUF) -> None:
        self.limit: Final = limit
        self._buffer = bytearray()
        self._position = 0

    def feed(self, data: Octets) -> list[bytes]:
        """The records that these octets complete, in order. Raises MessageTooLarge."""
        self.add(data)
        records: list[bytes] = []
        while (record := self.take()) is not None:
            records.append(record)
        return records

    def add(self, data: Octets) -> None:
        """Hold these octets; take() returns the records that they complete."""
        # Done once for all records of a read: to delete each record from the front would move the rest every time.
        del self._buffer[: self._position]
        self._position = 0
        self._buffer += data

    def take(self) -> bytes | None:
        """The next whole record, or None: more octets are needed. Raises MessageTooLarge."""
        length = self._announced()
        if length is None:
            return None
        start = self._position + _LENGTH_OCTETS
        if len(self._buffer) - start < length:
            return None
        self._position = start + length
        with memoryview(self._buffer) as view:
            return bytes(view[start : self._position])

    @property
    def pending(self) -> int:
        """How many octets are held. If it is not 0 at the end of the stream, the stream ended inside a record."""
        return len(self._buffer) - self._position

    @property
    def wanted(self) -> int:
        """How many more octets the next record needs, as far as is known.

        If you read no more than this, you read nothing of the record after it. The length comes first: if no octet of
        the record is here yet, the value is 4. Raises MessageTooLarge.
        """
        length = self._announced()
        return max(0, _LENGTH_OCTETS + (length or 0) - self.pending)

    def _announced(self) -> int | None:
        """The length of the next record, or None while it is not whole."""
        if self.pending < _LENGTH_OCTETS:
            return None
        length = int.from_bytes(self._buffer[self._position : self._position + _LENGTH_OCTETS], "big")
        if length > self.limit:
            raise MessageTooLarge(f"a record of {length} octets is announced; at most {self.limit} are accepted")
        return length
