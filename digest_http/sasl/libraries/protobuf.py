"""As much of Protobuf's encoding as the logins of Hadoop need: fields that are numbers or octets.

"Encoding", protobuf.dev/programming-guides/encoding. Numbers are varints of at most 64 bits, unsigned here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from digest_http.errors import MalformedField

__all__ = ["OctetReader", "Value", "delimited", "encoded", "fields", "last_fields", "octets_of", "varint"]

Value = bytes | int

# Wire types. Groups, 3 and 4, went out of use before Hadoop began.
_NUMBER, _OCTETS = 0, 2
_FIXED: Final = {1: 8, 5: 4}
"""Those of a fixed length, in octets."""

_NUMBER_BITS: Final = 64


class OctetReader:
    """Octets read from the front. Calls raise MalformedField where they end too early; `what` names them there."""

    def __init__(self, octets: bytes, what: str) -> None:
        self._octets: Final = octets
        self._position = 0
        self.what: Final = what

    def __bool__(self) -> bool:
        """Whether there are more."""
        return self._position < len(self._octets)

    def take(self, count: int) -> bytes:
        """So many."""
        end = self._position + count
        if count < 0 or end > len(self._octets):
            raise MalformedField(f"the {self.what} is cut short, or a length in it is wrong", reason="length")
        taken, self._position = self._octets[self._position : end], end
        return taken

    def varint(self) -> int:
        """Seven bits an octet, the lowest first."""
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
        """A length and so many octets: a message behind which another may follow."""
        return self.take(self.varint())


def fields(octets: bytes, what: str) -> Iterator[tuple[int, Value]]:
    """The fields of a message, each with its number, in order. Those of fixed length are passed over.

    `what` is what errors call the message. Raises MalformedField.
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
    """The fields of a message by their numbers; of several with one number the last counts, as Protobuf has it."""
    return dict(fields(octets, what))


def octets_of(value: Value, what: str) -> bytes:
    """A field that must be octets. Raises MalformedField."""
    if isinstance(value, int):
        raise MalformedField(f"the {what} has a number where octets belong", reason="form")
    return value


def varint(number: int) -> bytes:
    """A number from 0 to 2**64 - 1."""
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004  # seven bits
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def encoded(*numbered: tuple[int, Value]) -> bytes:
    """A message of these fields, in this order."""
    return b"".join(
        varint(number << 3 | _NUMBER) + varint(value)
        if isinstance(value, int)
        else varint(number << 3 | _OCTETS) + delimited(value)
        for number, value in numbered
    )


def delimited(message: bytes) -> bytes:
    """The message with its length in front."""
    return varint(len(message)) + message
