"""The learnt patterns read what the general parser reads, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from digest_http.algorithms import by_name
from digest_http.credentials import Credentials
from digest_http.errors import MalformedField
from digest_http.httpauth.shapes import MAX_LESSONS, MAX_SHAPES, Shapes
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
LEARNT = (FIREFOX, CURL, BARE, FIREFOX.replace(b"nc=00000001", b'nc="00000001"'))


def learnt(*tokens):
    """Shapes that have seen these tokens."""
    shapes = Shapes()
    for token in tokens:
        shapes.learn(token, MD5)
    return shapes


def read(shapes, token):
    """The credentials that learnt shapes find, None if they find none."""
    found = shapes.read(token)
    return None if found is None else found[0]


def general(token):
    """What the general parser makes of a token, None for a refusal."""
    try:
        return Credentials.parse(token)
    except MalformedField:
        return None


KNOWING = learnt(*LEARNT)


def test_learnt_tokens_are_read():
    """Each of the usual orders is read in one match once it was seen."""
    assert Shapes().read(FIREFOX) is None
    for token in LEARNT:
        assert learnt(token).read(token) == (Credentials.parse(token), MD5)
        assert read(KNOWING, token) == Credentials.parse(token)


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
        assert learnt(token).read(token) is None


def test_learning_is_bounded():
    """Neither strange clients nor many of them make the table grow."""
    orders = [
        b", ".join(parts[at:] + parts[:at])
        for parts in (FIREFOX.split(b", "), CURL.split(b", "))
        for at in range(len(parts))
    ]
    assert len(orders) > MAX_SHAPES
    shapes = learnt(*orders)
    assert sum(shapes.read(token) is not None for token in orders) == MAX_SHAPES
    stubborn = learnt(*[FIREFOX + b", x=1"] * MAX_LESSONS, FIREFOX)
    assert stubborn.read(FIREFOX) is None


def test_another_realm_algorithm_or_qop_is_another_shape():
    """What was found of the realm, the algorithm and the qop holds for tokens with the same octets only."""
    for mine, other in ((b'"r"', b'"R"'), (b"SHA-256", b"SHA-257"), (b"qop=auth,", b"qop=auth-int,")):
        assert mine in FIREFOX
        assert learnt(FIREFOX).read(FIREFOX.replace(mine, other)) is None
