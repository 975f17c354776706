"""What is on offer, in whatever realm, and answers that keep to it; what a server has learnt of a client's spelling."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.buffers import HTTPMessage
from digest_http.challenge import Challenge, parse_challenges
from digest_http.errors import ConfigurationError, MalformedField
from digest_http.guard.key_sources import KeyFile
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.held import lacking
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.protocols import HashCounts
from digest_http.httpauth.token_shapes import MAX_LESSONS
from digest_http.httpauth.verdict import Verdict
from tests.httpauth.hand_made import ALL, Clock, acceptor_of, ha1_of, issue, token, verify

ZEROS = "0" * 16


@pytest.fixture
def make() -> Any:
    """Makes acceptors of the realm `r` on a clock that stands still."""
    return partial(acceptor_of, Clock())


@pytest.mark.parametrize("realm", [ZEROS, f"a{ZEROS}{ZEROS}b", f'"{ZEROS}"', 'nonce="', "%b", "{}"])
def test_a_realm_that_looks_like_something_else(realm: str, make: Any) -> None:
    """It stands in each challenge as it is, and the nonce beside it."""
    acceptor: Acceptor = make(realm=realm)
    for options in ({}, {"stale": True}, {"auth_only": True}):
        challenges = parse_challenges(acceptor.challenges(**options))
        assert len(challenges) == 2
        for challenge in challenges:
            assert isinstance(challenge, Challenge)
            assert (challenge.realm, len(challenge.nonce)) == (realm.encode(), 78)


@pytest.mark.parametrize("userhash", [False, True])
def test_a_challenge_of_which_nothing_is_said(userhash: bool, make: Any) -> None:
    """It is not stale and has all qops; whether names may be hashed is as the setting says."""
    offer = make(userhash=userhash).offer
    for challenge in parse_challenges(offer.challenges()):
        assert isinstance(challenge, Challenge)
        assert (challenge.stale, challenge.qop) == (False, (b"auth", b"auth-int"))
        assert challenge.userhash is userhash


@pytest.mark.parametrize("spelling", [str, str.lower, str.upper, str.title, str.swapcase])
@pytest.mark.parametrize("name", ALL)
def test_letter_case_of_algorithms(name: str, spelling: Any, make: Any) -> None:
    """It makes no difference."""
    acceptor = make(algorithms=ALL)
    octets = token(issue(acceptor, name), name, late_algorithm=spelling(name).encode())
    verdict, context = verify(acceptor, octets)
    assert (verdict, context.algorithm) == (Verdict.ACCEPTED, by_name(name))


@pytest.mark.parametrize("name", ["SHA-256", "SHA-256-sess"])
def test_who_was_told_to_use_auth(name: str, make: Any) -> None:
    """The nonce of such a challenge is taken, and shows that it was said; a client is told so once."""
    acceptor = make(algorithms=[name])
    (usual,), (short,) = (acceptor.challenges(auth_only=auth_only) for auth_only in (False, True))
    usual, short = (re.findall(rb'nonce="([^"]*)"', field)[0] for field in (usual, short))
    found = [verify(acceptor, token(nonce, name, body=b"")) for nonce in (usual, short)]
    assert [verdict for verdict, _ in found] == [Verdict.ACCEPTED] * 2
    assert [context.may_drop_auth_int for _, context in found] == [True, False]
    assert len({context.nonce_id for _, context in found}) == 2
    other = make(algorithms=[name], qop=["auth"])
    verdict, context = verify(other, token(short, name))
    assert (verdict, context.may_drop_auth_int) == (Verdict.FOREIGN, False)


def test_when_the_head_arrived() -> None:
    """A nonce that was alive then is alive for the request, as long as the overtime lasts."""
    clock = Clock()
    nonces = NonceSource(b"r", [b"k" * 32], b"00000001", clock=clock, lifetime=10, overtime=5)
    acceptor = Acceptor("r", [by_name("SHA-256")], nonces)
    octets = token(issue(acceptor))
    start = nonces.now()
    for now, arrived, verdict in (
        (12, None, Verdict.EXPIRED), (12, 9, Verdict.ACCEPTED), (12, 11, Verdict.EXPIRED), (16, 9, Verdict.EXPIRED),
        (9, None, Verdict.ACCEPTED),
    ):  # fmt: skip
        context = acceptor.open(octets)
        at = None if arrived is None else start + arrived * 1_000_000
        message = HTTPMessage(octets, b"GET", b"/x")
        assert context.verify_signature(message, ha1_of(), start + now * 1_000_000, arrived=at) is verdict


@pytest.mark.parametrize("quoted", [False, True])
def test_a_spelling_that_was_learnt_takes_no_wrong_count(quoted: bool, make: Any) -> None:
    """A token of a known shape is read as any other: what is no count is refused."""
    acceptor = make()

    def spelt(nc: bytes) -> bytes:
        octets: bytes = token(issue(acceptor), nc=b"00000001")
        return octets.replace(b"nc=00000001", b'nc="%b"' % nc if quoted else b"nc=%b" % nc)

    assert verify(acceptor, spelt(b"00000001"))[0] is Verdict.ACCEPTED
    assert acceptor.shapes.open(acceptor, spelt(b"0000000F")) is not None
    for wrong in (b"00000000", b"1", b"0000000g", b"000000001", b"0x000001", b"+0000001"):
        with pytest.raises(MalformedField) as caught:
            acceptor.open(spelt(wrong))
        assert caught.value.reason == "nc"


def test_a_known_spelling_is_no_lesson(make: Any) -> None:
    """Each new one is; after so many of them one of so many is."""
    acceptor = make()
    lessons = []
    for _ in range(3):
        assert verify(acceptor, token(issue(acceptor)))[0] is Verdict.ACCEPTED
        lessons.append(acceptor.shapes._lessons)  # noqa: SLF001 - what it costs shows nowhere else
    assert lessons == [1, 1, 1]


def test_so_many_lessons_at_once(make: Any) -> None:
    """The last that is learnt at once, and the first that is not."""
    acceptor = make()
    known = token(issue(acceptor), opaque=b"o")
    terms = acceptor.open(known).terms
    for lesson, learnt in ((MAX_LESSONS - 1, True), (MAX_LESSONS, False), (2 * MAX_LESSONS - 1, True)):
        shapes = make().shapes
        for _ in range(lesson):
            shapes.learn(b"", terms)
        shapes.learn(known, terms)
        assert (shapes.open(acceptor, known) is not None) is learnt


def test_one_user_without_a_hash() -> None:
    """One is enough to be told of."""
    assert lacking([by_name("MD5"), by_name("SHA-256")], HashCounts(3, {"MD5": 2, "SHA-256": 3})) == {"MD5": 1}


def test_a_file_of_short_keys(tmp_path: Path) -> None:
    """The error names the file and says what is wrong with it."""
    path = tmp_path / "keys"
    path.write_text("short", encoding="ascii")
    with pytest.raises(ConfigurationError) as caught:
        KeyFile(path)
    assert str(caught.value) == (
        f"the nonce keys in {path} cannot be used: a nonce key has fewer than 32 characters: make one with "
        "'digest-http key new'"
    )
