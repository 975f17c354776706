"""Whatever is remembered is bounded, in entries and octets, whoever fills it: a row for each container that grows."""

from __future__ import annotations

import gc
import logging
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from digest_http.stores import MemoryStore, PackedMemoryStore
from tests.bounds.filled_clients import (
    challenged,
    direct,
    drawn,
    filled,
    identity_realms,
    many_sources,
    offered_nonces,
    origins,
    remembered_paths,
    signed_targets,
)
from tests.bounds.filled_mechanisms import (
    client_sessions,
    deframed,
    server_sessions,
    sspi_exported,
    sspi_live,
    sspi_realms,
    ticking,
)
from tests.bounds.filled_servers import (
    cached_users,
    counted,
    logged_in,
    logged_in_anywhere,
    openings,
    recognised_nonces,
    refused_logins,
    shapes,
    wide,
)
from tests.bounds.growing import growing

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
    "digest_http.httpauth.token_shapes.Shapes": [Row(shapes, 3000, 500 * KIB), Row(openings, 12_000, 9 * MIB)],
    "digest_http.httpauth.nonce_macs.NonceMacs": [Row(recognised_nonces, 12_000, 5 * MIB)],
    "digest_http.httpauth.nonce_pool.NoncePool": [
        Row(offered_nonces, 150, 500 * KIB, NONCES),
        Row(lambda: challenged(filled(1000)), 150, 400 * KIB, NONCES),
        Row(lambda: challenged(filled(3000)), 150, 60 * KIB),
    ],
    "digest_http.httpauth.client.ClientContext": [Row(signed_targets, 400, 600 * KIB, PENDING)],
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
    "digest_http.stores.nonce_states.NonceStates": [Row(lambda: counted(MemoryStore(500), 1), 4000, 500 * KIB)],
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
    "digest_http.httpauth.server.ServerContext": "next nonces of one answer: one each time its proof is made",
    "digest_http.guard.logouts.MemoryLogouts": "users whom the program has logged out, for a lifetime of nonces",
    "digest_http.users.mapping.MappingUsers": "one entry a user and hash, set by the program",
    "digest_http.users.tables.Table": "one entry a line of the administrator's file",
    "digest_http.forks": "objects that are alive, and during a fork those that were told of it",
    "digest_http.stores.redis_loops": "connections carried across forks: one an event loop and fork",
    "digest_http.stores.redis_loops.PerLoop": "one entry an event loop that is alive",
    "digest_http.stores.redis._Line": "steps of requests under way",
    "digest_http.stores.packed_table": "one page that is never written to, for all pages without a record",
    "digest_http.stores.sqlite": "connections carried across forks, which may not even be closed: one a fork",
    "digest_http.stores.sqlite_turns.Turn": "steps of requests that one turn of an event loop brings",
    "digest_http.stores.sqlite_turns.Turns": "one entry an event loop that is within a turn",
    "digest_http_middleware.deadlines.Deadlines": "one entry an event loop that is alive",
    "digest_http_middleware.deadlines._Queue": "waits of requests under way",
    "digest_http_middleware.presence.Seen": "nonces of one user, as many as NONCES_OF_USER; the table has a row",
    "digest_http_middleware.shared_presence": "tables that are alive",
    "digest_http_middleware.pieces.Pieces": "one body, of a request or an answer, as far as it may be held back",
    "digest_http_client_auth.aiohttp_redirects.Redirects": "one entry a task that is alive and DigestAuth that it used",
    "digest_http_client_auth.held_pieces.HeldPieces": "the body of one request, which its caller has given",
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
