"""Sources that answer by a future, too late, or not at all; asyncio's own, so without trio."""

import asyncio

from tests.attacks.driver import REALM, Server
from tests.attacks.signing import ha1


def stored(algorithm):
    """What a source answers for alice."""
    return ha1(algorithm.base, "alice", REALM, "s3cret").encode()


def test_a_source_that_answers_by_a_future():
    """A driver's future is awaited like a coroutine, and has its time as well."""

    async def both():
        loop = asyncio.get_running_loop()
        answered, silent = loop.create_future(), loop.create_future()

        def users(_name, _realm, algorithm):
            answered.set_result(stored(algorithm))
            return answered

        server = Server(users=users)
        down = Server(users=lambda *_: silent, source_timeout=0.01)
        return [(await each.send(authorization=each.signer().sign())).status for each in (server, down)]

    assert asyncio.run(both()) == [200, 503]


def test_a_source_that_is_slow_to_stop():
    """The answer does not wait for a source that takes its time over being cancelled."""
    stopped = []

    async def exchange():
        released = asyncio.Event()

        async def users(*_arguments):
            try:
                await asyncio.Event().wait()
            finally:
                await released.wait()
                stopped.append("at last")

        server = Server(users=users, source_timeout=0.01)
        response = await server.send(authorization=server.signer().sign())
        before = list(stopped)
        released.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return response.status, before

    assert asyncio.run(exchange()) == (503, [])
    assert stopped == ["at last"]
