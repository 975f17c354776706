"""Which openings of tokens a server keeps: how many, how long ones, for whom, and what it never takes from them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from digest_http.algorithms import by_name
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.token_shapes import MAX_HEAD_OCTETS, MAX_OPENINGS
from digest_http.httpauth.verdict import Verdict
from tests.httpauth.asked_again import NO_OPENING, ORDERS, SHA_256, kept, opened, ordered, proved
from tests.httpauth.hand_made import Clock, acceptor_of, ha1_of, issue, token, verify


@pytest.mark.parametrize("order", NO_OPENING.values(), ids=NO_OPENING)
def test_orders_that_have_no_opening(order):
    """They are read by their pattern, as ever, and nothing is kept of them."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    for number in range(1, 5):
        opened(acceptor, ordered(token(nonce, nc=b"%08x" % number), order))
    assert kept(acceptor) == {}


def test_who_uses_a_nonce_once_takes_no_place():
    """A client that has a new nonce for each request finds nothing again."""
    acceptor = acceptor_of(Clock())
    for _ in range(4):
        opened(acceptor, token(issue(acceptor)))
    assert kept(acceptor) == {}


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
            covered = b":" + hentity if hentity else b""
            assert context.opening.asked == (b"GET", hentity, SHA_256(b"GET:/x" + covered))


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
