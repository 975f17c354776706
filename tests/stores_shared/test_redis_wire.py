"""How steps get to the server: together, over a connection that may die, with callers who give up."""

import asyncio
import signal

import pytest
import redis
import uvloop

from digest_http.stores import open_store, redis_wire
from digest_http.stores.redis import RedisStore
from tests.stores.nonce_stores import Clock, source_for
from tests.stores_shared.redis_worker import ACCEPTED, FORGOTTEN, REPLAYED, RULE, Worker, in_loop

pytestmark = pytest.mark.live


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


def test_steps_of_several_buckets_share_a_round_trip(server):
    """Each is counted in the bucket of its own nonce, whatever else is in the command."""

    async def scenario():
        clock = Clock()
        async with Worker(server.url, clock) as worker:
            nonces = []
            for _ in range(8):
                clock.now += 20
                nonces += [worker.issue(), worker.issue()]
            assert await asyncio.gather(*(worker.use(nonce, 1) for nonce in nonces)) == [ACCEPTED] * 16
            for again in (nonces[::-1], nonces[5:] + nonces[:5]):
                assert await asyncio.gather(*(worker.use(nonce, 1) for nonce in again)) == [REPLAYED] * 16
            with redis.Redis.from_url(server.url) as client:
                # Each with its two nonces and the mark that it was begun.
                assert sorted(client.hlen(key) for key in client.keys("*") if not key.endswith(b":life")) == [3] * 8

    in_loop(scenario())


def test_several_event_loops(server):
    """Starlette's test client begins a loop for each request; each has connections of its own."""
    store = open_store(server.url)
    assert isinstance(store, RedisStore)

    async def once():
        nonces = source_for(store, Clock())
        nonce_id, epoch = nonces.recognise(nonces.issue()) or (0, b"")
        verdict = await store.advance(nonce_id, epoch, 1, RULE, nonces.now(), lifetime=nonces.lifetime)
        await store.close()
        return verdict

    assert [asyncio.run(once()) for _ in range(3)] == [FORGOTTEN, ACCEPTED, ACCEPTED]


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
        answer = worker.store.advance(nonce_id, epoch, 1, RULE, 0, lifetime=0)
        await asyncio.sleep(0.05)
        (sender,) = asyncio.all_tasks() - {asyncio.current_task()}
        sender.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answer
        await worker.store.close()
        await worker.store.close()
        server.process.send_signal(signal.SIGCONT)

    in_loop(scenario())


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_connection_that_died_while_nobody_used_it(server, run):
    """The next step goes over a new one, which takes its place in the pool, and nobody notices."""

    async def scenario():
        async with Worker(f"{server.url}?max_connections=1") as worker:
            nonce = worker.issue()
            for nc in range(1, 5):
                assert await worker.use(nonce, nc) is ACCEPTED
                with redis.Redis.from_url(server.url) as client:
                    client.client_kill_filter(_type="normal", skipme=True)
                await asyncio.sleep(0.05 * (nc % 2))

    run(scenario())


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_server_that_is_down_and_comes_back(server, run):
    """Its absence is an error at once; afterwards the same store goes on."""

    async def scenario():
        async with Worker(server.url) as worker:
            nonce = worker.issue()
            server.kill()
            for _ in range(3):
                with pytest.raises(redis.ConnectionError):
                    await worker.use(nonce, 1)
            server.start()
            assert await worker.use(nonce, 1) is FORGOTTEN
            assert await worker.use(worker.issue(), 1) is ACCEPTED

    run(scenario())


def test_an_answer_that_comes_too_late(server, monkeypatch):
    """It is not taken for the answer to the next step."""

    async def scenario():
        async with Worker(server.url) as worker:
            nonce = worker.issue()
            monkeypatch.setattr(redis_wire, "ANSWER", 0.1)
            server.process.send_signal(signal.SIGSTOP)
            with pytest.raises(TimeoutError):
                await worker.use(nonce, 1)
            server.process.send_signal(signal.SIGCONT)
            # Counted, since the server found it in its socket; a step of another nonce gets its own verdict.
            assert await worker.use(nonce, 1) is REPLAYED
            assert await worker.use(worker.issue(), 1) is ACCEPTED

    in_loop(scenario())


def test_a_server_that_forgot_the_script(server):
    """It is sent again, within the same step."""

    async def scenario():
        async with Worker(server.url) as worker:
            with redis.Redis.from_url(server.url) as client:
                client.script_flush()
            assert await worker.use(worker.issue(), 1, 1) == [ACCEPTED, REPLAYED]

    in_loop(scenario())


@pytest.mark.parametrize("writable", [False, True], ids=["read-only", "writable"])
def test_a_server_that_became_a_replica(server, writable):
    """Nothing is counted there, even if it could be written; once it is a master again, the step is."""

    async def scenario():
        async with Worker(server.url) as worker:
            nonce = worker.issue()
            with redis.Redis.from_url(server.url) as client:
                before = {each["id"] for each in client.client_list()}
                client.config_set("replica-read-only", "no" if writable else "yes")
                client.replicaof("127.0.0.1", 1)
                with pytest.raises(redis.ReadOnlyError):
                    await worker.use(nonce, 1)
                # The name may lead to the new master by now: the old connection is given up.
                assert {each["id"] for each in client.client_list(_type="normal")} < before
                client.replicaof("NO", "ONE")
            assert await worker.use(nonce, 1) is FORGOTTEN
            assert await worker.use(worker.issue(), 1) is ACCEPTED

    in_loop(scenario())


def test_a_client_that_decodes(server):
    """The answer is read as octets all the same."""

    async def scenario():
        async with Worker(f"{server.url}?decode_responses=True") as worker:
            assert await worker.use(worker.issue(), 1, 1) == [ACCEPTED, REPLAYED]

    in_loop(scenario())
