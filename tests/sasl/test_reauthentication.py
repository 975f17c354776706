"""Subsequent authentication (RFC 2831 §2.2): nc 2 and on, with a fresh cnonce."""

from __future__ import annotations

import os
import threading

import pytest

from digest_http.errors import LogonDenied, WrongPrincipal
from digest_http.sasl import ClientSessions, ServerSessions
from digest_http.sasl.directives import Challenge
from digest_http.sasl.reauthentication import MAX_USES, Resumption
from tests.support.forked import held, in_child


@pytest.fixture
def clock():
    """A clock that stands still until it is moved."""
    return [0.0]


@pytest.fixture
def again(pair, clock):
    """Make pairs that share what sessions share."""
    clients, servers = ClientSessions(), ServerSessions(lifetime=60, clock=lambda: clock[0])

    def make(layer="auth", *, client=None, server=None):
        return pair(layer, client={"sessions": clients} | (client or {}), server={"sessions": servers} | (server or {}))

    return make


def resume(both):
    """(What the client said first, what the server answered)."""
    first = both.client.step()
    return first, both.server.step(first)


@pytest.mark.obeys("sasl-second-login")
def test_the_second_login_takes_one_round_trip(again):
    """nc counts up, the proof comes back at once, and the cnonce and so the keys are new."""
    first = again("rc4").login()
    cnonces = {first.server.response.cnonce}
    for count in range(2, 6):
        both = again("rc4")
        token, proof = resume(both)
        assert b"nc=%08x" % count in token
        assert both.server.complete
        both.client.step(proof)
        assert both.client.complete
        assert both.client.session_key() != first.client.session_key()
        cnonces.add(both.server.response.cnonce)
        for sender, receiver in both.ends():
            assert receiver.unwrap(sender.wrap(b"message")) == b"message"
    assert len(cnonces) == 5


def test_each_user_service_and_identity_has_its_own(again):
    """Nothing is shared between logins that differ."""
    again().login()
    for settings in ({"username": "other"}, {"host": "b.example.com"}, {"authzid": "chris"}, {"realm": "example.com"}):
        assert again(client=settings).client.step() == b""


def test_a_server_that_does_not_resume_sends_a_challenge(again):
    """As the JDK's does: the client carries on, in full."""
    again().login()
    both = again(server={"sessions": None})
    token, challenge = resume(both)
    assert b"nc=00000002" in token
    assert b"stale" not in challenge
    response = both.client.step(challenge)
    assert b"nc=00000001" in response
    both.client.step(both.server.step(response))
    assert both.client.complete


def test_a_nonce_that_expired_is_stale(again, clock):
    """A fresh challenge says so, and the client answers it."""
    again().login()
    clock[0] = 61
    both = again()
    _, challenge = resume(both)
    assert b"stale=true" in challenge
    both.client.step(both.server.step(both.client.step(challenge)))
    assert both.client.complete
    # And the new nonce counts from there.
    assert b"nc=00000002" in again().client.step()


@pytest.mark.obeys("sasl-second-login")
def test_a_replayed_response_is_stale(again):
    """A count is taken once."""
    again().login()
    both = again()
    token, _ = resume(both)
    replayed = again().server
    assert b"stale=true" in replayed.step(token)
    assert not replayed.complete


def test_a_skipped_count_is_stale(again):
    """Exactly the next one, as Cyrus has it."""
    again().login()
    again().client.step()  # takes nc 2 and is never sent
    both = again()
    _, challenge = resume(both)
    assert b"stale=true" in challenge


@pytest.mark.obeys("sasl-second-login")
def test_a_wrong_password_is_not_told_stale(again):
    """stale=true is said to those who know the password."""
    again().login()
    both = again(client={"password": "wrong"})
    _, challenge = resume(both)
    assert challenge.startswith(b"realm=")
    assert b"stale" not in challenge
    with pytest.raises(LogonDenied):
        both.server.step(both.client.step(challenge))


def test_another_user_cannot_use_a_nonce(again):
    """The nonce belongs to who first answered it."""
    users = {"users": {"chris": "secret", "other": "secret"}}
    again(server=users).login()
    both = again(client={"username": "other"}, server=users)
    sessions = both.client._sessions  # noqa: SLF001  # a client that takes another's nonce
    (entry,) = sessions._known.values()  # noqa: SLF001  # as above
    sessions.remember(both.client._session_name, entry.challenge, entry.realm)  # noqa: SLF001  # as above
    token, challenge = resume(both)
    assert b"nc=00000002" in token
    assert b"stale" not in challenge
    assert not both.server.complete


@pytest.mark.parametrize(("layer", "accepted"), [("auth", True), ("auth-int", False), ("rc4", False)])
def test_a_repeated_cnonce_would_repeat_the_keys(again, layer, accepted):
    """Cyrus's client repeats it: fine without a layer, refused with one."""
    fixed = {"cnonce": lambda _challenge: b"always the same"}
    again(layer, client=fixed).login()
    both = again(layer, client=fixed)
    _, answer = resume(both)
    assert both.server.complete is accepted
    assert (b"stale=true" in answer) is not accepted


def test_a_failed_proof_is_forgotten(again):
    """A server that cannot prove itself is not tried again that way."""
    again().login()
    both = again()
    both.client.step()
    with pytest.raises(WrongPrincipal):
        both.client.step(b"rspauth=" + b"0" * 32)
    assert again().client.step() == b""


def test_only_the_next_count_wins_a_race():
    """Many threads with one count: one is accepted."""
    sessions = ServerSessions()
    sessions.remember(b"n", "owner", b"c")
    outcomes = []

    def claim(index):
        outcomes.append(sessions.advance(b"n", "owner", 2, b"c%d" % index, fresh_cnonce=True))

    threads = [threading.Thread(target=claim, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(Resumption.ACCEPTED) == 1
    assert outcomes.count(Resumption.STALE) == 7


def test_capacity_and_uses_are_bounded():
    """The oldest goes first; a nonce wears out on both sides."""
    servers, clients = ServerSessions(capacity=2), ClientSessions(capacity=2)
    for index in range(3):
        servers.remember(b"%d" % index, "owner", b"c")
        clients.remember(index, Challenge(b"n"), None)
    assert len(servers) == len(clients) == 2
    assert servers.advance(b"0", "owner", 2, b"d", fresh_cnonce=True) is Resumption.UNKNOWN
    assert clients.claim(0) is None
    for count in range(2, MAX_USES + 1):
        assert servers.advance(b"2", "owner", count, b"%d" % count, fresh_cnonce=True) is Resumption.ACCEPTED
        claimed = clients.claim(2)
        assert claimed is not None
        assert claimed.count == count
    assert servers.advance(b"2", "owner", MAX_USES + 1, b"d", fresh_cnonce=True) is Resumption.STALE
    assert clients.claim(2) is None
    assert len(servers) == len(clients) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_of_a_fork_knows_no_nonce():
    """A count would be good once in each process; in the parent it still is."""
    servers, clients = ServerSessions(), ClientSessions()
    servers.remember(b"n", "owner", b"c")
    clients.remember("key", Challenge(b"n"), None)

    def claim():
        return servers.advance(b"n", "owner", 2, b"d", fresh_cnonce=True).name, clients.claim("key")

    with held(servers._lock), held(clients._lock):  # noqa: SLF001 - steps of other threads
        assert in_child(claim) == ("UNKNOWN", None)
    claimed = claim()
    assert claimed[0] == "ACCEPTED"
    assert claimed[1] is not None
