"""What a server keeps of requests for one target, so that it reads less of the next one. It changes no verdict."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest_http.algorithms import by_name
from digest_http.buffers import HTTPMessage
from digest_http.errors import DigestError, MalformedField
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.openings import NOTHING_ASKED
from digest_http.httpauth.token_shapes import MAX_HEAD_OCTETS, MAX_OPENINGS
from digest_http.httpauth.verdict import Verdict
from tests.httpauth.hand_made import HASHES, Clock, acceptor_of, ha1_of, issue, token, verify

SHA_256 = HASHES["SHA-256"]

#: Where clients write what changes with each request: response, nc and cnonce.
ORDERS = {
    "httpx": b"username realm nonce uri algorithm response qop nc cnonce",
    "curl": b"username realm nonce uri cnonce nc qop response algorithm",
    "wget": b"username realm nonce uri response qop nc cnonce algorithm",
    "RFC 7616": b"username realm uri algorithm nonce nc cnonce qop response",
    "opaque first": b"opaque username realm nonce uri response qop nc cnonce algorithm",
}

#: Orders in which something stands behind them that changes from target to target, or from nonce to nonce.
NO_OPENING = {
    "Java": b"username realm nonce nc uri response algorithm cnonce qop",
    "response first": b"response username realm nonce uri qop nc cnonce algorithm",
}


def ordered(octets, order, separator=b", "):
    """A token of hand_made.py in another order of parameters, and with an opaque where that has one."""
    pieces = {piece.partition(b"=")[0]: piece for piece in octets.split(b", ")} | {b"opaque": b'opaque="o"'}
    return separator.join(pieces[name] for name in order.split())


def proved(context, octets, method, url, hentity=b""):
    """The server's proof of an accepted request."""
    message = HTTPMessage(octets, method, url, hentity)
    context.make_signature(message)
    return message.padding


def opened(acceptor, octets, **request):
    """What is known of a request's opening, which must be accepted."""
    verdict, context = verify(acceptor, octets, **request)
    assert verdict is Verdict.ACCEPTED
    return context.opening


def kept(acceptor):
    """All that an acceptor has kept."""
    return dict(acceptor.shapes._openings)  # noqa: SLF001 - that it is empty shows nowhere else


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
        {"method": b"PUT"}, {"ha1": b"0" * 64}, {"qop": b"auth-int"}, {"late_qop": b"auth-int"}, {"late_realm": b"R"},
        {"late_username": b"alicf"}, {"late_nonce": b"0" * 78},
    ]),
    st.sampled_from([*ORDERS.values(), *NO_OPENING.values()]),
    st.sampled_from([b", ", b","]),
)  # fmt: skip
LATE_NC = (b"GET", b"/x", "SHA-256", {"late_nc": b"0x000001"}, ORDERS["curl"], b", ")
USUAL: tuple[Any, ...] = (b"GET", b"/x", "SHA-256", {}, ORDERS["curl"], b", ")


def answer(acceptor, octets, name, method, url):
    """The verdict of a request, or why it cannot be read, and the proof."""
    hentity = HASHES[name](b"") if b"qop=auth-int" in octets else b""
    try:
        verdict, context = verify(acceptor, octets, ha1=ha1_of(name), method=method, url=url, hentity=hentity)
    except MalformedField as error:
        return str(error)
    accepted = verdict is Verdict.ACCEPTED
    return verdict, context.credentials, proved(context, octets, method, url, hentity) if accepted else None


@given(st.lists(REQUESTS, min_size=1, max_size=10))
@example([USUAL, USUAL, USUAL, LATE_NC, USUAL])
def test_what_is_kept_changes_no_verdict_and_no_proof(requests):
    """An acceptor that has seen the requests before answers each as one that has seen none."""
    clock = Clock()
    knowing = acceptor_of(clock)
    nonces = {name: issue(knowing, name) for name in ("SHA-256", "MD5")}
    for number, (method, url, name, changes, order, separator) in enumerate(requests, 1):
        fields = {"method": method, "uri": url, "nc": b"%08x" % number} | changes
        octets = token(nonces[name], name, **fields)
        if url.count(b",") == 0:
            octets = ordered(octets, order, separator)
        assert answer(knowing, octets, name, method, url) == answer(acceptor_of(clock), octets, name, method, url)


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


@pytest.mark.parametrize("order", NO_OPENING.values(), ids=NO_OPENING)
def test_orders_that_have_no_opening(order):
    """They are read by their pattern, as ever, and nothing is kept of them."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    for number in range(1, 5):
        opened(acceptor, ordered(token(nonce, nc=b"%08x" % number), order))
    assert kept(acceptor) == {}


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


def test_who_uses_a_nonce_once_takes_no_place():
    """A client that has a new nonce for each request finds nothing again."""
    acceptor = acceptor_of(Clock())
    for _ in range(4):
        opened(acceptor, token(issue(acceptor)))
    assert kept(acceptor) == {}


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
    assert asked == (b"GET", SHA_256(b"GET:/x"))
    for uri in (b"/x", b"/other"):
        fields = {"uri": uri} | changes
        octets = token(fields.pop("nonce", nonce), **fields)
        for known in (True, False):
            verdict, _ = verify(acceptor, octets, url=uri, known=known)
            assert verdict is not Verdict.ACCEPTED
        # With another method, too: H(A2) of his request is computed, and not kept.
        assert verify(acceptor, octets, url=uri, method=b"HEAD")[0] is not Verdict.ACCEPTED
    assert kept(acceptor) == before
    assert (opening.asked, opening.proof_hash) == (asked, b"")


def test_the_hashes_of_a_target():
    """H(A2) is kept for the last method, and H(A2) of the proof, which has none, once it was computed."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    for of_proof in (b"", b"", SHA_256(b":/x"), SHA_256(b":/x")):
        octets = token(nonce)
        verdict, context = verify(acceptor, octets)
        assert verdict is Verdict.ACCEPTED
        opening = context.opening
        # That of the first request is not kept.
        assert (opening.asked, opening.proof_hash) == ((b"GET", SHA_256(b"GET:/x")), of_proof)
        proved(context, octets, b"GET", b"/x")
        assert opening.proof_hash == SHA_256(b":/x")
    opening = opened(acceptor, token(nonce, method=b"HEAD"), method=b"HEAD")
    assert opening.asked == (b"HEAD", SHA_256(b"HEAD:/x"))


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


def test_a_body_is_never_known():
    """With auth-int H(A2) hangs on the body: the opening is kept, and no hash with it."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    for body in (b"one", b"two", b"three", b"four"):
        octets = token(nonce, qop=b"auth-int", body=body)
        verdict, context = verify(acceptor, octets, hentity=SHA_256(body))
        assert verdict is Verdict.ACCEPTED
        answer = HTTPMessage(octets, b"GET", b"/x", SHA_256(b"answer to " + body))
        context.make_signature(answer)
        ha2 = SHA_256(b":/x:" + answer.hentity)
        assert SHA_256(b":".join([ha1_of(), nonce, b"00000001", b"c0", b"auth-int", ha2])) in answer.padding
        assert (context.opening.asked, context.opening.proof_hash) == (NOTHING_ASKED, b"")
    assert kept(acceptor)
    octets = token(nonce, qop=b"auth-int", body=b"one")
    assert verify(acceptor, octets, hentity=SHA_256(b"another"))[0] is Verdict.WRONG_DIGEST


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
        assert context.opening.asked == (b"GET", SHA_256(b"GET:/x"))
        assert context.opening.proof_hash == SHA_256(b":/x")


def test_so_many_openings_are_kept():
    """The one kept first makes room; it comes again when it is asked for twice."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    opened(acceptor, token(nonce))  # this one teaches the shape
    urls = [b"/%d" % number for number in range(MAX_OPENINGS + 1)]
    for url in (*urls, urls[0], urls[-1]):
        opened(acceptor, token(nonce, uri=url), url=url)
    assert [opening.uri for opening in kept(acceptor).values()] == [*urls[2:], urls[0]]


@pytest.mark.parametrize(("octets", "is_kept"), [(MAX_HEAD_OCTETS, True), (MAX_HEAD_OCTETS + 1, False)])
def test_long_openings_are_not_kept(octets, is_kept):
    """What a client's target may hold is bounded; the answer is proved all the same."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    around = ordered(token(nonce, uri=b""), ORDERS["httpx"]).index(b'response="') + len(b'response="')
    uri = b"/" * (octets - around)
    for _ in range(4):
        signed = ordered(token(nonce, uri=uri), ORDERS["httpx"])
        verdict, context = verify(acceptor, signed, url=uri)
        assert verdict is Verdict.ACCEPTED
        key = b":".join([ha1_of(), nonce, b"00000001", b"c0", b"auth", SHA_256(b":" + uri)])
        assert SHA_256(key) in proved(context, signed, b"GET", uri)
    assert [len(head) for head in kept(acceptor)] == ([octets] if is_kept else [])


def test_another_length_of_a_cnonce():
    """It is read by the pattern, since all places are counted from the end; the usual one is read as before."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    usual = [opened(acceptor, token(nonce)) for _ in range(3)][-1]
    for cnonce in (b"c", b"c01", b"c" * 40):
        for _ in range(2):
            assert opened(acceptor, token(nonce, cnonce=cnonce)) is not usual
    assert opened(acceptor, token(nonce)) is usual
    assert list(kept(acceptor).values()) == [usual]


def test_two_shapes_with_one_opening():
    """What stands behind it belongs to it: qop too, which may be another one there."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    for _ in range(3):
        for qop, hentity in ((b"auth", b""), (b"auth-int", SHA_256(b""))):
            octets = ordered(token(nonce, qop=qop), ORDERS["curl"])
            verdict, context = verify(acceptor, octets, hentity=hentity)
            assert verdict is Verdict.ACCEPTED
            assert (context.qop, context.covers_body) == (qop, qop == b"auth-int")
            assert context.opening.asked == (NOTHING_ASKED if hentity else (b"GET", SHA_256(b"GET:/x")))


def test_a_key_that_left():
    """The nonce is foreign from then on, whatever was kept of the requests that named it."""
    keys = [b"k" * 32]
    source = NonceSource(b"r", lambda: keys, b"00000001", clock=Clock())
    acceptor = Acceptor("r", [by_name("SHA-256")], source)
    nonce = issue(acceptor)
    for _ in range(3):
        opened(acceptor, token(nonce))
    assert kept(acceptor)
    keys = [b"o" * 32]
    assert verify(acceptor, token(nonce))[0] is Verdict.FOREIGN


def test_a_password_that_changed():
    """H(A1) is asked for with each request, and nothing of it is kept."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    for _ in range(3):
        opened(acceptor, token(nonce))
    new = ha1_of(text=b"alice:r:another")
    assert verify(acceptor, token(nonce), ha1=new)[0] is Verdict.WRONG_DIGEST
    assert verify(acceptor, token(nonce, ha1=new), ha1=new)[0] is Verdict.ACCEPTED
    assert verify(acceptor, token(nonce), known=False)[0] is Verdict.UNKNOWN_USER


def test_a_nonce_that_is_too_old():
    """It expires for those whose opening is kept as for all others."""
    clock = Clock()
    acceptor = acceptor_of(clock)
    nonce = issue(acceptor)
    for _ in range(3):
        opened(acceptor, token(nonce))
    clock.now += 100_000
    assert verify(acceptor, token(nonce))[0] is Verdict.EXPIRED


def test_threads_that_ask_together():
    """Each request is read as what it is, and no more is kept than there are targets."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    urls = [b"/%d" % number for number in range(50)]

    def ask(number):
        url, count = urls[number % len(urls)], b"%08x" % (number + 1)
        verdict, context = verify(acceptor, token(nonce, uri=url, nc=count), url=url)
        return verdict is Verdict.ACCEPTED and (context.uri, context.count) == (url, number + 1)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(ask, range(3000)))
    assert {opening.uri for opening in kept(acceptor).values()} == {*urls}


def test_an_opening_that_two_threads_have_entered():
    """It goes with the first of its two places, and nothing fails at the second."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    for _ in range(2):
        opened(acceptor, token(nonce))
    acceptor.shapes._openings.clear()  # noqa: SLF001 - as a thread sees it that looked before the other one wrote
    opened(acceptor, token(nonce))
    assert len(kept(acceptor)) == 1
    for number in range(MAX_OPENINGS):
        url = b"/%d" % number
        opened(acceptor, token(nonce, uri=url), url=url)
    assert [opening.uri for opening in kept(acceptor).values()] == [b"/%d" % n for n in range(MAX_OPENINGS)]
