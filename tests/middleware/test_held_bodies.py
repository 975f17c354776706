"""A held body by itself: what is done in a thread, and what becomes of that when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import errno
import gc
import io
import threading
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http_middleware import held_bodies
from digest_http_middleware.bodies import replay_held
from digest_http_middleware.held_bodies import FILE_PIECE, HeldBody
from tests.middleware.spooling import files

__all__ = ["files"]

MOST = 1_000_000
SHA_256 = by_name("SHA-256")


class Slow:
    """Makes files for bodies by `make`, but not before it is told to go on."""

    def __init__(self, make: Any) -> None:
        self._make = make
        self.began, self.go_on = threading.Event(), threading.Event()

    def __call__(self, **how: Any) -> Any:
        self.began.set()
        assert self.go_on.wait(60)
        return self._make(**how)


async def cancelled(slow: Slow) -> None:
    """Write a body to a file, and go before that has begun."""
    held = HeldBody(SHA_256, MOST, 0)
    held.add(b"x" * 5000)
    task = asyncio.ensure_future(held.spill_aside())
    await asyncio.to_thread(slow.began.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    held.close()
    slow.go_on.set()


def test_a_write_that_is_cancelled(files: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread writes to its end, and then the file is closed: never under its hands."""
    slow = Slow(vars(held_bodies)["TemporaryFile"])
    monkeypatch.setattr(held_bodies, "TemporaryFile", slow)
    # It ends when all threads have.
    asyncio.run(cancelled(slow))
    assert [file.closed for file in files] == [True]


def test_a_write_that_fails_when_nobody_waits(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who has gone is not told, and neither is the log: asyncio has no error to complain of that nobody has seen."""

    def full(**_how: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    slow = Slow(full)
    monkeypatch.setattr(held_bodies, "TemporaryFile", slow)
    asyncio.run(cancelled(slow))
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_an_app_that_waits_for_a_piece_for_so_long_only(files: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What it did not wait for is given to it when it asks again: nothing is lost, and nothing comes twice."""
    pieces = [b"%d" % number * FILE_PIECE for number in range(4)]
    held = HeldBody(SHA_256, MOST, 0)
    for piece in pieces:
        held.add(piece)
        held.spill()
    began, go_on = threading.Event(), threading.Event()

    class Slow(io.RawIOBase):
        """The file, which takes its time to go to its beginning."""

        def seek(self, *where: int) -> int:
            began.set()
            assert go_on.wait(60)
            return int(files[0].seek(*where))

        def read(self, size: int = -1, /) -> bytes:
            found: bytes = files[0].read(size)
            return found

    monkeypatch.setattr(held, "_file", Slow())

    async def all_of_it() -> list[bytes]:
        impatient = asyncio.ensure_future(held.read_aside())
        await asyncio.to_thread(began.wait)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        go_on.set()
        return [await held.read_aside() for _ in range(5)]

    assert asyncio.run(all_of_it()) == [*pieces, b""]
    files[0].close()


class Watched(HeldBody):
    """A body that notes in which thread it is read."""

    def _next(self) -> bytes:
        threads.append(threading.get_ident())
        return super()._next()


threads: list[int] = []


@pytest.mark.parametrize("spooled", [False, True], ids=["memory", "file"])
def test_where_a_body_is_read(files: list[Any], spooled: bool) -> None:
    """What is in memory needs no thread; what is in a file never keeps the event loop waiting."""
    held = Watched(SHA_256, MOST, 0 if spooled else None)
    held.add(b"x" * 5000)
    if spooled:
        held.spill()
    threads.clear()

    async def read() -> Any:
        async def receive() -> Any:
            raise AssertionError("it was read")

        return await replay_held(held, receive)()

    assert asyncio.run(read()) == {"type": "http.request", "body": b"x" * 5000, "more_body": False}
    assert all((thread != threading.get_ident()) == spooled for thread in threads)
    held.close()
    assert bool(files) == spooled
    with pytest.raises(ValueError, match=r"^the request is over, and so is its body$"):
        held.read()
