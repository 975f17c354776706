"""The epoch asked for before a challenge, and what is logged of epochs that change and clocks that are off."""

import asyncio
import logging
import platform
import signal
import time
from typing import Any

import pytest
import redis

from digest_http.stores import freshness, open_store
from digest_http.stores.redis_script import BUCKET_BITS
from tests.stores.nonce_stores import Clock
from tests.stores_shared.redis_worker import ACCEPTED, FORGOTTEN, Worker, in_loop

pytestmark = pytest.mark.live


@pytest.fixture
def said(caplog):
    """What was said at WARNING or above."""
    caplog.set_level(logging.WARNING)
    return lambda: [record.message for record in caplog.records]


def scripts(client):
    """How many scripts were run, however they were sent."""
    stats = client.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("eval", "evalsha"))


def present():
    """The wall clock in microseconds."""
    return int(time.time() * 1e6)


def test_a_new_worker_knows_the_epoch_before_its_first_challenge(server):
    """The first nonce it issues is good at once, and all who wait share one question."""

    async def scenario():
        async with Worker(server.url):
            fresh = Worker(server.url)
            assert fresh.store.epoch != open_store(server.url).epoch
            with redis.Redis.from_url(server.url) as client:
                client.config_resetstat()
                await asyncio.gather(*(fresh.store.refresh(present()) for _ in range(50)))
                await fresh.store.refresh(present())
                assert scripts(client) == 1
            assert await fresh.use(fresh.issue(), 1) is ACCEPTED
            await fresh.store.close()

    in_loop(scenario())


def test_a_busy_worker_asks_nothing(server):
    """Each step tells the epoch, so challenges go out without a question; a minute later one for the clocks."""

    async def scenario():
        async with Worker(server.url) as worker:
            await worker.store.refresh(present())
            with redis.Redis.from_url(server.url) as client:
                client.config_resetstat()
                nonce = worker.issue()
                for count in range(1, 21):
                    assert await worker.use(nonce, count) is ACCEPTED
                    await worker.store.refresh(present())
                assert scripts(client) in {20, 21}

    in_loop(scenario())


@pytest.mark.parametrize("loss", ["flushed", "started again"])
def test_an_epoch_that_changed(server, loss, monkeypatch):
    """After the question the next nonce is good, at a worker that counted nothing since."""
    monkeypatch.setattr(freshness, "FRESH", 0.0)

    async def scenario():
        async with Worker(server.url) as worker:
            old = worker.issue()
            if loss == "flushed":
                with redis.Redis.from_url(server.url) as client:
                    client.flushall()
            else:
                server.kill()
                await worker.store.refresh(present())
                server.start()
            await worker.store.refresh(present())
            assert await worker.use(old, 1) is FORGOTTEN
            assert await worker.use(worker.issue(), 1) is ACCEPTED

    in_loop(scenario())


def test_a_server_that_hangs(server):
    """A challenge waits for it once; those that follow in the same second do not wait at all."""

    async def scenario():
        async with Worker(server.url) as worker:
            clock = Clock()
            worker.store._freshness = freshness.Freshness(clock)  # noqa: SLF001 - a second that lasts
            server.process.send_signal(signal.SIGSTOP)
            try:
                await worker.store.refresh(present())
                clock.now += freshness.PATIENCE
                second = worker.store.refresh(present())
                with pytest.raises(StopIteration):
                    second.send(None)
            finally:
                server.process.send_signal(signal.SIGCONT)

    in_loop(scenario())


def test_a_server_that_is_down(server):
    """Nothing is raised and nobody waits; the steps say what is wrong."""

    async def scenario():
        async with Worker(server.url) as worker:
            epoch = worker.store.epoch
            server.kill()
            await worker.store.refresh(present())
            assert worker.store.epoch == epoch
            with pytest.raises(redis.ConnectionError):
                await worker.use(worker.issue(), 1)

    in_loop(scenario())


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("flush", "flushed"),
        ("restart without data", "started without data"),
        ("restart with data", "started again"),
        ("promotion", "another one took over"),
        ("lost bucket", "lost some counts"),
        ("clock set back", "clock is far behind"),
    ],
)
def test_a_change_is_logged_with_its_cause(server, event, words, said, monkeypatch):
    """Once, by each worker that meets it, whatever told it of the change: a step or a question."""
    monkeypatch.setattr(freshness, "FRESH", 0.0)
    clock = Clock()

    async def scenario():
        async with Worker(server.url, clock) as busy, Worker(server.url, clock) as idle:
            clock.now += 100
            nonce = busy.issue()
            assert await busy.use(nonce, 1) is ACCEPTED
            assert said() == []
            with redis.Redis.from_url(server.url) as client:
                match event:
                    case "flush":
                        client.flushall()
                    case "restart with data":
                        client.save()
                    case "promotion":
                        client.replicaof("127.0.0.1", 1)
                        client.replicaof("NO", "ONE")
                    case "lost bucket":
                        client.delete(*(key for key in client.keys("*") if not key.endswith(b":life")))
                    case "clock set back":
                        (life,) = client.keys("*:life")
                        client.hset(life, "floor", int(clock.now * 1e6) >> BUCKET_BITS)  # as if all were over
                        clock.now -= 3600
            if event.startswith("restart"):
                server.kill()
                server.start()
            if event in {"clock set back", "lost bucket"}:
                nonce = busy.issue()  # those of the counted bucket would only be stale
            await busy.use(nonce, 2)
            await busy.use(busy.issue(), 1)
            await idle.store.refresh(0)

    in_loop(scenario())
    changes = [message for message in said() if "new epoch" in message]
    assert len(changes) == 2
    assert [message for message in changes if words not in message] == []


def test_clocks_that_disagree(server, said, monkeypatch):
    """One line when this host's clock is off, one when that changes by much, one when it is right again."""
    monkeypatch.setattr(freshness, "FRESH", 0.0)

    async def scenario():
        store: Any = open_store(server.url)
        for seconds in (0, 0.5, -0.5, 5, 5, 6, 60, 59, -60, -60, 0, 0):
            await store.refresh(present() + int(seconds * 1e6))
        await store.close()

    in_loop(scenario())
    ahead, more, behind, right = said()
    for message in said():
        assert platform.node() in message
        assert "NTP" in message or message is right
    for message, seconds, word in ((ahead, 5, "ahead"), (more, 60, "ahead"), (behind, 60, "behind")):
        said_seconds = float(message.partition(" is ")[2].partition(" seconds ")[0])
        # A slow answer proves less than there is.
        assert seconds - 2 < said_seconds <= seconds
        assert f"seconds {word}" in message
    assert "again" in right


def test_a_slow_answer_is_no_clock_that_is_off(server, said, monkeypatch):
    """The server's time lies between question and answer, however far these are apart."""
    monkeypatch.setattr(freshness, "PATIENCE", 30.0)

    async def scenario():
        store: Any = open_store(server.url)
        server.process.send_signal(signal.SIGSTOP)
        waiting = asyncio.ensure_future(store.refresh(present()))
        await asyncio.sleep(2.2)
        server.process.send_signal(signal.SIGCONT)
        await waiting
        await store.close()

    in_loop(scenario())
    assert said() == []


def test_a_host_far_behind_begins_no_epoch_by_its_challenges(server, said):
    """Strangers cause challenges: those of a host with a bad clock must not make all others stale."""
    clock = Clock()

    async def scenario():
        async with Worker(server.url, clock) as worker:
            epoch = worker.store.epoch
            bad: Any = open_store(server.url)
            await bad.refresh(0)
            assert bad.epoch == epoch
            await bad.close()
            assert await worker.use(worker.issue(), 1) is ACCEPTED

    in_loop(scenario())
    (message,) = said()
    assert "behind" in message
