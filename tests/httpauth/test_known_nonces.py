"""What a server remembers of a nonce: that its MAC was right. Nothing of it changes a verdict."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from digest_http.algorithms import by_name
from digest_http.buffers import HTTPMessage
from digest_http.credentials import Credentials
from digest_http.httpauth.nonce_macs import REMEMBERED
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.verdict import Verdict
from tests.attacks.signing import parameters
from tests.httpauth.hand_made import Clock, acceptor_of, issue, token, verify
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


def proved(context, octets, method, url):
    """The server's proof of an accepted request."""
    message = HTTPMessage(octets, method, url)
    context.make_signature(message)
    return message.padding


@pytest.mark.parametrize("changes", [
    {"late_response": b"0" * 64}, {"ha1": b"0" * 64}, {"realm": b"R"}, {"nonce": b"0" * 78},
], ids=str)  # fmt: skip
def test_a_stranger_enters_no_nonce(changes):
    """Neither the one that he names, which is ours, nor one that he has made up."""
    acceptor = acceptor_of(Clock())
    nonce = issue(acceptor)
    verify(acceptor, token(nonce))
    fields = {"nonce": issue(acceptor)} | changes
    octets = token(fields.pop("nonce"), **fields)
    for known in (True, False):
        assert verify(acceptor, octets, known=known)[0] is not Verdict.ACCEPTED
    assert list(acceptor.nonces[by_name("SHA-256")].kind.macs().known) == [nonce]


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


def test_a_key_that_left_takes_with_it_what_was_known():
    """The nonce is foreign from then on, whatever was kept of it."""
    keys = [b"k" * 32]
    nonces = source(keys=lambda: keys)
    nonce = nonces.issue()
    assert nonces.recognise(nonce) is not None
    keys = [b"o" * 32]
    assert nonces.kind.macs().known == {}
    assert nonces.recognise(nonce) is None
