"""The part of Protobuf's encoding that the logins of Hadoop need: fields that are numbers or octets.

Source: "Encoding", protobuf.dev/programming-guides/encoding. Numbers are varints of at most 64 bits, here unsigned.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from digest_http.errors import MalformedField

__all__ = ["OctetReader", "Value", "delimited", "encoded", "fields", "last_fields", "octets_of", "varint"]

Value = bytes | int

# Wire types. Groups (3 and 4) were out of use before Hadoop began.
_NUMBER, _OCTETS = 0, 2
_FIXED: Final = {1: 8, 5: 4}
"""The wire types of a fixed length, and this length in octets."""

_NUMBER_BITS: Final = 64


class OctetReader:
    """Reads octets from the front. Calls raise MalformedField if they end too early; `what` names them in errors."""

    def __init__(self, octets: bytes, what: str) -> None:
        self._octets: Final = octets
        self._position = 0
        self.what: Final = what

    def __bool__(self) -> bool:
        """Whether there are more octets."""
        return self._position < len(self._octets)

    def take(self, count: int) -> bytes:
        """The next `count` octets."""
        end = self._position + count
        if count < 0 or end > len(self._octets):
            raise MalformedField(f"the {self.what} is cut short, or a length in it is wrong", reason="length")
        taken, self._position = self._octets[self._position : end], end
        return taken

    def varint(self) -> int:
        """A number, seven bits in each octet, the lowest first."""
        value = shift = 0
        while True:
            octet = self.take(1)[0]
            value |= (octet & 0x7F) << shift
            if not octet & 0x80:
                return value
            shift += 7
            if shift >= _NUMBER_BITS:
                raise MalformedField(f"a number in the {self.what} is too long", reason="length")

    def delimited(self) -> bytes:
        """A length, then as many octets, which are returned. Another message may follow."""
        return self.take(self.varint())


def fields(octets: bytes, what: str) -> Iterator[tuple[int, Value]]:
    """The fields of a message, each with its number, in order. Fields of a fixed length are skipped.

    `what` names the message in errors. Raises MalformedField.
    """
    reader = OctetReader(octets, what)
    while reader:
        key = reader.varint()
        number, form = key >> 3, key & 7
        if form == _NUMBER:
            yield number, reader.varint()
        elif form == _OCTETS:
            yield number, reader.delimited()
        elif form in _FIXED:
            reader.take(_FIXED[form])
        else:
            raise MalformedField(f"the {what} has a field of an unknown form", reason="form")


def last_fields(octets: bytes, what: str) -> dict[int, Value]:
    """The fields of a message by number. If a number is repeated, the last field counts, as in Protobuf."""
    return dict(fields(octets, what))


def octets_of(value: Value, what: str) -> bytes:
    """The value of a field that must be octets. Raises MalformedField for a number; `what` names the message."""
    if isinstance(value, int):
        raise MalformedField(f"the {what} has a number in place of octets", reason="form")
    return value


def varint(number: int) -> bytes:
    """A number from 0 to 2**64 - 1, as octets."""
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004  # seven bits
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def encoded(*numbered: tuple[int, Value]) -> bytes:
    """A message of these fields (number, value), in this order."""
    return b"".join(
        varint(number << 3 | _NUMBER) + varint(value)
        if isinstance(value, int)
        else varint(number << 3 | _OCTETS) + delimited(value)
        for number, value in numbered
    )


def delimited(message: bytes) -> bytes:
    """The message with its length in front."""
    return varint(len(message)) + message
