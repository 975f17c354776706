"""qop and cipher: what the client takes of the offer, and what the server takes back."""

from __future__ import annotations

import pytest

from digest_http.errors import QopNotSupported
from tests.sasl.dead_ends import assert_dead


@pytest.mark.parametrize(
    ("client", "server", "chosen"),
    [
        (("auth-conf", "auth-int", "auth"), ("auth", "auth-int", "auth-conf"), ("auth-conf", "3des")),
        (("auth-int", "auth-conf"), ("auth-conf", "auth-int"), ("auth-int", None)),
        (("auth-conf", "auth"), ("auth", "auth-int"), ("auth", None)),
    ],
)
def test_the_client_takes_its_best(pair, client, server, chosen):
    """Its own order, among what is offered."""
    both = pair(client={"qop": client}, server={"qop": server}).login()
    assert (both.client.qop, both.client.cipher) == (both.server.qop, both.server.cipher) == chosen


@pytest.mark.parametrize(
    "token",
    [
        b'nonce="n",algorithm=md5-sess',
        b'nonce="n",algorithm=md5-sess,qop="auth"',
        b'nonce="n",algorithm=md5-sess,qop=""',
        b'nonce="n",algorithm=md5-sess,qop="auth,auth-int,auth-conf"',
        b'nonce="n",algorithm=md5-sess,qop="auth-conf",cipher="des,rc4-40,aes"',
        b'nonce="n",algorithm=md5-sess,qop="auth-all"',
    ],
)
def test_nothing_less_than_asked_for(pair, token):
    """A client that asks for auth-conf never falls back."""
    client = pair("3des").client
    with pytest.raises(QopNotSupported):
        client.step(token)
    assert_dead(client)


@pytest.mark.obeys("sasl-choice-was-offered")
@pytest.mark.parametrize(
    ("layer", "token"),
    [
        ("auth-int", b'nonce="n",algorithm=md5-sess,qop="auth"'),
        ("auth-int", b'nonce="n",algorithm=md5-sess,qop="auth,auth-conf",cipher="3des"'),
        ("auth", b'nonce="n",algorithm=md5-sess,qop="auth-int"'),
        ("3des", b'nonce="n",algorithm=md5-sess,qop="auth-int",cipher="3des"'),
    ],
)
def test_nothing_that_was_not_offered(pair, layer, token):
    """A client never takes what the server did not name."""
    with pytest.raises(QopNotSupported):
        pair(layer).client.step(token)


@pytest.mark.obeys("sasl-choice-was-offered")
@pytest.mark.parametrize(
    ("old", "new"), [(b"qop=auth-conf", b"qop=auth-int"), (b"cipher=rc4", b"cipher=des"), (b"cipher=rc4", b"x=y")]
)
def test_a_server_takes_only_what_it_offered(pair, old, new):
    """qop and cipher both."""
    both = pair("rc4")
    response = both.client.step(both.server.step())
    assert old in response
    with pytest.raises(QopNotSupported):
        both.server.step(response.replace(old, new))


def test_a_cipher_beside_another_qop_means_nothing(pair):
    """As for JDK and Cyrus."""
    both = pair()
    both.server.step(both.client.step(both.server.step()) + b",cipher=des")
    assert both.server.complete
    assert both.server.cipher is None
