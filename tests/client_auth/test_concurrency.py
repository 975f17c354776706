"""Threads and tasks that share one object: every (nonce, nc) goes out once, and every request is let in."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from .conftest import Caller, served_by
from .strict_server import StrictServer

URL = "http://server.example/a"
jitter = Random(7).random  # noqa: S311  # the order of arrival, no secret

SERVERS = {
    "window": {},
    "shared nonce": {"shared_nonce": "the-nonce"},
    "rising": {"counting": "rising"},
    "exact": {"counting": "exact"},
    "one-time": {"one_time": True},
    "sess": {"algorithms": ("SHA-256-sess",)},
    "one-time sess": {"one_time": True, "algorithms": ("MD5-sess",)},
}


def scattered(server):
    """A handler whose requests arrive in another order than they were signed in."""
    handler = served_by(server)

    def handle(request, body):
        time.sleep(jitter() * 0.003)
        return handler(request, body)

    return handle


def at_once_in_threads(caller, handler, auth, number):
    """Send so many requests from as many threads, with one client."""
    with (
        caller.library.Client(transport=caller.transport(handler), auth=auth) as client,
        ThreadPoolExecutor(number) as pool,
    ):
        return [answer.status_code for answer in pool.map(lambda _: client.get(URL), range(number))]


def at_once_in_tasks(caller, server, auth, number):
    """Send so many requests from as many tasks, with one client."""
    library = caller.library
    handler = served_by(server)

    async def respond(request):
        await asyncio.sleep(jitter() * 0.003)
        status, headers, body = handler(request, await request.aread())
        await asyncio.sleep(jitter() * 0.003)
        return library.Response(status, headers=headers, content=body)

    async def main():
        async with library.AsyncClient(transport=library.MockTransport(respond), auth=auth) as client:
            return [answer.status_code for answer in await asyncio.gather(*(client.get(URL) for _ in range(number)))]

    return asyncio.run(main())


@pytest.mark.parametrize("settings", SERVERS.values(), ids=SERVERS)
@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("kind", ["threads", "tasks"])
def test_twenty_at_once(plain, settings, warm, kind):
    """Strict servers let all twenty in, cold or logged in."""
    server = StrictServer(**settings)
    auth = plain.DigestAuth("alice", "s3cret", verify="required")
    if warm:
        plain.get(served_by(server), URL, auth=auth)
    if kind == "threads":
        statuses = at_once_in_threads(plain, scattered(server), auth, 20)
    else:
        statuses = at_once_in_tasks(plain, server, auth, 20)
    assert statuses == [200] * 20
    assert len(set(server.pairs)) == len(server.pairs)


@pytest.mark.obeys("nc-counts-requests")
def test_fifty_threads_with_twenty_requests_each(plain):
    """A thousand requests on one shared nonce: no count is sent twice, none is left out."""
    server = StrictServer(shared_nonce="the-nonce")
    auth = plain.DigestAuth("alice", "s3cret")
    handler = served_by(server)

    def twenty(_):
        with plain.library.Client(transport=plain.transport(handler), auth=auth) as client:
            return [client.get(URL).status_code for _ in range(20)]

    with ThreadPoolExecutor(50) as pool:
        statuses = [status for result in pool.map(twenty, range(50)) for status in result]
    assert statuses == [200] * 1000
    counts = sorted(int(nc, 16) for _, nc in server.pairs)
    assert counts == list(range(1, len(counts) + 1))


def test_hundred_tasks(plain):
    """A hundred requests under way together in one event loop."""
    server = StrictServer(shared_nonce="the-nonce")
    assert at_once_in_tasks(plain, server, plain.DigestAuth("alice", "s3cret"), 100) == [200] * 100
    assert len(set(server.pairs)) == len(server.pairs)


def test_blocking_and_asynchronous_clients_share_one_object(plain):
    """Threads and event loops may use one object at the same time."""
    server = StrictServer(shared_nonce="the-nonce")
    auth = plain.DigestAuth("alice", "s3cret")
    name = plain.library.__name__
    with ThreadPoolExecutor(8) as pool:
        callers = [Caller(name, blocking=number % 2 == 0) for number in range(8)]
        results = list(pool.map(lambda one: one.get(served_by(server), *[URL] * 20, auth=auth), callers))
    assert {answer.status_code for answers in results for answer in answers} == {200}
    assert len(set(server.pairs)) == len(server.pairs)


def test_late_challenge_does_not_replace_a_newer_nonce(plain):
    """A 401 with the old nonce that comes in after nextnonce leaves the new one in use, and the old count goes on."""
    library = plain.library
    auth = plain.DigestAuth("alice", "s3cret")
    challenge = {"WWW-Authenticate": 'Digest realm="r", nonce="old", qop="auth"'}

    def request():
        return library.Request("GET", URL)

    def finish(flow, response):
        with pytest.raises(StopIteration):
            flow.send(response)

    def start():
        one = request()
        flow = auth.sync_auth_flow(one)
        next(flow)
        return one, flow

    one, flow = start()
    flow.send(library.Response(401, headers=challenge, request=one))
    finish(flow, library.Response(200, request=one))
    late, late_flow = start()
    other, other_flow = start()
    finish(other_flow, library.Response(200, headers={"Authentication-Info": 'nextnonce="new"'}, request=other))
    late_flow.send(library.Response(401, headers=challenge, request=late))
    assert 'nonce="old"' in late.headers["Authorization"]
    assert "nc=00000004" in late.headers["Authorization"]
    finish(late_flow, library.Response(200, request=late))
    last, _ = start()
    assert 'nonce="new"' in last.headers["Authorization"]
    assert "nc=00000001" in last.headers["Authorization"]
