"""Records changed by a bit, cut, doubled, sent back, or octets that never were a record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.errors import ContextExpired, DigestError, MalformedField, MessageAltered, OutOfSequence
from digest_http.sasl.ciphers import CIPHERS
from tests.sasl.halves import LAYERS, halves
from tests.sasl.spoilt import spoil


@pytest.mark.obeys("sasl-integrity")
@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda record: spoil(record, 0), MessageAltered),
        (lambda record: spoil(record, -7), MessageAltered),
        (lambda record: spoil(record, -16), MessageAltered),
        (lambda record: spoil(record, -5), MalformedField),
        (lambda record: spoil(record, -6), MalformedField),
        (lambda record: spoil(record, -1), OutOfSequence),
        (lambda record: spoil(record, -4), OutOfSequence),
        (lambda _record: b"", MalformedField),
        (lambda record: record[-15:], MalformedField),
        (lambda record: record[8:], MessageAltered),
        (lambda record: record + record, MessageAltered),
    ],
)
def test_a_faulty_record_ends_the_context(pair, layer, change, error):
    """Its error says what was wrong; afterwards nothing works, and never an empty result."""
    both = pair(layer).login()
    record = both.client.wrap(b"0123456789abcdef")
    faulty = change(record)
    # Two records joined are not whole blocks of DES: its number of octets is wrong before its MAC is.
    expected = (
        MalformedField if len(faulty) == 2 * len(record) and CIPHERS.get(layer, CIPHERS["rc4"]).block > 1 else error
    )
    with pytest.raises(expected):
        both.server.unwrap(faulty)
    assert not both.server.complete
    for call in (lambda: both.server.unwrap(record), lambda: both.server.wrap(b"")):
        with pytest.raises(ContextExpired):
            call()


def test_an_altered_record_in_place(pair, layer):
    """As unwrap has it."""
    both = pair(layer).login()
    with pytest.raises(MessageAltered):
        both.server.unseal_in_place(bytearray(spoil(both.client.wrap(b"message"), 0)))
    assert not both.server.complete


def test_an_own_record_sent_back_is_refused(pair, layer):
    """Each direction has keys of its own."""
    both = pair(layer).login()
    with pytest.raises(MessageAltered):
        both.client.unwrap(both.client.wrap(b"message"))


@given(layer=st.sampled_from(LAYERS), record=st.binary(max_size=64))
def test_any_record_is_an_error_of_ours(layer, record):
    """Random octets never pass and never raise anything else."""
    for operation in ("unwrap", "unseal_in_place"):
        with pytest.raises(DigestError):
            getattr(halves(layer)[1], operation)(bytearray(record))


@given(layer=st.sampled_from(LAYERS), body=st.binary(max_size=64))
def test_any_record_in_sequence_is_an_error_of_ours(layer, body):
    """The same with a right trailer, so that deciphering is reached."""
    with pytest.raises(DigestError):
        halves(layer)[1].unwrap(body + b"\x00\x01" + bytes(4))
