"""The learnt patterns read what the general parser reads, and nothing else."""

import re
from functools import partial
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.algorithms import by_name
from digest_http.credentials import Credentials
from digest_http.errors import MalformedField
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.terms import Terms
from digest_http.httpauth.token_shapes import MAX_LESSON_OCTETS, MAX_LESSONS, MAX_SHAPES, Shapes
from tests.kernel.strategies import TEXT_OCTETS, octets_of

FIREFOX = (
    b'username="alice", realm="r", nonce="n0", uri="/x", algorithm=SHA-256, response="00ff", qop=auth, '
    b'nc=00000001, cnonce="c0"'
)
CURL = (
    b'username="alice", realm="r", nonce="n0", uri="/x", cnonce="c0", nc=00000001, qop=auth, response="00ff", '
    b'opaque="o", algorithm=MD5'
)
BARE = b"username=alice,realm=r,nonce=n0,uri=/x,response=00ff,qop=auth,nc=00000001,cnonce=c0"
MD5 = by_name("MD5")
NONCES = NonceSource(b"r", [b"k" * 32], b"00000001")
ACCEPTOR = Acceptor("r", [MD5], NONCES)
LEARNT = (FIREFOX, CURL, BARE, FIREFOX.replace(b"nc=00000001", b'nc="00000001"'))


def terms_of(token):
    """The terms of a token, as the acceptor of a realm finds them."""
    return Terms(Credentials.parse(token), MD5, NONCES, b"r", b"")


def learnt(*tokens):
    """Shapes that have seen these tokens."""
    shapes = Shapes()
    for token in tokens:
        shapes.learn(token, terms_of(token))
    return shapes


def read(shapes, token):
    """The credentials that learnt shapes find, None if they find none."""
    found = shapes.open(ACCEPTOR, token)
    return None if found is None else found.credentials


def general(token):
    """What the general parser makes of a token, None for a refusal."""
    try:
        return Credentials.parse(token)
    except MalformedField:
        return None


KNOWING = learnt(*LEARNT)


def test_learnt_tokens_are_read():
    """Each of the usual orders is read in one match once it was seen."""
    assert Shapes().open(ACCEPTOR, FIREFOX) is None
    for token in LEARNT:
        assert read(learnt(token), token) == Credentials.parse(token)
        assert read(KNOWING, token) == Credentials.parse(token)


@pytest.mark.parametrize(("token", "in_order"), [(FIREFOX, True), (CURL, False), (BARE, True)])
def test_values_that_stand_in_order_are_taken_as_they_are(token, in_order):
    """Most clients write them in the order in which they are read; it saves a step."""
    assert learnt(token)._shapes[0].in_order is in_order  # noqa: SLF001 - it shows nowhere else


def test_absent_parameters_are_none():
    """algorithm and opaque are None where the shape has none."""
    found = read(learnt(BARE), BARE)
    assert found is not None
    assert (found.algorithm, found.opaque, found.userhash, found.username_ext) == (None, None, False, None)


def test_the_last_octet_counts():
    """Whatever stands behind a known token is read by the general parser, or refused by it."""
    for token in LEARNT:
        for octet in range(256):
            changed = token + bytes([octet])
            found = read(KNOWING, changed)
            assert found is None or found == general(changed)


@st.composite
def mutated(draw):
    """A learnt token with a piece replaced by octets that matter."""
    token = draw(st.sampled_from(LEARNT))
    start = draw(st.integers(0, len(token)))
    end = draw(st.integers(start, min(len(token), start + draw(st.sampled_from([0, 1, 3, 20])))))
    piece = draw(
        st.sampled_from(
            [b"", b'"', b"\\", b",", b", ", b"=", b" ", b"\x00", b"\n", b"nc=00000001", b"00000000", b"\xff"]
        )
        | st.binary(max_size=3)
        | st.just(token[start : end + 20])
    )
    return token[:start] + piece + token[end:]


@given(mutated())
def test_a_pattern_never_reads_otherwise(token):
    """What a pattern takes, the general parser takes with the same result; the rest is left to it."""
    found = read(KNOWING, token)
    assert found is None or found == general(token)


@given(octets_of(TEXT_OCTETS), st.integers(0, 0xFFFFFFFF))
def test_values_are_read_alike(value, nc):
    """Any value in quotes, any count."""
    for token in LEARNT:
        changed = token.replace(b'"/x"', b'"' + value + b'"').replace(b"00000001", b"%08x" % nc)
        found = read(KNOWING, changed)
        assert found is None or found == general(changed)


def test_what_cannot_be_learnt():
    """username*, userhash, quoted-pairs, capitals and unknown parameters stay with the general parser."""
    for token in (
        FIREFOX.replace(b'username="alice"', b"username*=UTF-8''alice"),
        FIREFOX + b", userhash=false",
        FIREFOX + b", x=1",
        FIREFOX.replace(b"username", b"Username"),
        FIREFOX.replace(b'"alice"', rb'"al\ice"'),
        FIREFOX.replace(b", ", b" ,"),
        FIREFOX.replace(b", qop=auth, nc=00000001", b""),
    ):
        assert learnt(token).open(ACCEPTOR, token) is None


#: The same parameters in many orders, as one who has a password may send them.
ORDERS = [
    b", ".join(parts[at:] + parts[:at])
    for parts in (FIREFOX.split(b", "), CURL.split(b", "))
    for at in range(len(parts))
]


#: How a shape's pattern ends, and no other.
LAST_GROUP = rb"((?!))?"


class Work:
    """The patterns that were compiled, which is what a lesson costs, and how often one was tried."""

    def __init__(self):
        self.compiled = []
        self.tried = 0

    def compile(self, real, pattern, *flags):
        """As re.compile, which is noted if it is for a shape."""
        made = real(pattern, *flags)
        if not (isinstance(pattern, bytes) and pattern.endswith(LAST_GROUP)):
            return made
        self.compiled.append(pattern)
        return SimpleNamespace(pattern=pattern, fullmatch=partial(self._fullmatch, made))

    def _fullmatch(self, pattern, token):
        self.tried += 1
        return pattern.fullmatch(token)


@pytest.fixture
def work(monkeypatch):
    """What the shapes made in a test do."""
    done = Work()
    # In `re` itself, where both forms look it up.
    monkeypatch.setattr(re, "compile", partial(done.compile, re.compile))
    return done


def test_the_table_is_bounded():
    """However many shapes are taught, the newest are known."""
    assert len(ORDERS) > MAX_SHAPES
    shapes = learnt(*ORDERS)
    assert [token for token in ORDERS if shapes.open(ACCEPTOR, token) is not None] == ORDERS[-MAX_SHAPES:]


def test_what_is_used_stays():
    """A user who teaches useless shapes for ever pushes out none that others use meanwhile."""
    shapes = learnt(FIREFOX, CURL)
    others = [token for token in ORDERS if token not in (FIREFOX, CURL)] * 5
    for token in others:
        assert shapes.open(ACCEPTOR, FIREFOX) is not None
        if shapes.open(ACCEPTOR, token) is None:
            shapes.learn(token, terms_of(token))
    assert shapes.open(ACCEPTOR, FIREFOX) is not None
    assert shapes.open(ACCEPTOR, CURL) is None


def test_what_was_used_last_is_tried_first(work):
    """Useless shapes do not slow down those in use."""
    shapes = learnt(FIREFOX, *ORDERS[1:5])
    work.tried = 0
    for _ in range(3):
        assert shapes.open(ACCEPTOR, FIREFOX) is not None
    assert work.tried == 5 + 1 + 1


def test_lessons_are_bounded_and_go_on(work):
    """After a flood of shapes a lesson is rare, but a new client is still learnt, and then read in one match."""
    shapes = Shapes()
    for number in range(10 * MAX_LESSONS):
        order = ORDERS[number % len(ORDERS)]
        if shapes.open(ACCEPTOR, order) is None:
            shapes.learn(order, terms_of(order))
    assert len(work.compiled) < MAX_LESSONS + 10
    for _ in range(MAX_LESSONS):
        shapes.learn(BARE, terms_of(BARE))
    assert read(shapes, BARE) == Credentials.parse(BARE)


def test_who_cannot_be_learnt_costs_little(work):
    """A client whose tokens have no shape is parsed a second time now and then only, and others are learnt still."""
    odd = FIREFOX + b", x=1"
    shapes = learnt(*[odd] * (3 * MAX_LESSONS + 1))
    assert work.compiled == []
    assert learnt(*[odd] * 3, FIREFOX).open(ACCEPTOR, FIREFOX) is not None
    for _ in range(MAX_LESSONS):
        shapes.learn(FIREFOX, terms_of(FIREFOX))
    assert shapes.open(ACCEPTOR, FIREFOX) is not None
    assert len(work.compiled) == 2


def test_a_shape_is_learnt_once(work):
    """Requests under way together bring the same shape to be learnt; it takes one place."""
    shapes = learnt(CURL, *[FIREFOX] * MAX_SHAPES)
    assert shapes.open(ACCEPTOR, CURL) is not None
    work.tried = 0
    assert shapes.open(ACCEPTOR, BARE) is None
    assert work.tried == 2


def test_long_tokens_are_not_learnt(work):
    """What is compiled is bounded in octets; a token longer than any client's is read by the general parser."""
    for octets, known in ((MAX_LESSON_OCTETS, True), (MAX_LESSON_OCTETS + 1, False)):
        token = FIREFOX.replace(b"/x", b"/" + b"x" * (octets - len(FIREFOX) + 1))
        assert len(token) == octets
        assert (learnt(token).open(ACCEPTOR, token) is not None) is known
    assert len(work.compiled) == 1


def test_another_realm_algorithm_or_qop_is_another_shape():
    """What was found of the realm, the algorithm and the qop holds for tokens with the same octets only."""
    for mine, other in ((b'"r"', b'"R"'), (b"SHA-256", b"SHA-257"), (b"qop=auth,", b"qop=auth-int,")):
        assert mine in FIREFOX
        assert learnt(FIREFOX).open(ACCEPTOR, FIREFOX.replace(mine, other)) is None


@pytest.mark.parametrize("nc", [
    b"00000000", b"0000000g", b"1", b"0000001", b"000000001", b"+0000001", b"0x000001", b"-0000001", b"0000_001", b"",
])  # fmt: skip
@pytest.mark.parametrize("token", LEARNT)
def test_counts_that_are_none(token, nc):
    """What is not eight hex digits, or zero, is not read by a pattern either, with quotes or without."""
    assert b"00000001" in token
    assert read(KNOWING, token.replace(b"00000001", nc)) is None
    assert read(KNOWING, token.replace(b"00000001", b"FFFFfff0")) is not None
