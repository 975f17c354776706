"""A14 to A19, A39, A40b, A46, A47: nonces that were never issued, are over, or came from elsewhere."""

import os
import string

import pytest

from digest_http.stores import MemoryStore
from tests.attacks.driver import Clock, Server
from tests.attacks.signing import Signer

KEYS = [b"k" * 32]


def refused(response):
    """Whether a response is a refusal that never reached the app."""
    return response.status in (400, 401) and not response.app_called


@pytest.mark.parametrize(
    "nonce",
    ["", "0", "0" * 78, "a" * 32, os.urandom(39).hex(), "nön-ascii", "a b", '"', "None"],
    ids=lambda nonce: ascii(nonce)[:12],
)
def test_a14_nonces_never_made(server, nonce):
    """Signed with the right password over a nonce of the client's own making."""
    assert refused(server.get(server.signer(), nonce=nonce))


def test_a14_a_fresh_time_without_a_mac(server):
    """The readable part of a live nonce under a MAC of zeros, or under the MAC of another nonce."""
    one, other = server.signer(), server.signer()
    nonce, second = one.challenge["nonce"], other.challenge["nonce"]
    for forged in (nonce[:-32] + "0" * 32, nonce[:-32] + second[-32:], nonce[:-1]):
        assert refused(server.get(one, nonce=forged))


def test_a15_nonces_from_elsewhere():
    """Neither a server of the same realm with its own key nor another realm under the same key makes our nonces."""
    ours, theirs = Server(), Server()
    assert refused(ours.get(theirs.signer()))
    here, there = Server(realm="wonder", keys=KEYS), Server(realm="other", keys=KEYS)
    nonce = there.challenge()["nonce"]
    assert refused(here.get(here.signer(), nonce=nonce))


def test_a16_one_character_changed(server):
    """Each position of a live nonce, each other hex digit and a few more, signed over the changed text."""
    signer = server.signer()
    nonce = signer.challenge["nonce"]
    for position, old in enumerate(nonce):
        for new in set(string.hexdigits + "_ =") - {old}:
            assert refused(server.get(signer, nonce=nonce[:position] + new + nonce[position + 1 :]))
    assert server.app.scopes == []


def test_a17_another_spelling(server):
    """The same octets decoded, spelled otherwise, are another text and so no nonce of ours."""
    signer = server.signer()
    nonce = signer.challenge["nonce"]
    for spelling in (nonce.upper(), " " + nonce, nonce + " ", nonce + "=", nonce + "0", "0x" + nonce, nonce + "\x00"):
        assert spelling == nonce or refused(server.get(signer, nonce=spelling))


def test_a17_an_escaped_spelling_is_the_same_nonce(server):
    """A quoted-pair is syntax: the value is one and the same, so its count is too."""
    signer = server.signer()
    nonce = signer.challenge["nonce"].encode()
    header = signer.sign()
    escaped = header.replace(nonce, b"\\" + nonce)
    assert server.request(authorization=header).status == 200
    assert server.request(authorization=escaped).status == 401


def test_a18_expired(server):
    """Past its life a nonce is stale for who knows the password; the new nonce is good at once."""
    signer = server.signer()
    server.clock.now += 301
    late = server.get(signer)
    assert (late.status, late.stale, late.app_called) == (401, True, False)
    signer.challenge = late.challenges[0]
    assert server.get(signer).status == 200


def test_a18_from_the_future(server):
    """A nonce of a clock that runs ahead by more than the workers' differ is not alive yet."""
    server.clock.now += 60
    signer = server.signer()
    server.clock.now -= 60
    assert refused(server.get(signer))


def test_a19_stale_is_told_to_those_who_know_the_password_only(server):
    """With a wrong password an expired or unknown nonce says nothing about itself."""
    signer = server.signer(password="wrong")
    unknown = server.get(signer, nonce="f" * 78)
    server.clock.now += 301
    for response in (unknown, server.get(signer)):
        assert (response.status, response.stale) == (401, False)


def test_a39_no_key_in_what_is_sent():
    """Neither the key nor a piece of it stands in the challenges, and there is no opaque to hide it in."""
    key = bytes(range(100, 132))
    server = Server(keys=[key])
    sent = b"".join(value for _ in range(50) for value in server.request().values(b"www-authenticate"))
    for start in range(28):
        piece = key[start : start + 4]
        assert piece not in sent
        assert piece.hex().encode() not in sent
    assert b"opaque" not in sent


def test_a39_default_keys_differ():
    """Two servers without a configured key do not know each other's nonces (no key stands in the source)."""
    clock = Clock()
    first, second = Server(clock=clock, random=bytes), Server(clock=clock, random=bytes)
    assert first.challenge()["nonce"][:14] == second.challenge()["nonce"][:14]
    assert first.challenge()["nonce"] != second.challenge()["nonce"]


def test_a40b_two_challenges_in_one_tick(server):
    """The clock stands still, yet no two clients share a nonce."""
    nonces = [server.challenge()["nonce"] for _ in range(500)]
    assert len(set(nonces)) == 500


def test_a46_no_endless_stale_loop():
    """Whoever takes up each new nonce gets in with the second request, whatever made the first one stale."""
    server = Server(nonce_lifetime=30, store=MemoryStore(1))
    signer = server.signer()
    for round_ in range(20):
        server.clock.now += 31 if round_ % 2 else 1
        response = server.get(signer)
        if response.status == 401:
            assert response.stale
            signer.challenge = response.challenges[0]
            assert server.get(signer).status == 200
        signer = server.signer("bob", "b0b") if round_ % 3 else server.signer()


def workers(count, **policy):
    """Servers of one realm and key on one clock, as worker processes are."""
    clock = Clock()
    return [Server(clock=clock, keys=KEYS, **policy) for _ in range(count)]


def test_a47_workers_with_a_shared_store():
    """A challenge of worker 1 is answered at worker 2, and the replay at worker 3 is refused."""
    first, second, third = workers(3, store=MemoryStore())
    signer = first.signer()
    header = signer.sign()
    assert second.request(authorization=header).status == 200
    assert third.request(authorization=header).status == 401
    assert third.get(signer, 2).status == 200
    assert first.get(signer, 2).status == 401


def test_a47_workers_without_a_shared_store():
    """Each worker trusts only what it issued itself, so a replay elsewhere is stale: more requests, no weakness."""
    first, second = workers(2)
    signer = first.signer()
    header = signer.sign()
    assert first.request(authorization=header).status == 200
    elsewhere = second.request(authorization=header)
    assert (elsewhere.status, elsewhere.stale) == (401, True)
    assert second.get(Signer(elsewhere.challenges[0])).status == 200


def test_a47_key_rotation():
    """While the old key is still listed, nobody is asked to log in again; after that the nonce is stale."""
    clock, store = Clock(), MemoryStore()
    old = Server(clock=clock, keys=[b"1" * 32], store=store)
    both = Server(clock=clock, keys=[b"2" * 32, b"1" * 32], store=store)
    new = Server(clock=clock, keys=[b"2" * 32], store=store)
    signer = old.signer()
    assert both.get(signer, 1).status == 200
    gone = new.get(signer, 2)
    assert (gone.status, gone.stale) == (401, True)
    assert new.get(both.signer()).status == 200
