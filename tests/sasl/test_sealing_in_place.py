"""Sealing in two pieces and in place."""

from __future__ import annotations

import pytest

from digest_http.errors import MessageTooLarge
from tests.sasl.halves import LAYERS, halves


def test_two_pieces_and_in_place_are_one_record(pair, layer):
    """Body and trailer joined open as a record; the body is as long as the message."""
    both = pair(layer).login()
    for length in (*range(20), 65509, 65512):
        message = bytes(index % 253 for index in range(length))
        body, trailer = both.client.seal(message)
        assert len(body) == length
        assert both.server.unwrap(body + trailer) == message
        buffer = bytearray(message)
        trailer = both.client.seal_in_place(memoryview(buffer))
        record = buffer + trailer
        assert record[: both.server.unseal_in_place(record)] == message


def test_sealing_in_place_keeps_to_the_limit(pair, layer):
    """The message is untouched when it is too long."""
    both = pair(layer, server={"maxbuf": 100}).login()
    buffer = bytearray(b"m" * 100)
    with pytest.raises(MessageTooLarge):
        both.client.seal_in_place(buffer)
    assert buffer == b"m" * 100
    assert both.server.unwrap(both.client.wrap(b"next")) == b"next"


@pytest.mark.parametrize("layer", LAYERS)
def test_large_buffers_in_place(layer):
    """Over several chunks, with an odd end."""
    sender, receiver = halves(layer)
    message = bytes(range(256)) * 1024 + b"odd"
    buffer = bytearray(message)
    buffer += sender.seal_in_place(buffer)
    assert buffer[: receiver.unseal_in_place(buffer)] == message


@pytest.mark.parametrize(
    "given",
    [
        bytes(40),
        memoryview(bytes(40)),
        memoryview(bytearray(40)).toreadonly(),
        memoryview(bytearray(80))[::2],
        "text",
        40,
    ],
    ids=["bytes", "view-of-bytes", "read-only", "gaps", "text", "number"],
)
@pytest.mark.parametrize("operation", ["seal_in_place", "unseal_in_place"])
def test_memory_that_cannot_be_changed_uses_nothing_up(pair, layer, given, operation):
    """A slip of the caller's: both directions go on as if it had not been."""
    both = pair(layer).login()
    for sender, receiver in both.ends():
        with pytest.raises(TypeError):
            getattr(sender, operation)(given)
        assert receiver.unwrap(sender.wrap(b"next")) == b"next"


@pytest.mark.parametrize("given", ["text", 40, None, [1]])
def test_what_is_no_buffer_uses_nothing_up(pair, layer, given):
    """In every call of the layer; a number is no message of so many octets."""
    both = pair(layer).login()
    for sender, receiver in both.ends():
        for call in (
            sender.wrap,
            sender.wrap_parts,
            sender.seal,
            sender.sign,
            sender.unwrap,
            lambda given, sender=sender: sender.verify(given, bytes(16)),
            lambda given, sender=sender: sender.verify(b"", given),
        ):
            with pytest.raises(TypeError):
                call(given)
        assert receiver.unwrap(sender.wrap(b"next")) == b"next"
