"""Sequence numbers of records: replayed, dropped, used up."""

from __future__ import annotations

import pytest

from digest_http.errors import ContextExpired, OutOfSequence
from tests.sasl.halves import LAYERS, halves


@pytest.mark.obeys("sasl-integrity")
@pytest.mark.parametrize("operation", ["unwrap", "unseal_in_place"])
def test_a_replayed_record(pair, layer, operation):
    """A record counts once."""
    both = pair(layer).login()
    record = both.client.wrap(b"one")
    assert both.server.unwrap(record) == b"one"
    with pytest.raises(OutOfSequence):
        getattr(both.server, operation)(bytearray(record))
    assert not both.server.complete


@pytest.mark.parametrize("operation", ["unwrap", "unseal_in_place"])
def test_a_dropped_record(pair, layer, operation):
    """The next one is not taken in its place."""
    both = pair(layer).login()
    both.client.wrap(b"one")
    with pytest.raises(OutOfSequence):
        getattr(both.server, operation)(bytearray(both.client.wrap(b"two")))
    assert not both.server.complete


@pytest.mark.parametrize("layer", LAYERS)
def test_the_counter_does_not_start_over(layer):
    """After 2**32 records both directions refuse."""
    sender, receiver = halves(layer)
    sender._next = receiver._next = 0xFFFFFFFF  # noqa: SLF001  # four thousand million records take too long
    assert receiver.unwrap(sender.wrap(b"last")) == b"last"
    for call in (lambda: sender.wrap(b""), lambda: receiver.unwrap(bytes(16)), lambda: sender.sign(b"")):
        with pytest.raises(ContextExpired):
            call()
    assert "4294967296" in repr(sender)
