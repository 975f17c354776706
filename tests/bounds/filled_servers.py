"""What strangers and users can put into a server's memory. Each function gives one that puts in one entry."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import create_engine

from digest_http.algorithms import by_name
from digest_http.credentials import Credentials
from digest_http.errors import SourceUnavailable
from digest_http.guard import Event
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.sequence import ReplayDetect
from digest_http.httpauth.terms import Terms
from digest_http.httpauth.token_shapes import MAX_HEAD_OCTETS, Shapes
from digest_http.stores import MemoryStore, PackedMemoryStore
from digest_http.users import CachedUsers, CallableUsers
from digest_http_middleware.presence import LoggedIn
from digest_http_middleware.shared_presence import SharedLoggedIn
from tests.attacks.driver import REALM, Server
from tests.stores.nonce_stores import Clock, count, source_for

SHA_256 = by_name("SHA-256")


def cached_users(name: Callable[[int], str]) -> Callable[[int], object]:
    """A cache before users that nobody is, asked for these names."""
    users = CachedUsers(CallableUsers(lambda *_: None), 60, 1000)
    return lambda number: users.ha1(name(number), "realm", SHA_256)


def wide(number: int, length: int) -> str:
    """A name of characters that take four octets each."""
    return f"{number:08d}" + "\N{GRINNING FACE}" * (length - 8)


def shapes() -> Callable[[int], object]:
    """A user with a password who sends each token in another order, with a name as long as a field may be."""
    known, source = Shapes(), NonceSource(b"x", [b"k" * 32], b"0" * 8)
    acceptor = Acceptor("x", [SHA_256], source)
    names = ["username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce", "opaque"]

    def teach(number: int) -> None:
        values = dict.fromkeys(names, "x") | {"nc": "00000001", "qop": "auth"}
        values["username"] = "u" * (100 if number % 2 else 7000)
        order = sorted(names, key=lambda name: hash((number, name)))
        token = ", ".join(f'{name}="{values[name]}"' for name in order).encode()
        if known.open(acceptor, token) is None:
            known.learn(token, Terms(Credentials.parse(token), SHA_256, source, b"x", b""))

    return teach


def openings() -> Callable[[int], object]:
    """A user with a password who asks for another long target each time, with one nonce."""
    source = NonceSource(b"x", [b"k" * 32], b"0" * 8)
    known, acceptor, nonce = Shapes(), Acceptor("x", [SHA_256], source), source.issue().decode()

    def use(number: int) -> None:
        opening = f'username="u", realm="x", nonce="{nonce}", uri="/'
        # A longer one is not kept: test_long_openings_are_not_kept.
        uri = f"{number:0{MAX_HEAD_OCTETS - len(opening) - 16}d}"
        token = f'{opening}{uri}", response="{number:064x}", qop=auth, nc=00000001, cnonce="c0"'.encode()
        context = known.open(acceptor, token)
        if context is None:
            known.learn(token, Terms(Credentials.parse(token), SHA_256, source, b"x", b""))
            return
        # As with auth-int, where most is kept.
        context.opening.asked = b"GET", b"%064d" % number, b"%064x" % number
        context.opening.answered = b"", b"%064d" % -number, b"%064x" % -number
        known.keep(context.opening, b"%064x" % number, b"c0")
        again = known.open(acceptor, token)
        assert again is not None
        assert again.opening is context.opening

    return use


def recognised_nonces() -> Callable[[int], object]:
    """A user with a password who asks for a new nonce each time."""
    macs = NonceSource(b"realm", [b"k" * 32], b"0" * 8).kind.macs()

    def use(number: int) -> None:
        assert macs.recognise(macs.signed(b"%046x" % number)) is not None
        assert macs.recognise(b"%08d" % number * 1000) is None

    return use


def counted(store: MemoryStore | PackedMemoryStore, *counts: int) -> Callable[[int], object]:
    """A store in memory, and a client that uses each nonce for these counts."""
    clock = Clock()

    def use(_number: int) -> None:
        clock.now += 0.001
        nonces = source_for(store, clock)  # whose own memory is another row's
        nonce = nonces.issue()
        for nc in counts:
            count(store, nonces, nonce, nc, ReplayDetect(128))

    return use


def refused_logins() -> Callable[[int], object]:
    """A middleware that strangers send wrong credentials, with names of their own and with nonces of others."""
    server = Server(users={"alice": "s3cret"}, realm=REALM)
    signer = server.signer()

    def attempt(number: int) -> None:
        signer.username = wide(number, 200)
        assert server.get(signer, password=None, nonce=f"{number:078x}").status == 401

    return attempt


def logged_in() -> Callable[[int], object]:
    """A table with users and nonces that are new each time."""
    table = LoggedIn(capacity=300)
    usual = Event("wonder", "accepted", None, "alice", "MD5", "auth", None, "GET", 1, 0, 0.0, ())
    return lambda number: table(usual._replace(username=wide(number, 200), nonce_id=number))


def logged_in_anywhere() -> Callable[[int], object]:
    """The same before a database that is out of reach."""
    table = SharedLoggedIn(create_engine("sqlite:////nowhere/presence.db"), every=200, capacity=300)
    usual = Event("wonder", "accepted", None, "alice", "MD5", "auth", None, "GET", 1, 0, 0.0, ())

    def note(number: int) -> None:
        table(usual._replace(username=wide(number, 200), nonce_id=number))
        if number % 500 == 0:
            with pytest.raises(SourceUnavailable):
                table.users()
            table.close()

    return note
