"""A login that fails leaves no secret where an error reporter finds it: in the locals of a traceback."""

from __future__ import annotations

import asyncio

import pytest

from digest_http.errors import DigestError
from digest_http.sasl import charset, keys
from tests.sasl.conftest import Pair
from tests.support.tracebacks import locals_shown

#: Each fits a charset of its own: ASCII, ISO 8859-1, UTF-8 in another script.
PASSWORDS = ["s3cret-ascii", "s3cret-\u00fc", "s3cret-\u5bc6\u7801"]


def secrets_of(password, *, realm=b"example.com", nonce=b"", cnonce=b"", authzid=None):
    """All octets and texts that would serve somebody who reads them, in any form that is hashed."""
    found: set[object] = {password}
    for username, domain, octets in charset.candidates(b"chris", realm, password):
        inner = keys.user_hash(username, domain, octets)
        session = keys.session_hash(inner, nonce, cnonce, authzid)
        found |= {octets, inner, inner.hex(), inner.hex().encode(), session, *keys.integrity_keys(session)}
    return found


def assert_nothing_shown(error, secrets):
    """No local is a secret, or holds one in its text."""
    for where, value in locals_shown(error):
        assert value not in secrets if isinstance(value, (str, bytes, bytearray)) else True, where
        text = value if isinstance(value, str) else repr(value)
        # Only what is plain data: an object's own repr is test_secrets' affair, and is asked for here too.
        assert "s3cret" not in text, where


def refused(work) -> DigestError:
    """The error of a piece of work."""
    with pytest.raises(DigestError) as caught:
        work()
    return caught.value


def as_response(both: Pair, **changes):
    """A client's response with octets of it exchanged."""
    response = both.client.step(both.server.step())
    for old, new in changes.get("spelt", ()):
        assert old in response
        response = response.replace(old, new)
    return response


def small_maxbuf(both: Pair):
    """A right proof, and no room for a layer."""
    return as_response(both, spelt=[(b"maxbuf=65536", b"maxbuf=17")])


def of_another_service(both: Pair):
    """A digest-uri that is not ours."""
    return as_response(both, spelt=[(b"imap/", b"smtp/")])


def of_another_user(both: Pair):
    """A name that the proof is not for."""
    return as_response(both, spelt=[(b'"chris"', b'"bob"')])


@pytest.mark.parametrize("asynchronous", [False, True], ids=["step", "astep"])
@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("kept", ["password", "raw", "hex"])
@pytest.mark.parametrize(
    ("respond", "client", "server"),
    [
        (as_response, {"password": "wrong"}, {}),
        (of_another_user, {}, {}),
        (of_another_service, {}, {}),
        (small_maxbuf, {"qop": "auth-conf"}, {"qop": "auth-conf"}),
        (as_response, {"authzid": "boss"}, {}),
        (as_response, {"authzid": "boss"}, {"authorize": lambda *_who: 1 / 0}),
        (as_response, {"realm": "other"}, {}),
    ],
    ids=["wrong-password", "other-name", "other-service", "maxbuf", "authzid", "policy-fails", "realm"],
)
def test_a_server_that_refuses(pair, asynchronous, password, kept, respond, client, server):
    """Whatever it refuses for, and however the account is kept."""
    inner = keys.user_hash(*charset.candidates(b"chris", b"example.com", password)[0])
    secret = {"password": password, "raw": inner, "hex": inner.hex().encode()}[kept]
    users = {"chris": secret, "bob": "s3cret of his own"}
    ours = {"password": password, "qop": ("auth-int", "auth")}
    both = pair(client=ours | client, server={"users": users, "qop": "auth"} | server)
    response = respond(both)
    error = refused(lambda: asyncio.run(both.server.astep(response)) if asynchronous else both.server.step(response))
    sent = both.client.challenge
    assert sent is not None
    cnonce = response.partition(b'cnonce="')[2].partition(b'"')[0]
    authzid = b"boss" if "authzid" in client else None
    assert_nothing_shown(error, secrets_of(password, nonce=sent.nonce, cnonce=cnonce, authzid=authzid) | {secret})


@pytest.mark.parametrize("asynchronous", [False, True], ids=["step", "astep"])
@pytest.mark.parametrize("wrong", [bytearray(b"s3cret"), ["s3cret"], ("s3cret",), {"chris": "s3cret"}])
def test_a_source_that_gives_a_secret_of_another_type(pair, asynchronous, wrong):
    """The type is named, the value is not to be had."""
    both = pair(server={"users": lambda *_who: wrong})
    response = both.client.step(both.server.step())
    error = refused(lambda: asyncio.run(both.server.astep(response)) if asynchronous else both.server.step(response))
    assert type(wrong).__name__ in str(error)
    assert_nothing_shown(error, set())


CHALLENGE = b'realm="example.com",nonce="n",qop="auth,auth-conf",maxbuf=65536,charset=utf-8,algorithm=md5-sess'


@pytest.mark.parametrize("secret", ["password", "ha1"])
@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize(
    ("tokens", "settings"),
    [
        ([CHALLENGE.replace(b"charset=utf-8,", b"")], {"realm": "\u738b\u56fd"}),
        ([CHALLENGE.replace(b"charset=utf-8,", b"")], {"username": "\u738b"}),
        ([CHALLENGE.replace(b"65536", b"17").replace(b"qop=", b"cipher=3des,qop=")], {"qop": "auth-conf"}),
        ([CHALLENGE], {"qop": "auth-int"}),
        ([CHALLENGE], {"authzid": "x" * 4096}),
        ([CHALLENGE.replace(b"md5-sess", b"md5")], {}),
        ([CHALLENGE, b"rspauth=" + b"0" * 32], {}),
        ([CHALLENGE, b"nonsense"], {}),
        ([CHALLENGE, CHALLENGE], {}),
    ],
    ids=["realm", "name", "maxbuf", "qop", "too-large", "algorithm", "rspauth", "grammar", "again"],
)
def test_a_client_that_refuses(pair, secret, password, tokens, settings):
    """Whatever it refuses for, with a password and with a hash."""
    inner = keys.user_hash(*charset.candidates(b"chris", b"example.com", password)[0])
    held = {"password": password} if secret == "password" else {"password": None, "ha1": inner}
    client = pair(client={**held, "cnonce": lambda _challenge: b"c", **settings}).client
    error = refused(lambda: [client.step(token) for token in tokens])
    assert_nothing_shown(error, secrets_of(password, nonce=b"n", cnonce=b"c"))


@pytest.mark.parametrize("downgrade", [True, False, "password"])
def test_a_password_that_does_not_fit(pair, downgrade):
    """Without charset in the challenge; neither the error nor one behind it has the password."""
    client = pair(client={"password": PASSWORDS[2], "downgrade": downgrade}).client
    error = refused(lambda: client.step(CHALLENGE.replace(b"charset=utf-8,", b"")))
    assert error.reason == "charset"
    assert_nothing_shown(error, secrets_of(PASSWORDS[2]))
