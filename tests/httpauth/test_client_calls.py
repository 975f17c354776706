"""Calls of a program, one after the other: other credentials, other challenges, counts that go on."""

from __future__ import annotations

from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.calculation import entity_hash
from digest_http.challenge import Challenge
from digest_http.errors import MalformedField
from digest_http.grammar import MAX_NC
from digest_http.httpauth import DigestClient
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.client_nonce import ClientNonce
from digest_http.httpauth.credential_sources import Asked
from digest_http.httpauth.digest_client import PENDING_SECONDS
from digest_http.httpauth.origins import Origin
from digest_http.httpauth.protection_spaces import OriginSpaces
from digest_http.httpauth.realm_refusals import MAX_REFUSED_REALMS
from digest_http.httpauth.signing import sign
from tests.client_auth.strict_server import StrictServer
from tests.httpauth.direct_calls import CHALLENGE, client_for, exchange

SHA = 'Digest realm="r", nonce="{}", qop="auth", algorithm=SHA-256'
MD5 = 'Digest realm="r", nonce="{}", qop="auth", algorithm=MD5'


def parameters(client: DigestClient, target: str = "/x") -> dict[str, str]:
    """The parameters of the next signed request."""
    signed = client.authorization("GET", target)
    assert signed is not None
    return signed.parameters


def signed_by(client: DigestClient) -> Any:
    """The next signed request."""
    signed = client.authorization("GET", "/x")
    assert signed is not None
    return signed


def test_other_credentials_after_a_refusal() -> None:
    """They are asked for once, with the nonce that the refusal brought, and they sign from then on."""
    told: list[Asked] = []

    def source(asked: Asked) -> tuple[str, str]:
        told.append(asked)
        return "alice", "old" if len(told) == 1 else "s3cret"

    server, client = StrictServer(), DigestClient(credentials=source)
    assert exchange(client, server) == (200, True)
    assert server.statuses == [401, 401, 200]
    assert [(asked.host, asked.realm, asked.refused) for asked in told] == [
        ("", "api@example.org", False), ("", "api@example.org", True),
    ]  # fmt: skip
    assert exchange(client, server) == (200, True)
    assert (server.statuses, len(told)) == ([401, 401, 200, 200], 2)


def test_the_same_credentials_are_not_sent_again() -> None:
    """Asked for after the refusal, and no more than that."""
    told: list[bool] = []

    def source(asked: Asked) -> tuple[str, str]:
        told.append(asked.refused)
        return "alice", "wrong"

    server = StrictServer()
    assert exchange(DigestClient(credentials=source), server) == (401, None)
    assert (server.statuses, told) == ([401, 401], [False, True])


def test_credentials_that_are_there_later() -> None:
    """A source that has none is asked again when a challenge comes again; each realm has its own."""
    have: dict[str, tuple[str, str]] = {}
    client = DigestClient(credentials=lambda asked: have.get(asked.realm))
    assert client.challenged(CHALLENGE, None) is False
    have["r"] = ("alice", "s3cret")
    assert client.challenged(CHALLENGE, None) is True
    assert parameters(client)["username"] == "alice"
    have["s"] = ("bob", "b")
    assert client.challenged(CHALLENGE.replace('"r"', '"s"'), None) is True
    assert parameters(client)["username"] == "bob"


def test_a_refusal_that_names_nothing_to_sign_with() -> None:
    """What was signed in advance is dropped: the next request asks the server by going unsigned."""
    client = client_for()
    assert client.challenged(CHALLENGE, None)
    client.verify(signed_by(client))
    assert client.challenged("Basic realm=x", signed_by(client)) is False
    assert client.authorization("GET", "/x") is None


def test_such_a_refusal_of_a_new_nonce_counts_for_the_password() -> None:
    """In one realm after another, until the origin is held back as a whole."""
    client = client_for()
    for number in range(MAX_REFUSED_REALMS):
        assert client.challenged(SHA.format("n").replace('"r"', f'"{number}"'), None) is True
        assert client.challenged("Basic realm=x", signed_by(client)) is False
        assert client.challenged(SHA.format("m").replace('"r"', f'"{number}"'), None) is False
    assert client.challenged(SHA.format("n").replace('"r"', '"more"'), None) is False


@pytest.mark.parametrize("again", ['"o2"', '"o1"'])
def test_a_nonce_that_comes_again_goes_on_counting(again: str) -> None:
    """With the same opaque or another: it was refused a moment ago, so the server counts by the nonce alone."""
    client = client_for()
    field = SHA.format("n") + ", opaque="
    assert client.challenged(field + '"o1"', None)
    signed = signed_by(client)
    assert signed.parameters["nc"] == "00000001"
    assert client.challenged(field + again + ", stale=true", signed)
    assert (found := parameters(client))["nc"] == "00000002"
    assert found["opaque"] == again.strip('"')


def test_a_stronger_challenge_behind_a_weaker_one() -> None:
    """The server's order holds as long as nothing is weaker than what was accepted."""
    client = client_for(prefer="server-order")
    assert client.challenged([MD5.format("a"), SHA.format("b")], None)
    assert parameters(client)["nonce"] == "a"
    client.verify(signed_by(client))
    assert client.challenged([MD5.format("c"), SHA.format("d")], None)
    assert parameters(client)["nonce"] == "c"
    assert client.challenged(SHA.format("e"), None)
    client.verify(signed_by(client))
    assert client.challenged([MD5.format("f"), SHA.format("g")], None)
    assert parameters(client)["nonce"] == "g"
    assert client.challenged(MD5.format("h"), None) is False


def test_weaker_challenges_where_they_are_allowed() -> None:
    """By the setting; else never again."""
    for allowed in (True, False):
        client = client_for(allow_weaker=allowed)
        assert client.challenged(SHA.format("a"), None)
        client.verify(signed_by(client))
        assert client.challenged(MD5.format("b"), None) is allowed


def test_a_challenge_waits_a_minute() -> None:
    """Not a moment longer; then the nonce of before signs for all, with a call of its own."""
    now = [0.0]
    client = client_for(clock=lambda: now[0])
    assert client.challenged(CHALLENGE, None)
    now[0] = PENDING_SECONDS
    signed = signed_by(client)
    assert client._pending == ()  # noqa: SLF001 - what waits shows nowhere else
    assert signed.retries.refused_nonce(signed.signature) is None


def test_a_password_that_was_refused_and_another_that_was_accepted() -> None:
    """Of one that was never let in nothing is signed for a minute; one that was let in goes on signing."""
    now = [0.0]
    for let_in in (False, True):
        client = client_for(clock=lambda: now[0])
        assert client.challenged(CHALLENGE, None)
        signed = signed_by(client)
        if let_in:
            client.verify(signed)
            signed = signed_by(client)
        signed.signature.context.refuse(tried=True)
        assert (client.authorization("GET", "/x") is not None) is let_in


def test_quotes_stay_when_a_nonce_comes_again() -> None:
    """A setting of the client is no affair of one challenge."""
    client = client_for(quote_all=True)
    assert client.challenged(SHA.format("n"), None)
    signed = signed_by(client)
    assert 'qop="auth"' in signed
    assert client.challenged(SHA.format("n") + ", charset=UTF-8, stale=true", signed)
    again = signed_by(client)
    assert 'qop="auth"' in again
    assert again.parameters["nc"] == "00000002"


def context_of(*qop: bytes, name: str = "MD5") -> tuple[ClientContext, ClientNonce]:
    """A context and the nonce of its one challenge."""
    algorithm = by_name(name)
    context = ClientContext(Identity("u", "p"), b"r", algorithm)
    nonce = context.learn(Choice(Challenge(b"r", b"n", algorithm.token, qop), algorithm, qop[0]))
    assert nonce is not None
    return context, nonce


def test_signing_without_a_body() -> None:
    """It is an empty one, which is hashed all the same; a nonce whose counts are used up signs nothing."""
    spaces = OriginSpaces(Origin("http", "server.example", 80))
    fields = []
    for body in (b"", b"body"):
        context, nonce = context_of(b"auth-int", name="MD5-sess")
        nonce.counter.last = 4
        with pytest.raises(MalformedField):
            sign(spaces, context, nonce, b"GET", b"/x")
        signed = sign(spaces, context, nonce, b"GET", b"/x", entity_hash(context.algorithm, body))
        assert signed is not None
        fields.append((signed[1].nc, signed[1].qop))
    assert fields == [(b"00000005", b"auth-int")] * 2
    client = DigestClient("u", "p", cnonce=lambda: "c")
    assert client.challenged('Digest realm="r", nonce="n", qop="auth-int"', None)
    signed_value = client.authorization("GET", "/")
    assert signed_value is not None
    context, nonce = signed_value.signature.context, signed_value.signature.nonce
    responses = []
    for body in (b"", b"x"):
        nonce.counter.last = 0
        signed = sign(spaces, context, nonce, b"GET", b"/", entity_hash(context.algorithm, body))
        assert signed is not None
        responses.append(signed[0])
    assert responses[0] == signed_value.octets != responses[1]
    nonce.counter.last = MAX_NC
    assert sign(spaces, context, nonce, b"GET", b"/", entity_hash(context.algorithm, b"")) is None


def test_a_pool_takes_a_challenge_at_its_word() -> None:
    """Not while each nonce belongs to one request, and not a nonce whose counts are used up."""
    context, nonce = context_of(b"auth")
    pool, shared = context.pool, []

    def used_up() -> None:
        nonce.counter.last = MAX_NC
        pool.use(nonce)

    def used_up_but_for_one() -> None:
        nonce.counter.last = MAX_NC - 1
        pool.use(nonce)

    def exclusive() -> None:
        pool.make_exclusive()
        pool.use(nonce)

    for step in (
        lambda: pool.use(nonce), lambda: pool.drop(context_of(b"auth")[1]), lambda: pool.drop(nonce), used_up,
        used_up_but_for_one, pool.sign_no_more, exclusive,
    ):  # fmt: skip
        step()
        shared.append(pool.current)
    assert shared == [nonce, nonce, None, None, nonce, None, None]


def test_counting_on_from_a_nonce_that_nobody_knows() -> None:
    """It begins where it stands."""
    context, _ = context_of(b"auth")
    other = ClientNonce(
        Choice(Challenge(b"r", b"other", b"MD5", (b"auth",)), by_name("MD5"), b"auth"), context.identity, cnonces=bytes
    )
    context.pool.count_on(other)
    assert other.count == 0
    other.counter.last = 7
    context.pool.count_on(other)
    assert other.count == 7
