"""What a challenged call does next, by itself: each reason, and how often it holds."""

from types import SimpleNamespace
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.challenge import Challenge
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.logical_clock import tick
from digest_http.httpauth.retries import MAX_TRIES, Retries, Try

MD5 = by_name("MD5")


def met(*, accepted=False):
    """A context with a nonce, and whether the server let its password in before."""
    context = ClientContext(Identity("a", "b"), b"r", MD5)
    nonce = context.learn(Choice(Challenge(b"r", b"n", MD5.token, (b"auth",)), MD5, b"auth"))
    assert nonce is not None
    if accepted:
        context.accept(nonce)
    return context, nonce


def signed(context, nonce, nc) -> Any:
    """The parts of a signature that are looked at."""
    return SimpleNamespace(nonce=nonce, count=nc, qop=b"auth", context=context)


@pytest.mark.parametrize(("nc", "count", "outcome"), [
    (10, 10, Try.NO_MORE), (10, 11, Try.SIGNED), (16, 16, Try.NO_MORE),
    (16, 17, Try.SIGNED), (1, 2, Try.SIGNED), (0, 5, Try.NO_MORE),
])  # fmt: skip
def test_overtaken_by_others(nc, count, outcome):
    """Others have signed with the nonce since, and the password is known to be right; RFC 2069 has no count."""
    context, nonce = met(accepted=True)
    retries = Retries(tick())
    assert retries.after_challenge(context, nonce, None, stale=False) is Try.SIGNED
    nonce.counter.last = count
    assert retries.after_challenge(context, nonce, signed(context, nonce, nc), stale=False) is outcome
    assert (retries.exclusive is context) is (outcome is Try.SIGNED)
    assert context.refused is (outcome is Try.NO_MORE)


@pytest.mark.parametrize("same", [True, False])
def test_overtaken_by_an_acceptance(same):
    """Something was accepted since this call began: once more with the same nonce, afresh where the server moved on."""
    context, nonce = met()
    retries = Retries(tick())
    assert retries.after_challenge(context, nonce, None, stale=False) is Try.SIGNED
    context.accept(nonce)
    other = nonce if same else met()[1]
    signature = signed(context, nonce, 1)
    outcomes = [retries.after_challenge(context, other, signature, stale=False) for _ in range(4)]
    assert outcomes == [Try.SIGNED if same else Try.AFRESH] * MAX_TRIES["overtaken"] + [Try.NO_MORE]
    assert retries.exclusive is context


def test_a_wrong_password():
    """A nonce fresh from this call was refused, and nobody was ever let in: the answer is the caller's."""
    context, nonce = met()
    nonce.counter.last = 1
    retries = Retries(tick())
    assert retries.after_challenge(context, nonce, None, stale=False) is Try.SIGNED
    assert retries.after_challenge(context, nonce, signed(context, nonce, 1), stale=False) is Try.NO_MORE
    assert context.refused
    assert Retries(tick()).after_challenge(context, nonce, None, stale=False) is Try.NO_MORE


def in_a_crowd(*, nc=1, same=True):
    """A fresh request is refused whose nonce others have signed with since, and nobody was let in yet."""
    context, nonce = met()
    nonce.counter.last = 5
    retries = Retries(tick())
    assert retries.after_challenge(context, nonce, None, stale=False) is Try.SIGNED
    outcome = retries.after_challenge(context, nonce if same else met()[1], signed(context, nonce, nc), stale=False)
    return context, nonce, retries, outcome


@pytest.mark.parametrize("let_in", [True, False])
def test_a_crowd_of_which_nobody_was_let_in_yet(let_in):
    """It looks again unsigned, and signs once more only if one of the others was let in meanwhile."""
    context, nonce, retries, outcome = in_a_crowd()
    assert outcome is Try.AFRESH
    assert not context.refused
    if let_in:
        context.accept(nonce)
    assert retries.after_challenge(context, nonce, None, stale=False) is (Try.SIGNED if let_in else Try.NO_MORE)
    assert retries.exclusive is context
    assert context.refused is not let_in
    assert context.realm_refusals.hold(0.0) is False
    assert retries.asks is not let_in


def test_a_crowd_is_looked_at_once():
    """Refused again, with others behind it again: a call has its bounds."""
    context, nonce, retries, _ = in_a_crowd()
    context.accept(nonce)
    assert retries.after_challenge(context, nonce, None, stale=False) is Try.SIGNED
    context.speak_for(nonce.identity)  # nothing is known of the password again
    nonce.counter.last = 8
    again: Any = SimpleNamespace(nonce=nonce, count=6, qop=b"auth", context=context)
    assert retries.after_challenge(context, nonce, again, stale=False) is Try.NO_MORE


@pytest.mark.parametrize(("nc", "same"), [(0, True), (5, True), (1, False)], ids=["no count", "the last", "new nonce"])
def test_no_crowd(nc, same):
    """Nobody has signed since, nobody can tell, or the server counts on another nonce."""
    context, _, _, outcome = in_a_crowd(nc=nc, same=same)
    assert outcome is Try.NO_MORE
    assert context.refused


def test_a_password_that_was_right_before():
    """A refusal does not keep it back when there is something new to answer."""
    context, nonce = met(accepted=True)
    context.refuse(tried=True)
    assert Retries(tick()).after_challenge(context, nonce, None, stale=False) is Try.SIGNED
    retries = Retries(tick())
    assert retries.after_challenge(context, nonce, signed(context, nonce, 1), stale=False) is Try.NO_MORE


def test_a_nonce_of_before():
    """It may have been forgotten, once in a call; after that it is fresh."""
    context, nonce = met()
    retries = Retries(tick())
    signature = signed(context, nonce, 1)
    assert retries.after_challenge(context, nonce, signature, stale=False) is Try.SIGNED
    assert retries.exclusive is None
    assert retries.after_challenge(context, nonce, signature, stale=False) is Try.NO_MORE


def test_stale():
    """With the new nonce, then afresh, then no more."""
    context, nonce = met()
    retries = Retries(tick())
    signature = signed(context, nonce, 1)
    outcomes = [
        (retries.after_challenge(context, nonce, signature, stale=True), retries.exclusive is context) for _ in range(3)
    ]
    assert outcomes == [(Try.SIGNED, False), (Try.AFRESH, True), (Try.NO_MORE, True)]
    assert not context.refused


def test_each_reason_has_its_bound():
    """First challenges and redirects, as often as MAX_TRIES says."""
    context, nonce = met()
    retries = Retries(tick())
    firsts = [retries.after_challenge(context, nonce, None, stale=False) for _ in range(MAX_TRIES["first"] + 2)]
    assert firsts == [Try.SIGNED] * 3 + [Try.NO_MORE] * 2
    assert [retries.after_move(fresh=True) for _ in range(MAX_TRIES["moved"] + 2)] == [Try.SIGNED] * 5 + [
        Try.NO_MORE
    ] * 2
    assert dict(MAX_TRIES) == {
        "first": 3, "stale": 2, "forgotten": 1, "another": 1, "overtaken": 3, "crowded": 1, "moved": 5,
    }  # fmt: skip


@pytest.mark.parametrize(("realm", "algorithm", "qop", "stale", "outcomes"), [
    # Another realm, or less than was signed: a refusal, whatever it calls itself.
    (b"other", "SHA-256", b"auth", False, [Try.NO_MORE]),
    (b"other", "SHA-256", b"auth", True, [Try.NO_MORE]),
    (b"other", "SHA-512-256", b"auth", True, [Try.NO_MORE]),
    (b"r", "MD5", b"auth", False, [Try.NO_MORE]),
    (b"r", "MD5", b"auth", True, [Try.NO_MORE]),
    (b"r", "SHA-256", b"", True, [Try.NO_MORE]),
    # Another qop or a stronger hash: once.
    (b"r", "SHA-256", b"auth-int", False, [Try.SIGNED, Try.NO_MORE]),
    (b"r", "SHA-512-256", b"auth", False, [Try.SIGNED, Try.NO_MORE]),
    (b"r", "SHA-512-256", b"auth", True, [Try.SIGNED, Try.NO_MORE]),
])  # fmt: skip
def test_an_offer_that_changes_within_a_call(realm, algorithm, qop, stale, outcomes):
    """A request signed as this call was told is refused with another offer; later calls hold the password back."""
    identity = Identity("a", "b")

    def context_and_nonce(realm, algorithm, qop):
        chosen = by_name(algorithm)
        context = ClientContext(identity, realm, chosen)
        return context, context.learn(Choice(Challenge(realm, b"n", chosen.token, (qop,) * bool(qop)), chosen, qop))

    first, nonce = context_and_nonce(b"r", "SHA-256", b"auth")
    other, offered = context_and_nonce(realm, algorithm, qop)
    for known in (True, False):  # the first signature may be with a nonce of before: that one says nothing
        retries = Retries(tick())
        signature: Any = SimpleNamespace(nonce=nonce, count=1, qop=b"auth", context=first)
        if not known:
            assert retries.after_challenge(other, offered, signature, stale=stale) is Try.SIGNED
            assert not other.refused
            continue
        assert retries.after_challenge(first, nonce, None, stale=False) is Try.SIGNED
        found = [retries.after_challenge(other, offered, signature, stale=stale) for _ in outcomes]
        assert found == outcomes
        assert (first.refused, other.refused) == (True, True)
        assert Retries(tick()).after_challenge(first, nonce, None, stale=False) is Try.NO_MORE
        first.accept(nonce)
        other.accept(offered)
