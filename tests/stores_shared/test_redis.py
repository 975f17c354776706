"""What the Redis store adds to the shared suite: a server that restarts, forgets, or runs short of memory."""

import pytest
import redis

from digest_http.stores.redis_script import LAYOUT
from tests.stores.nonce_stores import Clock
from tests.stores_shared.redis_servers import RedisServer
from tests.stores_shared.redis_worker import ACCEPTED, FORGOTTEN, REPLAYED, Worker, in_loop

pytestmark = pytest.mark.live


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
def test_a_restart_with_old_data(tmp_path, kind, kept):
    """The counts since the snapshot are lost; that the server is another run of itself gives it away."""
    log = ["--appendonly", "yes", "--appendfsync", "everysec"]
    server = RedisServer(tmp_path, *([] if kept == "snapshot" else log), kind=kind)
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


def test_eviction(tmp_path, kind):
    """A server that is short of memory throws counts away: thousands of nonces, and no replay is accepted."""
    server = RedisServer(tmp_path, "--maxmemory-policy", "allkeys-random", kind=kind)
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


def age(server, bucket_keys):
    """Let buckets come to their end, which the server's clock alone decides."""
    with redis.Redis.from_url(server.url) as client:
        (life,) = client.keys("*:life")
        for key in bucket_keys:
            client.hset(life, b"b" + key.rpartition(b":")[2], 1)
        client.delete(*bucket_keys)


def buckets(server):
    """The keys of all buckets."""
    with redis.Redis.from_url(server.url) as client:
        return [key for key in client.keys("*") if not key.endswith(b":life")]


def test_a_clock_set_back_an_hour_locks_nobody_out(server):
    """Nothing is over that the server does not know to be over, so new nonces are good at once; and old ones stale."""

    async def scenario():
        clock = Clock()
        async with Worker(server.url, clock, 60) as worker:
            old = [worker.issue() for _ in range(3)]
            assert [await worker.use(nonce, 1) for nonce in old] == [ACCEPTED] * 3
            clock.now += 200
            assert await worker.use(worker.issue(), 1) is ACCEPTED
            clock.now -= 3600
            nonce = worker.issue()
            assert await worker.use(nonce, 1, 1, 2) == [ACCEPTED, REPLAYED, ACCEPTED]
            clock.now += 3600
            assert ACCEPTED not in [await worker.use(nonce, 1) for nonce in old]

    in_loop(scenario())


def test_a_clock_behind_all_that_is_over_locks_nobody_out(server):
    """Buckets that are over lie in the future of a clock that was set back: a new epoch begins, once."""

    async def scenario():
        clock = Clock()
        async with Worker(server.url, clock, 60) as worker:
            old = worker.issue()
            assert await worker.use(old, 1) is ACCEPTED
            age(server, buckets(server))
            clock.now += 60
            assert await worker.use(worker.issue(), 1) is ACCEPTED
            clock.now -= 3600
            assert await worker.use(worker.issue(), 1) is FORGOTTEN
            nonce = worker.issue()
            assert await worker.use(nonce, 1, 1, 2) == [ACCEPTED, REPLAYED, ACCEPTED]
            clock.now += 3540
            assert ACCEPTED not in await worker.use(old, 1, 2)

    in_loop(scenario())


def test_a_bucket_that_is_over_is_not_begun_again(server):
    """Its nonces were swept out; to a worker whose clock is behind they are not new. The epoch goes on."""

    async def scenario():
        clock = Clock()
        async with Worker(server.url, clock, 60) as worker:
            nonce = worker.issue()
            assert await worker.use(nonce, 1) is ACCEPTED
            epoch = worker.store.epoch
            age(server, buckets(server))
            clock.now += 20
            assert await worker.use(nonce, 1, 2) == [FORGOTTEN] * 2
            clock.now += 40
            assert await worker.use(worker.issue(), 1) is ACCEPTED
            clock.now -= 30
            assert await worker.use(nonce, 1, 2) == [FORGOTTEN] * 2
            assert await worker.use(worker.issue(), 1) is ACCEPTED
            assert worker.store.epoch == epoch

    in_loop(scenario())


def test_a_server_whose_clock_jumped_ahead_locks_nobody_out(server):
    """The bucket of the nonces issued now is over for it: a new epoch begins, and does not wait for the next bucket."""

    async def scenario():
        async with Worker(server.url, Clock(), 60) as worker:
            old = worker.issue()
            assert await worker.use(old, 1) is ACCEPTED
            age(server, buckets(server))
            assert await worker.use(worker.issue(), 1) is FORGOTTEN
            nonce = worker.issue()
            assert await worker.use(nonce, 1, 1, 2) == [ACCEPTED, REPLAYED, ACCEPTED]
            assert await worker.use(old, 1, 2) == [FORGOTTEN] * 2

    in_loop(scenario())


def test_keys_of_another_layout(server):
    """What an older version wrote beside us is not read, nor is anything of ours written over it."""

    async def scenario():
        with redis.Redis.from_url(server.url) as client:
            client.set("{digest-http}:life", "what the older version makes of it")
            async with Worker(server.url) as worker:
                nonce = worker.issue()
                assert await worker.use(nonce, 1, 1) == [ACCEPTED, REPLAYED]
            assert client.get("{digest-http}:life") == b"what the older version makes of it"
            assert {key.split(b":")[1] for key in client.keys("*")} == {b"life", LAYOUT}

    in_loop(scenario())


@pytest.mark.parametrize("lifetime", [0.001, 10.0**9])
def test_lifetimes_out_of_any_measure(server, lifetime):
    """The deadline fits its place, and no bucket is over before its time."""

    async def scenario():
        async with Worker(server.url, lifetime=lifetime) as worker:
            assert await worker.use(worker.issue(), 1, 1) == [ACCEPTED, REPLAYED]
            with redis.Redis.from_url(server.url) as client:
                assert all(client.ttl(key) > 60 for key in client.keys("*"))

    in_loop(scenario())


def test_deadlines_are_written_seldom(server):
    """A step of a nonce that was begun writes its state alone; another lifetime moves the deadline once."""

    async def scenario():
        async with Worker(server.url) as worker:
            nonce = worker.issue()
            assert await worker.use(nonce, 1) is ACCEPTED
            with redis.Redis.from_url(server.url) as client:
                written = []
                for number, lifetime in enumerate([300, 250, 600, 600, 300], start=1):
                    worker.lifetime = lifetime
                    before = client.info("commandstats")["cmdstat_expire"]["calls"]
                    assert set(await worker.use(nonce, *range(10 * number, 10 * number + 9))) == {ACCEPTED}
                    written.append(client.info("commandstats")["cmdstat_expire"]["calls"] - before)
                # The new longest lifetime, the bucket's key, and `life` with it.
                assert written == [0, 0, 3, 0, 0]
                assert client.ttl(buckets(server)[0]) > 600

    in_loop(scenario())


def test_keys_expire_with_their_nonces(server):
    """Each bucket within a minute and a half of its last nonce; a nonce with a full window takes under 200 octets."""

    async def scenario():
        async with Worker(server.url, lifetime=100) as worker:
            for _ in range(1000):
                await worker.use(worker.issue(), 1)
            with redis.Redis.from_url(server.url) as client:
                kept = buckets(server)
                assert min(client.ttl(key) for key in kept) >= 100
                assert max(client.ttl(key) for key in kept) <= 180
                assert sum(client.memory_usage(key, samples=0) for key in kept) <= 200 * 1000

    in_loop(scenario())
