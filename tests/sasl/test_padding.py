"""The padding of the block ciphers: every length, never none, and no oracle."""

from __future__ import annotations

import pytest

from digest_http.errors import MessageAltered
from digest_http.sasl import confidentiality
from tests.sasl.halves import halves
from tests.sasl.spoilt import spoil


@pytest.mark.obeys("sasl-padding")
@pytest.mark.parametrize("layer", ["3des", "des"])
@pytest.mark.parametrize("padding", [b"\x00", b"\x09" * 9, b"\x01\x02", b"\x02\x01\x02", b"\x07" * 6, b"\xff"])
def test_wrong_padding_is_the_same_error_as_a_wrong_mac(layer, padding):
    """No oracle: one class, one text, for padding under a right MAC and for a wrong MAC."""
    sender, receiver = halves(layer)
    assert isinstance(sender, confidentiality.Sealer)
    message = b"m" * ((-10 - len(padding)) % 8)
    mac = sender._mac(bytes(4), message)  # noqa: SLF001  # a record that no honest sender makes
    record = sender._update(message + padding + mac) + b"\x00\x01" + bytes(4)  # noqa: SLF001  # as above
    with pytest.raises(MessageAltered) as by_padding:
        receiver.unwrap(record)
    sender, receiver = halves(layer)
    with pytest.raises(MessageAltered) as by_mac:
        receiver.unwrap(spoil(sender.wrap(b"m"), 0))
    assert str(by_padding.value) == str(by_mac.value)


@pytest.mark.parametrize("layer", ["3des", "des"])
def test_padding_is_never_left_out(layer):
    """A message that fills its blocks and ends in a zero is not a message with no padding."""
    sender, receiver = halves(layer)
    assert isinstance(sender, confidentiality.Sealer)
    message = b"mmmmm\x00"
    mac = sender._mac(bytes(4), message)  # noqa: SLF001  # a record that no honest sender makes
    record = sender._update(message + mac) + b"\x00\x01" + bytes(4)  # noqa: SLF001  # as above
    with pytest.raises(MessageAltered):
        receiver.unwrap(record)


@pytest.mark.obeys("sasl-padding")
@pytest.mark.parametrize("layer", ["3des", "des"])
def test_padding_of_every_length(layer):
    """One to eight octets, never none."""
    sender, receiver = halves(layer)
    seen = set()
    for length in range(8):
        record = sender.wrap(bytes(length))
        seen.add(len(record) - 16 - length)
        assert receiver.unwrap(record) == bytes(length)
    assert seen == set(range(1, 9))
