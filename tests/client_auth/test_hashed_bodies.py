"""Bodies under auth-int are hashed before they are sent: where they are, or in the pieces that they came in."""

from __future__ import annotations

import asyncio
import io
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from digest_http.algorithms import Hash, by_name
from digest_http_client_auth.held_pieces import KEPT_WHOLE, PUT_TOGETHER, HeldPieces

KIB = 1024
PIECE = bytes(range(256)) * 256
BODY = PIECE * 16
SMALL = b"0123456789" * 3

#: Octets beyond the body that may be in memory.
BEYOND = 64 * KIB


class Unseekable(io.RawIOBase):
    """A file that is read once, as a pipe is."""

    def __init__(self, octets: bytes) -> None:
        self._left = io.BytesIO(octets)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._left.readinto(buffer)


def once(octets: bytes, size: int = 64 * KIB) -> Iterator[bytes]:
    """A generator."""
    for begin in range(0, len(octets), size):
        yield octets[begin : begin + size]


async def once_async(octets: bytes, size: int = 64 * KIB) -> AsyncIterator[bytes]:
    """The same for an asynchronous client."""
    for piece in once(octets, size):
        yield piece


class Reused:
    """Pieces in a buffer that is used again for the next one."""

    def __init__(self, octets: bytes, size: int) -> None:
        self._octets, self._size = octets, size

    def __iter__(self) -> Iterator[memoryview]:
        buffer = bytearray(self._size)
        for piece in once(self._octets, self._size):
            buffer[: len(piece)] = piece
            yield memoryview(buffer)[: len(piece)]


class Httpx:
    """A request of httpx or httpx2, blocking."""

    def __init__(self, name: str) -> None:
        self.module = import_module(name)
        self.library = import_module(f"digest_http_client_auth.{name}").DigestAuth._library  # noqa: SLF001  # the door

    def request(self, body: Any) -> Any:
        """A request that is looked at before it is sent, as an exchange does it."""
        request = self.module.Request("PUT", "http://h/", content=body)
        if not self.library.holds_body(request):
            request.replay = self.library.replay(request)
        return request

    def hash(self, request: Any, entity: Hash) -> None:
        self.library.hash_request(request, entity)

    def sent(self, request: Any) -> bytes:
        """What goes over the wire."""
        return b"".join(request.stream)


class HttpxAsync(Httpx):
    """The same, asynchronous."""

    def hash(self, request: Any, entity: Hash) -> None:
        asyncio.run(self.library.ahash_request(request, entity))

    def sent(self, request: Any) -> bytes:
        async def read() -> bytes:
            return b"".join([piece async for piece in request.stream])

        return asyncio.run(read())


class Requests:
    """A request of requests or niquests."""

    #: Where a file stood.
    begin = 0

    def __init__(self, name: str) -> None:
        self.module = import_module(name)
        self.library = import_module(f"digest_http_client_auth.{name}").DigestAuth._library  # noqa: SLF001  # as above

    def request(self, body: Any) -> Any:
        request = self.module.Request("PUT", "http://h/").prepare()
        request.body, request.headers["Transfer-Encoding"] = body, "chunked"
        return request

    def hash(self, request: Any, entity: Hash) -> None:
        self.library.hash_request(request, entity)

    def sent(self, request: Any) -> bytes:
        util = import_module("urllib3.util.request")
        chunks = b"".join(as_octets(piece) for piece in util.body_to_chunks(request.body, "PUT", 8192).chunks)
        if not isinstance(request.body, (bytes, str, bytearray, memoryview)):
            assert request.headers["Content-Length"] == str(len(chunks))
            assert "Transfer-Encoding" not in request.headers
        if hasattr(request.body, "seek"):
            request.body.seek(self.begin)
        return chunks


class NiquestsAsync(Requests):
    """niquests, asynchronous, which takes asynchronous bodies too."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.library = import_module("digest_http_client_auth.niquests").AsyncDigestAuth._library  # noqa: SLF001  # as above

    def hash(self, request: Any, entity: Hash) -> None:
        asyncio.run(self.library.ahash_request(request, entity))


class Urllib3(Requests):
    """A request of urllib3."""

    def request(self, body: Any) -> Any:
        fields = import_module("urllib3").HTTPHeaderDict({"Transfer-Encoding": "chunked"})
        return SimpleNamespace(body=body, headers=fields, chunked=True)


class Aiohttp:
    """A request of aiohttp."""

    def __init__(self, _: str) -> None:
        self.module = import_module("aiohttp")
        self.library = import_module("digest_http_client_auth.aiohttp").DigestAuth._library  # noqa: SLF001  # as above
        self.loop = asyncio.new_event_loop()

    def request(self, body: Any) -> Any:
        messages = import_module("digest_http_client_auth.aiohttp_messages")

        async def make() -> Any:
            url, loop = import_module("yarl").URL("http://h/"), asyncio.get_running_loop()
            made = self.module.ClientRequest(
                "PUT", url, data=body, loop=loop, response_class=self.module.ClientResponse
            )
            return messages.Message.of(made)

        return self.loop.run_until_complete(make())

    def hash(self, message: Any, entity: Hash) -> None:
        self.loop.run_until_complete(self.library.ahash_request(message, entity))

    def sent(self, message: Any) -> bytes:
        found = bytearray()

        async def write(piece: bytes) -> None:
            found.extend(piece)

        body = message.request.body
        if not body:  # nothing is written
            return b""
        self.loop.run_until_complete(body.write_with_length(SimpleNamespace(write=write), None))
        return bytes(found)


PLUGS: dict[str, tuple[Callable[[str], Any], str]] = {
    "httpx": (Httpx, "httpx"), "httpx2": (Httpx, "httpx2"),
    "httpx-async": (HttpxAsync, "httpx"), "httpx2-async": (HttpxAsync, "httpx2"),
    "requests": (Requests, "requests"), "niquests": (Requests, "niquests"),
    "niquests-async": (NiquestsAsync, "niquests"), "urllib3": (Urllib3, "urllib3"), "aiohttp": (Aiohttp, "aiohttp"),
}  # fmt: skip


def _piece_of_aiohttp() -> int:
    """Octets that it reads of a file at once. Older releases have another name for that."""
    payload: Any = import_module("aiohttp.payload")
    piece: int = getattr(payload, "DEFAULT_CHUNK_SIZE", 0) or payload.READ_SIZE
    return piece


@pytest.fixture
def plug(name_of_plug: str) -> Iterator[Any]:
    """A client library in one of its ways."""
    kind, name = PLUGS[name_of_plug]
    pytest.importorskip(name)
    made = kind(name)
    #: aiohttp reads files itself, as it does for sending, in its own pieces.
    made.piece = _piece_of_aiohttp() if isinstance(made, Aiohttp) else 0
    yield made
    if isinstance(made, Aiohttp):
        made.loop.run_until_complete(made.loop.shutdown_default_executor())
        made.loop.close()


def as_octets(piece: Any) -> bytes:
    """What urllib3 sends for a piece."""
    return piece.encode() if isinstance(piece, str) else bytes(piece)


TWICE = ("bytes", "text", "bytearray", "list", "file", "memory", "text file")
ONCE = ("pipe", "generator", "generator-async", "reused")


def takes(plug: str, kind: str) -> bool:
    """Whether a library takes a kind of body at all, in this way of it."""
    if plug in {"httpx-async", "httpx2-async"}:
        return kind in {"bytes", "text", "generator-async"}
    if plug == "aiohttp":
        return kind in {"bytes", "text", "file", "memory", "pipe", "generator-async"}
    if plug.startswith("httpx"):
        return kind not in {"bytearray", "text file", "generator-async"}
    return kind != "generator-async" or plug == "niquests-async"


def rows(*kinds: str) -> pytest.MarkDecorator:
    """Each library with what it takes of these kinds."""
    found = [(name, kind) for name in PLUGS for kind in kinds if takes(name, kind)]
    return pytest.mark.parametrize(("name_of_plug", "kind"), found)


@pytest.fixture
def body_of(tmp_path: Any) -> Iterator[Callable[[str, bytes], Any]]:
    """Makes a body of some octets; files are closed at the end, and begin behind three other octets."""
    opened: list[Any] = []

    def file(octets: bytes) -> Any:
        path = tmp_path / "body"
        path.write_bytes(b"no!" + octets)
        made = path.open("rb")
        made.seek(3)
        opened.append(made)
        return made

    def memory(octets: bytes) -> Any:
        made = io.BytesIO(b"no!" + octets)
        made.seek(3)
        return made

    def text_file(octets: bytes) -> Any:
        (tmp_path / "text").write_bytes(octets)
        made = (tmp_path / "text").open(encoding="utf-8", newline="")
        opened.append(made)
        return made

    kinds: dict[str, Callable[[bytes], Any]] = {
        "bytes": bytes, "text": bytes.decode, "bytearray": bytearray, "list": lambda octets: list(once(octets)),
        "file": file, "memory": memory, "pipe": Unseekable, "text file": text_file, "generator": once,
        "generator-async": once_async, "reused": lambda octets: Reused(octets, 7),
    }  # fmt: skip
    yield lambda kind, octets: kinds[kind](octets)
    for each in opened:
        each.close()


@pytest.mark.parametrize("octets", [b"", SMALL, SMALL * 2000], ids=["empty", "small", "long"])
@rows(*TWICE, *ONCE)
def test_what_is_hashed_is_what_is_sent(plug: Any, body_of: Any, kind: str, octets: bytes) -> None:
    """Octet for octet, from where a file stood; and once more, for a second try, which is hashed anew."""
    algorithm = by_name("SHA-256")
    body = body_of(kind, octets)
    request = plug.request(body)
    plug.begin = 3 if kind in {"file", "memory"} else 0
    for _ in range(3):
        entity = algorithm.hash_body()
        plug.hash(request, entity)
        assert entity.digest() == algorithm.digest(octets)
        assert plug.sent(request) == octets


def peak_of(plug: Any, made: Callable[[], Any]) -> int:
    """Octets that hashing a request's body takes at its highest, and what is kept of it.

    The least of three: on a busy machine a thread that has read a piece of a file may hold it for longer.
    """
    peaks: list[int] = []
    for _ in range(3):
        request = made()
        tracemalloc.start()
        try:
            plug.hash(request, by_name("MD5").hash_body())
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    return min(peaks)


@rows("bytes", "bytearray", "list", "file", "memory")
def test_what_can_be_read_twice_is_not_copied(plug: Any, body_of: Any, kind: str) -> None:
    """Of a body of 1 MiB hardly more is made than the piece that is read."""
    plug.hash(plug.request(b"x"), by_name("MD5").hash_body())
    # Who reads a file has the piece before still in its hand.
    assert peak_of(plug, lambda: plug.request(body_of(kind, BODY))) <= BEYOND + 2 * plug.piece


@rows("pipe", "generator", "generator-async")
def test_what_is_read_once_is_held_once(plug: Any, body_of: Any, kind: str) -> None:
    """The pieces are kept as they came: the body, and hardly more."""
    plug.hash(plug.request(b"x"), by_name("MD5").hash_body())
    peak = peak_of(plug, lambda: plug.request(body_of(kind, BODY)))
    # The piece that is read, and the one before; of httpx 64 KiB each.
    assert peak <= len(BODY) + BEYOND + 2 * max(plug.piece, 64 * KIB)


@pytest.mark.parametrize("size", [1, 100, KEPT_WHOLE - 1, KEPT_WHOLE, PUT_TOGETHER, 64 * KIB])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_held_pieces(size: int, kind: Callable[[bytes], Any]) -> None:
    """They cost what they hold, however they were cut; long ones are not copied; they are read as often as need be."""
    octets, held = PIECE[: 32 * KIB], HeldPieces()
    pieces = [kind(piece) for piece in once(octets, size)]
    tracemalloc.start()
    for piece in pieces:
        held.add(piece)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held.octets == len(octets)
    assert [b"".join(held) for _ in range(2)] == [octets] * 2
    assert kept <= (1.3 * len(octets) if size < KEPT_WHOLE or kind is not bytes else KIB)
    held.add(b"")
    assert b"".join(held) == octets


def test_pieces_of_numbers() -> None:
    """A buffer counts by its octets, whatever its items are."""
    held = HeldPieces()
    held.add(memoryview(b"12345678").cast("I"))
    assert (held.octets, b"".join(held)) == (8, b"12345678")
