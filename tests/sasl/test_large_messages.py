"""Sixteen mebibytes whole, in parts and in place, and the memory they take."""

from __future__ import annotations

import tracemalloc

import pytest

MEBI = 1 << 20


@pytest.mark.once
@pytest.mark.parametrize("layer", ["auth-int", "rc4", "3des"])
def test_sixteen_mebibytes_and_their_memory(pair, layer):
    """Whole when limits are off; at most one copy beyond input and output, each way."""
    both = pair(layer, client={"enforce_maxbuf": False}, server={"enforce_maxbuf": False}).login()
    message = bytes(16 * MEBI)
    tracemalloc.start()
    try:
        record = both.client.wrap(memoryview(message))
        wrap_peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        clear = both.server.unwrap(memoryview(record))
        unwrap_peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert clear == message
    # The output is one, the copy is the other.
    assert wrap_peak < 33 * MEBI
    assert unwrap_peak < 33 * MEBI


def test_sixteen_mebibytes_in_parts(pair):
    """Within the limits, by wrap_parts."""
    both = pair("rc4").login()
    message = bytes(16 * MEBI)
    assert b"".join(map(both.server.unwrap, both.client.wrap_parts(message))) == message


def test_in_place_needs_no_second_buffer(pair):
    """16 MiB sealed and opened with under 1 MiB beside it."""
    both = pair("3des", client={"enforce_maxbuf": False}, server={"enforce_maxbuf": False}).login()
    buffer = bytearray(16 * MEBI + 24)
    view = memoryview(buffer)
    tracemalloc.start()
    try:
        trailer = both.client.seal_in_place(view[: 16 * MEBI])
        view[16 * MEBI : 16 * MEBI + len(trailer)] = trailer
        length = both.server.unseal_in_place(view[: 16 * MEBI + len(trailer)])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert length == 16 * MEBI
    assert not any(view[: 1 << 16])
    assert peak < MEBI
