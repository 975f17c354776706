"""Async sources under asyncio and trio, and plain ones under both."""

import anyio
import anyio.lowlevel
import pytest

from digest_http.algorithms import select
from digest_http.stores import MemoryStore
from digest_http.users import MappingUsers
from tests.attacks.driver import REALM, USERS, Server
from tests.attacks.signing import Signer, h, parameters

pytestmark = pytest.mark.anyio


class AsyncUsers:
    """Users behind something that has to be waited for."""

    def __init__(self, algorithms):
        self.users = MappingUsers(USERS, REALM, algorithms)

    async def ha1(self, username, realm, algorithm):
        await anyio.lowlevel.checkpoint()
        return self.users.ha1(username, realm, algorithm)

    async def by_userhash(self, userhash, realm, algorithm):
        await anyio.lowlevel.checkpoint()
        return self.users.by_userhash(userhash, realm, algorithm)


class AsyncStore:
    """A store behind something that has to be waited for."""

    def __init__(self):
        self.store = MemoryStore()
        self.epoch = self.store.epoch

    async def advance(self, nonce_id, epoch, nc, rule, now, *, lifetime):
        await anyio.lowlevel.checkpoint()
        return self.store.advance(nonce_id, epoch, nc, rule, now, lifetime=lifetime)


@pytest.fixture(params=["plain", "async"])
def server(request):
    """A server whose sources answer at once, or have to be awaited."""
    if request.param == "plain":
        return Server(userhash=True)
    return Server(users=AsyncUsers(select(["SHA-256", "MD5"])), store=AsyncStore(), userhash=True)


async def signer_of(server, username="alice", password="s3cret"):
    """Get a challenge."""
    response = await server.send()
    return Signer(parameters(response.values(b"www-authenticate")[0]), username, password)


async def test_the_usual_exchange(server):
    """Accepted, refused as a replay, refused with a wrong password."""
    signer = await signer_of(server)
    header = signer.sign()
    assert (await server.send(authorization=header)).status == 200
    assert (await server.send(authorization=header)).stale
    wrong = await server.send(authorization=(await signer_of(server, password="wrong")).sign())
    assert (wrong.status, wrong.stale) == (401, False)
    unknown = await server.send(authorization=(await signer_of(server, username="mallory")).sign())
    assert (unknown.status, unknown.stale) == (401, False)


async def test_a_hashed_name(server):
    """userhash is looked up the same way."""
    for username, status in [("alice", 200), ("mallory", 401)]:
        signer = await signer_of(server)
        late = {"username": h("SHA-256", f"{username}:{REALM}"), "userhash": "true"}
        assert (await server.send(authorization=signer.sign(late=late))).status == status


async def test_parallel_counts(server):
    """A hundred requests at once, each with a count of its own, are all accepted; the same hundred again are not."""
    signer = await signer_of(server)
    headers = [signer.sign(nc=nc) for nc in range(1, 101)]
    for expected in (200, 401):
        statuses: list[int] = []

        async def one(header, statuses=statuses):
            statuses.append((await server.send(authorization=header)).status)

        async with anyio.create_task_group() as group:
            for header in headers:
                group.start_soon(one, header)
        assert statuses == [expected] * 100


async def test_an_async_source_that_fails(server):
    """What it raises is 503 here as well."""

    async def users(*_arguments):
        await anyio.lowlevel.checkpoint()
        raise OSError("down")

    broken = Server(users=users)
    signer = await signer_of(broken)
    assert (await broken.send(authorization=signer.sign())).status == 503
    assert server.clock


async def test_cancellation_passes_through():
    """A request that the server gives up is not turned into an answer."""
    waiting = anyio.Event()

    async def users(*_arguments):
        waiting.set()
        await anyio.sleep_forever()

    server = Server(users=users)
    signer = await signer_of(server)
    answers = []

    async def one():
        answers.append(await server.send(authorization=signer.sign()))

    async with anyio.create_task_group() as group:
        group.start_soon(one)
        await waiting.wait()
        group.cancel_scope.cancel()
    assert answers == []
