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

    __slots__ = ("_buffer", "limit")

    def __init__(self, limit: int = DEFAULT_MAXBUF) -> None:
        self.limit: Final = limit
        self._buffer = bytearray()

    def feed(self, data: Octets) -> list[bytes]:
        """The records that these octets complete, in order."""
        buffer = self._buffer
        buffer += data
        records: list[bytes] = []
        position = 0
        try:
            while len(buffer) - position >= _LENGTH_OCTETS:
                start = position + _LENGTH_OCTETS
                length = int.from_bytes(buffer[position:start], "big")
                if length > self.limit:
                    raise MessageTooLarge(f"a record of {length} octets is announced; at most {self.limit} are taken")
                if len(buffer) - start < length:
                    break
                position = start + length
                with memoryview(buffer) as view:
                    records.append(bytes(view[start:position]))
        finally:
            # Once for all records of a read: taking each from the front would move the rest every time.
            del buffer[:position]
        return records

    @property
    def pending(self) -> int:
        """Octets held for a record that is not whole yet; not 0 at the end of a stream means it was cut off."""
        return len(self._buffer)
