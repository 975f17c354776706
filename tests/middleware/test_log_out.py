"""log_out in the plugs: the view still answers, and what comes after is asked for the password."""

from __future__ import annotations

import asyncio
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from a2wsgi import WSGIMiddleware
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from fastapi import Depends, FastAPI, Request
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from digest_http_middleware import DigestAuthMiddleware, aiohttp_web, log_out
from digest_http_middleware import wsgi as plug_of_wsgi
from digest_http_middleware.fastapi import AuthenticationInfo, DigestAuth
from digest_http_middleware.fastapi import log_out as log_out_of_fastapi
from digest_http_middleware.starlette import DigestBackend, requires
from tests.attacks.driver import Clock
from tests.attacks.signing import Signer, parameters
from tests.frameworks.aiohttp_wire import ask_app

USERS = {"alice": "s3cret"}


def of_asgi() -> Any:
    """An ASGI app behind the middleware."""

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["path"] == "/leave":
            assert await log_out(scope, everywhere=scope["query_string"] != b"")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    return asks(DigestAuthMiddleware(app, USERS, "home"))


def of_fastapi() -> Any:
    """Routes with the dependency."""
    digest = DigestAuth(USERS, "home")
    app = FastAPI()
    app.add_middleware(AuthenticationInfo)

    @app.get("/", dependencies=[Depends(digest)])
    async def page() -> str:
        return "done"

    @app.post("/leave", dependencies=[Depends(digest)])
    async def leave(request: Request) -> str:
        assert await log_out_of_fastapi(request, everywhere=bool(request.query_params))
        return "done"

    return asks(app)


def asks(app: Any) -> Any:
    """What asks an ASGI app: status, challenge, body."""
    client = TestClient(app)

    def ask(method: str, target: str, field: bytes | None = None) -> tuple[int, str, str]:
        headers = {} if field is None else {"Authorization": field.decode("latin-1")}
        answer = client.request(method, target, headers=headers)
        return answer.status_code, (answer.headers.get_list("www-authenticate") or [""])[0], answer.text

    return ask


def of_wsgi() -> Any:
    """A WSGI app behind its middleware."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/leave":
            assert plug_of_wsgi.log_out(environ, everywhere=environ["QUERY_STRING"] != "")
        start_response("200 OK", [])
        return [b"done"]

    protected = plug_of_wsgi.DigestAuthMiddleware(app, USERS, "home")

    def ask(method: str, target: str, field: bytes | None = None) -> tuple[int, str, str]:
        path, _, query = target.partition("?")
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_URI": target}
        setup_testing_defaults(environ)
        if field is not None:
            environ["HTTP_AUTHORIZATION"] = field.decode("latin-1")
        began: list[Any] = []
        body = b"".join(protected(environ, lambda *start: began.extend(start)))  # type: ignore[arg-type] # no write()
        challenges = [value for name, value in began[1] if name == "www-authenticate"]
        return int(began[0].split()[0]), (challenges or [""])[0], body.decode()

    return ask


def of_aiohttp() -> Any:
    """Handlers of aiohttp.web behind a login."""
    digest = aiohttp_web.DigestAuth(USERS, "home", public=["/open"])

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="done")

    async def leave(request: web.Request) -> web.Response:
        assert await aiohttp_web.log_out(request, everywhere=bool(request.query_string))
        return web.Response(text="done")

    async def nobody(request: web.Request) -> web.Response:
        return web.Response(text=str(await aiohttp_web.log_out(request)))

    def ask(method: str, target: str, field: bytes | None = None) -> tuple[int, str, str]:
        app = web.Application()
        digest.setup(app)
        app.add_routes([web.get("/", page), web.post("/leave", leave), web.get("/open", nobody)])
        answer = ask_app(app, method, target, *(() if field is None else (field,)))
        challenges = [value.decode() for value in answer.values("www-authenticate")]
        return answer.status, (challenges or [""])[0], answer.body.decode()

    return ask


@pytest.mark.parametrize("target", ["/leave", "/leave?everywhere"])
@pytest.mark.parametrize("plug", [of_asgi, of_fastapi, of_wsgi, of_aiohttp])
def test_log_out(plug, target):
    """The login ends with the request that asks for it; one of another browser goes on, or not."""
    ask = plug()
    here, there = (Signer(parameters(ask("GET", "/")[1].encode()), "alice", "s3cret") for _ in range(2))
    assert ask("GET", "/", there.sign("GET", "/"))[0] == 200
    assert ask("GET", "/", here.sign("GET", "/"))[0] == 200
    assert ask("POST", target, here.sign("POST", target, nc=2))[0] == 200
    status, challenge, _ = ask("GET", "/", here.sign("GET", "/", nc=3))
    assert (status, "stale" in challenge) == (401, False)
    assert ask("GET", "/", there.sign("GET", "/", nc=2))[0] == (401 if "?" in target else 200)
    anew = Signer(parameters(challenge.encode()), "alice", "s3cret")
    assert ask("GET", "/", anew.sign("GET", "/"))[0] == 200


def of_fastapi_without_layer(clock: Any) -> Any:
    """The answer of a route has its proof before the route is called."""
    digest = DigestAuth(USERS, "home", clock=clock, allow_rfc2069=True)
    app = FastAPI()

    @app.get("/", dependencies=[Depends(digest)])
    async def page() -> str:
        return "done"

    @app.post("/leave", dependencies=[Depends(digest)])
    async def leave(request: Request) -> None:
        assert await log_out_of_fastapi(request)

    return app


def of_asgi_too_late(clock: Any) -> Any:
    """An app whose answer begins before it logs out."""

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/leave":
            assert await log_out(scope)
        await send({"type": "http.response.body", "body": b"done"})

    return DigestAuthMiddleware(app, USERS, "home", clock=clock, allow_rfc2069=True)


def of_starlette(clock: Any) -> Any:
    """Routes behind Starlette's own middleware, where it is in time."""
    backend = DigestBackend(USERS, "home", clock=clock, allow_rfc2069=True)

    @requires()
    async def page(request: Request) -> Response:
        return PlainTextResponse(request.user.username)

    @requires()
    async def leave(request: Request) -> Response:
        return PlainTextResponse(str(await log_out(request)))

    return Starlette(routes=[Route("/", page), Route("/leave", leave, methods=["POST"])], middleware=backend.middleware)


def of_wsgi_too_late(clock: Any) -> Any:
    """The same for WSGI."""

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        if environ["PATH_INFO"] == "/leave":
            assert plug_of_wsgi.log_out(environ)
        return [b"done"]

    return WSGIMiddleware(
        plug_of_wsgi.DigestAuthMiddleware(app, USERS, "home", clock=clock, allow_rfc2069=True)  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("form", ["auth", None])
@pytest.mark.parametrize("plug", [of_fastapi_without_layer, of_asgi_too_late, of_starlette, of_wsgi_too_late])
def test_a_next_nonce_that_was_handed_out_too_soon(plug, form):
    """Where the proof of an answer is made before the logout, what it hands out is over as well."""
    clock = Clock()
    client = TestClient(plug(clock))

    def ask(method: str, target: str, nc: int) -> Any:
        more = {} if form else {"qop": None, "cnonce": None}
        field = signer.sign(method, target, nc=nc if form else None, **more)
        return client.request(method, target, headers={"Authorization": field.decode("latin-1")})

    signer = Signer(parameters(client.get("/").headers.get_list("www-authenticate")[1].encode()), "alice", "s3cret")
    clock.now += 290
    left = ask("POST", "/leave", 1)
    assert left.status_code == 200
    handed_out = parameters(b"Digest " + left.headers["authentication-info"].encode()).get("nextnonce")
    assert (handed_out is None) == (plug is of_starlette)
    if handed_out is not None:
        signer.challenge = {**signer.challenge, "nonce": handed_out}
    for nc in (1, 2) if handed_out is not None else (2,):
        answer = ask("GET", "/", nc)
        assert (answer.status_code, "stale" in answer.headers["www-authenticate"]) == (401, False)


def test_nobody():
    """There is nothing to end where nobody has logged in."""
    assert not asyncio.run(log_out({"type": "http"}))
    assert not plug_of_wsgi.log_out({"REQUEST_METHOD": "GET"})
    assert of_aiohttp()("GET", "/open")[2] == "False"


@pytest.mark.parametrize(
    "given", [{}, {"user": "alice"}, make_mocked_request("GET", "/"), "alice", None, object()], ids=type
)
def test_what_holds_no_login(given: Any):
    """It is told apart from a request of nobody: who thinks that he has logged out would be wrong."""
    with pytest.raises(TypeError, match=f"in a {type(given).__name__}: give it the scope"):
        asyncio.run(log_out(given))
    with pytest.raises(TypeError, match=f"in a {type(given).__name__}: give it the scope"):
        plug_of_wsgi.log_out(given)
