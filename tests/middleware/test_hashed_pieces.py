"""Pieces of a request's body: hashed, counted and kept as they come, however they are cut."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.errors import BodyTooLarge
from digest_http_middleware.hashed_pieces import HashedPieces
from digest_http_middleware.pieces import KEPT_WHOLE, PUT_TOGETHER, Pieces

SHA_256 = by_name("SHA-256")

KINDS = [bytes, bytearray, memoryview]
LENGTHS = [0, 1, KEPT_WHOLE - 1, KEPT_WHOLE, PUT_TOGETHER - 1, PUT_TOGETHER, PUT_TOGETHER + 1]


def taken(pieces: Pieces) -> list[bytes]:
    """What is kept, as it is handed on."""
    found = []
    while pieces.octets:
        found.append(pieces.take())
    return found


@given(st.lists(st.tuples(st.sampled_from(LENGTHS), st.sampled_from(KINDS))), st.integers(0, 4 * PUT_TOGETHER))
@example([(PUT_TOGETHER, bytes)], PUT_TOGETHER)
def test_as_pieces_and_a_hash(cut, most):
    """The same octets in the same pieces as by Pieces, the hash of all of them, and whether too many are held."""
    whole = b"".join(bytes([65 + number % 26]) * length for number, (length, _) in enumerate(cut))
    hashed, plain = HashedPieces(SHA_256.hash_body(), len(whole), most), Pieces()
    at = 0
    for length, kind in cut:
        piece = whole[at : at + length]
        at += length
        assert hashed.take_in(kind(piece)) is (plain.add(piece) > most)
        assert (hashed.received, hashed.octets) == (at, plain.octets)
    assert hashed.hentity == calculation.entity_hash(SHA_256, whole)
    assert taken(hashed) == taken(plain)
    assert hashed.received == len(whole)


@pytest.mark.parametrize("length", [1, PUT_TOGETHER])
def test_the_limit(length):
    """It is for all octets that came, also for those that are held no longer; what is too much is not kept."""
    pieces = HashedPieces(SHA_256.hash_body(), 2 * length, 2 * length)
    pieces.take_in(b"x" * length)
    assert pieces.take() == b"x" * length
    pieces.take_in(b"y" * length)
    before = pieces.hentity
    with pytest.raises(BodyTooLarge):
        pieces.take_in(b"z")
    assert (pieces.octets, pieces.received, pieces.hentity) == (length, 2 * length, before)


def test_a_buffer_that_is_used_again():
    """It is copied: what the server writes into it later is no part of the body."""
    buffer = bytearray(b"x" * PUT_TOGETHER)
    pieces = HashedPieces(SHA_256.hash_body(), PUT_TOGETHER, PUT_TOGETHER)
    pieces.take_in(buffer)
    buffer[:] = b"y" * PUT_TOGETHER
    assert pieces.take() == b"x" * PUT_TOGETHER
