"""What a server remembers of a nonce: that its MAC was right, and the last H(A2). Nothing of it changes a verdict."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.algorithms import by_name
from digest_http.buffers import HTTPMessage
from digest_http.credentials import Credentials
from digest_http.errors import MalformedField
from digest_http.httpauth.known_nonce import MAX_KEPT_TARGET
from digest_http.httpauth.nonce_macs import REMEMBERED
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.verdict import Verdict
from tests.attacks.signing import parameters
from tests.httpauth.hand_made import HASHES, Clock, acceptor_of, ha1_of, issue, token, verify
from tests.httpauth.nonce_sources import source


def test_so_many_nonces_are_remembered():
    """Those recognised first make room; the others stay, however often they are asked for."""
    nonces, room = source(), REMEMBERED
    issued = [nonces.issue() for _ in range(room + 1)]
    for nonce in (*issued[:-1], *issued):
        assert nonces.recognise(nonce) is not None
    assert list(nonces.kind.macs().known) == issued[1:]


def test_a_nonce_that_made_room_comes_again():
    """It is recognised as before, and takes one place."""
    nonces = source()
    issued = [nonces.issue() for _ in range(REMEMBERED + 1)]
    for nonce in (*issued, issued[0]):
        assert nonces.recognise(nonce) is not None
    assert list(nonces.kind.macs().known) == [*issued[2:], issued[0]]


def test_threads_that_recognise_together():
    """However they come, no more than so many are kept, each as what it is."""
    nonces = source()
    issued = [nonces.issue() for _ in range(REMEMBERED + 500)]
    alone = dict(zip(issued, map(source().recognise, issued), strict=True))
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(lambda nonce: (nonce, nonces.recognise(nonce)), issued * 3):
            assert found[1] == alone[found[0]] is not None
    known = nonces.kind.macs().known
    assert len(known) <= REMEMBERED
    assert {nonce: (each.nonce_id, each.epoch) for nonce, each in known.items()}.items() <= alone.items()


def test_a_prefix_stands_before_each_nonce():
    """It is no part of what is counted, and without it, or with another one, a nonce is not recognised."""
    with_prefix, without = source(prefix=b"+v1"), source()
    nonce = with_prefix.issue()
    assert nonce.startswith(b"+v1")
    assert with_prefix.recognise(nonce) == without.recognise(nonce[3:]) is not None
    for other in (nonce[3:], b"+v2" + nonce[3:], b"+v1" + nonce, nonce[1:], b""):
        assert with_prefix.recognise(other) is None
    assert without.recognise(nonce) is None
    assert with_prefix.for_challenge(by_name("MD5")).issue().startswith(b"+v1")


SHA_256 = HASHES["SHA-256"]


def known_of(acceptor, nonce, name="SHA-256"):
    """What an acceptor knows of a nonce; None for nothing."""
    return acceptor.nonces[by_name(name)].kind.macs().known.get(nonce)


def proved(context, octets, method, url):
    """The server's proof of an accepted request."""
    message = HTTPMessage(octets, method, url)
    context.make_signature(message)
    return message.padding


REQUESTS = st.tuples(
    st.sampled_from([b"GET", b"HEAD", b"get", b"GET:", b":"]),
    st.sampled_from([b"/x", b"/y", b"/x:", b":/x", b"/", b"/" + b"x" * MAX_KEPT_TARGET]),
    st.sampled_from(["SHA-256", "MD5"]),
    st.sampled_from([{}, {"late_response": b"0" * 64}, {"method": b"PUT"}, {"ha1": b"0" * 64}]),
)


@given(st.lists(REQUESTS, min_size=1, max_size=8))
def test_what_is_known_changes_no_verdict_and_no_proof(requests):
    """An acceptor that has seen the requests before answers each as one that has seen none."""
    clock = Clock()
    knowing = acceptor_of(clock)
    nonces = {name: issue(knowing, name) for name in ("SHA-256", "MD5")}
    for number, (method, url, name, changes) in enumerate(requests, 1):
        fields = {"method": method, "uri": url, "nc": b"%08x" % number} | changes
        octets = token(nonces[name], name, **fields)
        found: list[object] = []
        for acceptor in (knowing, acceptor_of(clock)):
            try:
                verdict, context = verify(acceptor, octets, ha1=ha1_of(name), method=method, url=url)
            except MalformedField as error:
                found.append(str(error))
                continue
            found.append((verdict, proved(context, octets, method, url) if verdict is Verdict.ACCEPTED else None))
        assert found[0] == found[1]


def target_of(acceptor, nonce):
    """(Method, uri) that an acceptor has kept of a nonce."""
    return known_of(acceptor, nonce).asked[:2]


NO_TARGET = (b"", b"")


def test_the_same_target_again():
    """What the last request asked is kept with its hashes: that of the request, and that of the proof."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    octets = token(nonce)
    for of_proof in (b"", SHA_256(b":/x")):
        verdict, context = verify(acceptor, octets)
        assert verdict is Verdict.ACCEPTED
        assert known_of(acceptor, nonce).asked == (b"GET", b"/x", SHA_256(b"GET:/x"), of_proof)
        proved(context, octets, b"GET", b"/x")
        assert known_of(acceptor, nonce).asked == (b"GET", b"/x", SHA_256(b"GET:/x"), SHA_256(b":/x"))
    for method, uri in ((b"HEAD", b"/x"), (b"HEAD", b"/y"), (b"GET", b"/y")):
        octets = token(nonce, method=method, uri=uri)
        assert verify(acceptor, octets, method=method, url=uri)[0] is Verdict.ACCEPTED
        assert known_of(acceptor, nonce).asked == (method, uri, SHA_256(method + b":" + uri), b"")


def test_answers_that_overtake_each_other():
    """A proof is that of its own request, whatever the nonce was asked for meanwhile."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    requests = [(token(nonce, uri=uri), uri) for uri in (b"/x", b"/y", b"/x")]
    contexts = [verify(acceptor, octets, url=uri)[1] for octets, uri in requests]
    for (octets, uri), context in zip(requests, contexts, strict=True):
        key = b":".join([ha1_of(), nonce, b"00000001", b"c0", b"auth", SHA_256(b":" + uri)])
        assert b'rspauth="' + SHA_256(key) in proved(context, octets, b"GET", uri)
    assert known_of(acceptor, nonce).asked == (b"GET", b"/x", SHA_256(b"GET:/x"), SHA_256(b":/x"))


@pytest.mark.parametrize("changes", [
    {"late_response": b"0" * 64}, {"ha1": b"0" * 64}, {"realm": b"R"},
    {"nonce": b"0" * 78},
], ids=str)  # fmt: skip
def test_a_stranger_changes_nothing_that_is_known(changes):
    """Neither for the nonce that he names nor for another one."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    for _ in range(2):
        verify(acceptor, token(nonce))
    before = known_of(acceptor, nonce)
    fields = {"uri": b"/other"} | changes
    octets = token(fields.pop("nonce", nonce), **fields)
    for known in (True, False):
        assert verify(acceptor, octets, url=b"/other", known=known)[0] is not Verdict.ACCEPTED
    assert list(acceptor.nonces[by_name("SHA-256")].kind.macs().known) == [nonce]
    assert known_of(acceptor, nonce) is before
    assert target_of(acceptor, nonce) == (b"GET", b"/x")


def test_each_nonce_keeps_its_own():
    """The time of a response tells nobody which targets the clients of other nonces ask for."""
    acceptor = acceptor_of(Clock())
    first, second = issue(acceptor), issue(acceptor)
    for nonce, url in ((first, b"/x"), (second, b"/y")) * 2:
        verify(acceptor, token(nonce, uri=url), url=url)
    assert [target_of(acceptor, nonce) for nonce in (first, second)] == [(b"GET", b"/x"), (b"GET", b"/y")]


def test_a_body_is_never_known():
    """With auth-int H(A2) hangs on the body, so nothing is kept, and nothing that was kept is used."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    verify(acceptor, token(nonce))
    for body in (b"one", b"two"):
        octets = token(nonce, qop=b"auth-int", body=body, uri=b"/y")
        verdict, context = verify(acceptor, octets, url=b"/y", hentity=SHA_256(body))
        assert verdict is Verdict.ACCEPTED
        answer = HTTPMessage(octets, b"GET", b"/y", SHA_256(body))
        context.make_signature(answer)
        assert target_of(acceptor, nonce) == NO_TARGET
    octets = token(nonce, qop=b"auth-int", body=b"one")
    assert verify(acceptor, octets, hentity=SHA_256(b"two"))[0] is Verdict.WRONG_DIGEST
    assert verify(acceptor, octets, hentity=SHA_256(b"one"))[0] is Verdict.ACCEPTED


def test_a_proof_over_a_body_while_the_nonce_is_used_without_one():
    """What was kept of a request with auth, meanwhile, is nothing for an answer with auth-int."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    plain, covering = token(nonce), token(nonce, qop=b"auth-int", body=b"body")
    _, slow = verify(acceptor, covering, hentity=SHA_256(b"body"))
    _, quick = verify(acceptor, plain)
    proved(quick, plain, b"GET", b"/x")
    answer = HTTPMessage(covering, b"GET", b"/x", SHA_256(b"answer"))
    slow.make_signature(answer)
    ha2 = SHA_256(b":/x:" + SHA_256(b"answer"))
    assert SHA_256(b":".join([ha1_of(), nonce, b"00000001", b"c0", b"auth-int", ha2])) in answer.padding


def test_a_nonce_that_two_threads_have_entered():
    """It goes with the first of its two places, and nothing fails at the second."""
    nonces = source()
    macs, twice = nonces.kind.macs(), nonces.issue()
    assert macs.recognise(twice) is not None
    del macs.known[twice]  # as a thread sees it that looked before the other one wrote
    assert macs.recognise(twice) is not None
    for _ in range(REMEMBERED + 1):
        assert macs.recognise(nonces.issue()) is not None
    assert twice not in macs.known
    assert len(macs.known) == REMEMBERED


def test_a_hash_of_a_body_is_nothing_for_auth():
    """Whatever stands in HEntity: the proof covers no body, and neither does what is kept."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    octets = token(nonce)
    key = b":".join([ha1_of(), nonce, b"00000001", b"c0", b"auth", SHA_256(b":/x")])
    for _ in range(2):
        verdict, context = verify(acceptor, octets, hentity=SHA_256(b"body"))
        assert verdict is Verdict.ACCEPTED
        answer = HTTPMessage(octets, b"GET", b"/x", SHA_256(b"answer"))
        context.make_signature(answer)
        assert SHA_256(key) in answer.padding
        assert known_of(acceptor, nonce).asked == (b"GET", b"/x", SHA_256(b"GET:/x"), SHA_256(b":/x"))


@pytest.mark.parametrize("changes", [
    {}, {"opaque": b"o"}, {"userhash": b"true"}, {"qop": b"auth-int"},
    {"username": None, "username*": b"UTF-8''al%C3%AFce"},
], ids=str)  # fmt: skip
def test_the_credentials_of_a_context_are_those_of_its_token(changes):
    """All parameters, although the path of a request takes some of them only."""
    acceptor = acceptor_of(Clock(), userhash=True)
    octets = token(issue(acceptor), **changes).replace(b'userhash="true"', b"userhash=true")
    octets = octets.replace(b"username*=\"UTF-8''al%C3%AFce\"", b"username*=UTF-8''al%C3%AFce")
    context = acceptor.open(octets)
    assert context.credentials == Credentials.parse(octets)
    assert context.terms.qop_name.encode() == context.credentials.qop


def test_next_nonces_are_as_old_as_the_verdict_and_end_with_the_login():
    """Each that was handed out is one of the login; when that is over, none is handed out any more."""
    clock = Clock()
    acceptor = acceptor_of(clock)
    octets = token(issue(acceptor))
    clock.now += 290
    verdict, context = verify(acceptor, octets)
    assert verdict is Verdict.ACCEPTED
    begun = context.nonces.now()
    clock.now += 5
    answers = [parameters(proved(context, octets, b"GET", b"/x")) for _ in range(2)]
    handed = [answer["nextnonce"].encode() for answer in answers]
    assert [int(nonce[:14], 16) for nonce in handed] == [begun, begun]
    found = [each[:2] for each in context.nonces_of_login]
    assert found == [(context.nonce_id, context.epoch), *map(context.nonces.recognise, handed)]
    context.end()
    assert b"nextnonce" not in proved(context, octets, b"GET", b"/x")
    assert len(context.nonces_of_login) == 3


def test_the_form_without_counts_hands_out_nothing_after_its_login():
    """Its next nonce is always due, but not when the login is over."""
    acceptor = acceptor_of(Clock(), algorithms=["MD5"], allow_rfc2069=True)
    octets = token(issue(acceptor, "MD5"), "MD5", qop=None)
    verdict, context = verify(acceptor, octets)
    assert verdict is Verdict.ACCEPTED
    assert b"nextnonce" in proved(context, octets, b"GET", b"/x")
    context.end()
    assert b"nextnonce" not in proved(context, octets, b"GET", b"/x")


def test_a_source_takes_no_subclass():
    """A method that was overridden to refuse more would not be asked."""
    with pytest.raises(TypeError, match="NonceSource takes no subclass"):
        type("Stricter", (NonceSource,), {"recognise": lambda *_: None})


@pytest.mark.parametrize(("octets", "kept"), [(MAX_KEPT_TARGET, True), (MAX_KEPT_TARGET + 1, False)])
def test_long_targets_are_not_kept(octets, kept):
    """What a nonce may hold is bounded; the answer is proved all the same."""
    acceptor = acceptor_of(Clock())
    nonce, uri = issue(acceptor), b"/" * octets
    signed = token(nonce, uri=uri)
    verdict, context = verify(acceptor, signed, url=uri)
    assert verdict is Verdict.ACCEPTED
    assert target_of(acceptor, nonce) == ((b"GET", uri) if kept else NO_TARGET)
    key = b":".join([ha1_of(), nonce, b"00000001", b"c0", b"auth", SHA_256(b":" + uri)])
    assert SHA_256(key) in proved(context, signed, b"GET", uri)


def test_a_key_that_left_takes_with_it_what_was_known():
    """The nonce is foreign from then on, whatever was kept of it."""
    keys = [b"k" * 32]
    nonces = source(keys=lambda: keys)
    nonce = nonces.issue()
    assert nonces.recognise(nonce) is not None
    keys = [b"o" * 32]
    assert nonces.kind.macs().known == {}
    assert nonces.recognise(nonce) is None
