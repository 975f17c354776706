"""What an acceptor offers, what it opens a context for, and the settings it refuses."""

from functools import partial

import pytest

from digest_http.challenge import Challenge, parse_challenges
from digest_http.errors import ConfigurationError, MalformedField, NotOffered
from digest_http.httpauth.verdict import Verdict
from tests.httpauth.hand_made import Clock, acceptor_of, issue, token, verify


@pytest.fixture
def make(clock):
    """Makes acceptors of the realm `r`."""
    return partial(acceptor_of, clock)


@pytest.fixture
def clock():
    """A clock that stands still."""
    return Clock()


@pytest.mark.obeys("one-challenge-an-algorithm")
def test_challenges(make):
    """One field an algorithm in the order of preference, a fresh nonce each, everything RFC 7616 §3.3 wants."""
    acceptor = make(realm='the "r"')
    first, second = parse_challenges(acceptor.challenges())
    assert isinstance(first, Challenge)
    assert isinstance(second, Challenge)
    assert (first.algorithm, second.algorithm) == (b"SHA-256", b"MD5")
    assert first.nonce != second.nonce
    for challenge in (first, second):
        assert challenge.realm == b'the "r"'
        assert challenge.qop == (b"auth", b"auth-int")
        assert challenge.utf8
        assert not challenge.stale
        assert not challenge.userhash
    (again, _) = parse_challenges(acceptor.challenges(stale=True))
    assert isinstance(again, Challenge)
    assert again.stale
    assert again.nonce != first.nonce


@pytest.mark.parametrize("name", ["SHA", "SHA-512-256", "MD5-sess", "auth", "SHA-256-"])
def test_algorithms_that_were_not_offered(make, name):
    """A26: only what stood in a challenge; another token gets the challenge of today."""
    acceptor = make()
    octets = token(issue(acceptor), late_algorithm=b'"' + name.encode() + b'"')
    with pytest.raises(NotOffered) as caught:
        acceptor.open(octets)
    assert caught.value.reason == "algorithm-not-offered"


@pytest.mark.parametrize("name", ["", "SHA-256 ", " ", "SHA-256,MD5", "SHA/256", "\u00e9"])
def test_algorithms_that_are_no_token(make, name):
    """A name that no challenge could have held is malformed."""
    acceptor = make()
    octets = token(issue(acceptor), late_algorithm=b'"' + name.encode() + b'"')
    with pytest.raises(MalformedField) as caught:
        acceptor.open(octets)
    assert caught.value.reason == "algorithm"


@pytest.mark.obeys("algorithm-absent-is-md5")
def test_absent_algorithm_means_md5(make):
    """RFC 7616 §3.3: without the parameter it is MD5, where MD5 is on offer."""
    octets = token(issue(make(), "MD5"), "MD5", algorithm=None)
    assert verify(make(), octets)[0] is Verdict.ACCEPTED
    with pytest.raises(NotOffered):
        make(algorithms=["SHA-256"]).open(octets)


@pytest.mark.obeys("algorithm-in-any-case")
def test_algorithm_case(make):
    """The token is compared without regard to case."""
    acceptor = make()
    octets = token(issue(acceptor), late_algorithm=b"sha-256")
    assert verify(acceptor, octets)[0] is Verdict.ACCEPTED


@pytest.mark.obeys("qop-was-offered")
@pytest.mark.parametrize("qop", [b"foo", b"AUTH", b"auth-conf", b'"auth-conf"'])
def test_qops_that_were_not_offered(make, qop):
    """A28: exactly one of the words that stood in the challenge; another word gets the challenge of today."""
    acceptor = make()
    with pytest.raises(NotOffered) as caught:
        acceptor.open(token(issue(acceptor), late_qop=qop))
    assert caught.value.reason == "qop-not-offered"


@pytest.mark.parametrize("qop", [b'"auth,auth-int"', b'"auth "', b'" "', b'"auth, auth-int"'])
def test_qops_that_are_no_token(make, qop):
    """What is not one word is malformed."""
    acceptor = make()
    with pytest.raises(MalformedField) as caught:
        acceptor.open(token(issue(acceptor), late_qop=qop))
    assert caught.value.reason == "qop"


def test_an_auth_int_only_server(make):
    """A28: a weaker quality than the one offered is refused."""
    acceptor = make(qop=["auth-int"])
    with pytest.raises(NotOffered):
        acceptor.open(token(issue(acceptor), qop=b"auth"))


@pytest.mark.obeys("2069-off-by-default")
def test_rfc2069_is_off_by_default(make):
    """A28: the form without a counter is a setting, and then MD5's alone."""
    octets = token(issue(make(), "MD5"), "MD5", qop=None)
    with pytest.raises(NotOffered):
        make().open(octets)
    allowing = make(allow_rfc2069=True)
    verdict, context = verify(allowing, octets)
    assert verdict is Verdict.ACCEPTED
    assert context.count == 1
    with pytest.raises(NotOffered):
        allowing.open(token(issue(allowing, "SHA-256"), "SHA-256", qop=None))


@pytest.mark.obeys("userhash-values")
def test_userhash_only_where_offered(make):
    """A31: a hashed name is refused by a server that did not offer it."""
    octets = token(issue(make()), userhash=b"true")
    with pytest.raises(NotOffered) as caught:
        make().open(octets)
    assert caught.value.reason == "userhash-not-offered"
    assert make(userhash=True).open(octets).credentials.userhash


@pytest.mark.parametrize("qop", [(), ("auth-conf",), ("auth", "foo"), ("",)])
def test_qop_settings_that_cannot_work(make, qop):
    """Only auth and auth-int, one at least."""
    with pytest.raises(ConfigurationError, match="qop"):
        make(qop=qop)


@pytest.mark.parametrize("realm", ["a\r\nb", "a\x00b", "a\nSet-Cookie: x"])
def test_realms_that_cannot_work(make, realm):
    """A36: a realm that would split the header is refused at the start."""
    with pytest.raises(ConfigurationError, match="realm"):
        make(realm=realm)
