"""Records on a stream, in any pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.errors import MessageTooLarge
from digest_http.sasl import Deframer, frame


def test_frame():
    """Four octets of length, big-endian, any buffer."""
    assert frame(b"abc") == frame(bytearray(b"abc")) == frame(memoryview(b"abc")) == b"\x00\x00\x00\x03abc"
    assert frame(b"") == bytes(4)


@given(records=st.lists(st.binary(max_size=40), max_size=10), cuts=st.lists(st.integers(0, 400), max_size=20))
def test_any_split(records, cuts):
    """Records come out whole and in order, wherever the stream was cut."""
    stream = b"".join(map(frame, records))
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    deframer = Deframer()
    out = [record for start, end in pairwise(edges) for record in deframer.feed(stream[start:end])]
    assert out == records
    assert deframer.pending == 0


def test_octet_by_octet():
    """The slowest peer."""
    deframer = Deframer()
    out = [record for octet in frame(b"abc") + frame(b"") + b"\x00" for record in deframer.feed(bytes([octet]))]
    assert out == [b"abc", b""]
    assert deframer.pending == 1


def test_a_length_over_the_limit():
    """Refused at its length, before anything is held for it; what came whole before it is not lost silently."""
    deframer = Deframer(limit=3)
    assert deframer.feed(memoryview(frame(b"abc"))) == [b"abc"]
    with pytest.raises(MessageTooLarge):
        deframer.feed(b"\x00\x00\x00\x04")
    with pytest.raises(MessageTooLarge):
        deframer.feed(b"")


def test_many_records_in_one_read_take_linear_time():
    """Taking each from the front would move the rest every time."""
    assert len(Deframer().feed(frame(b"") * 200_000)) == 200_000
