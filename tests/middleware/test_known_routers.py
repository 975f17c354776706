"""Routers that read a path in a way of their own, and apps that set a root path which no scope shows."""

import asyncio
import sys
import types
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from litestar import Litestar, asgi
from litestar.middleware import DefineMiddleware
from starlette.applications import Starlette
from starlette.routing import Host, Mount

from digest_http_middleware import DigestAuthMiddleware
from digest_http_middleware.path_readings import MAX_PATH, MAX_UNICODE, fold, resolved, spellings
from tests.attacks.driver import REALM, USERS, Echo, Server
from tests.doors.asking import ask
from tests.doors.frameworks import FRAMEWORKS, fastapi_below


def ran(app: Any, path: str, root: str = "", **policy: Any) -> list[str]:
    """Which routes a stranger runs behind the middleware."""
    guarded = DigestAuthMiddleware(app, USERS, REALM, **policy) if policy else app
    scope = Server().scope("GET", path, root_path=root) | {"path": unquote(path)}
    with asyncio.Runner() as runner:
        return [name for name, _ in runner.run(ask(guarded, scope)).ran]


def site(framework: str) -> Any:
    """The site of the doors."""
    return FRAMEWORKS[framework](Path())


def test_falcon_keeps_the_root_path():
    """Its prefixes are whole paths, so no root path opens another page."""
    falcon = site("falcon")
    assert ran(falcon, "/admin/health", "/admin") == ["below"]
    assert ran(falcon, "/admin/health", "/admin", public=["/health"]) == []
    assert ran(falcon, "/x/health", "/x", public=["/health"]) == []
    assert ran(falcon, "/static/x", "/static", public=["/static"]) == ["static"]
    assert ran(falcon, "/static/admin", "/static", protect=["/admin"]) == []


@pytest.mark.parametrize("inner", ["falcon", "unknown", "starlette around falcon", "starlette"])
def test_a_root_path_that_a_stranger_chooses(monkeypatch, inner):
    """daphne takes it from a request field: the whole path must be open too where an app may look at that."""
    falcon = site("falcon")
    app = {
        "falcon": falcon,
        "unknown": Echo(),
        "starlette around falcon": Starlette(routes=[Mount("/health", falcon)]),
        "starlette": site("starlette"),
    }[inner]

    def opens(path: str, root: str) -> bool:
        server = Server(app=app, public=["/health"])
        with asyncio.Runner() as runner:
            return runner.run(ask(server.entry, server.scope("GET", path, root_path=root))).status != 401

    monkeypatch.setitem(sys.modules, "daphne.server", types.ModuleType("daphne.server"))
    assert opens("/admin/health", "/admin") == (inner == "starlette")
    assert opens("/health", "/admin")
    monkeypatch.delitem(sys.modules, "daphne.server")
    assert opens("/admin/health", "/admin") == (inner != "falcon")


def test_blacksheep_reads_the_raw_path():
    """Escaped letters are other letters to it, and case does not matter."""
    blacksheep = site("blacksheep")
    assert ran(blacksheep, "/%68ealth") == ["rest"]
    assert ran(blacksheep, "/ADMIN") == ["admin"]
    # It does not find a root path that is escaped there, and so takes the whole path.
    assert ran(blacksheep, "/a%20b/health", "/a b") == ["rest"]
    assert ran(blacksheep, "/a%20b/health", "/a b", public=["/health"]) == []
    for target in ("/%68ealth", "/health%2f"):
        assert ran(blacksheep, target, public=["/health"]) == []
    for target in ("/ADMIN", "/aDmin/x"):
        assert ran(blacksheep, target, protect=["/admin"]) == []


def test_litestar_mounts_by_text():
    """What is mounted at /mounted gets /mountedx as well."""
    litestar = site("litestar")
    assert ran(litestar, "/mountedx") == ["mounted"]
    assert ran(litestar, "/mountedx", protect=["/mounted"]) == []
    assert ran(litestar, "/x/mountedx", protect=["/mounted"]) == ["rest"]
    around = Starlette(routes=[Mount("/api", litestar)])
    assert ran(around, "/api/mountedx", protect=["/api/mounted"]) == []
    assert ran(litestar, "/static/mountedx", public=["/static"]) == ["static"]


def test_inside_litestar():
    """Its middlewares see what is left of the path behind a mount; raw_path still has the whole."""
    found: list[str] = []

    async def mounted(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001  # Litestar asks for the name
        found.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    handlers = [asgi(path, is_mount=True, copy_scope=True)(mounted) for path in ("/admin", "/open")]
    guard: Any = DigestAuthMiddleware
    inside = DefineMiddleware(guard, users=USERS, realm=REALM, protect=["/admin"])
    app = Litestar(handlers, middleware=[inside], openapi_config=None, logging_config=None)
    assert ran(app, "/admin/x") == []
    assert found == []
    ran(app, "/open/x")
    assert found == ["/x/"]


@pytest.mark.parametrize("route", [Mount("/", fastapi_below(Path())), Host("server.example", fastapi_below(Path()))])
def test_a_root_path_of_an_app_that_is_mounted(route):
    """A FastAPI app inside sets its own: a guard on its paths holds."""
    around = Starlette(routes=[route])
    assert ran(around, "/svc/admin") == ["admin"]
    assert ran(around, "/svc/admin", protect=["/admin"]) == []
    assert ran(around, "/svc/health", protect=["/admin"]) == ["health"]


def test_a_root_path_that_is_set_later():
    """FastAPI's root_path is looked at with each request."""
    app = site("fastapi")
    guarded = DigestAuthMiddleware(app, USERS, REALM, protect=["/admin"])
    app.root_path = "/later"
    assert ran(app, "/later/admin") == ["admin"]
    assert ran(guarded, "/later/admin") == []
    assert ran(guarded, "/later/health") == ["health"]


def test_the_script_name_of_djangos_settings(monkeypatch):
    """FORCE_SCRIPT_NAME stands in place of root_path."""
    django = site("django")
    monkeypatch.setattr(settings, "FORCE_SCRIPT_NAME", "/svc")
    assert ran(django, "/svc/admin") == ["admin"]
    assert ran(django, "/svc/admin", protect=["/admin"]) == []
    assert ran(django, "/svcadmin", protect=["/admin"]) == []
    assert ran(django, "/svc/health", public=["/health"]) == ["health"]
    assert ran(django, "/x/health", "/x", public=["/health"]) == []


def test_quart_below_a_root_path_that_is_not_there():
    """It then looks for a page that cannot be, which a route for everything takes."""
    quart = site("quart")
    assert ran(quart, "/health", "/svc") == ["rest"]
    assert ran(quart, "/health", "/svc", public=["/health"]) == []
    assert ran(quart, "/svc/health", "/svc", public=["/health"]) == ["health"]


def test_quarts_root_path_is_a_folder():
    """Not a path of any request."""
    quart = site("quart")
    folder = quart.root_path
    assert ran(quart, folder + "/x", public=[folder]) == ["rest"]
    assert ran(quart, folder + "/admin", protect=["/admin"]) == ["rest"]


LONG = [
    character * MAX_PATH * 8
    for character in ("a", ".", " ", ". ", ";", ":", "#", "%", "/", "/.", "~", "a/", "%25", "%2e")
]
LONG += ["\u0301\u0316" * MAX_UNICODE * 32, "\u00e9" * MAX_PATH * 8]


@pytest.mark.parametrize("text", LONG, ids=lambda text: ascii(text[:2]))
def test_long_paths(text):
    """No path costs more than its length; a very long one that is not plain needs credentials."""
    path = f"/static/{text}x"
    assert fold(path.translate({ord(mark): "" for mark in "\u0301\u0316"})) is not None
    assert (spellings(path) is None) == (resolved(path) is None) == (text[0] != "a")
    assert not Server(protect=["/admin"]).request("GET", "/", path="/admin/" + text, raw_path=None).app_called
