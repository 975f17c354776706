"""Both proofs, the response and rspauth: wrong, missing, changed on the way or made for another challenge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.errors import DigestError, LogonDenied, MalformedField, WrongPrincipal
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from digest_http.sasl.directives import Challenge
from tests.sasl.dead_ends import assert_dead


@pytest.mark.obeys("sasl-rspauth")
@pytest.mark.parametrize(
    ("token", "error"),
    [
        (b"rspauth=00000000000000000000000000000000", WrongPrincipal),
        (b"rspauth=", WrongPrincipal),
        (b"rspauth", MalformedField),
        (b'rspauth=""', WrongPrincipal),
        (b"", MalformedField),
        (b'realm="r",nonce="n",algorithm=md5-sess', MalformedField),
        (b"\xff", MalformedField),
    ],
)
def test_a_server_that_does_not_prove_itself(pair, token, error):
    """No rspauth, or a wrong one: the client is dead and never was complete."""
    both = pair("auth-int")
    both.client.step(both.server.step())
    with pytest.raises(error):
        both.client.step(token)
    assert_dead(both.client)


def test_a_wrong_password_and_an_unknown_name_are_told_apart_by_nobody(pair):
    """One text, one reason."""
    errors = []
    for settings in ({"password": "wrong"}, {"username": "nobody"}, {"username": "empty"}):
        both = pair(client=settings, server={"users": {"chris": "secret", "empty": ""}})
        response = both.client.step(both.server.step())
        with pytest.raises(LogonDenied) as caught:
            both.server.step(response)
        assert_dead(both.server)
        errors.append((str(caught.value), caught.value.reason))
    assert len(set(errors)) == 1


def test_the_stand_in_for_a_missing_password_opens_nothing(pair):
    """Whoever reads the source cannot log in with what is hashed for unknown names."""
    both = pair(client={"username": "nobody", "password": "nobody has this password"})
    with pytest.raises(LogonDenied):
        both.server.step(both.client.step(both.server.step()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"qop=auth-int", b"qop=auth"),
        (b'username="chris"', b'username="Chris"'),
        (b"nc=00000001", b"nc=00000002"),
        (b"digest-uri=", b'authzid="",digest-uri='),
        (b'realm="example.com"', b'realm="other"'),
        (b'realm="example.com"', b'x="y"'),
        (b'cnonce="', b'cnonce="x'),
        (b'nonce="', b'nonce="x'),
    ],
)
def test_a_response_changed_on_the_way(pair, old, new):
    """Each value is under the digest or checked beside it."""
    both = pair("auth-int", server={"qop": ("auth", "auth-int")})
    response = both.client.step(both.server.step())
    assert old in response
    with pytest.raises(LogonDenied):
        both.server.step(response.replace(old, new, 1))
    assert_dead(both.server)


def test_a_response_to_another_server_object(pair):
    """A response replayed to a fresh challenge fails on its nonce."""
    both = pair()
    response = both.client.step(both.server.step())
    other = pair().server
    other.step()
    with pytest.raises(LogonDenied) as caught:
        other.step(response)
    assert caught.value.reason == "nonce"


@pytest.mark.obeys("sasl-nc")
def test_a_first_response_that_counts_from_two(pair):
    """Right digest, wrong nc: a count of its own choice is not a client's to make."""
    both = pair()
    challenge = Challenge.parse(both.server.step())
    response = both.client._respond(challenge, 2)  # noqa: SLF001  # a client that counts wrongly
    with pytest.raises(LogonDenied) as caught:
        both.server.step(response)
    assert caught.value.reason == "nc"


@given(position=st.integers(0, 400), octet=st.integers(0, 255))
def test_a_response_with_one_octet_changed(position, octet):
    """Every change is an error of ours or makes no difference to who logged in."""
    server = DigestMD5Server({"chris": "secret"}, service="imap", host="h", qop=("auth", "auth-int"))
    client = DigestMD5Client("chris", "secret", service="imap", host="h", qop="auth-int")
    response = bytearray(client.step(server.step()))
    response[position % len(response)] = octet
    try:
        server.step(response)
    except DigestError:
        assert not server.complete
    else:
        assert server.username == "chris"
        assert server.session_key()
