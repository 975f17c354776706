"""Redirects that aiohttp follows: each hop comes to the plug as a request of its own."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web

from digest_http.errors import WrongPrincipal

from .aiohttp_wire import Handler, answered, auth, fields_of, run, served_by, statuses
from .strict_server import StrictServer

OTHER = "http://evil.example/here"


def leading(server: StrictServer, status: int, location: str, *, signed: bool) -> Handler:
    """A server whose page /old is a redirect, for all or for those who are let in, and what leads elsewhere too."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if not request.path.startswith("/old"):
            return await served_by(server)(request)
        if signed:
            asked = answered(*server.answer(request.method, request.raw_path, fields_of(request), b""))
            if asked.status != 200:
                return asked
        return web.Response(status=status, headers={"Location": location})

    return handler


@pytest.mark.parametrize(
    "location", ["/new?a=%2F", "new", "http://server.example/new", "//server.example/new", "/old/../new?q"]
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("signed", [False, True])
def test_inside_the_origin(location: str, status: int, signed: bool) -> None:
    """Each hop is signed for its own target, also where the redirect itself wanted a password."""
    server = StrictServer()
    handler = leading(server, status, location, signed=signed)
    assert statuses(handler, auth(), "http://server.example/old") == [(200, b"hello alice")]
    assert server.statuses.count(401) == 1


@pytest.mark.parametrize(
    "location",
    [OTHER, "//evil.example/here", "https://server.example/", "http://server.example:8080/", "http://EVIL.example"],
)
def test_a_challenge_of_another_origin(location: str) -> None:
    """Nothing is sent there, and nothing is learnt; a call of one's own to the same place is answered."""
    server = StrictServer()
    digest = auth()

    async def use(client: aiohttp.ClientSession) -> tuple[int, list[int], int]:
        async with client.get("http://server.example/old") as answer:
            followed, hops = answer.status, [hop.status for hop in answer.history]
        assert server.signed == []
        async with client.get(location) as answer:
            return followed, hops, answer.status

    assert run(leading(server, 307, location, signed=False), use, middlewares=(digest,)) == (401, [307], 200)


def test_a_redirect_that_nobody_can_read() -> None:
    """It may lead anywhere, so the next request of this task counts as what follows it; the one after that does not."""
    server = StrictServer()

    async def use(client: aiohttp.ClientSession) -> list[int]:
        with pytest.raises(aiohttp.ClientError):
            await client.get("http://server.example/old")
        found = []
        for _ in range(2):
            async with client.get(OTHER) as answer:
                found.append(answer.status)
        return found

    assert run(leading(server, 307, "http://[", signed=False), use, middlewares=(auth(),)) == [401, 200]


def test_a_chain_that_comes_back() -> None:
    """At the end of a chain the origin counts that the program asked for."""
    server = StrictServer()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/there":
            return web.Response(status=302, headers={"Location": "http://between.example/back"})
        if request.path == "/back":
            return web.Response(status=302, headers={"Location": "http://server.example/page"})
        return await served_by(server)(request)

    assert statuses(handler, auth(), "http://server.example/there") == [(200, b"hello alice")]


def test_a_proof_is_wanted_of_each_hop() -> None:
    """A redirect without one is not followed, and one that leads away proves nothing."""
    server = StrictServer()
    for location in ("/new", OTHER):
        with pytest.raises(WrongPrincipal):
            statuses(leading(server, 307, location, signed=False), auth(verify="required"), "http://server.example/old")
    assert server.requests == []

    async def proved(request: web.BaseRequest) -> web.StreamResponse:
        answer = answered(*server.answer(request.method, request.raw_path, fields_of(request), b""))
        if answer.status == 200 and request.path == "/old":
            fields = {"Location": request.query.get("to", "/new")}
            return web.Response(status=307, headers={**fields, **answer.headers}, body=b"hello alice")
        return answer

    digest = auth(verify="required")
    assert statuses(proved, digest, "http://server.example/old") == [(200, b"hello alice")]
    with pytest.raises(WrongPrincipal, match="another origin"):
        statuses(proved, digest, f"http://server.example/old?to={OTHER}")


def test_tasks_are_told_apart() -> None:
    """A redirect that one task was given says nothing of another task's request."""
    server = StrictServer()

    async def use(client: aiohttp.ClientSession) -> int:
        async with client.get("http://server.example/old", allow_redirects=False) as answer:
            assert answer.status == 307

        async def get() -> int:
            async with client.get(OTHER) as answer:
                return answer.status

        return await asyncio.create_task(get())

    assert run(leading(server, 307, OTHER, signed=False), use, middlewares=(auth(),)) == 200
