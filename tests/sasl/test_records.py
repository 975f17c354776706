"""Records between two ends: any length, any buffer, both ways and from two threads."""

from __future__ import annotations

import threading
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sasl.halves import LAYERS, halves


def test_messages_of_any_length_both_ways(pair, layer):
    """State runs on over many records; both directions are independent."""
    both = pair(layer).login()
    for length in (*range(34), 255, 256, 1000, 4096, 65512):
        message = bytes(length % 251 for _ in range(length))
        for sender, receiver in both.ends():
            record = sender.wrap(message)
            assert receiver.unwrap(record) == message
            assert len(record) - length in range(16, 25)
            assert layer == "auth-int" or length < 8 or message not in record


def test_a_record_is_never_repeated(pair, layer):
    """The same message twice is two different records."""
    both = pair(layer).login()
    assert both.client.wrap(b"message!") != both.client.wrap(b"message!")


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda octets: memoryview(array("B", octets))])
def test_any_buffer_is_taken(pair, layer, kind):
    """bytes, bytearray and memoryview, in and out; what comes back is bytes."""
    both = pair(layer).login()
    message = b"0123456789"
    record = both.client.wrap(kind(message))
    assert type(record) is bytes
    clear = both.server.unwrap(kind(record))
    assert type(clear) is bytes
    assert clear == message


def test_views_with_gaps_and_of_other_items(pair, layer):
    """A view with gaps is copied; a view of numbers is their octets."""
    both = pair(layer).login()
    assert both.server.unwrap(both.client.wrap(memoryview(b"a-b-c-")[::2])) == b"abc"
    assert both.server.unwrap(both.client.wrap(memoryview(array("H", [0x4141, 0x4242])))) == b"AABB"


def test_text_is_a_type_error_and_costs_nothing(pair, layer):
    """A programming error is Python's own, and no record is lost by it."""
    both = pair(layer).login()
    with pytest.raises(TypeError):
        both.client.wrap("text")
    assert both.server.unwrap(both.client.wrap(b"next")) == b"next"


def test_one_thread_wraps_while_another_unwraps(pair, layer):
    """The directions share nothing."""
    both = pair(layer).login()
    messages = [bytes([index % 256]) * (index * 37 % 5000) for index in range(300)]
    inbound = [both.server.wrap(message) for message in messages]
    results: dict[str, list[bytes]] = {}

    def work(name, call, items):
        results[name] = [call(item) for item in items]

    threads = [
        threading.Thread(target=work, args=("out", both.client.wrap, messages)),
        threading.Thread(target=work, args=("in", both.client.unwrap, inbound)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results["in"] == messages
    assert [both.server.unwrap(record) for record in results["out"]] == messages


@given(layer=st.sampled_from(LAYERS), messages=st.lists(st.binary(max_size=100), max_size=8))
def test_any_messages_come_back(layer, messages):
    """What goes in comes out, in order, by any of the operations."""
    sender, receiver = halves(layer)
    for index, message in enumerate(messages):
        if index % 2:
            assert receiver.unwrap(sender.wrap(message)) == message
        else:
            record = bytearray(b"".join(sender.seal(message)))
            assert record[: receiver.unseal_in_place(record)] == message
