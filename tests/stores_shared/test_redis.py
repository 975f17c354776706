"""What the Redis store adds to the shared suite: a server that restarts, forgets, fails over, and its URLs."""

import asyncio
import os
import signal
import subprocess
import sys
from typing import Any

import pytest
import redis
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest_http.errors import ConfigurationError
from digest_http.httpauth.sequence import MAX_NC, ReplayDetect, SequenceDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import open_store
from digest_http.stores.redis import RedisStore
from digest_http.stores.redis_clients import connector
from tests.live.peers import HOST, free_port, running, wait_until_listening
from tests.stores.nonce_stores import Clock, source_for
from tests.stores_shared.redis_opener import RedisFromAnyThread
from tests.stores_shared.redis_servers import RedisServer

ACCEPTED, FORGOTTEN, REPLAYED = Verdict.ACCEPTED, Verdict.FORGOTTEN, Verdict.REPLAYED
RULE = ReplayDetect()


@pytest.fixture
def server(tmp_path):
    """A server that a test may kill."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


class Worker:
    """A store in the running event loop, and nonces issued on it."""

    def __init__(self, url, clock=None, lifetime=300):
        self.store: Any = open_store(url)
        self.clock = clock or Clock()
        self.lifetime = lifetime

    async def __aenter__(self):
        await self.use(self.issue(), 1)  # learns the epoch
        return self

    async def __aexit__(self, *_):
        await self.store.close()

    @property
    def nonces(self):
        return source_for(self.store, self.clock, self.lifetime)

    def issue(self):
        """A nonce of the epoch known now."""
        return self.nonces.issue()

    async def use(self, nonce, *counts, rule=RULE):
        """The verdicts on some counts; one alone if there is one."""
        nonce_id, epoch = self.nonces.recognise(nonce)
        verdicts = [await self.store.advance(nonce_id, epoch, nc, rule, self.nonces.now()) for nc in counts]
        return verdicts if len(verdicts) > 1 else verdicts[0]


def in_loop(coroutine):
    """Run a test's coroutine."""
    asyncio.run(coroutine)


def test_a_restart_without_data(server):
    """Nothing is left of the counts, so nonces of before are stale for good."""

    async def scenario():
        async with Worker(server.url) as worker:
            nonce = worker.issue()
            assert await worker.use(nonce, 1) is ACCEPTED
            server.kill()
            server.start()
            assert await worker.use(nonce, 1, 2, 1000) == [FORGOTTEN] * 3
            assert await worker.use(worker.issue(), 1) is ACCEPTED

    in_loop(scenario())


@pytest.mark.parametrize("kept", ["snapshot", "append-only file"])
def test_a_restart_with_old_data(tmp_path, kept):
    """The counts since the snapshot are lost; that the server is another run of itself gives it away."""
    log = ["--appendonly", "yes", "--appendfsync", "everysec"]
    server = RedisServer(tmp_path, *([] if kept == "snapshot" else log))
    server.start()

    async def scenario():
        async with Worker(server.url) as worker:
            nonce = worker.issue()
            assert await worker.use(nonce, 1) is ACCEPTED
            with redis.Redis.from_url(server.url) as client:
                client.save()
            assert await worker.use(nonce, 2) is ACCEPTED
            server.kill()
            server.start()
            assert await worker.use(nonce, 2, 3) == [FORGOTTEN] * 2
            assert await worker.use(worker.issue(), 1) is ACCEPTED

    try:
        in_loop(scenario())
    finally:
        server.stop()


@pytest.mark.parametrize("loss", ["all", "life", "bucket"])
def test_lost_keys(server, loss):
    """Flushed, evicted, or expired by a clock that jumped: no replay, and new nonces are good at once."""

    async def scenario():
        async with Worker(server.url) as worker:
            nonce = worker.issue()
            assert await worker.use(nonce, 1) is ACCEPTED
            with redis.Redis.from_url(server.url) as client:
                keys = client.keys("*")
                lost = [key for key in keys if loss == "all" or key.endswith(b":life") == (loss == "life")]
                assert lost
                client.delete(*lost)
            assert ACCEPTED not in await worker.use(nonce, 1, 2, 1)
            assert await worker.use(worker.issue(), 1) is ACCEPTED
            assert ACCEPTED not in await worker.use(nonce, 1, 2, 1000)

    in_loop(scenario())


def test_eviction(tmp_path):
    """A server that is short of memory throws counts away: thousands of nonces, and no replay is accepted."""
    server = RedisServer(tmp_path, "--maxmemory-policy", "allkeys-random")
    server.start()
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 200_000)

    async def scenario():
        clock = Clock()
        async with Worker(server.url, clock) as worker:
            used = []
            for _ in range(4000):
                clock.now += 0.5
                nonce = worker.issue()
                if await worker.use(nonce, 1) is ACCEPTED:
                    used.append(nonce)
                if len(used) % 10 == 0 and used:
                    clock.now -= 0.5
                    assert await worker.use(used[-5 if len(used) > 5 else -1], 1) is not ACCEPTED
            with redis.Redis.from_url(server.url) as client:
                assert client.info("stats")["evicted_keys"] > 0
            assert ACCEPTED not in [await worker.use(nonce, 1) for nonce in used[-500:]]

    try:
        in_loop(scenario())
    finally:
        server.stop()


def test_a_clock_set_back_an_hour_locks_nobody_out(server):
    """Buckets that are over lie in the future now; a new epoch begins and new nonces are good."""

    async def scenario():
        clock = Clock()
        async with Worker(server.url, clock, 60) as worker:
            old = [worker.issue() for _ in range(3)]
            assert [await worker.use(nonce, 1) for nonce in old] == [ACCEPTED] * 3
            clock.now += 200
            assert await worker.use(worker.issue(), 1) is ACCEPTED
            clock.now -= 3600
            assert await worker.use(worker.issue(), 1) is FORGOTTEN
            nonce = worker.issue()
            assert await worker.use(nonce, 1, 1, 2) == [ACCEPTED, REPLAYED, ACCEPTED]
            clock.now += 3600
            assert ACCEPTED not in [await worker.use(nonce, 1) for nonce in old]

    in_loop(scenario())


def test_a_bucket_that_is_over_is_not_begun_again(server):
    """Its nonces were swept out; to a worker whose clock is a little behind they are not new."""

    async def scenario():
        clock = Clock()
        async with Worker(server.url, clock, 60) as worker:
            nonce = worker.issue()
            assert await worker.use(nonce, 1) is ACCEPTED
            with redis.Redis.from_url(server.url) as client:
                swept = [key for key in client.keys("*") if not key.endswith(b":life")]
                clock.now += 110
                assert await worker.use(worker.issue(), 1) is ACCEPTED
                client.delete(*swept)
            clock.now -= 55
            assert await worker.use(nonce, 1) is FORGOTTEN
            assert await worker.use(worker.issue(), 1) is ACCEPTED

    in_loop(scenario())


def test_another_policy_forgets(server):
    """A ring of one window read as one of another would accept counts again."""

    async def scenario():
        async with Worker(server.url) as worker:
            nonce = worker.issue()
            assert await worker.use(nonce, 1) is ACCEPTED
            for other in (ReplayDetect(64), SequenceDetect()):
                assert await worker.use(nonce, 1, 2, rule=other) == [FORGOTTEN] * 2
            assert await worker.use(nonce, 2) is ACCEPTED

    in_loop(scenario())


def test_keys_expire_with_their_nonces(server):
    """Each bucket within a minute of its last nonce; and a nonce with a full window takes under 200 octets."""

    async def scenario():
        async with Worker(server.url, lifetime=100) as worker:
            for _ in range(1000):
                await worker.use(worker.issue(), 1)
            with redis.Redis.from_url(server.url) as client:
                buckets = [key for key in client.keys("*") if not key.endswith(b":life")]
                assert min(client.ttl(key) for key in buckets) >= 100
                assert max(client.ttl(key) for key in buckets) <= 160
                assert sum(client.memory_usage(key, samples=0) for key in buckets) <= 200 * 1000

    in_loop(scenario())


def test_steps_share_a_round_trip(server):
    """Fifty requests that wait together cost two or three commands, and each gets its own verdict."""

    async def scenario():
        async with Worker(server.url) as worker:
            nonces = [worker.issue() for _ in range(25)]
            with redis.Redis.from_url(server.url) as client:
                client.config_resetstat()
                verdicts = await asyncio.gather(*(worker.use(nonce, 1) for nonce in nonces * 2))
                assert client.info("commandstats")["cmdstat_evalsha"]["calls"] <= 3
            assert verdicts == [ACCEPTED] * 25 + [REPLAYED] * 25

    in_loop(scenario())


@st.composite
def windows_and_counts(draw):
    """A window, and counts that go round its ring a few times, or stand at the very end."""
    window = draw(st.sampled_from([0, 1, 7, 8, 9, 16, 64, 130]))
    near = st.integers(1, 3 * window + 5)
    return window, draw(st.lists(st.one_of(near, near, near, st.integers(MAX_NC - 3, MAX_NC)), min_size=1, max_size=40))


@example((8, [*range(1, 9), 10, 9]))
@given(windows_and_counts())
@settings(max_examples=100)
def test_lua_and_python_agree(window_and_counts):
    """Whatever the order of counts, the script's verdicts are those of the rule."""
    window, counts = window_and_counts
    rule = ReplayDetect(window) if window else SequenceDetect()
    store = RedisFromAnyThread()
    nonces = source_for(store, Clock())
    nonce_id, epoch = nonces.recognise(nonces.issue()) or (0, b"")
    state = 0
    for nc in counts:
        verdict, state = rule.advance(state, nc)
        assert store.advance(nonce_id, epoch, nc, rule, nonces.now()) is verdict


def test_a_cluster(tmp_path):
    """All keys have one hash tag, so that the script runs on one node."""
    server = RedisServer(tmp_path, "--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    server.start()

    async def scenario():
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            for _ in range(200):
                if "cluster_state:ok" in str(client.execute_command("CLUSTER", "INFO")):
                    break
                await asyncio.sleep(0.05)
        async with Worker(f"redis+cluster://{HOST}:{server.port}") as worker:
            assert await worker.use(worker.issue(), 1, 1) == [ACCEPTED, REPLAYED]

    try:
        in_loop(scenario())
    finally:
        server.stop()


def test_sentinel(server, tmp_path):
    """The master is asked for by its service name."""
    port, log = free_port(), tmp_path / "sentinel.log"
    configuration = tmp_path / "sentinel.conf"
    configuration.write_text(f"port {port}\nbind {HOST}\nsentinel monitor counts {HOST} {server.port} 1\n", "ascii")

    async def scenario():
        async with Worker(f"redis+sentinel://{HOST}:{port}/counts/0") as worker:
            assert await worker.use(worker.issue(), 1, 1) == [ACCEPTED, REPLAYED]

    with running([server.program, str(configuration), "--sentinel"], log) as process:
        wait_until_listening(process, port, log)
        in_loop(scenario())


def test_several_event_loops(server):
    """Starlette's test client begins a loop for each request; each has connections of its own."""
    store = open_store(server.url)
    assert isinstance(store, RedisStore)

    async def once():
        nonces = source_for(store, Clock())
        nonce_id, epoch = nonces.recognise(nonces.issue()) or (0, b"")
        verdict = await store.advance(nonce_id, epoch, 1, RULE, nonces.now())
        await store.close()
        return verdict

    assert [asyncio.run(once()) for _ in range(3)] == [FORGOTTEN, ACCEPTED, ACCEPTED]


@pytest.mark.parametrize(
    "url",
    ["redis+sentinel://h", "redis://h:port", "redis://u:s3cret@h:x/0", "redis+cluster://h:x", "gopher://u:s3cret@h"],
)
def test_settings_that_cannot_work(url):
    """Said where they are written, without the password."""
    with pytest.raises(ConfigurationError) as caught:
        open_store(url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["redis", "rediss", "valkey", "valkeys", "unix"])
def test_schemes(scheme):
    """TLS and Valkey by their schemes; nothing is sent before the first step, and no password is shown."""
    store = open_store(f"{scheme}://:s3cret@{HOST}:1/0")
    assert "s3cret" not in repr(store)


def test_a_missing_extra_is_said():
    """Without the client library the setting says what to install."""
    code = "import sys; sys.modules['redis'] = None\nfrom digest_http.stores import open_store; open_store('redis://h')"
    child = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        env={"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    assert b"digest-http[redis]" in child.stderr


def test_a_decoding_client_is_refused(server):
    """decode_responses would make text of octets."""

    async def scenario():
        url = f"{server.url}?decode_responses=True"
        store = RedisStore(connector(url))
        with pytest.raises(TypeError, match="decode_responses"):
            await store.advance(2**150, b"0" * 8, 1, RULE, 0)
        await store.close()

    in_loop(scenario())


def test_whoever_gave_up_waiting_needs_no_count(server):
    """A request that timed out is not counted later, and those behind it are."""

    async def scenario():
        async with Worker(server.url) as worker:
            nonce = worker.issue()
            assert await worker.use(nonce, 1) is ACCEPTED
            server.process.send_signal(signal.SIGSTOP)
            waiting = [asyncio.ensure_future(worker.use(nonce, nc)) for nc in (2, 3)]
            await asyncio.sleep(0.05)
            late = asyncio.ensure_future(worker.use(nonce, 4))
            await asyncio.sleep(0.05)
            for task in (waiting[0], late):
                task.cancel()
            await asyncio.sleep(0)
            server.process.send_signal(signal.SIGCONT)
            assert await waiting[1] is ACCEPTED
            assert await worker.use(nonce, 2, 4) == [REPLAYED, ACCEPTED]

    in_loop(scenario())


def test_a_loop_that_ends_in_the_middle(server):
    """Nobody waits for ever: what was under way is cancelled with the loop."""

    async def scenario():
        worker = Worker(server.url)
        nonce_id, epoch = worker.nonces.recognise(worker.issue()) or (0, b"")
        server.process.send_signal(signal.SIGSTOP)
        answer = worker.store.advance(nonce_id, epoch, 1, RULE, 0)
        await asyncio.sleep(0.05)
        (sender,) = asyncio.all_tasks() - {asyncio.current_task()}
        sender.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answer
        await worker.store.close()
        await worker.store.close()
        server.process.send_signal(signal.SIGCONT)

    in_loop(scenario())
