"""No digest stands for another: every digest that is seen is tried as each other value, at each door of the project.

An eavesdropper has what honest clients and the server send. A man in the middle also chooses the challenge that a
client answers, and the target. The same search at a door and with a client without any rule shows what it finds.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from digest_http.buffers import HTTPMessage
from digest_http.errors import WrongPrincipal
from digest_http.sasl import DigestMD5Client
from tests.attacks.conversions import FORGED_BODY, Claim, Seen, Statement, claims, digest, family
from tests.attacks.doors import (
    ANSWER,
    PASSWORD,
    REALM,
    USER,
    AcceptorDoor,
    MiddlewareDoor,
    OpenDoor,
    SSPIDoor,
    secret,
)
from tests.attacks.oracles import Asked, CoreClient, OpenClient, SSPIClient
from tests.attacks.signing import parameters

BASES = ("MD5", "SHA-256", "SHA-512-256")
ROLES = ("server", "proxy")
QOPS = (b"auth", b"auth-int", b"")

# What he writes behind a nonce of the server, so that the rest of the answer falls into another place.
SUFFIXES = (
    b"", b":", b":00000001", b":00000001:c0", b":c0", b":00000001:c0:auth", b":00000001:c0:auth-int", b":auth",
)  # fmt: skip

PLAIN = tuple(f"{what} {qop}" for what in ("answer", "proof") for qop in ("auth", "auth-int", "without qop"))
SESSION = tuple(f"session {what} {qop}" for what in ("answer", "proof") for qop in ("auth", "auth-int"))


def doors_of(kind, base):
    """The server and, where it has one, the proxy of a kind."""
    return [kind(base, role) for role in (("server",) if kind is SSPIDoor else ROLES)]


def found(doors, seen, nonces):
    """The conversions that work: (what was seen, what it was taken for)."""
    return {
        conversion
        for door in doors
        for one in seen
        for conversion, statement in claims(one, door.role, frozenset(nonces))
        if door.takes(statement)
    }


def overhear(doors, base, worked):
    """Let an honest client do all that it can at each door; what is new and undelivered is tried elsewhere first."""
    seen, nonces = [], set()
    targets = (b"/a", b"/a:" + digest(base, FORGED_BODY))
    for door, algorithm, qop, uri in product(doors, doors[0].algorithms, QOPS, targets):
        if not qop and algorithm != "MD5" and not isinstance(door, OpenDoor):
            continue
        issued = door.nonces()
        nonces |= set(issued.values())
        nc, cnonce = (b"00000001", b"c0ffee") if qop else (b"", b"")
        hentity = digest(algorithm, b"honest") if qop == b"auth-int" else b""
        honest = Statement(door.role, algorithm, qop, issued[algorithm], nc, cnonce, b"GET", uri, hentity)
        key = honest.key(secret(algorithm))
        honest = honest.signed(key)
        others = [other for other in doors if other is not door]
        worked |= found(others, [Seen.answer(honest)], nonces)
        proof = door.proof(honest)
        if proof is None:  # a form that does not exist
            assert family(algorithm)
            assert not qop
            continue
        seen += [Seen.answer(honest), honest.proof(key, digest(algorithm, ANSWER))]
        assert proof == seen[-1].digest
    return seen, nonces


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("kind", [AcceptorDoor, MiddlewareDoor, SSPIDoor])
def test_an_eavesdropper(kind, base):
    """Answers and proofs of every algorithm and qop, as each other and as session keys, at server and proxy."""
    doors = doors_of(kind, base)
    worked: set[tuple[str, str]] = set()
    seen, nonces = overhear(doors, base, worked)
    assert {one.kind for one in seen} == {
        kind for kind in PLAIN + SESSION if base == "MD5" or "without" not in kind
    }  # fmt: skip
    assert worked | found(doors, seen, nonces) == set()


def intercept(doors, base, client):
    """Ask a client with each nonce that the doors give, shifted in every way."""
    issued = {nonce for door in doors for nonce in door.nonces().values()}
    targets = (b"/a", b"/a:" + digest(base, FORGED_BODY))
    asked = product(doors[0].algorithms, QOPS, issued, SUFFIXES, targets)
    said = [client.answer(Asked(name, qop, nonce + suffix, uri)) for name, qop, nonce, suffix, uri in asked]
    return [Seen.answer(statement) for statement in said if statement is not None], issued


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("client", [CoreClient, SSPIClient])
@pytest.mark.parametrize("kind", [AcceptorDoor, MiddlewareDoor, SSPIDoor])
def test_a_man_in_the_middle(kind, client, base):
    """What our clients answer to challenges of his choice is good for the very request that was signed, or nothing."""
    doors = doors_of(kind, base)
    seen, nonces = intercept(doors, base, client())
    assert {one.kind for one in seen} >= {"answer auth", "answer auth-int", "session answer auth"}
    assert found(doors, seen, nonces) == set()


@pytest.mark.parametrize("base", BASES)
def test_what_is_found_without_rules(base):
    """At a door that knows the formula alone all digests that come from H(A1) itself serve for something else."""
    doors = doors_of(OpenDoor, base)
    worked: set[tuple[str, str]] = set()
    seen, nonces = overhear(doors, base, worked)
    worked |= found(doors, seen, nonces)
    # Each at the other role, each as a key, each proof as the answer of a request without a method.
    assert worked >= {(kind, kind) for kind in PLAIN + SESSION if "answer" in kind}
    assert worked >= {(kind, "session key") for kind in PLAIN}
    assert worked >= {(kind, kind.replace("proof", "answer")) for kind in PLAIN + SESSION if "proof" in kind}
    seen, nonces = intercept(doors, base, OpenClient())
    middle = found(doors, seen, nonces)
    assert middle >= {("answer without qop", kind) for kind in ("answer auth", "answer auth-int", "session key")}
    assert middle >= {("answer auth", "session key"), ("answer auth-int", "session key")}


@pytest.mark.parametrize("base", BASES)
def test_what_is_left_of_other_clients(base):
    """docs/security.md: with a client that answers RFC 2069 challenges to any nonce, and nothing beyond that list."""
    doors = doors_of(AcceptorDoor, base)  # which does not count: what worked once does not hide what is tried next
    seen, nonces = intercept(doors, base, OpenClient())
    left = {("answer without qop", "answer auth"), ("answer without qop", "answer auth-int")}
    assert found(doors, seen, nonces) == (left | {("answer without qop", "session key")} if base == "MD5" else left)


@pytest.mark.parametrize("base", BASES)
def test_no_answer_is_a_proof(base):
    """Our client takes none of its own answers, and no proof that the server made for another request."""
    doors = doors_of(AcceptorDoor, base)
    client = CoreClient()
    seen, _ = intercept(doors, base, client)
    overheard, _ = overhear(doors, base, set())
    made = {one.digest for one in [*seen, *overheard]}
    for said, signature in client.signatures:
        key = said.key(secret(said.algorithm))
        assert key not in made
        for qop, body in ((b"auth", b""), (b"auth-int", b""), (b"auth-int", FORGED_BODY)):
            proof = replace(said, qop=qop if said.qop else b"", method=b"", hentity=digest(base, body))
            assert proof.signed(key).response not in made
        for rspauth in [said.response, *sorted(made)[:5]]:
            information = b'rspauth="%b"' % rspauth + (b", qop=auth" if said.qop else b"")
            with pytest.raises(WrongPrincipal):
                signature.context.verify_signature(HTTPMessage(information, b"", said.uri), signature)


def test_sasl_is_not_concerned():
    """DIGEST-MD5 hashes the raw inner hash, HTTP its hex, so neither's answer is ever the other's (erratum 1649)."""
    doors = [kind("MD5") for kind in (AcceptorDoor, MiddlewareDoor, SSPIDoor)]
    for door in doors:
        for nonce in door.nonces().values():
            client = DigestMD5Client(USER, PASSWORD, service="imap", host="h", realm=REALM)
            challenge = b'nonce="%b",realm="%b",qop="auth",algorithm=md5-sess' % (nonce, REALM.encode())
            fields = parameters(client.step(challenge))
            said = Statement(
                "any", "MD5-sess", b"auth", nonce, b"00000001", fields["cnonce"].encode(), b"AUTHENTICATE", b"imap/h",
                response=fields["response"].encode(),
            )  # fmt: skip
            seen = Seen.answer(said)._replace(honest=None)
            assert Claim((seen.kind, seen.kind), replace(said, role=door.role)) in list(
                claims(seen, door.role, frozenset({nonce}))
            )
            assert found([door], [seen], {nonce}) == set()
