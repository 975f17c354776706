"""Acceptor and ServerContext over the HTTP layout, against a hand-made client that shares no code with them."""

from functools import partial

import pytest

from digest_http import calculation
from digest_http.authinfo import AuthenticationInfo
from digest_http.buffers import HTTPMessage
from digest_http.errors import MalformedField
from digest_http.httpauth.verdict import Verdict
from tests.httpauth.hand_made import ALL, HASHES, Clock, acceptor_of, ha1_of, issue, token, verify


@pytest.fixture
def make(clock):
    """Makes acceptors of the realm `r`."""
    return partial(acceptor_of, clock)


@pytest.fixture
def clock():
    """A clock that stands still."""
    return Clock()


@pytest.mark.obeys("info-formula")
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("qop", [b"auth", b"auth-int"])
def test_right_responses(make, name, qop):
    """Every algorithm with both qualities: accepted, and the proof is right."""
    acceptor = make(algorithms=ALL)
    h = HASHES[name.removesuffix("-sess")]
    nonce = issue(acceptor, name)
    octets = token(nonce, name, qop=qop, body=b"body")
    hentity = h(b"body") if qop == b"auth-int" else b""
    verdict, context = verify(acceptor, octets, hentity=hentity)
    assert verdict is Verdict.ACCEPTED
    assert context.covers_body is (qop == b"auth-int")
    assert context.count == 1
    assert context.epoch == b"00000001"
    answer = HTTPMessage(octets, b"GET", b"/x", h(b"answer") if context.covers_body else b"")
    context.make_signature(answer)
    info = AuthenticationInfo.parse(answer.padding)
    secret = ha1_of(name)
    if name.endswith("-sess"):
        secret = h(secret + b":" + nonce + b":c0")
    a2 = b":/x" + (b":" + h(b"answer") if context.covers_body else b"")
    assert info.rspauth == h(b":".join([secret, nonce, b"00000001", b"c0", qop, h(a2)]))
    assert (info.qop, info.nc, info.cnonce, info.nextnonce) == (qop, b"00000001", b"c0", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"late_response": b"0" * 64},
        {"late_response": b""},
        {"late_nc": b"00000002"},
        {"late_cnonce": b"c1"},
        {"late_username": b"bob"},
        {"method": b"HEAD"},
        {"ha1": b"0" * 64},
        {"late_nonce": b"0" * 78},
    ],
    ids=str,
)
def test_wrong_responses(make, changes):
    """What was changed after signing, or signed with another secret or method, is refused and is not stale."""
    acceptor = make()
    context = acceptor.open(token(issue(acceptor), **changes))
    secret = ha1_of() if changes != {"late_username": b"bob"} else ha1_of(text=b"bob:r:b0b")
    verdict = context.verify_signature(HTTPMessage(context.token, b"GET", b"/x"), secret, context.nonces.now())
    assert verdict is Verdict.WRONG_DIGEST
    assert not verdict.stale


@pytest.mark.obeys("response-formula")
def test_upper_case_response_is_not_the_digest(make):
    """RFC 7616 §3.4.1 wants lower-case hex: one digest has one spelling."""
    acceptor = make()
    octets = token(issue(acceptor))
    head, _, tail = octets.partition(b'response="')
    verdict, _ = verify(acceptor, head + b'response="' + tail[:64].upper() + tail[64:])
    assert verdict is Verdict.WRONG_DIGEST


@pytest.mark.obeys("no-oracle")
def test_unknown_users_get_the_same_work(make, monkeypatch):
    """A40: an unknown user costs as many hashes as a wrong password, for each algorithm."""
    acceptor = make(algorithms=ALL)
    calls: list[str] = []

    def counting(name, real):
        def counted(*given):
            calls.append(name)
            return real(*given)

        return counted

    for name in ("keyed_response", "response", "request_hash", "session_hash"):
        monkeypatch.setattr(calculation, name, counting(name, getattr(calculation, name)))
    for name in ALL:
        work = []
        for known in (True, False):
            calls.clear()
            verdict, _ = verify(acceptor, token(issue(acceptor, name), name, late_response=b"0"), known=known)
            assert verdict is (Verdict.WRONG_DIGEST if known else Verdict.UNKNOWN_USER)
            work.append(list(calls))
        assert work[0] == work[1]
        assert work[0]


def test_nobody_knows_the_decoy(make):
    """A20: what an unknown user is checked against is random and of full length, so it cannot be guessed."""
    first, second = make(algorithms=ALL), make(algorithms=ALL)
    for algorithm, decoy in first.decoys.items():
        assert len(decoy) == 2 * algorithm.digest_size
        assert second.decoys[algorithm] != decoy
        octets = token(issue(first, algorithm.name), algorithm.name, ha1=decoy)
        assert verify(first, octets, known=False)[0] is Verdict.UNKNOWN_USER


@pytest.mark.obeys("realm-is-ours")
def test_realm_must_be_ours(make):
    """A25: a right digest over another realm is refused."""
    acceptor = make()
    for realm in (b"R", b"r ", b"", b"other"):
        ha1 = ha1_of(text=b"alice:" + realm + b":s3cret")
        verdict, _ = verify(acceptor, token(issue(acceptor), realm=realm, ha1=ha1), ha1=ha1)
        assert verdict is Verdict.WRONG_REALM
        assert not verdict.stale


@pytest.mark.obeys("stale-only-for-the-right-digest")
def test_stale_only_for_a_right_digest(make, clock):
    """A18, A19: an expired or foreign nonce is stale with the right password, and no more than wrong without."""
    acceptor = make()
    expired = issue(acceptor)
    clock.now += 301
    for nonce, expected in [(expired, Verdict.EXPIRED), (b"made up", Verdict.FOREIGN), (b"", Verdict.FOREIGN)]:
        verdict, _ = verify(acceptor, token(nonce))
        assert verdict is expected
        assert verdict.stale
        verdict, _ = verify(acceptor, token(nonce, late_response=b"0" * 64))
        assert verdict is Verdict.WRONG_DIGEST
        assert not verdict.stale


def test_token_must_be_the_opened_one(make):
    """A context verifies the TOKEN that it was opened from, and no other."""
    acceptor = make()
    octets = token(issue(acceptor))
    context = acceptor.open(octets)
    for other in (b"", octets + b" ", token(issue(acceptor))):
        with pytest.raises(MalformedField) as caught:
            context.verify_signature(HTTPMessage(other, b"GET", b"/x"), ha1_of(), context.nonces.now())
        assert caught.value.reason == "token"


@pytest.mark.obeys("uri-names-the-request")
def test_url_must_be_the_signed_one(make):
    """RFC 7616 §3.4.6: another URL in the layout is malformed, not a wrong password."""
    acceptor = make()
    with pytest.raises(MalformedField) as caught:
        verify(acceptor, token(issue(acceptor)), url=b"/y")
    assert caught.value.reason == "uri"


def test_hentity_is_needed_for_auth_int(make):
    """A29: without the hash of the body auth-int cannot be checked, and is not taken for auth."""
    acceptor = make()
    octets = token(issue(acceptor), qop=b"auth-int", body=b"body")
    with pytest.raises(MalformedField) as caught:
        verify(acceptor, octets)
    assert caught.value.reason == "hentity"
    assert verify(acceptor, octets, hentity=HASHES["SHA-256"](b"other"))[0] is Verdict.WRONG_DIGEST


def test_auth_ignores_hentity(make):
    """With auth the body is not part of the hash, whatever stands in the buffer."""
    acceptor = make()
    assert verify(acceptor, token(issue(acceptor)), hentity=b"e" * 64)[0] is Verdict.ACCEPTED


@pytest.mark.obeys("2069-off-by-default")
def test_rfc2069_answer_brings_the_next_nonce(make):
    """Such a nonce is good for one request, so the next one comes with the answer."""
    acceptor = make(allow_rfc2069=True)
    octets = token(issue(acceptor, "MD5"), "MD5", qop=None)
    _, context = verify(acceptor, octets)
    answer = HTTPMessage(octets, b"GET", b"/x")
    context.make_signature(answer)
    info = AuthenticationInfo.parse(answer.padding)
    assert info.nextnonce is not None
    assert context.nonces.recognise(info.nextnonce) is not None
    assert (info.qop, info.nc, info.cnonce) == (None, None, None)
    assert info.rspauth is not None


@pytest.mark.parametrize(
    ("nc", "count"), [(b"00000001", 1), (b"0000000a", 10), (b"00000010", 16), (b"FFFFFFFF", 2**32 - 1)]
)
def test_what_a_store_counts_by(make, nc, count):
    """The count as a number; the id and the epoch of the nonce once it was accepted, and nothing of them before."""
    acceptor = make()
    octets = token(issue(acceptor, "SHA-256"), nc=nc)
    context = acceptor.open(octets)
    assert (context.count, context.nonce_id, context.epoch) == (count, 0, b"")
    message = HTTPMessage(octets, b"GET", b"/x")
    context.verify_signature(message, None, acceptor.nonces[context.algorithm].now())
    assert (context.nonce_id, context.epoch) == (0, b"")
    assert context.verify_signature(message, ha1_of(), context.nonces.now()) is Verdict.ACCEPTED
    assert (context.nonce_id, context.epoch) == context.nonces.recognise(context.credentials.nonce)


@pytest.mark.parametrize("cnonce", [b"c0", b"c-0"])
def test_the_parameters_without_a_proof(make, cnonce):
    """Where the body's hash comes too late to be sent, the rest stands all the same."""
    acceptor = make()
    octets = token(issue(acceptor, "SHA-256"), cnonce=cnonce)
    _, context = verify(acceptor, octets)
    rest = b'qop=auth, nc=00000001, cnonce="%b"' % cnonce
    assert context.authentication_info(None) == rest
    assert context.authentication_info(b"00ff") == b'rspauth="00ff", ' + rest


@pytest.mark.obeys("nextnonce-and-the-old")
def test_nextnonce_after_four_fifths_of_the_life(make, clock):
    """A client that goes on gets its next nonce before the old one ends."""
    acceptor = make()
    octets = token(issue(acceptor))
    for seconds, expected in [(0, False), (239, False), (2, True), (58, True)]:
        clock.now += seconds
        _, context = verify(acceptor, octets)
        answer = HTTPMessage(octets, b"GET", b"/x")
        context.make_signature(answer)
        info = AuthenticationInfo.parse(answer.padding)
        assert (info.nextnonce is not None) is expected
        assert info.nextnonce is None or context.nonces.recognise(info.nextnonce) is not None


@pytest.mark.parametrize("cnonce", [b'a\\"b', b"a,b=c", b"\xe4\xff", b"a b", rb"\\", b"a\tb"])
def test_odd_cnonces_come_back_as_sent(make, cnonce):
    """A cnonce of any octets is escaped on the way back and hashed as received."""
    acceptor = make()
    raw = cnonce.replace(b"\\\\", b"\\").replace(b'\\"', b'"')
    octets = token(issue(acceptor), cnonce=raw, late_cnonce=cnonce)
    verdict, context = verify(acceptor, octets)
    assert verdict is Verdict.ACCEPTED
    answer = HTTPMessage(octets, b"GET", b"/x")
    context.make_signature(answer)
    assert AuthenticationInfo.parse(answer.padding).cnonce == raw


def test_repr_holds_no_secret(make):
    """Neither H(A1) nor the digest shows in the context's repr."""
    acceptor = make()
    octets = token(issue(acceptor))
    _, context = verify(acceptor, octets)
    shown = repr(context) + repr(acceptor)
    assert ha1_of().decode() not in shown
    assert context.credentials.response.decode() not in shown


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_an_sspi_status(verdict):
    """Zero is for success alone."""
    assert (verdict.sspi_status == 0) == (verdict is Verdict.ACCEPTED)
    assert verdict.sspi_status == 0 or verdict.sspi_status >> 16 == 0x8009
