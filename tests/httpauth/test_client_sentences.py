"""What the client's side says when it refuses, and what it makes of a proof that is odd but right."""

import pytest

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.buffers import HTTPMessage
from digest_http.challenge import Challenge
from digest_http.errors import ConfigurationError, MalformedField, WrongPrincipal
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.sequence import sequence_rule

HENTITY = b"00" * 16


def context_of(*qop, algorithm="MD5", nonce=b"n"):
    """A context that has learnt one challenge, and its nonce."""
    chosen = by_name(algorithm)
    context = ClientContext(Identity("u", "p"), b"r", chosen, cnonces=lambda: b"c0")
    learnt = context.learn(Choice(Challenge(b"r", nonce, chosen.token, qop), chosen, qop[0] if qop else b""))
    assert learnt is not None
    return context, learnt


def signed(*qop, hentity=b"", algorithm="MD5"):
    """A context and the signature of its first request, GET /x."""
    context, nonce = context_of(*qop, algorithm=algorithm)
    signature = context.make_signature(HTTPMessage(b"", b"GET", b"/x", hentity), nonce)
    assert signature is not None
    return context, signature


def proof_of(signature, qop=b"auth", hentity=b"", nc=b"00000001"):
    """The right rspauth, computed anew."""
    md5, nonce = signature.context.algorithm, signature.nonce
    ha2 = calculation.request_hash(md5, b"", signature.url, hentity)
    if not qop:
        return calculation.response_rfc2069(md5, nonce.ha1, nonce.octets, ha2)
    return calculation.response(md5, nonce.ha1, nonce.octets, nc, signature.cnonce, qop, ha2)


@pytest.mark.obeys("info-repeats-the-request")
@pytest.mark.parametrize(("info", "text"), [
    (b"nextnonce=n", "the server sent no rspauth, so it has not proved that it knows the password"),
    (b"rspauth=%b, nc=00000002", "the server's proof belongs to another request (nc or cnonce differ)"),
    (b"rspauth=%b, cnonce=c1", "the server's proof belongs to another request (nc or cnonce differ)"),
    (b"rspauth=%b, nc=00000001, cnonce=C0", "the server's proof belongs to another request (nc or cnonce differ)"),
    (b"rspauth=%b, qop=auth-conf", "the server's proof has a qop that was never asked for"),
    (b"rspauth=00", "the server's proof (rspauth) is wrong: it does not know the password"),
    (b"rspauth=%b, qop=auth-int", "the server's proof (rspauth) is wrong: it does not know the password"),
])  # fmt: skip
def test_proofs(info, text):
    """Each way in which a proof is none has a sentence of its own."""
    context, signature = signed(b"auth")
    octets = info.replace(b"%b", proof_of(signature))
    with pytest.raises(WrongPrincipal) as caught:
        context.verify_signature(HTTPMessage(octets, b"", b"/x", HENTITY), signature)
    assert str(caught.value) == text


@pytest.mark.parametrize("info", [
    b"rspauth=%b", b"rspauth=%b, qop=AUTH", b"rspauth=%b, nc=00000001, cnonce=c0, qop=auth", b"cnonce=c0, rspauth=%b",
])  # fmt: skip
def test_proofs_that_are_right(info):
    """What is repeated must be right and may be left out; hex and words in any letter case."""
    context, signature = signed(b"auth")
    for proof in (proof_of(signature), proof_of(signature).upper()):
        octets = info.replace(b"%b", proof)
        assert context.verify_signature(HTTPMessage(octets, b"", b"/x", HENTITY), signature).rspauth == proof


def test_capitals_in_the_count():
    """A server may write the hex digits of nc in capitals; the digest is over those that were sent."""
    context, nonce = context_of(b"auth")
    nonce.counter.last = 0x0A
    signature = context.make_signature(HTTPMessage(b"", b"GET", b"/x"), nonce)
    assert signature.nc == b"0000000b"
    octets = b"rspauth=%b, nc=0000000B" % proof_of(signature, nc=b"0000000b")
    assert context.verify_signature(HTTPMessage(octets, b"", b"/x"), signature).nc == b"0000000B"


@pytest.mark.parametrize(
    ("asked", "said"), [(b"auth", b"auth-int"), (b"auth-int", b"auth"), (b"auth-int", b"auth-int")]
)
def test_the_qop_of_a_proof(asked, said):
    """A server may protect its answer in the other way than the request was; the body counts with auth-int only."""
    context, signature = signed(asked, hentity=HENTITY if asked == b"auth-int" else b"")
    body = b"11" * 16
    proof = proof_of(signature, said, body if said == b"auth-int" else b"")
    message = HTTPMessage(b"rspauth=%b, qop=%b" % (proof, said), b"", b"/x", body)
    assert context.verify_signature(message, signature).qop == said


def test_a_proof_without_qop():
    """RFC 2069: the body is not part of it, and a qop in the answer changes nothing."""
    context, signature = signed()
    for end in (b"", b", qop=auth"):
        message = HTTPMessage(b"rspauth=%b" % proof_of(signature, b"") + end, b"", b"/x", HENTITY)
        assert context.verify_signature(message, signature).nc is None


@pytest.mark.parametrize(("offered", "hentity", "text"), [
    (b"auth", HENTITY, "the server does not offer qop=auth-int: HEntity must be empty"),
    (b"auth-int", b"", "the server does not offer qop=auth: pass HEntity, the hash of the body"),
])  # fmt: skip
def test_requests_that_were_not_offered(offered, hentity, text):
    """The caller is told what to pass."""
    context, nonce = context_of(offered)
    with pytest.raises(MalformedField) as caught:
        context.make_signature(HTTPMessage(b"", b"GET", b"/x", hentity), nonce)
    assert (str(caught.value), caught.value.reason) == (text, "qop")


def test_a_nonce_that_is_not_answered():
    """A colon without qop: the sentence tells why."""
    with pytest.raises(MalformedField) as caught:
        context_of(nonce=b"n:1")
    assert (str(caught.value), caught.value.reason) == (
        "a nonce with a colon is not answered without qop: the answer could serve for another challenge",
        "nonce",
    )
    context_of(b"auth", nonce=b"n:1")


@pytest.mark.parametrize(("settings", "text"), [
    (("window", 0), "window is 0; write a whole number from 1 to 4096, for instance window=128"),
    (("window", 4097), "window is 4097; write a whole number from 1 to 4096, for instance window=128"),
    (("loose",), "sequence is 'loose'; write one of 'window', 'strict', for instance sequence='window'"),
])  # fmt: skip
def test_settings_of_counts(settings, text):
    """They say what was given and what to give."""
    with pytest.raises(ConfigurationError) as caught:
        sequence_rule(*settings)
    assert str(caught.value) == text
    assert sequence_rule("window", 4096).window == 4096
    assert sequence_rule("window", 1).window == 1


def test_a_password_that_was_refused():
    """It counts as refused for a minute, or until it is accepted."""
    now = [0.0]
    md5 = by_name("MD5")
    context = ClientContext(Identity("u", "p"), b"r", md5, clock=lambda: now[0])
    nonce = context.learn(Choice(Challenge(b"r", b"n", md5.token, (b"auth",)), md5, b"auth"))
    assert nonce is not None
    assert state_of(context) == (False, False)
    context.refuse(tried=True)
    assert state_of(context) == (True, False)
    now[0] = 59.9
    assert state_of(context) == (True, False)
    now[0] = 60.0
    assert state_of(context) == (False, False)
    context.refuse(tried=True)
    context.accept(nonce)
    assert state_of(context) == (False, True)
    context.refuse(tried=True)
    assert state_of(context) == (True, False)


def state_of(context):
    """What a context believes of its password."""
    return context.refused, context.trusted
