"""What a server keeps of requests for one target, so that it reads less of the next one. It changes no verdict."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest_http.errors import DigestError, MalformedField
from digest_http.httpauth.openings import NOTHING_ASKED
from digest_http.httpauth.verdict import Verdict
from tests.httpauth.asked_again import NO_OPENING, ORDERS, SHA_256, kept, opened, ordered, proved
from tests.httpauth.hand_made import HASHES, Clock, acceptor_of, ha1_of, issue, token, verify

TARGETS = [b"/x", b"/y", b"/x:", b":/x", b"/x, response=", b"/x, nc=00000001", b"/x,cnonce=c0", b"/" + b"x" * 600]
REQUESTS = st.tuples(
    st.sampled_from([b"GET", b"HEAD", b"get", b"GET:", b":"]),
    st.sampled_from(TARGETS),
    st.sampled_from(["SHA-256", "MD5"]),
    st.sampled_from([
        {}, {}, {}, {}, {"cnonce": b"c1"}, {"cnonce": b"longer"}, {"cnonce": b"a+/="}, {"cnonce": b"a:b"},
        {"cnonce": b""}, {"cnonce": b"a\xe4"}, {"late_cnonce": b'"'}, {"late_cnonce": b"\\0"},
        {"late_response": b"0" * 64}, {"late_response": b"0" * 62 + b'",'}, {"late_response": b"0" * 62 + b"\\\\"},
        {"late_nc": b"0x000001"},
        {"late_nc": b"0000000g"}, {"late_nc": b"00000000"}, {"late_nc": b"0000_001"}, {"late_nc": b"+0000001"},
        {"method": b"PUT"}, {"ha1": b"0" * 64}, {"qop": b"auth-int"}, {"qop": b"auth-int", "body": b"one"},
        {"qop": b"auth-int", "body": b"two"}, {"late_qop": b"auth-int"}, {"late_realm": b"R"},
        {"late_username": b"alicf"}, {"late_nonce": b"0" * 78},
    ]),
    st.sampled_from([*ORDERS.values(), *NO_OPENING.values()]),
    st.sampled_from([b", ", b","]),
    # What HEntity is made of, with auth-int; no hash at all.
    st.sampled_from([b"", b"", b"one", b"two", None]),
)  # fmt: skip
LATE_NC = (b"GET", b"/x", "SHA-256", {"late_nc": b"0x000001"}, ORDERS["curl"], b", ", b"")
USUAL: tuple[Any, ...] = (b"GET", b"/x", "SHA-256", {}, ORDERS["curl"], b", ", b"")
COVERED: tuple[Any, ...] = (
    b"GET", b"/x", "SHA-256", {"qop": b"auth-int", "body": b"one"}, ORDERS["httpx"], b", ", b"one",
)  # fmt: skip


def answer(acceptor, octets, name, method, url, body):
    """The verdict of a request, or why it cannot be read, and the proof, which covers the same body."""
    hentity = HASHES[name](body) if b"qop=auth-int" in octets and body is not None else b""
    try:
        verdict, context = verify(acceptor, octets, ha1=ha1_of(name), method=method, url=url, hentity=hentity)
    except MalformedField as error:
        return str(error)
    accepted = verdict is Verdict.ACCEPTED
    return verdict, context.credentials, proved(context, octets, method, url, hentity) if accepted else None


@given(st.lists(REQUESTS, min_size=1, max_size=10))
@example([USUAL, USUAL, USUAL, LATE_NC, USUAL])
@example([COVERED, COVERED, COVERED, (*COVERED[:-1], b"two"), COVERED, (*COVERED[:-1], None)])
def test_what_is_kept_changes_no_verdict_and_no_proof(requests):
    """An acceptor that has seen the requests before answers each as one that has seen none."""
    clock = Clock()
    knowing = acceptor_of(clock)
    nonces = {name: issue(knowing, name) for name in ("SHA-256", "MD5")}
    for number, (method, url, name, changes, order, separator, body) in enumerate(requests, 1):
        fields = {"method": method, "uri": url, "nc": b"%08x" % number} | changes
        octets = token(nonces[name], name, **fields)
        if url.count(b",") == 0:
            octets = ordered(octets, order, separator)
        request = octets, name, method, url, body
        assert answer(knowing, *request) == answer(acceptor_of(clock), *request)


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("cnonce", [b"c0c1", b"+/A=", b"a ,b"], ids=str)
@pytest.mark.parametrize("separator", [b", ", b","])
def test_a_target_that_is_asked_again(order, cnonce, separator):
    """The first request teaches the shape, the second one brings the opening, and all others are read by it."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    found = []
    for number in range(1, 6):
        octets = ordered(token(nonce, nc=b"%08x" % number, cnonce=cnonce), order, separator)
        verdict, context = verify(acceptor, octets)
        assert verdict is Verdict.ACCEPTED
        assert (context.count, context.cnonce, context.credentials.nc) == (number, cnonce, b"%08x" % number)
        found.append(context.opening)
    assert found[0].shape is None
    assert found[1] is not found[0]
    assert found[1:] == [found[1]] * 4
    assert list(kept(acceptor).values()) == [found[1]]


def reading(acceptor, octets):
    """What an acceptor finds in a token, or why it cannot be read."""
    try:
        return acceptor.open(octets).credentials
    except DigestError as error:
        return str(error)


@pytest.mark.parametrize("spelling", [b'cnonce="%b"', b"cnonce=%b"], ids=["quoted", "bare"])
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_what_stands_behind_a_known_opening(order, spelling):
    """Each octet of it counts: what is no count, no cnonce or no response is found as ever."""
    acceptor, fresh = acceptor_of(Clock()), acceptor_of(Clock())
    nonce = issue(acceptor)

    def spelt(nc=b"00000001", cnonce=b"c0", **changes):
        octets = ordered(token(nonce, nc=nc, cnonce=b"??", **changes), order)
        return octets.replace(b'cnonce="??"', spelling % cnonce)

    known = ordered(token(nonce), order).replace(b'cnonce="c0"', spelling % b"c0")
    usual = [opened(acceptor, known) for _ in range(3)][-1]
    assert acceptor.open(known).opening is usual
    counts = [b"00000000", b"0000000g", b"+0000001", b"-0000001", b"0x000001", b"0X000001", b"0000_001", b" 0000001"]
    for nc in (*counts, b"ffffffff", b"FFFFFFFF", b"1", b"000000001"):
        assert reading(acceptor, spelt(nc=nc)) == reading(fresh, spelt(nc=nc))
    for octet in range(256):
        cnonce = b"a" + bytes([octet])
        assert reading(acceptor, spelt(cnonce=cnonce)) == reading(fresh, spelt(cnonce=cnonce))
    for octet in b'",\\ =\x00\xe4g':
        changes = {"late_response": b"0" * 63 + bytes([octet])}
        assert reading(acceptor, spelt(**changes)) == reading(fresh, spelt(**changes))
    for place in range(len(usual.uri) + 2, len(known)):
        for octet in b'",x ':
            changed = known[:place] + bytes([octet]) + known[place + 1 :]
            assert reading(acceptor, changed) == reading(fresh, changed)
            assert reading(acceptor, known[:place]) == reading(fresh, known[:place])


def test_who_is_read_by_an_opening_is_tried_first():
    """Two kinds of clients: the shape of the one that came last stands before that of the other one."""
    acceptor = acceptor_of(Clock())
    tokens, found = [ordered(token(issue(acceptor)), ORDERS[name]) for name in ("httpx", "curl")], []
    for _ in range(3):
        found = [opened(acceptor, octets) for octets in tokens]
    for opening, octets in zip(found * 2, tokens * 2, strict=True):
        assert acceptor.open(octets).opening is opening
        assert acceptor.shapes._shapes[0] is opening.shape  # noqa: SLF001 - it saves work, and shows nowhere else
        assert len(acceptor.shapes._shapes) == 2  # noqa: SLF001 - as above


def test_each_target_and_each_nonce_has_its_own():
    """So the time of a response tells nobody which targets the clients of other nonces ask for."""
    acceptor = acceptor_of(Clock())
    requests = [(issue(acceptor), url) for url in (b"/x", b"/y", b"/x")]
    requests.append((requests[0][0], b"/y"))
    found = []
    for _ in range(3):
        found = [opened(acceptor, token(nonce, uri=url), url=url) for nonce, url in requests]
    assert [(opening.nonce, opening.uri) for opening in found] == requests
    assert sorted(map(id, found)) == sorted(map(id, kept(acceptor).values()))


@pytest.mark.parametrize("changes", [
    {"late_response": b"0" * 64}, {"ha1": b"0" * 64}, {"realm": b"R"}, {"nonce": b"0" * 78}, {"method": b"PUT"},
], ids=str)  # fmt: skip
def test_a_stranger_changes_nothing_that_is_kept(changes):
    """Neither of the opening that he names nor of another one, and he adds none."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    opening = [opened(acceptor, token(nonce)) for _ in range(3)][-1]
    before, asked = kept(acceptor), opening.asked
    assert before
    assert asked == (b"GET", b"", SHA_256(b"GET:/x"))
    for uri in (b"/x", b"/other"):
        fields = {"uri": uri} | changes
        octets = token(fields.pop("nonce", nonce), **fields)
        for known in (True, False):
            verdict, _ = verify(acceptor, octets, url=uri, known=known)
            assert verdict is not Verdict.ACCEPTED
        # With another method, too: H(A2) of his request is computed, and not kept.
        assert verify(acceptor, octets, url=uri, method=b"HEAD")[0] is not Verdict.ACCEPTED
    assert kept(acceptor) == before
    assert (opening.asked, opening.answered) == (asked, NOTHING_ASKED)


def test_the_hashes_of_a_target():
    """H(A2) is kept for the last method, and H(A2) of the proof, which has none, once it was computed."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    of_proof = (b"", b"", SHA_256(b":/x"))
    for answered in (NOTHING_ASKED, NOTHING_ASKED, of_proof, of_proof):
        octets = token(nonce)
        verdict, context = verify(acceptor, octets)
        assert verdict is Verdict.ACCEPTED
        opening = context.opening
        # That of the first request is not kept.
        assert (opening.asked, opening.answered) == ((b"GET", b"", SHA_256(b"GET:/x")), answered)
        key = b":".join([ha1_of(), nonce, b"00000001", b"c0", b"auth", of_proof[2]])
        said = b'rspauth="%b", qop=auth, nc=00000001, cnonce="c0"' % SHA_256(key)
        assert proved(context, octets, b"GET", b"/x") == said
        assert opening.answered == of_proof
    opening = opened(acceptor, token(nonce, method=b"HEAD"), method=b"HEAD")
    assert opening.asked == (b"HEAD", b"", SHA_256(b"HEAD:/x"))


def test_answers_that_overtake_each_other():
    """A proof is that of its own request, whatever the nonce was asked for meanwhile."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    asked = [(b"/x", b"GET"), (b"/y", b"GET"), (b"/x", b"PUT"), (b"/x", b"GET")] * 3
    requests = [(token(nonce, uri=uri, method=method), uri, method) for uri, method in asked]
    contexts = [verify(acceptor, octets, url=uri, method=method)[1] for octets, uri, method in requests]
    for (octets, uri, method), context in zip(requests, contexts, strict=True):
        key = b":".join([ha1_of(), nonce, b"00000001", b"c0", b"auth", SHA_256(b":" + uri)])
        assert b'rspauth="' + SHA_256(key) in proved(context, octets, method, uri)


def test_a_body_that_comes_again():
    """With auth-int H(A2) is kept with the hash of the body, and that of the proof with the hash of the answer's."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    for method, body, said in (
        (b"PUT", b"one", b"ok"), (b"PUT", b"one", b"ok"), (b"PUT", b"one", b"ok"), (b"PUT", b"two", b"ok"),
        (b"PUT", b"two", b"no"), (b"POST", b"two", b"no"), (b"PUT", b"", b""), (b"PUT", b"one", b"ok"),
    ):  # fmt: skip
        octets = token(nonce, qop=b"auth-int", method=method, body=body)
        # What was kept of the one before is good for nothing else.
        for forged in (b"three", b""):
            if forged != body:
                verdict, _ = verify(acceptor, octets, method=method, hentity=SHA_256(forged))
                assert verdict is Verdict.WRONG_DIGEST
        verdict, context = verify(acceptor, octets, method=method, hentity=SHA_256(body))
        assert verdict is Verdict.ACCEPTED
        of_answer = SHA_256(said)
        ha2 = SHA_256(b":/x:" + of_answer)
        key = b":".join([ha1_of(), nonce, b"00000001", b"c0", b"auth-int", ha2])
        assert SHA_256(key) in proved(context, octets, method, b"/x", of_answer)
        assert context.opening.asked == (method, SHA_256(body), SHA_256(method + b":/x:" + SHA_256(body)))
        assert context.opening.answered == (b"", of_answer, ha2)
    assert len(kept(acceptor)) == 1


@pytest.mark.parametrize("hentity", [b"", b"0", SHA_256(b"one") + b"0"])
def test_what_is_no_hash_of_a_body(hentity):
    """It is refused as ever, by who knows the opening too, whether a request or an answer has it."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    octets = token(nonce, qop=b"auth-int", body=b"one")
    for _ in range(3):
        proved(verify(acceptor, octets, hentity=SHA_256(b"one"))[1], octets, b"GET", b"/x", SHA_256(b"one"))
    with pytest.raises(MalformedField, match="HEntity"):
        verify(acceptor, octets, hentity=hentity)
    _, context = verify(acceptor, octets, hentity=SHA_256(b"one"))
    with pytest.raises(MalformedField, match="HEntity"):
        proved(context, octets, b"GET", b"/x", hentity)


def test_a_buffer_that_is_used_again():
    """What is kept of a message does not change with what a caller holds HEntity or the method in."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    octets = token(nonce, qop=b"auth-int", body=b"one")
    method, hentity, said = bytearray(b"GET"), bytearray(SHA_256(b"one")), bytearray(SHA_256(b"ok"))
    for _ in range(3):
        opened(acceptor, octets, method=method, hentity=hentity)
    _, context = verify(acceptor, octets, method=method, hentity=hentity)
    first = proved(context, octets, b"GET", b"/x", said)
    hentity[:] = SHA_256(b"two")
    assert verify(acceptor, octets, method=method, hentity=hentity)[0] is Verdict.WRONG_DIGEST
    hentity[:], method[:] = SHA_256(b"one"), b"PUT"
    assert verify(acceptor, octets, method=method, hentity=hentity)[0] is Verdict.WRONG_DIGEST
    said[:] = SHA_256(b"no")
    assert proved(context, octets, b"GET", b"/x", said) != first


def test_a_hash_of_a_body_is_nothing_for_auth():
    """Whatever stands in HEntity: the proof covers no body, and neither does what is kept."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    octets = token(nonce)
    key = b":".join([ha1_of(), nonce, b"00000001", b"c0", b"auth", SHA_256(b":/x")])
    for _ in range(4):
        verdict, context = verify(acceptor, octets, hentity=SHA_256(b"body"))
        assert verdict is Verdict.ACCEPTED
        assert SHA_256(key) in proved(context, octets, b"GET", b"/x", SHA_256(b"answer"))
        assert context.opening.asked == (b"GET", b"", SHA_256(b"GET:/x"))
        assert context.opening.answered == (b"", b"", SHA_256(b":/x"))
