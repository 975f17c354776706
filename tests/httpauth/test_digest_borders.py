"""What keeps the digests of one algorithm, qop and role from serving in another: each rule by itself.

tests/attacks/test_conversions.py tries what they are for.
"""

from functools import partial
from itertools import product

import pytest

from digest_http import calculation, sspi
from digest_http.algorithms import available, by_name
from digest_http.buffers import HTTPMessage
from digest_http.challenge import Challenge, parse_challenges
from digest_http.errors import MalformedField
from digest_http.httpauth.challenge_selection import Choice, Preference, choose
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.verdict import Verdict
from digest_http.sspi import NtStatus
from digest_http.sspi.contexts.extended_protection import UPGRADED
from tests.attacks.signing import parameters
from tests.httpauth.hand_made import ALL, HASHES, Clock, acceptor_of, issue, token, verify
from tests.sspi.refusals import refused
from tests.sspi.wiring import HTTPPair, accept_input, http_message, server_handle

KEYS = [b"k" * 32]
PURPOSES = list(product(ALL, (False, True)))


@pytest.fixture
def make():
    """Makes acceptors of the realm `r` on a clock that stands still."""
    return partial(acceptor_of, Clock())


@pytest.mark.parametrize("prefix", [b"", UPGRADED])
def test_a_nonce_belongs_to_its_kind_of_challenge(prefix):
    """Of all realms, roles and algorithms those of one kind recognise it; that of none stands alone."""
    sources: dict[tuple[bytes, str | None, bool], NonceSource] = {}
    for realm in (b"r", b"R", b"server", b"plain\x00r", b"proxy\x00plain\x00r"):
        base = sources[realm, None, False] = NonceSource(realm, KEYS, b"00000001", clock=Clock(), prefix=prefix)
        sources |= {(realm, n, proxy): base.for_challenge(by_name(n), proxy=proxy) for n, proxy in PURPOSES}
    for (realm, name, proxy), source in sources.items():
        nonce = source.issue()
        known = {purpose for purpose, other in sources.items() if other.recognise(nonce) is not None}
        alike = [None] if name is None else [n for n in ALL if by_name(n).session == by_name(name).session]
        assert known == {(realm, n, proxy) for n in alike}


@pytest.mark.parametrize("prefix", [b"", UPGRADED])
@pytest.mark.parametrize(("name", "other"), [("MD5", "MD5-sess"), ("SHA-256", "SHA-256-sess"), ("MD5", "SHA-256-sess")])
def test_a_colon_more_or_less_makes_no_nonce_of_the_other_kind(prefix, name, other):
    """The MAC does not cover the colon, so its key must differ: else anybody could turn one kind into the other."""
    base = NonceSource(b"r", KEYS, b"00000001", clock=Clock(), prefix=prefix)
    plain, session = base.for_challenge(by_name(name)), base.for_challenge(by_name(other))
    nonce = session.issue()
    assert plain.recognise(nonce.replace(b":", b"")) is None
    at = nonce.index(b":")
    nonce = plain.issue()
    assert session.recognise(nonce[:at] + b":" + nonce[at:]) is None


def test_the_nonces_of_one_answer_are_counted_apart(make):
    """Nothing of them is common but time and epoch, so a client that uses two of them does not replay itself."""
    acceptor = make(algorithms=ALL)
    challenges = [parameters(value) for value in acceptor.challenges()]
    found = [acceptor.nonces[by_name(each["algorithm"])].recognise(each["nonce"].encode()) for each in challenges]
    assert None not in found
    assert len({recognised[0] for recognised in found if recognised is not None}) == len(ALL)


@pytest.mark.parametrize("algorithm", available(), ids=lambda algorithm: algorithm.name)
def test_only_the_nonces_of_sessions_have_a_colon(make, algorithm):
    """In challenges and in nextnonce: so no client of ours answers them without qop."""
    acceptor = make(algorithms=ALL)
    nonce = issue(acceptor, algorithm.name)
    assert nonce.count(b":") == algorithm.session
    context = acceptor.open(token(nonce, algorithm.name))
    context._renewed = 0  # noqa: SLF001 - else one would have to wait
    following = context.authentication_info(None).partition(b'nextnonce="')[2].rstrip(b'"')
    assert following.count(b":") == algorithm.session
    assert acceptor.nonces[algorithm].recognise(following) is not None
    # Neither the colon at another place nor another octet there.
    for forged in (nonce.replace(b":", b""), nonce.replace(b":", b"0"), nonce[:46] + b":" + nonce[46:]):
        assert forged == nonce or acceptor.nonces[algorithm].recognise(forged) is None


@pytest.mark.parametrize("cnonce", [b":", b"a:b", b":a", b"a:", b"00000001:c0:auth:" + b"0" * 64])
@pytest.mark.parametrize("spelling", [b'cnonce="%b"', b"cnonce=%b"], ids=["quoted", "bare"])
@pytest.mark.parametrize("known", [False, True], ids=["fresh", "knows the client"])
@pytest.mark.parametrize("name", ["SHA-256", "SHA-256-sess"])
def test_no_colon_in_cnonce(make, name, known, spelling, cnonce):
    """Malformed, for a server that has never seen the client and for one that reads it by its shape."""
    acceptor = make(algorithms=ALL)

    def spelled(value):
        octets = token(issue(acceptor, name), name, cnonce=value)
        return octets.replace(b'cnonce="%b"' % value, spelling % value)

    if known:
        assert verify(acceptor, spelled(b"c0"))[0] is Verdict.ACCEPTED
        assert acceptor.shapes.open(acceptor, spelled(b"c1")) is not None
    assert acceptor.shapes.open(acceptor, spelled(cnonce)) is None
    with pytest.raises(MalformedField) as caught:
        acceptor.open(spelled(cnonce))
    assert caught.value.reason == "cnonce"


def test_no_colon_in_a_cnonce_without_qop(make):
    """There it is not hashed, but what is refused in one form is not let through in another."""
    acceptor = make(allow_rfc2069=True)
    octets = token(issue(acceptor, "MD5"), "MD5", qop=None)
    assert verify(acceptor, octets + b', cnonce="c0"')[0] is Verdict.ACCEPTED
    with pytest.raises(MalformedField) as caught:
        acceptor.open(octets + b', cnonce="c:0"')
    assert caught.value.reason == "cnonce"


@pytest.mark.parametrize(("name", "cnonce", "taken"), [
    ("SHA-256-sess", b"0a" * 32, False), ("SHA-512-256-sess", b"f" * 64, False),
    ("MD5-sess", b"0a" * 16, True), ("SHA-256-sess", b"0a" * 16, True), ("SHA-256", b"0a" * 32, True),
    ("SHA-256-sess", b"0A" * 32, True), ("SHA-256-sess", b"+/" * 32, True), ("SHA-256-sess", b"0a" * 31, True),
])  # fmt: skip
def test_no_cnonce_of_a_session_that_could_be_ha2(make, name, cnonce, taken):
    """64 hex digits, which a client that answers without qop could be made to hash; but what clients send is taken."""
    acceptor = make(algorithms=ALL)
    octets = token(issue(acceptor, name), name, cnonce=cnonce)
    if taken:
        assert verify(acceptor, octets)[0] is Verdict.ACCEPTED
        return
    # Known to the shapes from an honest one or not.
    for _ in range(2):
        with pytest.raises(MalformedField) as caught:
            verify(acceptor, octets)
        assert caught.value.reason == "cnonce"
        assert verify(acceptor, token(issue(acceptor, name), name))[0] is Verdict.ACCEPTED


METHODS = [b"", b":", b"GET:", b":GET", b"GET:/x", b"GET /x", b"G\xc4T", b"GET\n", b"(GET)"]


@pytest.mark.obeys("method-is-a-token")
@pytest.mark.parametrize("method", METHODS)
def test_methods_that_are_no_tokens(make, method):
    """An empty method would make the answer a proof, a colon would move the border to the uri: no side hashes it."""
    acceptor = make()
    octets = token(issue(acceptor), method=method)
    with pytest.raises(MalformedField) as caught:
        verify(acceptor, octets, method=method)
    assert caught.value.reason == "method"
    context, _ = client_of(Challenge(b"r", b"n", b"SHA-256", (b"auth",)))
    with pytest.raises(MalformedField) as caught:
        context.make_signature(HTTPMessage(b"", method, b"/x"))
    assert caught.value.reason == "method"


@pytest.mark.parametrize("method", METHODS)
def test_methods_that_are_no_tokens_by_the_sspi_names(method):
    """The same at each function that takes a method, on both sides."""
    pair = HTTPPair().login()
    invalid = NtStatus.SEC_E_INVALID_TOKEN
    with refused(invalid):
        pair.sign(method=method)
    with refused(invalid):
        sspi.verify_signature(pair.server, http_message(pair.sign(), method), 0)
    fresh = HTTPPair()
    challenge = fresh.challenge()
    with refused(invalid):
        fresh.respond(challenge, method)
    response = fresh.respond(challenge)
    with refused(invalid):
        fresh.accept(response, method=method)
    result = fresh.accept(response)
    assert result.status is NtStatus.SEC_E_OK
    with refused(invalid):
        sspi.complete_auth_token(result.context, accept_input(fresh.sign(), method))


@pytest.mark.obeys("method-is-a-token")
@pytest.mark.parametrize("method", [b"GET", b"get", b"M-SEARCH", b"X", b"A.b_c~1", b"!#$%&'*+-.^_`|~"])
def test_methods_that_are_tokens(make, method):
    """Whatever RFC 9110 §5.6.2 calls a token is signed and checked."""
    acceptor = make()
    context, _ = client_of(parse_challenges(acceptor.challenges())[0])
    message = HTTPMessage(b"", method, b"/x")
    context.make_signature(message)
    opened = acceptor.open(message.padding)
    secret = HASHES["SHA-256"](b"alice:r:s3cret")
    verdict = opened.verify_signature(HTTPMessage(message.padding, method, b"/x"), secret, opened.nonces.now())
    assert verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("algorithm", available(), ids=lambda algorithm: algorithm.name)
def test_hentity_has_the_length_of_a_digest(make, algorithm):
    """Only then it is certain where the uri ends; on both sides, for requests and for proofs."""
    acceptor = make(algorithms=[algorithm.name])
    size = 2 * algorithm.digest_size
    context, _ = client_of(parse_challenges(acceptor.challenges())[0])
    body = calculation.entity_hash(algorithm, b"body")
    message = HTTPMessage(b"", b"GET", b"/x", body)
    signature = context.make_signature(message)
    opened = acceptor.open(message.padding)
    secret = HASHES[algorithm.base](b"alice:r:s3cret")
    for wrong in (b"0" * (size - 1), b"0" * (size + 1), b"x:" + b"0" * size):
        for call in (
            lambda given=wrong: context.make_signature(HTTPMessage(b"", b"GET", b"/x", given)),
            lambda given=wrong: opened.verify_signature(
                HTTPMessage(message.padding, b"GET", b"/x", given), secret, opened.nonces.now()
            ),
            lambda given=wrong: opened.make_signature(HTTPMessage(b"", b"", b"/x", given)),
            lambda given=wrong: context.verify_signature(
                HTTPMessage(b'rspauth="0", qop=auth-int', b"", b"/x", given), signature
            ),
        ):
            with pytest.raises(MalformedField) as caught:
                call()
            assert caught.value.reason == "hentity"
    right = HTTPMessage(message.padding, b"GET", b"/x", body)
    assert opened.verify_signature(right, secret, opened.nonces.now()) is Verdict.ACCEPTED
    # The server proves no auth-int answer without the hash of its body.
    with pytest.raises(MalformedField) as caught:
        opened.make_signature(HTTPMessage(b"", b"", b"/x"))
    assert caught.value.reason == "hentity"


def client_of(challenge):
    """Alice's context with the nonce of a challenge; the qop is the first that is offered."""
    algorithm = by_name((challenge.algorithm or b"MD5").decode())
    context = ClientContext(Identity("alice", "s3cret"), challenge.realm, algorithm)
    nonce = context.learn(Choice(challenge, algorithm, challenge.qop[0] if challenge.qop else b""))
    assert nonce is not None
    context.pool.accept_next(nonce)
    return context, nonce


@pytest.mark.parametrize("nonce", [b":", b"a:b", b"N:00000001:x:auth", b"http://device/1"])
def test_a_nonce_with_a_colon_is_answered_with_qop_only(nonce):
    """Passed over with a reason, whichever door it comes in by: challenge, nextnonce, or a nonce offered again."""
    without = b'Digest realm="r", nonce="%b"' % nonce
    reasons: list[str] = []
    assert choose(parse_challenges([without]), Preference(allow_rfc2069=True), reasons.append) is None
    assert "colon" in reasons[0]
    good = b'Digest realm="r", nonce="%b", qop="auth"' % nonce
    choice = choose(parse_challenges([without, good]), Preference(), reasons.append)
    assert choice is not None
    assert choice.qop == b"auth"
    context, learnt = client_of(Challenge(b"r", b"plain"))
    with pytest.raises(MalformedField, match="colon"):
        learnt.successor(nonce)
    with pytest.raises(MalformedField, match="colon"):
        context.learn(Choice(Challenge(b"r", nonce), by_name("MD5"), b""))
    context, learnt = client_of(Challenge(b"r", nonce, qop=(b"auth",)))
    with pytest.raises(MalformedField, match="colon"):
        context.learn(Choice(Challenge(b"r", nonce), by_name("MD5"), b""))
    assert context.make_signature(HTTPMessage(b"", b"GET", b"/x")).qop == b"auth"


def test_the_sspi_client_and_nonces_with_a_colon():
    """Neither as a challenge nor as the nextnonce of a proof that is right: that is not under the proof's hash."""
    pair = HTTPPair()
    with refused(NtStatus.SEC_E_QOP_NOT_SUPPORTED):
        pair.respond(b'realm="field", nonce="n:00000001:x:auth", algorithm=MD5')
    pair = HTTPPair(server_handle=server_handle(algorithms=["MD5"], allow_rfc2069=True))
    challenge = pair.challenge().replace(b', qop="auth"', b"")
    assert b"qop" not in challenge
    pair.server = pair.accept(pair.respond(challenge)).context
    answer = http_message()
    sspi.make_signature(pair.server, 0, answer, 0)
    proof = answer[4].data
    assert b"nextnonce" in proof
    head, _, nextnonce = proof.partition(b'nextnonce="')
    with refused(NtStatus.SEC_E_INVALID_TOKEN):
        sspi.verify_signature(pair.client, http_message(head + b'nextnonce="a:' + nextnonce), 0)
    assert sspi.verify_signature(pair.client, http_message(proof), 0) == 0
