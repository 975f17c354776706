"""Records on a stream: four octets of length, big-endian, then the record (RFC 2831 §2.3, RFC 4422 §3.7).

LDAP, IMAP and Cyrus applications frame like this; Thrift and Hadoop bring their own framing and take bare records.
"""

from __future__ import annotations

from typing import Final

from digest_http.errors import MessageTooLarge

from .directives import DEFAULT_MAXBUF
from .integrity import Octets

__all__ = ["Deframer", "frame"]

_LENGTH_OCTETS: Final = 4


def frame(record: Octets) -> bytes:
    """The record with its length in front."""
    return b"".join((memoryview(record).nbytes.to_bytes(_LENGTH_OCTETS, "big"), record))


class Deframer:
    """Takes a stream in any pieces and gives back whole records: several of one read, one of several reads.

    `limit` is the longest record, the maxbuf that was announced: a length above it raises MessageTooLarge before
    anything is held for it, and the stream is lost.
    """

    __slots__ = ("_buffer", "_position", "limit")

    def __init__(self, limit: int = DEFAULT_MAXBUF) -> None:
        self.limit: Final = limit
        self._buffer = bytearray()
        self._position = 0

    def feed(self, data: Octets) -> list[bytes]:
        """The records that these octets complete, in order."""
        self.add(data)
        records: list[bytes] = []
        while (record := self.take()) is not None:
            records.append(record)
        return records

    def add(self, data: Octets) -> None:
        """Hold these octets; take() gives what they complete."""
        # Once for all records of a read: taking each from the front would move the rest every time.
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
        """Octets held for a record that is not whole yet; not 0 at the end of a stream means it was cut off."""
        return len(self._buffer) - self._position

    @property
    def wanted(self) -> int:
        """How many octets the next record lacks, as far as is known: who reads no more reads nothing of the one after.

        The length comes first, so a record that has not begun wants its four octets. Raises MessageTooLarge.
        """
        length = self._announced()
        return max(0, _LENGTH_OCTETS + (length or 0) - self.pending)

    def _announced(self) -> int | None:
        """The length of the next record, or None while it is not whole."""
        if self.pending < _LENGTH_OCTETS:
            return None
        length = int.from_bytes(self._buffer[self._position : self._position + _LENGTH_OCTETS], "big")
        if length > self.limit:
            raise MessageTooLarge(f"a record of {length} octets is announced; at most {self.limit} are taken")
        return length
