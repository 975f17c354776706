"""Bodies of requests through the plug for aiohttp."""

from __future__ import annotations

import asyncio
import io
import os
import tempfile
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from digest_http.errors import BodyNotReplayable, DigestError

from .aiohttp_wire import LONG, URL, Handler, answered, auth, fields_of, read, run, served_by, statuses
from .strict_server import StrictServer


async def once() -> AsyncIterator[bytes]:
    """A body that comes once."""
    yield LONG
    yield b"end"


def a_file() -> Any:
    """A file that stands somewhere inside."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # aiohttp closes it
    file.write(b"skipped" + LONG)
    file.seek(len(b"skipped"))
    return file


def a_form() -> aiohttp.MultipartWriter:
    """A form with a file in it, as FormData makes it, with a boundary that can be compared."""
    form = aiohttp.MultipartWriter("form-data", boundary="b0undary")
    form.append("value").set_content_disposition("form-data", name="name")
    form.append(io.BytesIO(LONG)).set_content_disposition("form-data", name="file", filename="f")
    return form


BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "octets": lambda: {"data": LONG},
    "nothing": dict,
    "empty": lambda: {"data": b""},
    "text": lambda: {"data": "gr\u00fcn"},
    "json": lambda: {"json": {"a": [1, None]}},
    "fields": lambda: {"data": {"a": "1"}},
    "file": lambda: {"data": a_file()},
    "file in memory": lambda: {"data": io.BytesIO(LONG)},
    "form with a file": lambda: {"data": a_form()},
    "compressed": lambda: {"data": LONG, "compress": "deflate"},
    "gzip": lambda: {"data": io.BytesIO(LONG), "compress": "gzip"},
    "expected": lambda: {"data": LONG, "expect100": True},
    "chunked": lambda: {"data": LONG, "chunked": True},
}


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_bodies(body: Callable[[], dict[str, Any]], qop: str) -> None:
    """What the server accepts is what it would have got without Digest, also where the signature covers it."""
    plain: list[bytes] = []

    async def keep(request: web.BaseRequest) -> web.Response:
        plain.append(await read(request))
        return web.Response()

    async def put(client: aiohttp.ClientSession) -> list[int]:
        found = []
        for _ in range(2):
            async with client.put(URL, **body()) as answer:
                found.append(answer.status)
        return found

    assert run(keep, put) == [200, 200]
    server = StrictServer(qop=qop)
    assert run(unpacked(server), put, middlewares=(auth(),)) == [200, 200]
    assert [octets for _, octets in server.accepted] == plain


def unpacked(server: StrictServer) -> Handler:
    """As `served_by`, for bodies that aiohttp's server unpacks: a signature covers them as they were sent."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        body = await read(request)
        coding = request.headers.get("Content-Encoding")
        covered = body
        if coding is not None and "qop=auth-int" in request.headers.get("Authorization", ""):
            packer = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
            covered = packer.compress(body) + packer.flush()
        answer = answered(*server.answer(request.method, request.raw_path, fields_of(request), covered))
        if answer.status == 200:
            server.accepted[-1] = (server.accepted[-1][0], body)
        return answer

    return handler


def test_a_body_that_comes_once() -> None:
    """It is never replaced by an empty one; once the challenge is known it is sent whole, also if it is covered."""
    for qop in ("auth", "auth-int"):
        server, digest = StrictServer(qop=qop), auth()
        for caught in (aiohttp.ClientError, DigestError, BodyNotReplayable):
            with pytest.raises(caught):
                statuses(served_by(server), auth(), URL, method="PUT", data=once())
        with pytest.raises(BodyNotReplayable):
            statuses(served_by(server), digest, URL, method="PUT", data=once())
        assert server.accepted == []
        assert statuses(served_by(server), digest, URL, method="PUT", data=once()) == [(200, b"hello alice")]
        assert [octets for _, octets in server.accepted] == [LONG + b"end"]


def test_a_pipe() -> None:
    """A file without an offset to go back to comes once too."""
    server = StrictServer()
    reading, writing = os.pipe()
    os.write(writing, b"through the pipe")
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe, pytest.raises(BodyNotReplayable):
        statuses(served_by(server), auth(), URL, method="PUT", data=pipe)
    assert server.accepted == []


def test_a_form_with_a_part_that_comes_once() -> None:
    """One part is enough to refuse the whole."""

    def form() -> aiohttp.MultipartWriter:
        parts = aiohttp.MultipartWriter("mixed")
        parts.append(b"first")
        parts.append(once())
        return parts

    server = StrictServer()
    with pytest.raises(BodyNotReplayable):
        statuses(served_by(server), auth(), URL, method="PUT", data=form())
    assert server.accepted == []


@pytest.mark.parametrize("expect", [False, True])
def test_an_upload_that_is_interrupted(expect: bool) -> None:
    """A server that answers before it has read a long body, or asked for it, gets it whole the second time."""
    server = StrictServer()

    async def hasty(request: web.BaseRequest) -> web.StreamResponse:
        if "Authorization" in request.headers:
            return await served_by(server)(request)
        status, fields, content = server.challenge()
        return answered(status, fields, content)

    big = LONG * 80
    file = tempfile.TemporaryFile()  # noqa: SIM115  # aiohttp closes it
    file.write(big)
    file.seek(0)
    digest, busy = auth(), []

    async def watching(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        busy.append(sum("write_bytes" in repr(task.get_coro()) for task in asyncio.all_tasks()))
        return await handler(request)

    found = statuses(hasty, digest, URL, method="PUT", data=file, expect100=expect, middlewares=(digest, watching))
    assert found == [(200, b"hello alice")]
    assert busy == [0, 0]  # two that send from one file would send nonsense
    assert [octets for _, octets in server.accepted] == [big]
