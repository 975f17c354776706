"""Whatever is remembered is bounded, in entries and octets, whoever fills it: a row for each container that grows."""

from __future__ import annotations

import gc
import logging
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine

from digest_http import sspi
from digest_http.algorithms import by_name
from digest_http.challenge import MAX_REPEATED_OCTETS, parse_challenges
from digest_http.errors import DigestError, SourceUnavailable
from digest_http.guard import Event
from digest_http.httpauth import DigestClient
from digest_http.httpauth.challenge_selection import Preference, choose
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.cnonce_source import CnonceSource
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.path_memory import PathMemory
from digest_http.httpauth.sequence import ReplayDetect
from digest_http.httpauth.token_shapes import Shapes
from digest_http.sasl import ClientSessions, DigestMD5Client, DigestMD5Server, ServerSessions
from digest_http.sasl.framing import Deframer
from digest_http.stores import MemoryStore, PackedMemoryStore
from digest_http.users import CachedUsers, CallableUsers
from digest_http_client_auth import DigestAuth
from digest_http_middleware.presence import LoggedIn
from digest_http_middleware.shared_presence import SharedLoggedIn
from tests.attacks.driver import REALM, Clock, Server
from tests.bounds.growing import growing
from tests.sspi.wiring import HTTPPair, server_handle
from tests.stores.nonce_stores import Clock as StoreClock
from tests.stores.nonce_stores import count, source_for

SHA_256 = by_name("SHA-256")
KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Row:
    """One container: `make` gives a function that puts the entry of a number in, as a stranger would choose it."""

    make: Callable[[], Callable[[int], object]]
    entries: int
    """How many are put in: several times what is kept."""
    octets: int
    """What they may take in memory, all together."""
    limits: Mapping[str, int] = field(default_factory=dict[str, int])
    """Limits of the packages that are set lower, so that they are reached soon."""


def cached_users(name: Callable[[int], str]) -> Callable[[int], object]:
    """A cache before users that nobody is, asked for these names."""
    users = CachedUsers(CallableUsers(lambda *_: None), 60, 1000)
    return lambda number: users.ha1(name(number), "realm", SHA_256)


def wide(number: int, length: int) -> str:
    """A name of characters that take four octets each."""
    return f"{number:08d}" + "\N{GRINNING FACE}" * (length - 8)


def shapes() -> Callable[[int], object]:
    """A user with a password who sends each token in another order, with a name as long as a field may be."""
    known = Shapes()
    names = ["username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce", "opaque"]

    def teach(number: int) -> None:
        values = dict.fromkeys(names, "x") | {"nc": "00000001", "qop": "auth"}
        values["username"] = "u" * (100 if number % 2 else 7000)
        order = sorted(names, key=lambda name: hash((number, name)))
        token = ", ".join(f'{name}="{values[name]}"' for name in order).encode()
        if known.read(token) is None:
            known.learn(token, SHA_256)

    return teach


def recognised_nonces() -> Callable[[int], object]:
    """A user with a password who asks for a new nonce each time."""
    source = NonceSource(b"realm", [b"k" * 32], b"0" * 8)
    return lambda number: [source.recognise(source.issue()), source.recognise(b"%08d" % number * 1000)]


def exchanged(auth: DigestAuth, url: str, answer: Callable[[bool], httpx.Response]) -> None:
    """One call of a client, driven by hand: a response for each request, by whether it is signed."""
    request = httpx.Request("GET", url)
    flow = auth.sync_auth_flow(request)
    try:
        request = next(flow)
        while True:
            response = answer("authorization" in request.headers)
            response.request = request
            request = flow.send(response)
    except (StopIteration, DigestError):
        flow.close()


def challenged(server_says: Callable[[int], str]) -> Callable[[int], object]:
    """One client of a server that challenges each request as it likes."""
    auth = DigestAuth("alice", "s3cret")

    def request(number: int) -> None:
        headers = {"www-authenticate": server_says(number)}
        exchanged(
            auth,
            f"http://server.example/{number}",
            lambda signed: httpx.Response(200 if signed and number % 3 == 0 else 401, headers=headers),
        )

    return request


def filled(size: int, *, realm: bool = False) -> Callable[[int], str]:
    """A challenge with each value `size` octets long."""
    return lambda n: (
        f'Digest realm="{n if realm else 0:08d}{"r" * (size - 8)}", nonce="{n:08d}{"n" * size}", '
        f'opaque="{"o" * size}", qop="auth", domain="{"/ " * (size // 2)}"'
    )


def origins() -> Callable[[int], object]:
    """A client that is challenged at one origin after the other."""
    auth = DigestAuth("alice", "s3cret")
    headers = {"www-authenticate": 'Digest realm="r", nonce="n", qop="auth"'}

    def request(number: int) -> None:
        url = f"http://host{number}.example/"
        exchanged(auth, url, lambda signed: httpx.Response(200 if signed else 401, headers=headers))

    return request


def identity_realms() -> Callable[[int], object]:
    """One user at as many realms as somebody names, each as long as a challenge may make it."""
    identity = Identity("alice", "s3cret")
    return lambda number: identity.ha1(SHA_256, b"%08d" % number + b"r" * (MAX_REPEATED_OCTETS - 8), "utf-8")


def offered_nonces() -> Callable[[int], object]:
    """A context that is offered one nonce after the other, as long as a challenge may make it."""
    context = ClientContext(Identity("alice", "s3cret"), b"r", SHA_256)

    def offer(number: int) -> None:
        nonce = f"{number:08d}".ljust(MAX_REPEATED_OCTETS - 10, "n")
        field = f'Digest realm="r", nonce="{nonce}", qop="auth,auth-int", algorithm=SHA-256'
        choice = choose(parse_challenges([field.encode()]), Preference(), print)
        assert choice is not None
        context.learn(choice)

    return offer


def direct(*, realm: bool) -> Callable[[int], object]:
    """A client without I/O that is challenged and never signs."""
    client = DigestClient("alice", "s3cret")
    challenge = filled(1000, realm=realm)
    return lambda number: client.challenged(challenge(number), None)


def drawn() -> Callable[[int], object]:
    """A source of cnonces."""
    source = CnonceSource()
    return lambda _number: source.draw()


def many_sources() -> Callable[[int], object]:
    """Sources of cnonces that come and go."""
    return lambda _number: CnonceSource().draw()


def sasl_login(number: int, *, server: ServerSessions | None = None, client: ClientSessions | None = None) -> None:
    """One full login, at a host of its own."""
    host = f"host{number}"
    one = DigestMD5Client("alice", "s3cret", service="ldap", host=host, sessions=client)
    other = DigestMD5Server({"alice": "s3cret"}, service="ldap", host=host, realms="r", sessions=server)
    one.step(other.step(one.step(other.step())))
    assert one.complete


def server_sessions(**settings: Any) -> Callable[[int], object]:
    """A server's nonces that may be used again."""
    sessions = ServerSessions(**settings)
    return lambda number: sasl_login(number, server=sessions)


def client_sessions() -> Callable[[int], object]:
    """A client's challenges that may be answered again."""
    sessions = ClientSessions(capacity=10)
    return lambda number: sasl_login(number, client=sessions)


def ticking() -> Callable[[], float]:
    """A clock that goes on by a second each time it is looked at."""
    clock = Clock()

    def seconds() -> float:
        clock.now += 1
        return clock.now

    return seconds


def deframed() -> Callable[[int], object]:
    """Records that arrive in pieces."""
    deframer = Deframer(limit=1000)

    def feed(_number: int) -> object:
        return deframer.feed(b"\0\0\3\xe8" + b"x" * 1000)

    return feed


def sspi_realms() -> Callable[[int], object]:
    """One handle of accounts for as many realms as the caller names."""
    pair = HTTPPair()
    return lambda number: pair.challenge(realm=f"realm{number}")


def sspi_live() -> Callable[[int], object]:
    """One handle of accounts, and a login after the other, each when the nonce before is over."""
    clock = Clock()
    handle = server_handle(clock=clock)

    def login(_number: int) -> None:
        HTTPPair(server_handle=handle).login()
        clock.now += 1000

    return login


def sspi_exported() -> Callable[[int], object]:
    """Contexts that are exported and never imported."""
    context = HTTPPair().login().client
    return lambda _number: sspi.export_security_context(context)


def counted(store: MemoryStore | PackedMemoryStore, *counts: int) -> Callable[[int], object]:
    """A store in memory, and a client that uses each nonce for these counts."""
    clock = StoreClock()

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


def remembered_paths() -> Callable[[int], object]:
    """Paths of one realm that its challenge does not name."""
    paths = PathMemory()
    return lambda number: paths.add(f"/{number:0100d}".encode())


NONCES = {"digest_http.httpauth.nonce_pool.MAX_NONCES": 16}
PENDING = {"digest_http.httpauth.digest_client.MAX_PENDING": 8}
REALMS = {"digest_http.httpauth.protection_spaces.MAX_REALMS": 4}
ORIGINS = {"digest_http.httpauth.protection_spaces.MAX_ORIGINS": 20, "digest_http_client_auth.session.MAX_URLS": 20}

#: Container -> its rows. The figures are some twice what was measured.
ROWS: dict[str, list[Row]] = {
    "digest_http.users.cached.CachedUsers": [
        Row(lambda: cached_users(lambda n: wide(n, 255)), 4000, 3 * MIB),
        Row(lambda: cached_users(lambda n: wide(n, 7000)), 3000, 100 * KIB),
    ],
    "digest_http_middleware.presence.LoggedIn": [Row(logged_in, 4000, 1000 * KIB)],
    "digest_http_middleware.shared_presence.SharedLoggedIn": [Row(logged_in_anywhere, 4001, 1000 * KIB)],
    "digest_http.httpauth.token_shapes.Shapes": [Row(shapes, 3000, 500 * KIB)],
    "digest_http.httpauth.nonces.NonceSource": [Row(recognised_nonces, 12_000, 5 * MIB)],
    "digest_http.httpauth.nonce_pool.NoncePool": [
        Row(offered_nonces, 150, 500 * KIB, NONCES),
        Row(lambda: challenged(filled(1000)), 150, 400 * KIB, NONCES),
        Row(lambda: challenged(filled(3000)), 150, 60 * KIB),
    ],
    "digest_http.httpauth.digest_client.DigestClient": [
        Row(lambda: direct(realm=False), 150, 300 * KIB, {**NONCES, **PENDING}),
        Row(lambda: direct(realm=True), 150, 300 * KIB, PENDING),
    ],
    "digest_http.httpauth.client_identity.Identity": [Row(identity_realms, 2000, 3 * MIB)],
    "digest_http.httpauth.path_memory.PathMemory": [Row(remembered_paths, 3000, 500 * KIB)],
    "digest_http.httpauth.protection_spaces._Space": [
        Row(lambda: challenged(filled(1000, realm=True)), 150, 500 * KIB, REALMS)
    ],
    "digest_http.httpauth.protection_spaces.OriginSpaces": [],  # the row before: it keeps those
    "digest_http.httpauth.protection_spaces.SpaceTable": [Row(origins, 250, 300 * KIB, ORIGINS)],
    "digest_http_client_auth.session.Session": [],  # the row before: a client keeps both
    "digest_http.httpauth.cnonce_source.CnonceSource": [Row(drawn, 1000, 40 * KIB)],
    "digest_http.httpauth.cnonce_source": [Row(many_sources, 1000, 40 * KIB)],
    "digest_http.sasl.framing.Deframer": [Row(deframed, 1000, 40 * KIB)],
    "digest_http.sasl.reauthentication.ServerSessions": [
        Row(lambda: server_sessions(capacity=10), 150, 60 * KIB),
        Row(lambda: server_sessions(lifetime=3, clock=ticking()), 150, 60 * KIB),
    ],
    "digest_http.sasl.reauthentication.ClientSessions": [Row(client_sessions, 150, 60 * KIB)],
    "digest_http.sspi.contexts.http_realms.HTTPService": [
        Row(sspi_realms, 300, 3 * MIB),
        Row(sspi_live, 100, 150 * KIB),
    ],
    "digest_http.sspi.lifetime._Exports": [Row(sspi_exported, 4000, 500 * KIB)],
    "digest_http.stores.memory.MemoryStore": [Row(lambda: counted(MemoryStore(500), 1), 4000, 500 * KIB)],
    "digest_http.stores.packed_table.PackedTable": [
        # So many that what counts the lines that tests reach weighs little beside them.
        Row(lambda: counted(PackedMemoryStore(2000), 1), 8000, 64 * 2000),
        # All places are taken, so that each state stands aside.
        Row(lambda: counted(PackedMemoryStore(500), 1, 400), 2000, 350 * 500),
    ],
}

#: What has no container of its own to show.
OTHERS: dict[str, list[Row]] = {"digest_http_middleware": [Row(refused_logins, 400, 30 * KIB)]}

#: Containers that need no row, with the reason.
NOT_CACHES = {
    "digest_http.guard.logouts.MemoryLogouts": "users whom the program has logged out, for a lifetime of nonces",
    "digest_http.users.mapping.MappingUsers": "one entry a user and hash, set by the program",
    "digest_http.users.tables.Table": "one entry a line of the administrator's file",
    "digest_http.forks": "objects that are alive, and during a fork those that were told of it",
    "digest_http.stores.redis_loops": "connections carried across forks: one an event loop and fork",
    "digest_http.stores.redis_loops.PerLoop": "one entry an event loop that is alive",
    "digest_http.stores.redis._Line": "steps of requests under way",
    "digest_http.stores.packed_table": "one page that is never written to, for all pages without a record",
    "digest_http.stores.sqlite": "connections carried across forks, which may not even be closed: one a fork",
    "digest_http_middleware.deadlines.Deadlines": "one entry an event loop that is alive",
    "digest_http_middleware.deadlines._Queue": "waits of requests under way",
    "digest_http_middleware.presence.Seen": "nonces of one user, as many as NONCES_OF_USER; the table has a row",
    "digest_http_middleware.shared_presence": "tables that are alive",
    "digest_http_middleware.held_bodies.Pieces": "one body, of a request or an answer, as far as it may be held back",
    "digest_http_client_auth.aiohttp_redirects.Redirects": "one entry a task that is alive and DigestAuth that it used",
    "digest_http_client_auth.requests_begun.BaseCall": "requests of one call that are under way",
    "digest_http_client_auth.requests_family.RequestsLibrary": "one entry a request that is alive",
    "digest_http_client_auth.requests_proxies._TunnelAnswer": "the answer to one CONNECT",
    "digest_http_client_auth.urllib3_pools.Calls": "the call that is under way in a thread",
    "digest_http.sasl.libraries.hadoop_rpc.HadoopRPC": "the octets of one answer, as long as an answer may be",
    "digest_http.sasl.async_streams.LayeredStream": "verified octets of one stream, a record at most beyond the call",
    "digest_http_client_auth.library_errors": "one class an error and library",
    "digest_http.httpauth.retries.Retries": "the tries of one call, as many as its rules allow",
}


def test_every_container_that_grows_is_known():
    """A new one needs a row, or a reason why it needs none; one that is gone needs neither."""
    assert growing() == {*ROWS, *NOT_CACHES}


@pytest.fixture
def _silence():
    """No log: pytest keeps the records of a test, which is no memory of ours."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=name) for table in (ROWS, OTHERS) for name, rows in table.items() for row in rows]
)
@pytest.mark.usefixtures("_silence")
def test_memory_is_bounded(row, monkeypatch):
    """Many times what is kept, and what it takes stays under the bound."""
    for limit, value in row.limits.items():
        monkeypatch.setattr(limit, value)
    put = row.make()
    put(0)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(1, row.entries):
            put(number)
        # What is only waiting for the collector is not kept.
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken < row.octets
