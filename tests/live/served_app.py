"""A small Starlette app behind DigestAuthMiddleware, run by uvicorn in a child process.

``python -m tests.live.served_app RECORD POLICY`` serves on a free port of the loopback address. POLICY is the JSON of
the middleware's keywords. RECORD gets one JSON line per event: first the port, then each exchange as it stood on the
wire, outside the middleware. A line is written before the answer leaves, so whoever has the answer can read the line.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from digest_http_middleware import DigestAuthMiddleware, log_out
from tests.live.served_collection import METHODS, Collection

TILES = 24
#: Tiles are answered in groups of this size, so that a page cannot load them one by one. A browser that keeps six
#: connections to a host has a whole group under way at any time, if the group's size divides TILES.
TILES_AT_ONCE = 4
#: Seconds that a tile waits for the rest of its group. WebKitGTK has a limit of connections over all hosts: where those
#: to other sites are still open it has fewer than a group to this one, and then the tiles come a few at a time.
TILE_WAITS = 0.5

#: The empty icon keeps a browser from asking for one at a time of its own choice.
HEAD = '<!doctype html><title>tiles</title><link rel="icon" href="data:,">'
PAGE = HEAD + "".join(f'<img src="/tile/{n}" alt="">' for n in range(TILES))
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>'


class Clock:
    """Seconds since the epoch, plus what a test has added."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Recorder:
    """Outermost ASGI layer: writes down what passes, and answers the one request that moves the clock."""

    def __init__(self, app: ASGIApp, record: TextIO, clock: Clock) -> None:
        self.app = app
        self.record = record
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["path"].startswith("/clock/"):
            self.clock.ahead += float(scope["path"].removeprefix("/clock/"))
            await Response()(scope, receive, send)
            return

        answered = False

        async def recording_send(message: Message) -> None:
            nonlocal answered
            status = answer_status(message)
            if status is not None and not answered:
                answered = True
                write_line(self.record, exchange(scope, status, message.get("headers", ())))
            await send(message)

        await self.app(scope, receive, recording_send)


def answer_status(message: Message) -> int | None:
    """Return the status that an ASGI message puts on the wire first of all, or None if it puts none there."""
    match message["type"]:
        case "http.response.start" | "websocket.http.response.start":
            return int(message["status"])
        case "websocket.accept":
            return 101
        case "websocket.close":  # The refusal of a handshake, unless an answer has gone before it.
            return 403
        case _:
            return None


def exchange(scope: Scope, status: int, answer: Iterable[tuple[bytes, bytes]]) -> dict[str, Any]:
    """Return the fields of serving.Exchange."""
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    fields = list(answer)
    return {
        "kind": scope["type"],
        "client_port": scope["client"][1],
        "method": scope.get("method", "GET"),
        "target": target.decode("latin-1"),
        "authorization": values(scope["headers"], b"authorization"),
        "status": status,
        "www_authenticate": values(fields, b"www-authenticate"),
        "authentication_info": values(fields, b"authentication-info"),
    }


def values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    """Return every value of one header field."""
    return [value.decode("latin-1") for field, value in headers if field.lower() == name]


def write_line(record: TextIO, line: dict[str, Any]) -> None:
    """Append one JSON line, visible to a reader at once."""
    record.write(json.dumps(line) + "\n")
    record.flush()


async def page(_request: Request) -> Response:
    """Answer with a page of many images."""
    return HTMLResponse(PAGE)


class Tiles:
    """Images that arrive in groups: each waits until enough others are being asked for, but not for long."""

    def __init__(self) -> None:
        self.waiting = 0
        self.group = asyncio.Event()

    async def tile(self, _request: Request) -> Response:
        """Answer with an image once TILES_AT_ONCE of them are under way."""
        self.waiting += 1
        group = self.group
        if self.waiting == TILES_AT_ONCE:
            self.waiting, self.group = 0, asyncio.Event()
            group.set()
        try:
            async with asyncio.timeout(TILE_WAITS):
                await group.wait()
        except TimeoutError:
            if group is self.group:
                self.waiting -= 1
        return Response(SVG, media_type="image/svg+xml", headers={"cache-control": "no-store"})


async def whoami(request: Request) -> Response:
    """Answer with what the middleware left in the ASGI scope."""
    login = request.scope["digest"]
    return JSONResponse({name: str(getattr(login, name)) for name in ("username", "realm", "algorithm", "qop")})


async def moved(_request: Request) -> Response:
    """Answer with a redirect to another protected target."""
    return RedirectResponse("/whoami?moved")


async def leave(request: Request) -> Response:
    """End all logins of the user, since a browser may have several nonces; with the query `this` one login."""
    return Response(str(await log_out(request, everywhere=request.url.query != "this")))


async def echo(request: Request) -> Response:
    """Answer with the request's body."""
    return Response(await request.body(), media_type="application/octet-stream")


async def echo_websocket(websocket: WebSocket) -> None:
    """Send one message back."""
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


def protected_app(record: TextIO, policy: dict[str, Any]) -> ASGIApp:
    """Return recorder(middleware(app))."""
    clock = Clock()
    app = Starlette(
        routes=[
            Route("/", page),
            Route("/tile/{number:int}", Tiles().tile),
            Route("/whoami", whoami),
            Route("/any/{path:path}", whoami),
            Route("/moved", moved),
            Route("/leave", leave, methods=["POST"]),
            Route("/echo", echo, methods=["POST", "PUT"]),
            Route("/files/{name:path}", Collection().answer, methods=METHODS),
            WebSocketRoute("/socket", echo_websocket),
        ]
    )
    return Recorder(DigestAuthMiddleware(app, clock=clock, **policy), record, clock)


def main(record: TextIO, policy: dict[str, Any]) -> None:
    """Serve until SIGTERM."""
    app = protected_app(record, policy)
    config = uvicorn.Config(app, loop="uvloop", http="httptools", ws="websockets-sansio", log_level="info")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        write_line(record, {"port": listener.getsockname()[1]})
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    with Path(sys.argv[1]).open("a", encoding="utf-8") as record_file:
        main(record_file, json.loads(sys.argv[2]))
