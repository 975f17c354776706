"""The steps of an exchange: what may come when, what both ends know afterwards, and that no octets break it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.errors import DigestError, FieldTooLarge, MalformedField, OutOfSequence, QopNotSupported
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from tests.sasl.dead_ends import assert_dead


def test_both_ends_learn_the_same(pair):
    """qop, cipher, names and the peer's maxbuf are values on both sides."""
    both = pair("3des", client={"maxbuf": 2000, "authzid": "chris"}, server={"maxbuf": 3000}).login()
    for end in (both.client, both.server):
        assert (end.qop, end.cipher, end.username, end.realm, end.authzid) == (
            "auth-conf",
            "3des",
            "chris",
            "example.com",
            "chris",
        )
    assert both.client.peer_maxbuf == 3000
    assert both.server.peer_maxbuf == 2000
    assert both.client.session_key() == both.server.session_key()
    assert both.client.digest_uri == "imap/example.com"
    assert both.client.challenge is not None
    assert both.server.response is not None
    assert both.client.mechanism == both.server.mechanism == "DIGEST-MD5"


def test_an_empty_token_after_the_end_is_answered_empty(pair):
    """IMAP and others ask for one, since they cannot send data with their word of success."""
    both = pair().login()
    assert both.client.step(b"") == both.server.step(b"") == b""


def test_a_token_after_the_end_kills(pair):
    """Nothing may follow success."""
    both = pair().login()
    for end in both.client, both.server:
        with pytest.raises(OutOfSequence):
            end.step(b"rspauth=00")
        assert_dead(end)


def test_a_client_that_gets_no_challenge_gives_up(pair):
    """One empty token asks for an initial response, a second one is a fault."""
    client = pair().client
    assert client.step() == b""
    with pytest.raises(MalformedField):
        client.step(b"")
    assert_dead(client)


def test_nothing_works_before_the_end(pair):
    """A layer exists once both proofs hold, not when it is agreed."""
    both = pair("auth-int")
    response = both.client.step(both.server.step())
    for end in both.client, both.server:
        assert end.max_message is None
        for call in (lambda end=end: end.wrap(b"m"), lambda end=end: end.unwrap(b"m"), end.session_key):
            with pytest.raises(OutOfSequence):
                call()
    both.client.step(both.server.step(response))
    assert both.server.unwrap(both.client.wrap(b"m")) == b"m"


def test_auth_has_no_layer(pair):
    """wrap() never hands out clear text as if it were protected."""
    both = pair().login()
    for call in (both.client.wrap, both.client.unwrap, both.server.wrap, both.server.sign):
        with pytest.raises(QopNotSupported):
            call(b"m")
    assert both.client.complete


def test_a_response_that_would_be_too_long(pair):
    """Refused by the sender, since the receiver must."""
    client = pair(client={"username": "u" * 4096}).client
    with pytest.raises(FieldTooLarge):
        client.step(b'nonce="n",algorithm=md5-sess,charset=utf-8')


def test_directives_of_protocols_on_top(pair):
    """Both sides can add directives and read the other's; the mechanism passes over them."""
    both = pair(
        client={"directives": lambda challenge: {b"channel-binding": challenge.others[b"x-offer"]}},
        server={"directives": {b"x-offer": b"1"}},
    ).login()
    assert both.server.response is not None
    assert both.server.response.others == {b"channel-binding": b"1"}


@given(st.lists(st.binary(max_size=80), max_size=3), st.sampled_from([DigestMD5Client, DigestMD5Server]))
def test_any_tokens_end_in_an_error_of_ours(tokens, kind):
    """No octets raise anything else, and none complete an exchange."""
    end = (
        kind("chris", "secret", service="imap", host="h")
        if kind is DigestMD5Client
        else kind({"chris": "secret"}, service="imap", host="h")
    )
    for token in tokens:
        try:
            end.step(token)
        except DigestError:
            continue
    assert not end.complete
