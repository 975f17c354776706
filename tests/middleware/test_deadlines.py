"""Waits with one timer for all: each ends in its own time, and nobody else's cancellation is taken for its end."""

import asyncio
import gc
import weakref
from typing import Any

import pytest
import uvloop

from digest_http_middleware.deadlines import Deadlines

LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


@LOOPS
def test_answers_and_time_outs(run):
    """Those that are answered get their result, at once; the others are cancelled, and their waiters told."""

    async def scenario():
        loop, deadlines = asyncio.get_running_loop(), Deadlines(0.5)
        futures = [loop.create_future() for _ in range(6)]
        waits = [asyncio.ensure_future(deadlines.wait(future)) for future in futures]
        await asyncio.sleep(0)
        futures[0].set_result("first")
        futures[3].set_exception(LookupError("fourth"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [wait.done() for wait in waits] == [True, False, False, True, False, False]
        results = await asyncio.gather(*waits, return_exceptions=True)
        assert [type(result) for result in results] == [
            str,
            TimeoutError,
            TimeoutError,
            LookupError,
            *[TimeoutError] * 2,
        ]
        assert [future.cancelled() for future in futures] == [False, True, True, False, True, True]

    run(scenario())


@LOOPS
def test_each_wait_has_its_full_time(run):
    """A later one is not ended by the timer of an earlier one, and has a timer of its own when its turn comes."""

    async def scenario():
        loop, deadlines = asyncio.get_running_loop(), Deadlines(0.2)
        begin = loop.time()
        full = []

        async def wait(delay):
            await asyncio.sleep(delay)
            with pytest.raises(TimeoutError, match=r"0\.2 seconds"):
                await deadlines.wait(loop.create_future())
            # uvloop's clock counts milliseconds.
            full.append(loop.time() > begin + delay + 0.19)

        await asyncio.gather(*(wait(delay) for delay in (0, 0.05, 0.1, 0.3)))
        begin = loop.time()
        await wait(0)
        assert full == [True] * 5

    run(scenario())


@LOOPS
def test_a_cancelled_waiter_is_cancelled(run):
    """Not told of a time-out: with asyncio.timeout() around it, it would never end."""

    async def scenario():
        deadlines = Deadlines(5)
        with pytest.raises(TimeoutError, match=r"^$"):
            async with asyncio.timeout(0.01):
                await deadlines.wait(asyncio.get_running_loop().create_future())
        task = asyncio.ensure_future(deadlines.wait(asyncio.get_running_loop().create_future()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(scenario())


def test_cancelled_in_the_moment_of_the_time_out():
    """Whoever cancels a request is obeyed, even if its time was over as well."""

    async def scenario():
        future = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(Deadlines(0.01).wait(future))
        future.add_done_callback(lambda _future: task.cancel())
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())


def test_a_store_that_cancels_its_future():
    """That is no time-out either."""

    async def scenario():
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.cancel)
        with pytest.raises(asyncio.CancelledError):
            await Deadlines(5).wait(future)

    asyncio.run(scenario())


@pytest.mark.parametrize("answered", [True, False])
def test_callers_who_share_a_future(answered):
    """A source that is asked the same thing twice may give one future: one answer for both, or one time-out."""

    async def scenario():
        loop, deadlines = asyncio.get_running_loop(), Deadlines(0.5)
        shared, later = loop.create_future(), loop.create_future()
        first = asyncio.ensure_future(deadlines.wait(shared))
        await asyncio.sleep(0.05)
        waits = [first, *(asyncio.ensure_future(deadlines.wait(future)) for future in (later, shared))]
        if answered:
            loop.call_soon(shared.set_result, 1)
        results = await asyncio.gather(*waits, return_exceptions=True)
        expected = [int, TimeoutError, int] if answered else [TimeoutError] * 3
        assert [type(result) for result in results] == expected

    asyncio.run(scenario())


def test_a_loop_is_not_kept_alive():
    """Starlette's test client makes an event loop for each request."""
    deadlines = Deadlines(60)

    async def once():
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, 1)
        await deadlines.wait(future)
        return weakref.ref(asyncio.get_running_loop())

    loops = [asyncio.run(once()) for _ in range(3)]
    gc.collect()
    assert [loop() for loop in loops] == [None] * 3


def test_one_timer_for_all():
    """However many wait; and whose time is over is told so while later ones go on waiting."""

    async def scenario():
        loop: Any = asyncio.get_running_loop()
        clock, set_timer, ahead, timers = loop.time, loop.call_at, [0], []

        def call_at(*args, **context):
            timers.append(args[0])
            return set_timer(*args, **context)

        loop.time, loop.call_at = lambda: clock() + ahead[0], call_at
        deadlines = Deadlines(3600)
        first = [asyncio.ensure_future(deadlines.wait(loop.create_future())) for _ in range(3)]
        await asyncio.sleep(0)
        ahead[0] = 1800
        later = asyncio.ensure_future(deadlines.wait(loop.create_future()))
        await asyncio.sleep(0)
        assert len(timers) == 1
        ahead[0] = 3601
        results = await asyncio.gather(*first, return_exceptions=True)
        assert [type(result) for result in results] == [TimeoutError] * 3
        assert (later.done(), len(timers)) == (False, 2)
        later.cancel()

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(scenario())
