"""Which nonce is next, shared and exclusive; and where cnonces come from."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from digest_http.algorithms import by_name
from digest_http.challenge import Challenge
from digest_http.grammar import MAX_NC
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.client_nonce import ClientNonce
from digest_http.httpauth.cnonce_source import CnonceSource
from digest_http.httpauth.nonce_pool import MAX_NONCES, NoncePool

IDENTITY = Identity("alice", "s3cret")


def nonce_of(octets):
    """A nonce as it comes from a challenge."""
    choice = Choice(Challenge(b"r", octets, b"MD5", (b"auth",)), by_name("MD5"), b"auth")
    return ClientNonce(choice, IDENTITY, cnonces=CnonceSource().draw)


def learnt(nonces, octets):
    """A nonce that was taken in and is not over."""
    nonce = nonces.learn(nonce_of(octets))
    assert nonce is not None
    return nonce


def test_a_nonce_is_shared_once_it_was_accepted():
    """A challenge alone does not make others sign with its nonce."""
    nonces = NoncePool()
    nonce = learnt(nonces, b"a")
    assert nonces.reserve() is None
    nonces.accept(nonce)
    assert nonces.reserve() is nonces.reserve() is nonce


def test_an_older_nonce_does_not_replace_a_newer():
    """The answer to a request that was overtaken comes late, and changes nothing."""
    nonces = NoncePool()
    old, new = learnt(nonces, b"old"), learnt(nonces, b"new")
    nonces.accept(new)
    nonces.accept(old)
    assert nonces.current is new


def test_a_forgotten_nonce_is_the_one_unseen_longest():
    """The table is bounded; a nonce that was offered again lately keeps its place and its count."""
    nonces = NoncePool()
    first = learnt(nonces, b"first")
    first.counter.last = 1
    for number in range(MAX_NONCES - 1):
        learnt(nonces, b"%d" % number)
    assert learnt(nonces, b"first") is first
    learnt(nonces, b"one more")
    assert learnt(nonces, b"first").count == 1
    forgotten = nonce_of(b"0")
    assert nonces.learn(forgotten) is forgotten


def test_flood_of_offers_pushes_out_nothing_that_was_accepted():
    """However many nonces strangers offer, the one in use and those before it go on with their counts."""
    nonces = NoncePool()
    used = [learnt(nonces, b"used %d" % number) for number in range(3)]
    for number, nonce in enumerate(used):
        nonce.counter.last = number + 5
        nonces.accept(nonce)
    for number in range(10 * MAX_NONCES):
        learnt(nonces, b"%d" % number)
    assert nonces.current is used[-1]
    assert [learnt(nonces, nonce.octets).count for nonce in used] == [5, 6, 7]


def test_accepted_nonces_are_bounded():
    """Of those that were accepted the one unseen longest is forgotten."""
    nonces = NoncePool()
    first = learnt(nonces, b"first")
    first.counter.last = 9
    nonces.accept(first)
    for number in range(MAX_NONCES):
        nonces.accept(learnt(nonces, b"%d" % number))
    assert learnt(nonces, b"first").count == 0
    assert learnt(nonces, b"1") is not nonces.current


def test_nonce_is_given_back_without_a_proof():
    """An answer that proves nothing leaves an accepted nonce as it was, and does not make another one accepted."""
    nonces = NoncePool()
    nonce, other = learnt(nonces, b"n"), learnt(nonces, b"other")
    nonces.accept(nonce)
    assert nonces.release(nonce)
    assert not nonces.release(other)
    assert [nonces.current] == [nonce]
    nonces.make_exclusive()
    nonces.accept(nonce)
    assert [nonces.reserve()] == [nonce]
    assert nonces.release(nonce)
    assert nonces.release(nonce)
    assert [nonces.reserve(), nonces.reserve()] == [nonce, None]
    nonce.counter.last = MAX_NC
    assert nonces.release(nonce)
    assert nonces.reserve() is None


@pytest.mark.parametrize(("given", "back", "next_one"), [(3, 3, 3), (3, 2, 4), (3, 4, 4), (0, 0, 1)])
def test_a_count_that_was_not_sent(given, back, next_one):
    """It is given out again if it was the last one; a gap before later ones stays, and RFC 2069 has no counts."""
    nonces = NoncePool()
    nonce = learnt(nonces, b"n")
    for _ in range(given):
        nonces.next_count(nonce)
    nonces.take_back(nonce, back)
    assert nonces.next_count(nonce) == next_one


def test_nonce_in_two_challenges_ends_as_one():
    """The count is the nonce's, so when it is used up nothing that has this nonce is signed with."""
    nonces = NoncePool()
    nonce = learnt(nonces, b"n")
    nonces.accept(nonce)
    choice = Choice(Challenge(b"r", b"n", b"MD5", (b"auth",), utf8=True), by_name("MD5"), b"auth")
    again = nonces.learn(ClientNonce(choice, IDENTITY, cnonces=CnonceSource().draw))
    assert again is not None
    assert again is not nonce
    nonces.raise_count(again, MAX_NC - 1)
    assert nonces.current is nonce
    assert nonces.next_count(again) == MAX_NC
    assert nonces.current is None
    nonces.accept_next(again)
    assert nonces.next_count(again) is None
    assert nonces.current is None
    assert nonces.learn(nonce_of(b"n")) is None
    nonces.accept(again)
    assert nonces.current is None


def test_apart_each_nonce_belongs_to_one_request():
    """A nonce is taken out for a request and put back when it was accepted, for the next one to count on."""
    nonces = NoncePool()
    shared = learnt(nonces, b"shared")
    nonces.accept(shared)
    nonces.make_exclusive()
    assert nonces.reserve() is None
    nonces.accept(shared)
    nonces.accept(shared)
    assert nonces.reserve() is shared
    assert nonces.reserve() is None


def test_nextnonce_at_the_first_use_means_once_each():
    """Such a nonce is not put back; only its successors are used, until the server stops sending them."""
    nonces = NoncePool()
    first, second = learnt(nonces, b"1"), nonce_of(b"2")
    nonces.accept(first)
    nonces.take_nextnonce(1, second)
    assert nonces.exclusive
    nonces.accept(first)
    assert nonces.reserve() is second
    assert nonces.reserve() is None
    nonces.take_nextnonce(1, None)
    assert second is not None
    nonces.accept(second)
    assert nonces.reserve() is second


def test_nextnonce_later_on_stays_shared():
    """A nextnonce near the end of a nonce's life is shared as the nonce before it was."""
    nonces = NoncePool()
    nonces.accept(learnt(nonces, b"1"))
    second = nonce_of(b"2")
    nonces.take_nextnonce(7, second)
    assert not nonces.exclusive
    assert nonces.current is second


def test_cnonces_differ_under_threads():
    """Each cnonce is 32 hex digits and is given out once."""
    cnonces = CnonceSource().draw
    with ThreadPoolExecutor(16) as pool:
        drawn = list(pool.map(lambda _: cnonces(), range(5000)))
    assert len(set(drawn)) == 5000
    assert {len(bytes.fromhex(one.decode())) for one in drawn} == {16}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # threads of earlier tests have ended
def test_cnonces_differ_after_fork():
    """What was drawn in advance is not used by parent and child both."""
    cnonces = CnonceSource().draw
    cnonces()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, cnonces())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        of_child = pipe.read()
    assert len(of_child) == 32
    assert of_child not in [cnonces() for _ in range(64)]


def test_accepted_again_keeps_its_place():
    """Of the accepted nonces the one that was accepted again lately is not the one that is forgotten."""
    nonces = NoncePool()
    first, second = learnt(nonces, b"first"), learnt(nonces, b"second")
    for nonce in (first, second, first):
        nonce.counter.last = 7
        nonces.accept(nonce)
    for number in range(MAX_NONCES - 1):
        nonces.accept(learnt(nonces, b"%d" % number))
    assert [learnt(nonces, octets).count for octets in (b"first", b"second")] == [7, 0]


def test_repeated_nonce_with_other_parameters_is_not_accepted_with_the_first():
    """What an accepted nonce is offered with anew was not accepted: it is not given back, but offered once."""
    nonces = NoncePool()
    nonces.accept(learnt(nonces, b"n"))
    choice = Choice(Challenge(b"r", b"n", b"MD5", (b"auth",), b"opaque"), by_name("MD5"), b"auth")
    again = nonces.learn(ClientNonce(choice, IDENTITY, cnonces=CnonceSource().draw))
    assert again is not None
    assert not nonces.release(again)
    nonces.accept(again)
    assert nonces.release(again)


def test_idle_nonces_are_bounded():
    """A server that hands out a nextnonce with each answer fills no memory: the one put back first goes."""
    nonces = NoncePool()
    nonces.make_exclusive()
    for number in range(MAX_NONCES + 2):
        nonces.accept_next(learnt(nonces, b"%d" % number))
    taken = [nonces.reserve() for _ in range(MAX_NONCES)]
    assert [nonce.octets for nonce in taken if nonce] == [b"%d" % n for n in range(MAX_NONCES + 1, 1, -1)]
    assert nonces.reserve() is None
