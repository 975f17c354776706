"""Event loops that come and go: none leaves a connection at the server, nor anything in the store."""

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
import redis
import uvloop
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from digest_http.httpauth.verdict import Verdict
from digest_http.stores import open_store
from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.signing import Signer, parameters
from tests.stores.nonce_stores import Clock, source_for
from tests.stores_shared.redis_worker import RULE, in_loop

pytestmark = pytest.mark.live

LOOPS = 100

#: asyncio and redis-py warn of sockets that go with the garbage, as they should.
careless = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@pytest.fixture
def kind():
    """One of them: it is our side that is tried."""
    return "redis"


@pytest.fixture
def store(server):
    """A store that is made outside of any loop, as that of a middleware is."""
    return open_store(server.url)


async def count_once(store):
    """One count of a nonce that nobody used yet."""
    nonces = source_for(store, Clock())
    nonce_id, epoch = nonces.recognise(nonces.issue()) or (0, b"")
    return await store.advance(nonce_id, epoch, 1, RULE, nonces.now(), lifetime=nonces.lifetime)


def connections(server):
    """How many connections the server has, beside the one that asks."""
    with redis.Redis.from_url(server.url) as client:
        return client.info("clients")["connected_clients"] - 1


def raw(coroutine):
    """A loop that is closed without a word to what was begun in it."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


@pytest.mark.parametrize(
    "run",
    [asyncio.run, uvloop.run, lambda coroutine: anyio.run(lambda: coroutine)],
    ids=["asyncio", "uvloop", "anyio"],
)
def test_loops_that_are_ended(server, store, run):
    """Each closes its connection when it ends, whether it counted or asked for the epoch."""
    verdicts = {run(count_once(store)) for _ in range(LOOPS - 1)}
    run(store.refresh(0))
    assert Verdict.ACCEPTED in verdicts
    assert connections(server) == 0
    assert len(store._lines) == 0  # noqa: SLF001 - nothing else tells


@careless
def test_loops_that_are_only_closed(server, store):
    """What is left of such a loop goes with the garbage when the next one comes."""
    for _ in range(LOOPS):
        raw(count_once(store))
    assert len(store._lines) == 1  # noqa: SLF001 - nothing else tells
    asyncio.run(count_once(store))
    gc.collect()
    assert len(store._lines) == 0  # noqa: SLF001 - nothing else tells
    assert connections(server) == 0


def test_loops_of_several_threads(server, store):
    """They come and go beside each other, and beside one that stays."""

    async def scenario():
        assert await count_once(store) in {Verdict.ACCEPTED, Verdict.FORGOTTEN}
        with ThreadPoolExecutor(8) as threads:
            jobs = [threads.submit(asyncio.run, count_once(store)) for _ in range(LOOPS)]
            assert {job.result() for job in jobs} == {Verdict.ACCEPTED}
        assert await count_once(store) is Verdict.ACCEPTED
        assert len(store._lines) == 1  # noqa: SLF001 - nothing else tells
        assert connections(server) == 1

    in_loop(scenario())
    assert connections(server) == 0


@careless
def test_a_store_that_is_dropped(server):
    """Its connection goes with it, though its loop runs on."""

    async def scenario():
        store = open_store(server.url)
        await count_once(store)
        assert connections(server) == 1
        del store
        gc.collect()
        for _ in range(100):
            await asyncio.sleep(0.01)
            if connections(server) == 0:
                return
        raise AssertionError("the connection is still there")

    in_loop(scenario())


def test_a_loop_that_ends_while_a_step_is_under_way(server, store):
    """Whoever waits is cancelled, and the connection is closed with the loop."""

    async def scenario():
        waiting = asyncio.ensure_future(count_once(store))
        await asyncio.sleep(0)
        assert not waiting.done()

    in_loop(scenario())
    assert connections(server) == 0
    in_loop(count_once(store))
    assert connections(server) == 0


def test_a_step_after_the_connections_were_closed(server, store):
    """close() is no end: the next step opens them again, and the loop's end closes those."""

    async def scenario():
        for _ in range(3):
            await count_once(store)
            await store.close()
            assert connections(server) == 0
            await store.close()
        await count_once(store)
        assert connections(server) == 1

    in_loop(scenario())
    assert connections(server) == 0


def test_starlettes_test_client(server):
    """Outside of `with` it begins a loop for each request: 100 logins, two requests each, leave nothing."""

    async def hello(_request):
        return PlainTextResponse("hello")

    app = Starlette(routes=[Route("/x", hello)])
    layer = DigestAuthMiddleware(app, users={"alice": "s3cret"}, realm="r", store=server.url, keys="k" * 32)
    client = TestClient(layer)
    for _ in range(LOOPS):
        challenge = client.get("/x").headers["www-authenticate"].partition(", Digest ")[0]
        answer = client.get("/x", headers={"authorization": Signer(parameters(challenge.encode())).sign().decode()})
        assert answer.status_code == 200
    assert connections(server) == 0
