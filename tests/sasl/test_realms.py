"""Realms: which one is chosen, how it is written, and which are refused."""

from __future__ import annotations

import pytest

from digest_http.errors import LogonDenied
from digest_http.sasl import ClientSessions, ServerSessions
from digest_http.sasl.keys import user_hash


@pytest.mark.obeys("sasl-realm")
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


#: What clients say where no realm was offered: a host's name (Cyrus, Twisted), their user's word, or nothing.
OWN_REALMS = ["mail.example.com", "CORP", "", "Königreich", "王国", "a:b", 'a"b\\c', lambda _realms: None]


@pytest.mark.parametrize("wanted", OWN_REALMS)
@pytest.mark.parametrize("downgrade", [True, False, "password"])
def test_none_offered_so_any_is_taken(pair, wanted, downgrade):
    """It is hashed as sent, the source of users is asked for it, and the policy and the caller are told."""
    asked = []

    def look_up(*who):
        asked.append(who)
        return "secret"

    def may_act(*who):
        asked.append(who)
        return True

    both = pair(
        client={"realm": wanted, "downgrade": downgrade, "authzid": "boss"},
        server={"realms": (), "users": look_up, "authorize": may_act},
    ).login()
    realm = "" if callable(wanted) else wanted
    assert asked == [("chris", realm), ("chris", realm, "boss")]
    assert both.server.realm == realm
    assert both.client.realm == (None if callable(wanted) else realm)


@pytest.mark.parametrize(("stored", "claimed", "accepted"), [("CORP", "CORP", True), ("CORP", "corp", False),
                                                             ("", "", True), ("CORP", "", False)])  # fmt: skip
def test_none_offered_and_hashes_kept(pair, stored, claimed, accepted):
    """H(A1) holds its realm, so it decides by itself whether the client hashed that one."""
    kept = user_hash(b"chris", stored.encode(), b"secret")
    both = pair(client={"realm": claimed}, server={"realms": (), "users": {"chris": kept}})
    if accepted:
        assert both.login().server.realm == claimed
    else:
        with pytest.raises(LogonDenied):
            both.login()


def test_none_offered_does_not_mean_no_password(pair):
    """The realm is free, the password is not."""
    both = pair(client={"realm": "any", "password": "wrong"}, server={"realms": ()})
    with pytest.raises(LogonDenied):
        both.login()


def test_a_nonce_used_again_belongs_to_its_realm(pair):
    """With none offered too: the same name in another realm is another user's."""
    clients, servers = ClientSessions(), ServerSessions()

    def both(realm):
        return pair(client={"realm": realm, "sessions": clients}, server={"realms": (), "sessions": servers})

    assert both("a").login().client.challenge is not None
    again = both("a")
    assert again.client.step(again.server.step(again.client.step())) == b""
    assert again.server.complete
    third = both("a")
    other = both("b").client
    response = third.client.step()
    fresh = other.step(b'nonce="%b",charset=utf-8,algorithm=md5-sess' % third.client.challenge.nonce)
    assert b'realm="a"' in response
    challenge = third.server.step(fresh)
    assert b"nonce=" in challenge
    # That would mean that the digest was right and the count was not.
    assert b"stale" not in challenge


DOMAIN_NAMES = ["chris@corp.example.com", "CORP\\chris", "Zoë@corp.example.com", "CORP\\和也"]


@pytest.mark.parametrize("username", DOMAIN_NAMES)
def test_accounts_that_name_their_domain(pair, username):
    """With domain_accounts they come with the empty realm; so does no other name, and without it nobody does."""
    asked = []

    def look_up(*who):
        asked.append(who)
        return "secret"

    settings = {"username": username, "realm": ""}
    both = pair(client=settings, server={"users": look_up, "domain_accounts": True}).login()
    assert (both.server.username, both.server.realm) == (username, "")
    assert asked == [(username, "")]
    for client, server in (
        (settings, {}),
        (settings | {"username": "chris"}, {"domain_accounts": True}),
        (settings | {"realm": "other"}, {"domain_accounts": True}),
    ):
        both = pair(client=client, server={"users": look_up} | server)
        with pytest.raises(LogonDenied) as caught:
            both.login()
        assert caught.value.reason == "realm"
    pair(client=settings | {"realm": None}, server={"users": look_up, "domain_accounts": True}).login()


@pytest.mark.obeys("sasl-realm")
@pytest.mark.parametrize("wanted", ["c", "", lambda _realms: None])
def test_a_realm_that_was_not_offered(pair, wanted):
    """Only what was offered counts."""
    both = pair(client={"realm": wanted}, server={"realms": ("a", "b")})
    with pytest.raises(LogonDenied) as caught:
        both.server.step(both.client.step(both.server.step()))
    assert caught.value.reason == "realm"
