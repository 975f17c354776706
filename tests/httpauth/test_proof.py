"""What each policy makes of an answer: of a proof that is missing, unreadable, wrong or right, and of its body."""

from __future__ import annotations

from typing import Any

import pytest

from digest_http import calculation
from digest_http.errors import WrongPrincipal
from digest_http.httpauth.proof import Proof, Verify, check_proof, check_verify, covers_body, demands_proof
from tests.httpauth.direct_calls import client_for

ALL: tuple[Verify, ...] = ("off", "if-present", "required", "always")
BODY = b"page"


def signature_for(qop: str) -> Any:
    """The signature of a request."""
    client = client_for(qop=[qop])
    assert client.challenged(f'Digest realm="r", nonce="n", qop="{qop}", algorithm=SHA-256', None)
    signed = client.authorization("GET", "/x")
    assert signed is not None
    return signed.signature


def right(signature: Any, qop: bytes, body: bytes = BODY) -> bytes:
    """The right rspauth."""
    algorithm, nonce = signature.context.algorithm, signature.nonce
    hentity = calculation.entity_hash(algorithm, body) if qop == b"auth-int" else b""
    ha2 = calculation.request_hash(algorithm, b"", signature.url, hentity)
    return calculation.response(algorithm, nonce.ha1, nonce.octets, signature.nc, signature.cnonce, qop, ha2)


def no_body() -> bytes:
    """A body that must not be asked for."""
    raise AssertionError


def outcome(verify: Verify, signature: Any, info: bytes | None, **more: Any) -> Proof | str:
    """The proof, or the sentence of the refusal."""
    try:
        return check_proof(verify, signature, info, more.pop("body", no_body), **more)
    except WrongPrincipal as error:
        return str(error)


NOT_SENT = "the server sent no the answer, so it has not proved that it knows the password"
NO_RSPAUTH = "the server sent no rspauth, so it has not proved that it knows the password"
WRONG = "the server's proof (rspauth) is wrong: it does not know the password"
UNREADABLE = "the server's proof cannot be read: parameter 'RSPAUTH' has no value, or its quotes do not close"
BROKEN = "the server's proof cannot be read: a parameter is not of the form name=value"
NOTHING = Proof(given=False)
NEXT = Proof(given=False, nextnonce=b"m")


@pytest.mark.parametrize(("info", "outcomes"), [
    (None, [NOTHING, NOTHING, NOT_SENT, NOT_SENT]),
    (b"", [NOTHING, NOTHING, NO_RSPAUTH, NO_RSPAUTH]),
    (b'nextnonce="m"', [NEXT, NEXT, NO_RSPAUTH, NO_RSPAUTH]),
    (b'rspauth="00", nextnonce="m"', [NEXT, WRONG, WRONG, WRONG]),
    (b'nextnonce="m", RSPAUTH="', [NOTHING, UNREADABLE, UNREADABLE, UNREADABLE]),
    (b"broken", [NOTHING, NOTHING, BROKEN, BROKEN]),
])  # fmt: skip
def test_each_policy(info: bytes | None, outcomes: list[Proof | str]) -> None:
    """Off asks for nothing, if-present for what is there, the others for a proof."""
    signature = signature_for("auth")
    assert [outcome(verify, signature, info) for verify in ALL] == outcomes


@pytest.mark.parametrize("verify", ALL)
def test_a_right_proof(verify: Verify) -> None:
    """It is taken with nextnonce, and without the body under auth."""
    signature = signature_for("auth")
    info = b'rspauth="%b", nextnonce="m"' % right(signature, b"auth")
    assert outcome(verify, signature, info) == Proof(given=verify != "off", nextnonce=b"m")
    info = b'rspauth="%b", qop=auth-int' % right(signature, b"auth-int")
    if verify != "off":
        assert outcome(verify, signature, info, body=lambda: BODY) == Proof(given=True)
        assert outcome(verify, signature, info, body=lambda: b"") == WRONG


def test_what_is_missing_is_named() -> None:
    """The caller says which field of which answer it is."""
    assert outcome("required", signature_for("auth"), None, what="Authentication-Info") == (
        "the server sent no Authentication-Info, so it has not proved that it knows the password"
    )


@pytest.mark.parametrize(("info", "covered"), [
    (None, [False, False]), (b"broken", [False, False]), (b"nextnonce=m", [False, False]),
    (b"qop=auth-int", [False, False]), (b"rspauth=00", [False, True]), (b"rspauth=00, qop=auth", [False, False]),
    (b"rspauth=00, qop=auth-int", [True, True]), (b"rspauth=00, qop=AUTH-INT", [True, True]),
])  # fmt: skip
def test_whether_a_proof_covers_the_body(info: bytes | None, covered: list[bool]) -> None:
    """Under auth-int: that of the field, else that of the request. Where nothing is checked, never."""
    signatures = [signature_for("auth"), signature_for("auth-int")]
    for verify in ALL[1:]:
        assert [covers_body(verify, signature, info) for signature in signatures] == covered
    assert [covers_body("off", signature, info) for signature in signatures] == [False, False]


def test_the_policies() -> None:
    """Four words, of which two demand a proof."""
    assert [check_verify(verify) for verify in ALL] == list(ALL)
    assert [demands_proof(verify) for verify in ALL] == [False, False, True, True]
