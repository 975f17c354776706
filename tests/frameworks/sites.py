"""One small site in each framework: /me says whom the framework's own place for users holds, and gives back the body.

/ws takes a socket, /admin is for those with the role, and all else says which path the router saw.
"""

# No `from __future__ import annotations`: frameworks look up the types of handlers, some of them local.

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import falcon
import falcon.asgi
import litestar
import quart
from aiohttp import web
from blacksheep import Application, Request, WebSocket, auth, text
from blacksheep.server.routing import Router
from fastapi import FastAPI, Security
from fastapi import Request as FastAPIRequest
from fastapi import WebSocket as FastAPISocket
from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from starlette.applications import Starlette
from starlette.authentication import requires as starlette_requires
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from digest_http_middleware import DigestAuthMiddleware
from digest_http_middleware.aiohttp_web import USER, DigestAuth
from digest_http_middleware.blacksheep import DigestHandler
from digest_http_middleware.falcon import DigestContext
from digest_http_middleware.fastapi import AuthenticationInfo
from digest_http_middleware.fastapi import DigestAuth as FastAPIDigest
from digest_http_middleware.starlette import DigestBackend
from digest_http_middleware.starlette import requires as digest_requires
from tests.frameworks import aiohttp_wire, asking, wsgi_sites
from tests.frameworks.asking import Answer

__all__ = ["SITES", "Site"]


class Site(NamedTuple):
    """A framework. `make(policy)` gives the app; `kind` is asgi, wsgi or aiohttp.

    `by_route`: its routes say what needs a login, and there are neither path rules nor bodies.
    """

    make: Callable[[dict[str, Any]], Any]
    kind: str = "asgi"
    sockets: bool = True
    by_route: bool = False
    socket_proof: bool = True

    async def ask(self, app: Any, method: str, target: str, *fields: bytes, body: bytes = b"") -> Answer:
        """One request."""
        if self.kind == "aiohttp":
            (answer,) = await aiohttp_wire.ask_all(app(), [(method, target, fields, body, ())])
            return answer
        if self.kind == "wsgi":
            return asking.ask_wsgi(app, method, target, *fields, body=body)
        return await asking.ask(app, method, target, *fields, body=body)

    async def ask_all(self, app: Any, asked: list[tuple[str, bytes | None]]) -> list[Answer]:
        """Some requests at once: targets, and credentials if there are some."""
        if self.kind == "aiohttp":
            each: Any = [("GET", target, () if field is None else (field,), b"", ()) for target, field in asked]
            return await aiohttp_wire.ask_all(app(), each)
        fields = [(target, *(() if field is None else (field,))) for target, field in asked]
        if self.kind == "wsgi":
            return await asyncio.gather(*(asyncio.to_thread(asking.ask_wsgi, app, "GET", *each) for each in fields))
        return await asyncio.gather(*(asking.ask(app, "GET", *each) for each in fields))


def starlette(policy: dict[str, Any]) -> Any:
    """Starlette behind the middleware."""
    return DigestAuthMiddleware(Starlette(routes=_starlette_routes(starlette_requires)), **policy)


def starlette_backend(policy: dict[str, Any]) -> Any:
    """Starlette with its own AuthenticationMiddleware."""
    return Starlette(routes=_starlette_routes(digest_requires), middleware=DigestBackend(**policy).middleware)


def _starlette_routes(requires: Any) -> list[Any]:
    async def me(request: Any) -> Any:
        return PlainTextResponse(f"{request.user.display_name}:{(await request.body()).decode()}")

    async def admin(request: Any) -> Any:
        return PlainTextResponse(request.user.display_name)

    async def socket(websocket: Any) -> None:
        await websocket.accept()
        await websocket.close()

    async def rest(request: Any) -> Any:
        return PlainTextResponse("saw:/" + request.path_params["rest"])

    return [
        Route("/me", requires("authenticated")(me), methods=["GET", "POST"]),
        Route("/role", requires("admin")(admin)),
        WebSocketRoute("/ws", requires("authenticated")(socket)),
        Route("/{rest:path}", rest),
    ]


def fastapi(policy: dict[str, Any]) -> Any:
    """FastAPI with the dependency."""
    digest = FastAPIDigest(**policy)
    app = FastAPI()
    app.add_middleware(AuthenticationInfo)

    @app.api_route("/me", methods=["GET", "POST"], dependencies=[Security(digest)], response_class=PlainTextResponse)
    async def me(request: FastAPIRequest) -> str:
        return f"{request.user.display_name}:{(await request.body()).decode()}"

    @app.get("/role", dependencies=[Security(digest, scopes=["admin"])], response_class=PlainTextResponse)
    def admin(request: FastAPIRequest) -> Any:
        return request.user.display_name

    @app.websocket("/ws", dependencies=[Security(digest)])
    async def socket(websocket: FastAPISocket) -> None:
        await websocket.accept()
        await websocket.close()

    return app


def litestar_site(policy: dict[str, Any]) -> Any:
    """Litestar behind the middleware, with a guard for the role."""

    def is_admin(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        if "admin" not in connection.auth.scopes:
            raise PermissionDeniedException

    @litestar.route("/me", http_method=["GET", "POST"], media_type="text/plain", status_code=200)
    async def me(request: litestar.Request[Any, Any, Any]) -> str:
        return f"{request.user.display_name}:{(await request.body()).decode()}"

    @litestar.get("/role", guards=[is_admin], media_type="text/plain")
    async def admin(request: litestar.Request[Any, Any, Any]) -> str:
        return str(request.user.display_name)

    @litestar.websocket("/ws")
    async def socket(socket: litestar.WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        await socket.close()

    @litestar.get(["/", "/{rest:path}"], media_type="text/plain")
    async def rest(rest: FromPath[str] = "/") -> str:
        return f"saw:/{rest.lstrip('/')}"

    # Its own configuration of logging would set the level of the root logger for all tests that come after.
    app: Any = litestar.Litestar([me, admin, socket, rest], openapi_config=None, logging_config=None)
    return DigestAuthMiddleware(app, **policy)


def quart_site(policy: dict[str, Any]) -> Any:
    """Quart behind the middleware; `g.user` is set before each request."""
    app = quart.Quart("site", static_folder=None)

    @app.before_request
    async def who() -> None:
        scope: Any = quart.request.scope
        quart.g.user = scope["user"]

    @app.route("/me", methods=["GET", "POST"])
    async def me() -> str:
        body: Any = await quart.request.get_data()
        return f"{quart.g.user.display_name}:{body.decode()}"

    @app.get("/role")
    async def admin() -> str:
        if "admin" not in quart.g.user.roles:
            quart.abort(403)
        return str(quart.g.user.display_name)

    @app.websocket("/ws")
    async def socket() -> None:
        await quart.websocket.accept()

    @app.get("/")
    @app.get("/<path:rest>")
    async def rest(rest: str = "") -> str:
        return f"saw:/{rest}"

    app.asgi_app = DigestAuthMiddleware(app.asgi_app, **policy)  # type: ignore[method-assign,arg-type,assignment]  # Quart's own way
    return app


def blacksheep(policy: dict[str, Any]) -> Any:
    """BlackSheep with its own authentication, behind the middleware."""
    app = Application(router=Router())
    app.use_authentication().add(DigestHandler())
    app.use_authorization()

    async def me(request: Request) -> Any:
        user: Any = request.user
        return text(f"{user.name}:{(await request.read() or b'').decode()}")

    @auth(roles=["admin"])
    async def admin(request: Request) -> Any:
        user: Any = request.user
        return text(user.name)

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    async def rest(request: Request) -> Any:
        return text("saw:/" + ((request.route_values or {}).get("rest") or ""))

    app.router.add_get("/me", me)
    app.router.add_post("/me", me)
    app.router.add_get("/role", admin)
    app.router.add("GET_WS", "/ws", socket)
    app.router.add_get("/{path:rest}", rest)
    return DigestAuthMiddleware(app, **policy)


def falcon_asgi(policy: dict[str, Any]) -> Any:
    """Falcon of the kind that awaits."""

    class Me:
        async def on_get(self, request: Any, response: Any) -> None:
            response.text = f"{request.context.user.display_name}:{(await request.stream.read()).decode()}"

        on_post = on_get

    class Role:
        async def on_get(self, request: Any, response: Any) -> None:
            if "admin" not in request.context.user.roles:
                raise falcon.HTTPForbidden
            response.text = request.context.user.display_name

    class Socket:
        async def on_websocket(self, request: Any, socket: Any) -> None:
            assert request.context.user.is_authenticated
            await socket.accept()
            await socket.close()

    class Rest:
        async def on_get(self, _request: Any, response: Any, rest: str = "") -> None:
            response.text = f"saw:/{rest}"

    app: Any = falcon.asgi.App(middleware=[DigestContext()])
    for path, resource in (("/me", Me()), ("/role", Role()), ("/ws", Socket()), ("/{rest:path}", Rest())):
        app.add_route(path, resource)
    return DigestAuthMiddleware(app, **policy)


def aiohttp_site(policy: dict[str, Any]) -> Any:
    """aiohttp.web: a function that makes the app, which belongs to one event loop."""
    digest = DigestAuth(**policy)

    async def me(request: web.Request) -> web.Response:
        return web.Response(text=f"{request[USER].display_name}:{await request.text()}")

    async def admin(request: web.Request) -> web.Response:
        if "admin" not in request[USER].roles:
            raise web.HTTPForbidden
        return web.Response(text=request[USER].display_name)

    async def socket(request: web.Request) -> web.WebSocketResponse:
        answer = web.WebSocketResponse()
        await answer.prepare(request)
        await answer.close()
        return answer

    async def rest(request: web.Request) -> web.Response:
        return web.Response(text=f"saw:{request.path}")

    def app() -> web.Application:
        made = web.Application()
        digest.setup(made)
        made.router.add_route("GET", "/me", me)
        made.router.add_route("POST", "/me", me)
        made.router.add_get("/role", admin)
        made.router.add_get("/ws", socket)
        made.router.add_get("/{rest:.*}", rest)
        return made

    return app


SITES = {
    "Starlette, middleware": Site(starlette),
    "Starlette, backend": Site(starlette_backend, by_route=True),
    "FastAPI, dependency": Site(fastapi, by_route=True),
    "aiohttp.web": Site(aiohttp_site, "aiohttp"),
    "Litestar": Site(litestar_site),
    "Quart": Site(quart_site),
    "BlackSheep": Site(blacksheep),
    "Falcon, ASGI": Site(falcon_asgi),
    **{name: Site(make, "wsgi", sockets=False) for name, make in wsgi_sites.MAKERS.items()},
}
