"""Realms: which one is chosen, how it is written, and which are refused."""

from __future__ import annotations

import pytest

from digest_http.errors import LogonDenied


@pytest.mark.parametrize(
    ("offered", "wanted", "chosen"),
    [
        (("a", "b"), None, "a"),
        (("a", "b"), "b", "b"),
        (("a", "b"), lambda realms: realms[-1], "b"),
        ((), None, None),
        ((), lambda _realms: None, None),
        ("", None, ""),
        ("Königreich", None, "Königreich"),
    ],
)
def test_realm_choice(pair, offered, wanted, chosen):
    """The first, the one named, or what a callable picks; none is fine where none is offered."""
    both = pair(client={"realm": wanted}, server={"realms": offered}).login()
    assert both.client.realm == chosen
    assert both.server.realm == (chosen or "")


def test_realms_in_another_normal_form(pair):
    """Ours go out in Normalization Form C; a server's go back as they came."""
    both = pair(server={"realms": "e\u0301"}).login()
    assert both.server.realm == "\u00e9"
    client = pair().client
    challenge = b'realm="e\xcc\x81",nonce="n",algorithm=md5-sess,charset=utf-8'
    assert b'realm="e\xcc\x81"' in client.step(challenge)


def test_an_empty_realm_may_be_left_out(pair):
    """JDK does."""
    pair(client={"realm": lambda _realms: None}, server={"realms": ""}).login()


def test_a_realm_in_latin1_is_known(pair):
    """A client that passes over charset sends the realm as it reads it."""
    both = pair(server={"realms": "Königreich"})
    token = both.server.step().replace(b"charset=utf-8,", b"").replace("ö".encode(), b"\xf6")
    both.client.step(both.server.step(both.client.step(token)))
    assert both.server.realm == "Königreich"


@pytest.mark.parametrize("wanted", ["c", "", lambda _realms: None])
def test_a_realm_that_was_not_offered(pair, wanted):
    """Only what was offered counts."""
    both = pair(client={"realm": wanted}, server={"realms": ("a", "b")})
    with pytest.raises(LogonDenied) as caught:
        both.server.step(both.client.step(both.server.step()))
    assert caught.value.reason == "realm"
