"""What the programs are let loose on: one site with many areas, each behind the middleware with a policy of its own.

usage: python -m tests.programs.site RECORD FOLDER

RECORD gets one JSON line per event: first the port, then each exchange as it stood on the wire. FOLDER holds what is
served: ``body``, which a PUT must bring whole; ``film.mov``; and ``git``, repositories for ``git http-backend``.

An area stands below its name: /default/, /old/ and so on. What follows is any name, and answers GET, HEAD, PUT, and as
much of WebDAV as tells a client that this is a collection.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any, TextIO

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest_http_middleware import DigestAuthMiddleware
from tests.live.served_app import Clock, answer_status, exchange, write_line
from tests.programs.areas import AREAS, LIFETIME, PASSWORD, USER
from tests.programs.git_backend import git_backend

METHODS = ["OPTIONS", "PROPFIND", "GET", "HEAD", "POST", "PUT"]

MULTISTATUS = """\
<?xml version="1.0" encoding="utf-8"?>
<multistatus xmlns="DAV:"><response><href>{href}</href><propstat>
<prop><resourcetype><collection/></resourcetype>
<current-user-principal><href>{href}</href></current-user-principal></prop>
<status>HTTP/1.1 200 OK</status></propstat></response></multistatus>
"""


class Pages:
    """Every page of an area."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.body = (folder / "body").read_bytes()

    async def answer(self, request: Request) -> Response:
        """A short text, or a film; 422 for a body that is not the one that was to be sent."""
        match request.method:
            case "OPTIONS":
                return Response(headers={"dav": "1, calendar-access", "allow": ", ".join(METHODS)})
            case "PROPFIND":
                return Response(MULTISTATUS.format(href=request.url.path), 207, media_type="application/xml")
            case "PUT" | "POST":
                try:
                    return Response("done\n", 201 if await request.body() == self.body else 422)
                except ClientDisconnect:
                    return Response(status_code=400)
            case _ if request.url.path.endswith(".mov"):
                return FileResponse(self.folder / "film.mov")
            case _:
                return Response(f"{request.user.display_name} is in\n", media_type="text/plain")


class Area:
    """The middleware with one policy. In an ageing area each answer of the app is the end of every nonce so far."""

    def __init__(self, name: str, folder: Path) -> None:
        pages = Starlette(routes=[Route("/{path:path}", Pages(folder).answer, methods=METHODS)])
        self.clock = Clock()
        self.ageing = AREAS[name].ageing
        self.pages, self.git = pages, git_backend(folder / "git" / name)
        self.app = DigestAuthMiddleware(
            self.inside, {USER: PASSWORD}, realm=name, clock=self.clock, nonce_lifetime=LIFETIME, **AREAS[name].policy
        )

    async def inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The app behind the middleware."""
        ended = not self.ageing

        async def ending_send(message: Message) -> None:
            nonlocal ended
            # After the head, which may name a next nonce, and before anybody can have the whole answer.
            if message["type"] == "http.response.body" and not ended:
                ended = True
                self.clock.ahead += 2 * LIFETIME
            await send(message)

        app: ASGIApp = self.git if "/repositories/" in scope["path"] else self.pages
        await app(scope, receive, ending_send)


class Site:
    """Finds the area and writes down each exchange before its answer leaves."""

    def __init__(self, folder: Path, record: TextIO) -> None:
        self.folder = folder
        self.areas: dict[str, Area] = {}
        self.record = record

    def area(self, path: str) -> Area | None:
        """The area of a path. An ageing one is each program's own, or the answers to one would end another's nonces."""
        name, program = [*path.split("/")[1:3], ""][:2]
        if name not in AREAS:
            return None
        key = f"{name}/{program}" if AREAS[name].ageing else name
        if key not in self.areas:
            self.areas[key] = Area(name, self.folder)
        return self.areas[key]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; what no area answers is 404."""
        if scope["type"] != "http":
            return

        async def recording_send(message: Message) -> None:
            status = answer_status(message)
            if status is not None:
                write_line(self.record, exchange(scope, status, message.get("headers", ())))
            await send(message)

        area = self.area(scope["path"])
        app: Any = Response(status_code=404) if area is None else area.app
        await app(scope, receive, recording_send)


def main(record: TextIO, folder: Path) -> None:
    """Serve until SIGTERM."""
    config = uvicorn.Config(Site(folder, record), log_level="warning", lifespan="off")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        write_line(record, {"port": listener.getsockname()[1]})
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    with Path(sys.argv[1]).open("a", encoding="utf-8") as record_file:
        main(record_file, Path(sys.argv[2]))
