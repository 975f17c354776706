"""The fields of Protobuf messages, as the documents of that encoding have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.errors import MalformedField
from digest_http.sasl.libraries.protobuf import OctetReader, encoded, fields, last_fields, octets_of, varint


@pytest.mark.parametrize(
    ("number", "octets"),
    [(0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (150, "9601"), (2**64 - 1, "ffffffffffffffffff01")],
)
def test_numbers(number, octets):
    """Seven bits an octet."""
    assert varint(number).hex() == octets
    assert OctetReader(bytes.fromhex(octets), "number").varint() == number


def test_a_message_with_fields_of_each_form():
    """What has a fixed length is passed over; of two fields with one number the last counts."""
    message = encoded((1, 150), (2, b"testing")) + b"\x19" + bytes(8) + b"\x25" + bytes(4) + encoded((1, 7))
    assert message.startswith(bytes.fromhex("089601 120774657374696e67"))
    assert list(fields(message, "message")) == [(1, 150), (2, b"testing"), (1, 7)]
    assert last_fields(message, "message") == {1: 7, 2: b"testing"}


@pytest.mark.parametrize("octets", ["0b", "0c", "0e", "0f", "08", "0880", "0a02ff", "1900", "2500", "08" + "80" * 10])
def test_messages_that_are_none(octets):
    """Groups, forms of tomorrow, and whatever is cut short: the error says what it was."""
    with pytest.raises(MalformedField, match="message"):
        list(fields(bytes.fromhex(octets), "message"))


def test_a_number_for_octets():
    """The other form than was asked for."""
    assert octets_of(b"x", "message") == b"x"
    with pytest.raises(MalformedField, match="message"):
        octets_of(5, "message")


@given(st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 2**64 - 1) | st.binary())))
def test_what_was_written_is_read(message):
    """All fields, in order."""
    assert list(fields(encoded(*message), "message")) == message
