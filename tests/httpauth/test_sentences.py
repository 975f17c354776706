"""What the server's side says when it refuses: the whole sentence and the stable reason code."""

from functools import partial

import pytest

from digest_http.buffers import HTTPMessage
from digest_http.errors import ConfigurationError, MalformedField, NotOffered
from digest_http.httpauth.nonces import NonceSource
from tests.httpauth.hand_made import Clock, acceptor_of, issue, token, verify


@pytest.fixture
def make():
    """Makes acceptors of the realm `r` on a clock that stands still."""
    return partial(acceptor_of, Clock())


@pytest.mark.parametrize(("name", "changes", "reason", "text"), [
    ("SHA-256", {"late_algorithm": b"SHA"}, "algorithm-not-offered",
     "The algorithm is not one of those offered"),
    ("SHA-256", {"late_qop": b"auth-conf"}, "qop-not-offered", "The qop is missing, or not one of those offered"),
    ("SHA-256", {"qop": None}, "qop-not-offered", "SHA-256 needs a qop; only MD5 has a form without"),
    ("SHA-256", {"userhash": b"true"}, "userhash-not-offered", "A userhash is not what was offered"),
    ("SHA-256", {"late_algorithm": b'"a b"'}, "algorithm", "the algorithm is not a token"),
    ("SHA-256", {"late_qop": b'"a b"'}, "qop", "the qop is not a token: it is the one word that was chosen"),
    ("SHA-256", {"late_cnonce": b"a:b"}, "cnonce", "cnonce holds a colon"),
    ("SHA-256-sess", {"cnonce": b"a" * 64}, "cnonce", "cnonce has the form of a digest: a shorter one is enough"),
])  # fmt: skip
def test_tokens(make, name, changes, reason, text):
    """Each rule of a server has a sentence and a code of its own."""
    acceptor = make(algorithms=[name], allow_rfc2069=True)
    with pytest.raises((MalformedField, NotOffered)) as caught:
        verify(acceptor, token(issue(acceptor, name), name, **changes))
    assert (str(caught.value), caught.value.reason) == (text, reason)


@pytest.mark.parametrize(("changes", "reason", "text"), [
    ({"token": b"another"}, "token", "TOKEN is not the one this context was opened from"),
    ({"url": b"/y"}, "uri", "uri is not the target of this request"),
    ({"method": b""}, "method", "the method is not a token"),
    ({"method": b"GET:"}, "method", "the method is not a token"),
    ({}, "hentity", "auth-int needs HEntity, the hash of the entity body"),
    ({"hentity": b"0" * 63}, "hentity", "HEntity is not 64 hex digits"),
])  # fmt: skip
def test_layouts(make, changes, reason, text):
    """What is wrong with the buffers is said as well."""
    acceptor = make()
    context = acceptor.open(token(issue(acceptor, "SHA-256"), qop=b"auth-int"))
    given = {"token": context.token, "method": b"GET", "url": b"/x", "hentity": b""} | changes
    with pytest.raises(MalformedField) as caught:
        context.verify_signature(HTTPMessage(**given), None, 0)
    assert (str(caught.value), caught.value.reason) == (text, reason)


def test_answers_without_the_hash_of_their_body(make):
    """The server's own proof needs one too."""
    acceptor = make()
    context = acceptor.open(token(issue(acceptor, "SHA-256"), qop=b"auth-int"))
    with pytest.raises(MalformedField) as caught:
        context.make_signature(HTTPMessage(b"", b"", b"/x"))
    assert (str(caught.value), caught.value.reason) == (
        "auth-int needs HEntity, the hash of the response body",
        "hentity",
    )


QOP = "write one or more of 'auth', 'auth-int', for instance qop=['auth']"
KEYS = (
    "keys is empty: give one key at least, newest first; write a list of octets, for instance "
    "keys=[bytes.fromhex(text)], or text of 'digest-http key new'"
)
REALM = (
    r"realm has 'a\nb', with a control character, which is not allowed in a realm; write a realm as text, for instance "
    "'Members'"
)
LIFETIME = "write seconds as a number over 0 and at most 10000000000, for instance nonce_lifetime=300"


@pytest.mark.parametrize(("settings", "text"), [
    ({"qop": ()}, f"qop is empty; {QOP}"),
    ({"qop": ["auth", "x"]}, f"qop has 'x'; {QOP}"),
    ({"realm": "a\nb"}, REALM),
])  # fmt: skip
def test_settings_of_an_acceptor(make, settings, text):
    """They say what was given and what to give."""
    with pytest.raises(ConfigurationError) as caught:
        make(**settings)
    assert str(caught.value) == text


@pytest.mark.parametrize(("keys", "lifetime", "text"), [
    ([], 300, KEYS),
    ([b"k" * 32, b"k" * 15], 300, "a nonce key is shorter than 16 octets: make one with os.urandom(32)"),
    ([b"k" * 32], 0, f"nonce_lifetime is 0; {LIFETIME}"),
    ([b"k" * 32], -1.5, f"nonce_lifetime is -1.5; {LIFETIME}"),
])  # fmt: skip
def test_settings_of_nonces(keys, lifetime, text):
    """They say what was given and what to give, and quote no key."""
    with pytest.raises(ConfigurationError) as caught:
        NonceSource(b"r", keys, b"00000001", lifetime=lifetime)
    assert str(caught.value) == text


def test_a_negative_overtime():
    """It would end lives before their time."""
    with pytest.raises(ConfigurationError) as caught:
        NonceSource(b"r", [b"k" * 32], b"00000001", overtime=-1)
    assert str(caught.value).startswith("overtime is -1; write seconds as a number over 0 and at most ")
