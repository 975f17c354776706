"""aiohttp.web: a client that goes away in the middle of a signed body is one refused request, and no error of ours."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from typing import Any

import pytest
from aiohttp import web

from digest_http_middleware.aiohttp_web import DigestAuth
from tests.attacks.driver import USERS
from tests.frameworks import asking
from tests.frameworks.aiohttp_wire import ask_app

pytestmark = pytest.mark.live

BODY = b"x" * 100_000


class Site:
    """An app that counts what gets to it, and an observer that says when a request is over."""

    def __init__(self, spool_above: int | None) -> None:
        self.calls = 0
        self.reasons: list[str] = []
        self.over = asyncio.Event()
        self.digest = DigestAuth(USERS, "home", qop=["auth-int"], spool_above=spool_above, observers=[self._note])

    def _note(self, event: Any) -> None:
        self.reasons.append(event.reason)
        self.over.set()

    def app(self) -> web.Application:
        """The app, behind the login."""

        async def handler(request: web.Request) -> web.Response:
            self.calls += 1
            return web.Response(body=await request.read())

        app = web.Application()
        self.digest.setup(app)
        app.router.add_post("/x", handler)
        return app


async def half_of_it(site: Site, signed: bytes, framing: bytes, end: str) -> None:
    """Send the head and a half of the body, and go: with an orderly end, or with a reset."""
    runner = web.AppRunner(site.app(), access_log=None, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        _, writer = await asyncio.open_connection(host, port)
        head = b"POST /x HTTP/1.1\r\nHost: app.example\r\nAuthorization: " + signed + b"\r\n" + framing + b"\r\n\r\n"
        begun = b"c350\r\n" if b"chunked" in framing else b""
        writer.write(head + begun + BODY[:40_000])
        await writer.drain()
        if end == "reset":
            kept = writer.get_extra_info("socket")
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()
        async with asyncio.timeout(30):
            await site.over.wait()
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("end", ["orderly", "reset"])
@pytest.mark.parametrize("spool_above", [None, 1000], ids=["memory", "file"])
@pytest.mark.parametrize(
    "framing", [b"Content-Length: 100000", b"Transfer-Encoding: chunked"], ids=["length", "chunks"]
)
def test_half_of_a_body(caplog: pytest.LogCaptureFixture, framing: bytes, spool_above: int | None, end: str) -> None:
    """The app is not called, the log has the refusal and no traceback, and the count is not used up."""
    site = Site(spool_above)
    signer = asking.signer(ask_app(site.app(), "POST", "/x"))
    signed = signer.sign("POST", "/x", body=BODY)
    site.reasons.clear()
    site.over = asyncio.Event()
    with caplog.at_level(logging.INFO):
        asyncio.run(half_of_it(site, signed, framing, end))
    assert (site.reasons, site.calls) == (["body"], 0)
    assert [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR] == []
    assert ask_app(site.app(), "POST", "/x", signed, body=BODY).status == 200
