"""Bodies of auth-int under aiohttp.web: above `spool_above` they come out of a file, piece by piece."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from digest_http.errors import ConfigurationError
from digest_http_middleware.aiohttp_web import DigestAuth
from digest_http_middleware.held_bodies import FILE_PIECE
from tests.attacks.driver import USERS
from tests.frameworks import asking
from tests.frameworks.aiohttp_wire import ask_app
from tests.middleware.spooling import files

__all__ = ["files"]

BODY = b"".join(b"line %d\n" % number for number in range(30_000))
ABOVE = 100_000
MOST = 1_000_000


async def read(request: web.Request) -> bytes:
    """Whole."""
    return await request.read()


async def any_pieces(request: web.Request) -> bytes:
    """As it comes; no piece is longer than a piece of a file."""
    pieces = [piece async for piece in request.content.iter_any()]
    assert max(map(len, pieces)) <= 2 * FILE_PIECE
    return b"".join(pieces)


async def equal_pieces(request: web.Request) -> bytes:
    """In pieces of one length."""
    return b"".join([piece async for piece in request.content.iter_chunked(1000)])


async def chunks(request: web.Request) -> bytes:
    """With the ends of chunks."""
    return b"".join([piece async for piece, _ in request.content.iter_chunks()])


async def lines(request: web.Request) -> bytes:
    """Line by line."""
    return b"".join([line async for line in request.content])


async def exactly(request: web.Request) -> bytes:
    """So many octets, and the rest."""
    return await request.content.readexactly(FILE_PIECE + 10) + await request.content.read()


WAYS = (read, any_pieces, equal_pieces, chunks, lines, exactly)


class Site:
    """An app that tells how much it has read, and whether it was the body."""

    def __init__(self, way: Any, **policy: Any) -> None:
        self.way = way
        self.at_the_end: Any = None
        self.digest = DigestAuth(
            **{"users": USERS, "realm": "home", "qop": ["auth-int"], "spool_above": ABOVE, "max_body": MOST, **policy}
        )

    def ask(self, *field: bytes, body: bytes = b"", **more: Any) -> Any:
        """One request, in an event loop of its own."""

        async def handler(request: web.Request) -> web.Response:
            found = await self.way(request)
            return web.json_response([len(found), found == body])

        app = web.Application(client_max_size=MOST)
        self.digest.setup(app)
        app.router.add_route("*", "/x", handler)

        async def cleanup(_app: web.Application) -> None:
            if self.at_the_end is not None:
                await self.at_the_end()

        app.on_cleanup.append(cleanup)
        return ask_app(app, "POST", "/x", *field, body=body, **more)

    def signer(self) -> Any:
        """A client that was asked to log in."""
        return asking.signer(self.ask())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("spool_above", [None, ABOVE], ids=["memory", "file"])
def test_the_handler_reads_what_was_signed(files: list[Any], way: Any, spool_above: int | None) -> None:
    """In every way that aiohttp has, to the end."""
    site = Site(read if way is any_pieces and spool_above is None else way, spool_above=spool_above)
    answer = site.ask(site.signer().sign("POST", "/x", body=BODY), body=BODY)
    assert (answer.status, answer.body) == (200, b"[%d, true]" % len(BODY))
    assert [file.closed for file in files] == ([True] if spool_above else [])


@pytest.mark.parametrize("end", ["wrong", "fails", "unread", "later"])
def test_the_file_ends_with_the_request(files: list[Any], end: str) -> None:
    """With a refusal, an error of the handler, a handler that reads nothing; who reads later gets an error, no wait."""

    async def way(request: web.Request) -> bytes:
        if end == "fails":
            await request.content.read(10)
            raise web.HTTPConflict
        if end == "later":
            site.at_the_end = lambda: read(request)
        return b""

    site = Site(way)
    field = site.signer().sign("POST", "/x", body=b"another" if end == "wrong" else BODY)
    if end == "later":
        with pytest.raises(ValueError, match="the request is over"):
            site.ask(field, body=BODY)
    else:
        assert site.ask(field, body=BODY).status == {"wrong": 401, "fails": 409, "unread": 200}[end]
    assert [file.closed for file in files] == [True]


def test_a_body_over_the_limit(files: list[Any]) -> None:
    """413, and no file is left of it, where it was not announced."""
    site = Site(read, max_body=200_000)
    field = site.signer().sign("POST", "/x", body=BODY)
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    assert site.ask(field, body=sent, headers=[(b"transfer-encoding", b"chunked")]).status == 413
    assert [file.closed for file in files] in ([], [True])


@pytest.mark.parametrize("spool_above", [MOST, -1, "1", True])
def test_settings_that_cannot_work(spool_above: Any) -> None:
    """A number that no body can be above is refused."""
    with pytest.raises(ConfigurationError, match="spool_above"):
        Site(read, spool_above=spool_above)
