"""Bodies above `spool_above`: in a file until their verdict, whole for the app, gone at every end of the request."""

from __future__ import annotations

import asyncio
import errno
import tracemalloc
from pathlib import Path
from typing import Any

import anyio
import pytest

from digest_http.algorithms import by_name
from digest_http.errors import ConfigurationError, SourceUnavailable
from digest_http_middleware import DigestAuthMiddleware, held_bodies
from digest_http_middleware.held_bodies import FILE_PIECE, HeldBody
from tests.attacks.driver import USERS, Server
from tests.middleware.spooling import files

__all__ = ["files"]

#: A file that takes nothing (Linux).
FULL = Path("/dev/full")

ABOVE = 1000
MOST = 1_000_000
SHA_256 = by_name("SHA-256")

#: Bodies by their pieces, and whether they need a file.
BODIES: dict[str, tuple[list[bytes], bool]] = {
    "none": ([b"", b""], False),
    "below": ([b"x" * (ABOVE - 1), b"y"], False),
    "one-more": ([b"x" * ABOVE, b"y"], True),
    "in-one-piece": ([b"x" * MOST], False),
    "long-pieces": ([b"x" * 400_000, b"y" * 400_000, b"z" * 200_000], True),
    "short-pieces": ([b"%04d" % number for number in range(2000)], True),
    "a-short-end": ([b"x" * 5000, b"y" * FILE_PIECE, b"z", b""], True),
}


class Reading:
    """An app that notes the pieces which it is given, and answers."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.error: Exception | None = None

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        self.pieces.clear()
        more = True
        while more:
            message = await receive()
            assert message["type"] == "http.request"
            self.pieces.append(message["body"])
            more = message["more_body"]
        if self.error is not None:
            raise self.error
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
def server() -> Any:
    """A server whose app reads."""
    return Server(app=Reading(), spool_above=ABOVE, max_body=MOST)


def field(server: Server, pieces: list[bytes]) -> bytes:
    """A signature of a body."""
    return server.signer().sign("POST", body=b"".join(pieces))


@pytest.mark.parametrize(("pieces", "spooled"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("loop", ["none", "asyncio", "trio"])
def test_the_app_reads_what_was_signed(server: Any, files: list[Any], pieces: Any, spooled: bool, loop: str) -> None:
    """In order, in pieces of bounded size, from a file only where one was needed; under any event loop."""
    signed = field(server, pieces)

    async def post() -> Any:
        return await server.send("POST", "/x", signed, body=pieces)

    response = server.request("POST", "/x", signed, body=pieces) if loop == "none" else anyio.run(post, backend=loop)
    assert response.status == 200
    given: list[bytes] = server.app.pieces
    assert b"".join(given) == b"".join(pieces)
    assert bool(files) == spooled
    if spooled:
        assert max(map(len, given)) <= FILE_PIECE
    assert server.request("POST", "/x", signed, body=pieces).status == 401


@pytest.mark.parametrize(
    ("late", "status"),
    [({"response": "0" * 64}, 401), ({"nonce": "x" * 40}, 401), ({"uri": "/y"}, 400)],
    ids=["wrong", "foreign", "target"],
)
def test_what_is_refused(server: Any, files: list[Any], late: dict[str, str], status: int) -> None:
    """The app sees nothing of it, and the file is closed; what can be refused before the body makes no file."""
    pieces = BODIES["long-pieces"][0]
    signed = server.signer().sign("POST", body=b"".join(pieces), late=late)
    assert server.request("POST", "/x", signed, body=pieces).status == status
    assert server.app.pieces == []
    assert bool(files) == (status == 401)


def test_a_body_over_the_limit(server: Any, files: list[Any]) -> None:
    """Announced, nothing is read or written; else no more is written than the limit."""
    pieces = [b"x" * 100_000] * 11
    signed = field(server, pieces)
    length = [(b"content-length", b"%d" % (MOST + 100_000))]
    assert server.request("POST", "/x", signed, body=pieces, headers=length).status == 401
    assert files == []
    assert server.request("POST", "/x", signed, body=pieces).status == 401
    assert (len(files), server.app.pieces) == (1, [])


def test_a_client_that_goes_away(server: Any, files: list[Any]) -> None:
    """There is nobody to answer, and no file any more."""
    pieces = BODIES["long-pieces"][0]
    assert server.request("POST", "/x", field(server, pieces), body=pieces, disconnect=True).status == 0
    assert len(files) == 1


def test_an_app_that_fails(server: Any, files: list[Any]) -> None:
    """Its error goes on its way."""
    pieces = BODIES["long-pieces"][0]
    server.app.error = RuntimeError("of the app")
    with pytest.raises(RuntimeError, match="of the app"):
        server.request("POST", "/x", field(server, pieces), body=pieces)
    assert len(files) == 1


def test_an_app_that_reads_none_of_it(files: list[Any]) -> None:
    """The file is closed all the same."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    server = Server(app=app, spool_above=0, max_body=MOST)
    pieces = [b"a", b"b"]
    assert server.request("POST", "/x", field(server, pieces), body=pieces).status == 204
    assert len(files) == 1


def test_a_request_that_is_cancelled(server: Any, files: list[Any]) -> None:
    """While it waits for a piece: the task ends, and so does the file."""
    signed = field(server, [b"x" * 5000])

    async def cut() -> None:
        waiting = asyncio.Event()
        pieces = [b"x" * 5000]

        async def receive() -> Any:
            if not pieces:
                waiting.set()
                await asyncio.Event().wait()
            return {"type": "http.request", "body": pieces.pop(), "more_body": True}

        async def send(_message: Any) -> None:
            raise AssertionError("nothing is answered")

        scope = server.scope("POST", "/x", [(b"authorization", signed)])
        task = asyncio.ensure_future(server.middleware(scope, receive, send))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cut())
    assert len(files) == 1


def test_a_disk_that_is_full(server: Any, files: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """503 and a line for the operator, whether no file can be made or no more be written."""
    pieces = BODIES["long-pieces"][0]
    make: Any = vars(held_bodies)["TemporaryFile"]
    if FULL.exists():

        def full(**how: Any) -> Any:
            files.append(FULL.open("r+b", **how))
            return files[-1]

        monkeypatch.setattr(held_bodies, "TemporaryFile", full)
        assert server.request("POST", "/x", field(server, pieces), body=pieces).status == 503

    def none(**_how: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(held_bodies, "TemporaryFile", none)
    response = server.request("POST", "/x", field(server, pieces), body=pieces)
    assert (response.status, server.app.pieces) == (503, [])
    assert b"The body could not be kept; try again later" in response.body
    assert b"device" not in response.body
    held = HeldBody(SHA_256, MOST, 0)
    held.add(b"x")
    with pytest.raises(SourceUnavailable) as caught:
        held.spill()
    assert (caught.value.reason, str(caught.value)) == (
        "spool-down",
        "The body could not be kept; try again later",
    )
    # The same request goes through when there is room again: nothing was counted.
    monkeypatch.setattr(held_bodies, "TemporaryFile", make)
    assert server.request("POST", "/x", field(server, pieces), body=pieces).status == 200


def test_a_file_that_somebody_has_shortened(server: Any, files: list[Any]) -> None:
    """The app is told that the client went away, rather than given less than was signed, or nothing for ever."""
    seen: list[str] = []

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        files[0].truncate(10)
        seen.extend([(await receive())["type"] for _ in range(3)])
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    server = Server(app=app, spool_above=ABOVE, max_body=MOST)
    pieces = BODIES["long-pieces"][0]
    server.request("POST", "/x", field(server, pieces), body=pieces)
    assert seen == ["http.request", "http.disconnect", "http.disconnect"]


def test_an_app_that_waits_for_the_client_to_go() -> None:
    """Behind the body the app hears what the server says."""
    seen: list[str] = []

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        seen.append((await receive())["type"])
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    server = Server(app=app, spool_above=ABOVE, max_body=MOST)
    pieces = BODIES["long-pieces"][0]
    assert server.request("POST", "/x", field(server, pieces), body=pieces).status == 204
    assert seen == ["http.disconnect"]


@pytest.mark.parametrize("length", [4095, 4096, 70_000])
def test_memory(server: Any, files: list[Any], length: int) -> None:
    """A body of a megabyte takes what may be in memory, and pieces on their way to the file and back."""
    whole = bytes(MOST)
    signed = field(server, [whole])
    statuses: list[int] = []

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    server.middleware.app = app

    def serve() -> int:
        left = MOST

        async def receive() -> Any:
            nonlocal left
            now = min(left, length)
            left -= now
            return {"type": "http.request", "body": bytes(now), "more_body": left > 0}

        scope = server.scope("POST", "/x", [(b"authorization", signed)])
        coroutine = server.middleware(scope, receive, send)
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            with pytest.raises(StopIteration):
                coroutine.send(None)
            return tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()

    assert serve() < ABOVE + FILE_PIECE + 2 * length + 64 * 1024
    assert (statuses[0], len(files)) == (204, 1)


@pytest.mark.parametrize(("octets", "proven"), [(ABOVE, True), (ABOVE + 1, False)])
def test_answers_are_held_in_memory_alone(octets: int, proven: bool) -> None:
    """So no longer one is held back than may be in memory, whatever max_body says."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": bytes(octets), "more_body": True})
        await send({"type": "http.response.body"})

    server = Server(app=app, spool_above=ABOVE, max_body=MOST)
    response = server.request("GET", "/x", server.signer().sign(body=b""))
    assert ("rspauth" in response.info) == proven


@pytest.mark.parametrize(
    ("spool_above", "max_body"),
    [(10, 10), (11, 10), (0, 0), (-1, 10), (True, 10), ("1", 10), (1.0, 10), pytest.param(10**5000, 10, id="huge")],
)
def test_settings_that_cannot_work(spool_above: Any, max_body: int) -> None:
    """A number that no body can be above is refused, and the error says what to write."""
    with pytest.raises(ConfigurationError, match=r"spool_above is .*; write .* for instance spool_above="):
        DigestAuthMiddleware(Reading(), USERS, "r", spool_above=spool_above, max_body=max_body)
