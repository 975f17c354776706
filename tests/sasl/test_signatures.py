"""Signing without sealing."""

from __future__ import annotations

import pytest

from digest_http.errors import MalformedField, MessageAltered, OutOfSequence
from tests.sasl.spoilt import spoil


def test_signing_shares_the_counters(pair, layer):
    """A signature is 16 octets and takes a sequence number like a record."""
    both = pair(layer).login()
    for sender, receiver in both.ends():
        signature = sender.sign(b"in clear")
        assert len(signature) == 16
        receiver.verify(memoryview(b"in clear"), bytearray(signature))
        assert receiver.unwrap(sender.wrap(b"sealed")) == b"sealed"


@pytest.mark.parametrize(
    ("message", "change", "error"),
    [
        (b"other", lambda signature: signature, MessageAltered),
        (b"clear", lambda signature: spoil(signature, 0), MessageAltered),
        (b"clear", lambda signature: spoil(signature, -1), OutOfSequence),
        (b"clear", lambda signature: spoil(signature, -5), MalformedField),
        (b"clear", lambda signature: signature[1:], MalformedField),
    ],
)
def test_a_wrong_signature_ends_the_context(pair, layer, message, change, error):
    """As a faulty record does."""
    both = pair(layer).login()
    with pytest.raises(error):
        both.server.verify(message, change(both.client.sign(b"clear")))
    assert not both.server.complete
