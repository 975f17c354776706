"""One site in eight frameworks; each handler writes down that it ran, and for which path as its router saw it.

`/health`, `/static/...` and `/admin/logo` are what tests open, `/admin` and `/admin/...` what they guard; all else is
taken by a last route for everything, as a page of a wiki would be.
"""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from blacksheep import Application, Request, Response, TextContent
from blacksheep.server.routing import RouteMethod, Router
from blacksheep.server.websocket import WebSocket as BlackSheepSocket
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpResponse
from django.urls import path as django_path
from falcon.asgi import App
from fastapi import FastAPI, WebSocket
from flask import Flask
from litestar import HttpMethod, Litestar, asgi, route, websocket
from litestar import WebSocket as LitestarSocket
from litestar.params import FromPath
from quart import Quart
from quart import websocket as quart_socket
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

__all__ = ["FRAMEWORKS", "RAN", "SOCKETS", "fastapi_below"]

#: What ran for this request: the route's name and the path that the router saw.
RAN: ContextVar[list[tuple[str, str]]] = ContextVar("RAN")

#: Path and name of each route; what follows the last slash of a longer one is any path.
ROUTES = {
    "/health": "health",
    "/static/": "static",
    "/admin/logo": "logo",
    "/admin": "admin",
    "/admin/": "below",
    "/": "rest",
}


def ran(name: str, rest: str = "") -> str:
    """Write down that a handler ran; gives what it answers."""
    path = next(path for path, each in ROUTES.items() if each == name)
    RAN.get().append((name, path + rest))
    return name


def starlette(folder: Path) -> Any:
    """Routes, websocket routes, and files under /files."""

    class Files(StaticFiles):
        """Files that are written down as well."""

        def file_response(self, full_path: Any, *rest: Any, **more: Any) -> Any:
            """Write down which file it is, on the disk."""
            name = Path(full_path).relative_to(folder.resolve()).as_posix()
            RAN.get().append(("file", f"/files/{name}"))
            return super().file_response(full_path, *rest, **more)

    def routes(name: str, path: str) -> list[Any]:
        async def page(request: Any) -> Any:
            return PlainTextResponse(ran(name, request.path_params.get("rest") or ""))

        async def socket(websocket: Any) -> None:
            ran(name, websocket.path_params.get("rest") or "")
            await websocket.accept()
            await websocket.close()

        template = path + "{rest:path}" if path.endswith("/") else path
        return [Route(template, page, methods=METHODS), WebSocketRoute(template, socket)]

    flat = [route for path, name in ROUTES.items() for route in routes(name, path)]
    return Starlette(routes=[Mount("/files", Files(directory=folder)), *flat])


METHODS = ["GET", "OPTIONS", "CONNECT", "POST"]


def fastapi(_folder: Path, root_path: str = "") -> Any:
    """FastAPI, whose routes are its own kind."""
    with warnings.catch_warnings():
        # Newer releases advise against root_path=; apps have it all the same.
        warnings.simplefilter("ignore")
        app = FastAPI(root_path=root_path, openapi_url=None)

    def add(name: str, path: str) -> None:
        async def page(rest: str = "") -> Any:
            return PlainTextResponse(ran(name, rest))

        async def socket(websocket: WebSocket, rest: str = "") -> None:
            ran(name, rest)
            await websocket.accept()
            await websocket.close()

        # The annotations of a nested function are text here, which FastAPI could not look up.
        socket.__annotations__["websocket"] = WebSocket
        template = path + "{rest:path}" if path.endswith("/") else path
        app.add_api_route(template, page, methods=METHODS)
        app.add_api_websocket_route(template, socket)

    for path, name in ROUTES.items():
        add(name, path)
    return app


def fastapi_below(folder: Path) -> Any:
    """FastAPI that says itself where it stands."""
    return fastapi(folder, "/svc")


def litestar(_folder: Path) -> Any:
    """Litestar, its websockets, and an app mounted at /mounted."""

    async def mounted(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001  # Litestar asks for the name
        RAN.get().append(("mounted", "/mounted/" + scope["path"].lstrip("/")))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    def handlers(name: str, path: str) -> list[Any]:
        template, methods = path, [HttpMethod.GET, HttpMethod.OPTIONS, HttpMethod.POST]
        if path.endswith("/"):
            template = path + "{rest:path}"

            async def page(rest: str) -> str:
                return ran(name, rest.lstrip("/"))

            async def socket(socket: LitestarSocket[Any, Any, Any], rest: str) -> None:
                ran(name, rest.lstrip("/"))
                await socket.accept()
                await socket.close()
        else:

            async def page() -> str:  # type: ignore[misc]  # the same without a parameter
                return ran(name)

            async def socket(socket: LitestarSocket[Any, Any, Any]) -> None:  # type: ignore[misc]  # likewise
                ran(name)
                await socket.accept()
                await socket.close()

        page.__annotations__ = {key: FromPath[str] if key == "rest" else str for key in page.__annotations__}
        socket.__annotations__ = {**page.__annotations__, "socket": LitestarSocket[Any, Any, Any], "return": None}
        return [
            route(template, http_method=methods, name=f"{name}-page", status_code=200)(page),
            websocket(template, name=f"{name}-socket")(socket),
        ]

    flat = [handler for path, name in ROUTES.items() for handler in handlers(name, path)]
    return Litestar(
        [*flat, asgi("/mounted", is_mount=True, copy_scope=True)(cast("Any", mounted))],
        openapi_config=None,
        # Its own one would set the level of the root logger for all tests that come after.
        logging_config=None,
    )


def quart(_folder: Path) -> Any:
    """Quart."""
    app = Quart("site", static_folder=None)

    def add(name: str, path: str) -> None:
        async def page(rest: str = "") -> str:
            return ran(name, rest)

        async def socket(rest: str = "") -> None:

            ran(name, rest)
            await quart_socket.accept()

        for rule in (path, path + "<path:rest>") if path.endswith("/") else (path,):
            app.add_url_rule(rule, f"{rule}-page", page, methods=METHODS)
            app.add_websocket(rule, f"{rule}-socket", socket)

    for path, name in ROUTES.items():
        add(name, path)
    return app


def falcon(_folder: Path) -> Any:
    """Falcon, which routes by the whole path."""
    app = App()

    def resource(name: str) -> Any:
        class Resource:
            async def on_get(self, _request: Any, response: Any, rest: str = "") -> None:
                response.media = ran(name, rest)

            on_post = on_options = on_connect = on_get

            async def on_websocket(self, _request: Any, websocket: Any, rest: str = "") -> None:
                ran(name, rest)
                await websocket.accept()
                await websocket.close()

        return Resource()

    for path, name in ROUTES.items():
        app.add_route(path + "{rest:path}" if path.endswith("/") else path, resource(name))
    return app


def blacksheep(_folder: Path) -> Any:
    """BlackSheep, which routes by raw_path without regard to case."""
    router = Router()
    app = Application(router=router)

    def add(name: str, path: str) -> None:
        async def page(request: Request) -> Response:
            return Response(200, content=TextContent(ran(name, (request.route_values or {}).get("rest") or "")))

        async def socket(websocket: BlackSheepSocket) -> None:
            ran(name, (websocket.route_values or {}).get("rest") or "")
            await websocket.accept()
            await websocket.close()

        page.__annotations__ = {"request": Request, "return": Response}
        socket.__annotations__ = {"websocket": BlackSheepSocket, "return": None}
        template = path + "{path:rest}" if path.endswith("/") else path
        for method in METHODS:
            router.add(method, template, page)
        router.add(RouteMethod.GET_WS, template, socket)

    for path, name in ROUTES.items():
        add(name, path)
    return app


def django(_folder: Path) -> Any:
    """Django's ASGI handler."""
    urls = types.ModuleType("urls_of_doors")
    if not settings.configured:
        settings.configure(
            ROOT_URLCONF=urls, ALLOWED_HOSTS=["*"], SECRET_KEY="doors", MIDDLEWARE=[], LOGGING_CONFIG=None, USE_TZ=True
        )

    def view(name: str) -> Any:
        async def page(_request: Any, rest: str = "") -> Any:
            return HttpResponse(ran(name, rest))

        return page

    patterns = []
    for path, name in ROUTES.items():
        patterns.append(django_path(path[1:], view(name)))
        if path.endswith("/"):
            patterns.append(django_path(path[1:] + "<path:rest>", view(name)))
    settings.ROOT_URLCONF.urlpatterns = patterns
    return ASGIHandler()


def flask(_folder: Path) -> Any:
    """Flask behind a2wsgi."""
    app = Flask("site", static_folder=None)

    def add(name: str, path: str) -> None:
        def page(rest: str = "") -> str:
            return ran(name, rest)

        for rule in (path, path + "<path:rest>") if path.endswith("/") else (path,):
            app.add_url_rule(rule, f"{rule}-page", page, methods=METHODS)

    for path, name in ROUTES.items():
        add(name, path)
    return WSGIMiddleware(cast("Any", app))


FRAMEWORKS: dict[str, Callable[[Path], Any]] = {
    "starlette": starlette,
    "fastapi": fastapi,
    "litestar": litestar,
    "quart": quart,
    "falcon": falcon,
    "blacksheep": blacksheep,
    "django": django,
    "flask": flask,
}

#: Those that serve websockets.
SOCKETS = frozenset({"starlette", "fastapi", "litestar", "quart", "falcon", "blacksheep"})
