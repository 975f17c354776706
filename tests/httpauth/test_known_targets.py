"""What a context remembers of the targets that it signs changes nothing of what it writes, refuses or believes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.challenge import Challenge
from digest_http.credentials import Credentials, split_scheme
from digest_http.errors import MalformedField
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import MAX_TARGET_OCTETS, MAX_TARGETS, ClientContext
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.client_nonce import ClientNonce

SHA_256 = by_name("SHA-256")
HA1 = calculation.hex_octets(calculation.user_hash(SHA_256, b"alice", b"r", b"s3cret"))

#: Few, so that they come again; with a quote, a backslash and an octet beyond ASCII.
METHODS = st.sampled_from([b"GET", b"PUT", b"get", b"M-SEARCH"])
TARGETS = st.sampled_from([b"/", b"/a?b=c", b'/"q"', b"/b\\", b"/\xe4", b"/" + MAX_TARGET_OCTETS * b"l"])
ENTITIES = st.sampled_from([b"", b"", calculation.entity_hash(SHA_256, b"body")])


def context_of(qop: tuple[bytes, ...] = (b"auth", b"auth-int")) -> tuple[ClientContext, ClientNonce]:
    """A context, and a nonce that it has learnt."""
    context = ClientContext(Identity("alice", "s3cret"), b"r", SHA_256)
    challenge = Challenge(realm=b"r", nonce=b"n", algorithm=b"SHA-256", qop=qop)
    nonce = context.learn(Choice(challenge, SHA_256, qop[0] if qop else b""))
    assert nonce is not None
    return context, nonce


def expected(sent: Credentials, method: bytes, target: bytes, hentity: bytes) -> bytes:
    """The response that a server computes."""
    ha2 = calculation.request_hash(SHA_256, method, target, hentity)
    return calculation.response(SHA_256, HA1, b"n", sent.nc, sent.cnonce, sent.qop, ha2)


@given(
    calls=st.lists(st.tuples(METHODS, TARGETS, ENTITIES), max_size=20),
    qop=st.sampled_from([(b"auth", b"auth-int"), ()]),
)
def test_a_target_that_comes_again_is_signed_as_if_it_were_new(
    calls: list[tuple[bytes, bytes, bytes]], qop: tuple[bytes, ...]
) -> None:
    """Whatever was signed before: the field says the target and the right response, and a right proof is believed."""
    context, nonce = context_of(qop)
    for method, target, entity in calls:
        hentity = entity if qop else b""
        signed = context.sign(nonce, method, target, hentity)
        assert signed is not None
        token = split_scheme(signed[0])
        assert token is not None
        sent = Credentials.parse(token)
        assert sent.uri == target
        assert sent.response == expected(sent, method, target, hentity)
        if sent.qop == b"auth":
            for seen in (target, target + b"x"):
                rspauth = expected(sent, b"", seen, b"")
                info = b'qop=auth, rspauth="%b", cnonce="%b", nc=%b' % (rspauth, sent.cnonce, sent.nc)
                assert context.is_proven(signed[1], info) == (seen == target)


@pytest.mark.parametrize(("method", "target"), [(b"GET", b"/\n"), (b"G T", b"/")])
def test_what_was_refused_is_refused_again(method: bytes, target: bytes) -> None:
    """A method or a target that no field can carry is not remembered, nor is it let in beside one that is."""
    context, nonce = context_of()
    context.sign(nonce, b"GET", b"/")
    for _ in range(2):
        with pytest.raises(MalformedField):
            context.sign(nonce, method, target)


def test_a_method_in_a_buffer_that_is_used_again() -> None:
    """What is remembered of a target does not change with it."""
    context, nonce = context_of()
    method: Any = bytearray(b"GET")
    for name in (b"GET", b"PUT", b"GET"):
        method[:] = name
        signed = context.sign(nonce, method, b"/")
        assert signed is not None
        token = split_scheme(signed[0])
        assert token is not None
        sent = Credentials.parse(token)
        assert sent.response == expected(sent, name, b"/", b"")


def test_a_target_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same target, signed and proved again, takes no H(A2) again; nor do so many as are remembered."""
    context, nonce = context_of()
    hashed: list[Any] = []
    compute = calculation.request_hash

    def counting(*arguments: Any) -> bytes:
        hashed.append(arguments)
        return compute(*arguments)

    monkeypatch.setattr(calculation, "request_hash", counting)

    def sign(number: int) -> None:
        signed = context.sign(nonce, b"GET", b"/%d" % number)
        assert signed is not None
        signature = signed[1]
        rest = b'", cnonce="%b", nc=%b' % (signature.cnonce, signature.nc)
        assert not context.is_proven(signature, b'qop=auth, rspauth="' + rest)

    for _ in range(2):
        for number in range(MAX_TARGETS):
            sign(number)
    assert len(hashed) == 2 * MAX_TARGETS
    sign(MAX_TARGETS)
    sign(0)
    assert len(hashed) == 2 * MAX_TARGETS + 4
