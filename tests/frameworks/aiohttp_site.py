"""A site of aiohttp.web with all kinds of answers, for the tests of its plug."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aiohttp import web

from digest_http_middleware.aiohttp_web import DIGEST, USER, DigestAuth, log_out
from tests.attacks.driver import USERS, Clock
from tests.attacks.signing import Signer
from tests.frameworks import asking
from tests.frameworks.aiohttp_wire import ask_app
from tests.frameworks.asking import Answer

__all__ = ["INT", "Site", "who"]

INT: dict[str, Any] = {"qop": ["auth-int"]}


class Site:
    """An app with all kinds of answers. Its middleware is inside of the login."""

    def __init__(self, **policy: Any) -> None:
        self.reached: list[str] = []
        self.digest = DigestAuth(
            **{"users": USERS, "realm": "home", "roles": {"alice": ["admin"]}, "clock": Clock(), **policy}
        )

    def app(self) -> web.Application:
        """The app, made anew for each event loop."""

        @web.middleware
        async def inside(request: web.Request, handler: Any) -> web.StreamResponse:
            self.reached.append(request.path)
            answer: web.StreamResponse = await handler(request)
            return answer

        app = web.Application(middlewares=[inside], client_max_size=100)
        self.digest.setup(app)
        for name in ("/", "/open", "/closed/{rest:.*}"):
            app.router.add_route("*", name, who)
        app.router.add_get("/401", unauthorized)
        app.router.add_post("/leave", leave)
        app.router.add_get("/raised", raised)
        app.router.add_get("/stream", stream)
        app.router.add_get("/file", file)
        app.router.add_get("/gzip", compressed)
        app.router.add_get("/own", own_proof)
        app.router.add_get("/empty", empty)
        app.router.add_get("/socket", socket)
        for name, handler in (("read", read), ("content", content), ("post", post), ("multipart", post)):
            app.router.add_post(f"/{name}", handler)
        return app

    def ask(self, target: str, *fields: bytes, method: str = "GET", **more: Any) -> Answer:
        """One request."""
        return ask_app(self.app(), method, target, *fields, **more)

    def who(self, target: str, *fields: bytes, **more: Any) -> Any:
        """What the handler saw, or the status of a refusal."""
        answer = self.ask(target, *fields, **more)
        return json.loads(answer.body) if answer.status == 200 else answer.status

    def signer(self, **user: str) -> Signer:
        """A client that was asked to log in."""
        return asking.signer(self.ask("/closed/x"), **user)


async def who(request: web.Request) -> web.Response:
    """What a handler finds."""
    user, digest = request[USER], request[DIGEST]
    roles = list(user.roles) if user.is_authenticated else None
    return web.json_response([user.display_name, roles, digest.nc if digest else None])


async def leave(request: web.Request) -> web.Response:
    """Ends the login."""
    return web.Response(text=str(await log_out(request, everywhere="everywhere" in request.query)))


async def unauthorized(_request: web.Request) -> web.Response:
    """A 401 of the app's own."""
    return web.Response(status=401, headers={"X-App": "1", "WWW-Authenticate": "Bearer", "Cache-Control": "public"})


async def raised(_request: web.Request) -> web.Response:
    """An answer that is raised."""
    raise web.HTTPForbidden


async def stream(request: web.Request) -> web.StreamResponse:
    """An answer in pieces."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    await answer.write(b"one")
    await answer.write(b"two")
    return answer


async def file(_request: web.Request) -> web.FileResponse:
    """A file."""
    return web.FileResponse(Path(__file__))


async def compressed(_request: web.Request) -> web.Response:
    """An answer that aiohttp compresses."""
    answer = web.Response(body=b"a" * 2000)
    answer.enable_compression(web.ContentCoding.gzip)
    return answer


async def own_proof(_request: web.Request) -> web.Response:
    """An answer with the field of the proof."""
    return web.Response(headers={"Authentication-Info": "rspauth=mine"})


async def empty(_request: web.Request) -> web.Response:
    """No body."""
    return web.Response(status=204)


async def socket(request: web.Request) -> web.WebSocketResponse:
    """A socket that says who it is."""
    answer = web.WebSocketResponse()
    await answer.prepare(request)
    await answer.send_str(request[USER].display_name)
    await answer.close()
    return answer


async def read(request: web.Request) -> web.Response:
    """A body that is read whole, twice."""
    return web.Response(body=await request.read() + b"|" + await request.read())


async def content(request: web.Request) -> web.Response:
    """A body that is read as a stream."""
    pieces = [piece async for piece in request.content.iter_chunked(4)]
    return web.Response(body=b"|".join(pieces))


async def post(request: web.Request) -> web.Response:
    """A form."""
    found = await request.post()
    return web.json_response({name: str(value) for name, value in found.items()})
