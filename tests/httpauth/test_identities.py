"""Users by realm where a source names them, and origins that refuse in one realm after another."""

from __future__ import annotations

from digest_http.algorithms import Algorithm, by_name
from digest_http.buffers import HTTPMessage
from digest_http.challenge import Challenge
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.client_nonce import ClientNonce
from digest_http.httpauth.origins import Origin
from digest_http.httpauth.protection_spaces import MAX_REALMS, OriginSpaces, SpaceTable
from digest_http.httpauth.realm_refusals import MAX_REFUSED_REALMS, REFUSAL_SECONDS, RealmRefusals

HOME = Origin("http", "server.example", 80)
OLD, NEW = Identity("alice", "old"), Identity("alice", "new")
MD5, SHA = by_name("MD5"), by_name("SHA-256")


def make(realm: bytes, algorithm: Algorithm) -> ClientContext:
    """A context of the user of before."""
    return ClientContext(OLD, realm, algorithm)


def challenged(
    spaces: OriginSpaces, realm: bytes, algorithm: Algorithm = MD5, nonce: bytes = b"n"
) -> tuple[ClientContext, ClientNonce]:
    """A challenge that was taken in."""
    choice = Choice(Challenge(realm, nonce, algorithm.token, (b"auth",)), algorithm, b"auth")
    context = spaces.context_for(choice, make)
    learnt = context.learn(choice)
    assert learnt is not None
    return context, learnt


def accepted(spaces: OriginSpaces, realm: bytes, algorithm: Algorithm = MD5) -> ClientContext:
    """A context that the server has let in."""
    context, nonce = challenged(spaces, realm, algorithm)
    assert spaces.accept(context, nonce, b"/")
    context.accept(nonce)
    return context


def test_another_user_signs_in_all_contexts_of_a_realm() -> None:
    """Those in use, those of other algorithms, and those that have accepted nothing yet; no other realm's."""
    spaces = OriginSpaces(HOME, allow_weaker=True)
    of_realm = [accepted(spaces, b"r"), accepted(spaces, b"r", SHA), challenged(spaces, b"r", by_name("MD5-sess"))[0]]
    others = [accepted(spaces, b"s"), challenged(spaces, b"t")[0]]
    spaces.take_identity(b"r", NEW)
    assert [context.identity for context in of_realm] == [NEW] * 3
    assert [context.identity for context in others] == [OLD] * 2
    assert [spaces.identity_for(realm) for realm in (b"r", b"s")] == [NEW, None]


def test_a_realm_that_is_not_known_yet() -> None:
    """Its user is kept for when it challenges."""
    spaces = OriginSpaces(HOME)
    other = challenged(spaces, b"s")[0]
    spaces.take_identity(b"r", NEW)
    assert (spaces.identity_for(b"r"), other.identity) == (NEW, OLD)


def test_users_of_many_realms() -> None:
    """So many are kept; the one that was told longest ago goes."""
    spaces = OriginSpaces(HOME)
    for number in range(MAX_REALMS):
        spaces.take_identity(b"%d" % number, NEW)
    assert spaces.identity_for(b"0") is NEW
    spaces.take_identity(b"0", OLD)
    spaces.take_identity(b"more", NEW)
    assert [spaces.identity_for(realm) for realm in (b"0", b"1", b"2", b"more")] == [OLD, None, NEW, NEW]


def test_a_new_user_has_a_clean_slate() -> None:
    """Nothing is known of the password; the nonces of before are not signed with, but their counts go on."""
    spaces = OriginSpaces(HOME)
    context = accepted(spaces, b"r")
    nonce = context.pool.current
    assert nonce is not None
    assert context.make_signature(HTTPMessage(b"", b"GET", b"/"), nonce) is not None
    context.refuse(tried=True)
    context.speak_for(NEW)
    assert context.identity is NEW
    assert (context.accepted_at, context.refused, context.trusted) == (0, False, False)
    assert context.pool.current is None
    _, again = challenged(spaces, b"r")
    assert (again.identity, again.count) == (NEW, 1)


def test_an_answer_to_the_user_of_before() -> None:
    """It tells nothing of the one of now."""
    spaces = OriginSpaces(HOME)
    context, nonce = challenged(spaces, b"r")
    context.speak_for(NEW)
    context.accept(nonce)
    assert context.accepted_at == 0


def test_one_and_the_same_user() -> None:
    """By name and password, both as they were given."""
    assert OLD.is_same_as(Identity("alice", "old"))
    others = [NEW, Identity("bob", "old"), Identity(b"alice", "old"), Identity("alice", b"old")]
    assert [OLD.is_same_as(other) for other in others] == [False] * 4


def test_realms_that_refuse_one_after_another() -> None:
    """After some the origin is held back for a minute; a realm that refuses again counts once."""
    refusals = RealmRefusals()
    for number in range(MAX_REFUSED_REALMS):
        assert not refusals.hold(0.0)
        for _ in range(2):
            refusals.note(b"%d" % number, 5.0)
    assert [refusals.hold(now) for now in (5.0, 4.9 + REFUSAL_SECONDS, 5.0 + REFUSAL_SECONDS)] == [True, True, False]
    refusals.clear()
    assert not refusals.hold(5.0)
    for number in range(MAX_REFUSED_REALMS - 1):
        refusals.note(b"%d" % number, 5.0)
    assert not refusals.hold(5.0)
    refusals.note(b"last", 5.0)
    assert refusals.hold(5.0)


def test_the_realms_of_one_origin_share_their_refusals() -> None:
    """A password that was tried and never accepted counts against the origin; one that was accepted does not."""
    spaces = OriginSpaces(HOME)
    contexts = [challenged(spaces, b"%d" % number)[0] for number in range(MAX_REFUSED_REALMS + 1)]
    held = []
    for tried in (False, True):
        for context in contexts[:-1]:
            held.append(contexts[-1].refused)
            context.refuse(tried=tried)
    assert [*held, contexts[-1].refused] == [False] * 2 * MAX_REFUSED_REALMS + [True]
    other = OriginSpaces(HOME)
    trusted = [accepted(other, b"%d" % number) for number in range(MAX_REFUSED_REALMS)]
    for context in trusted:
        context.refuse(tried=True)
    assert not challenged(other, b"more")[0].refused


def test_origins_that_are_created_once() -> None:
    """A server and a proxy of one name are two; each is made with the settings of the table."""
    table = SpaceTable()
    server, proxy = table.create(HOME), table.create(HOME, proxy=True)
    assert table.create(HOME) is server is table.at(HOME)
    assert table.create(HOME, proxy=True) is proxy is table.at(HOME, proxy=True)
    assert (server.proxy, proxy.proxy, server.origin) == (False, True, HOME)
    assert (server.allow_weaker, SpaceTable(allow_weaker=True).create(HOME).allow_weaker) == (False, True)
    assert sorted(table.all(), key=lambda spaces: spaces.proxy) == [server, proxy]
