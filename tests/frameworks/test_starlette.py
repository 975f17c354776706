"""DigestBackend: Starlette's own login, in an app, a mount and a route, and by its test client."""

from __future__ import annotations

import asyncio
import copy
import importlib.util
import json
import sys
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.authentication import BaseUser
from starlette.authentication import requires as starlette_requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from digest_http.errors import ConfigurationError
from digest_http.stores import MemoryStore
from digest_http_client_auth import DigestAuth
from digest_http_middleware import DigestAuthMiddleware
from digest_http_middleware.beside import Beside, bearer
from digest_http_middleware.starlette import DigestBackend, requires
from tests.attacks.driver import USERS, Clock
from tests.attacks.signing import Signer
from tests.frameworks import asking
from tests.frameworks.asking import DENIAL, Answer, challenges, proof
from tests.support.starlette_login import DigestAuth as Login


async def home(request: Request) -> JSONResponse:
    """A public page."""
    user, digest = request.user, request.scope.get("digest")
    assert isinstance(user, BaseUser)
    found = {"user": user.display_name, "scopes": list(request.auth.scopes), "nc": digest.nc if digest else None}
    return JSONResponse(found)


@requires()
async def members(request: Request) -> Response:
    """For who is known."""
    return PlainTextResponse(request.user.display_name)


@requires("admin")
def admins(request: Request) -> Response:
    """For those with a role."""
    return PlainTextResponse(request.user.display_name)


@starlette_requires("authenticated", status_code=401)
async def plainly(request: Request) -> Response:
    """Starlette's own decorator."""
    return StreamingResponse(iter([request.user.display_name]))


async def unauthorized(_request: Request) -> Response:
    """A 401 of the app's own."""
    return PlainTextResponse("no", 401)


@requires("admin")
async def socket(websocket: WebSocket) -> None:
    """A socket for those with a role."""
    await websocket.accept()
    await websocket.send_text(websocket.user.display_name)
    await websocket.close()


ROUTES = [
    Route("/", home, name="home"),
    Route("/members", members),
    Route("/admins", admins),
    Route("/plainly", plainly),
    Route("/401", unauthorized),
    WebSocketRoute("/socket", socket),
]


class Site:
    """An app with a backend."""

    def __init__(self, **policy: Any) -> None:
        self.backend = DigestBackend(
            **{"users": USERS, "realm": "home", "roles": {"alice": ["admin"]}, "clock": Clock(), **policy}
        )
        self.app = Starlette(routes=ROUTES, middleware=self.backend.middleware)

    def ask(self, target: str, *fields: bytes, method: str = "GET", **more: Any) -> Answer:
        """One request."""
        return asyncio.run(asking.ask(self.app, method, target, *fields, **more))

    def signer(self, **user: str) -> Signer:
        """A client that was asked to log in."""
        return asking.signer(self.ask("/members"), **user)


@pytest.fixture
def site() -> Site:
    """An app."""
    return Site()


def test_nobody_and_somebody(site: Site) -> None:
    """A public page knows who has signed."""
    assert json.loads(site.ask("/").body) == {"user": "", "scopes": [], "nc": None}
    signer = site.signer()
    answer = site.ask("/", signer.sign(uri="/"))
    assert json.loads(answer.body) == {"user": "alice", "scopes": ["authenticated", "admin"], "nc": 1}
    assert proof(answer) == signer.rspauth()


@pytest.mark.parametrize(
    ("target", "nobody", "alice", "bob"),
    [
        ("/", 200, 200, 200),
        ("/members", 401, 200, 200),
        ("/admins", 401, 200, 403),
        ("/plainly", 401, 200, 200),
        ("/401", 401, 401, 401),
        ("/missing", 404, 404, 404),
    ],
)
def test_who_gets_what(site: Site, target: str, nobody: int, alice: int, bob: int) -> None:
    """401 asks nobody to log in, and 403 tells somebody that it is not for him; each answer to a user has the proof."""
    answer = site.ask(target)
    assert (answer.status, challenges(answer)) == (nobody, ["Digest"] * 2 if nobody == 401 else [])
    assert answer.values("cache-control") == ([b"no-store"] if nobody == 401 else [])
    assert proof(answer) is None
    for status, user in ((alice, {}), (bob, {"username": "bob", "password": "b0b"})):
        signer = site.signer(**user)
        answer = site.ask(target, signer.sign(uri=target))
        assert (answer.status, challenges(answer)) == (status, [])
        assert proof(answer) == (signer.rspauth() if status != 401 else None)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"uri": "/members"}, 400),
        ({"uri": "/", "late": {"response": "0" * 64}}, 401),
        ({"uri": "/", "nonce": "0" * 78}, 401),
        ({"uri": "/", "realm": "other"}, 401),
        ({"uri": "/", "qop": "auth-int"}, 401),
        ({"uri": "/", "nc": "1"}, 400),
    ],
)
def test_what_is_not_right(site: Site, changes: dict[str, Any], status: int) -> None:
    """It is refused on public pages too, in words for the client."""
    answer = site.ask("/", site.signer().sign(**changes))
    assert (answer.status, bool(challenges(answer))) == (status, status == 401)
    assert answer.values("cache-control") == [b"no-store"]
    assert b"user" not in answer.body


def test_a_replay_is_refused(site: Site) -> None:
    """A header passes once."""
    field = site.signer().sign(uri="/")
    assert [site.ask("/", field).status for _ in range(2)] == [200, 401]
    assert site.ask("/", field, field).status == 400


def test_handshakes(site: Site) -> None:
    """A signed one knows the user; others are closed, whoever it is."""
    signer = site.signer()
    answer = site.ask("/socket", signer.sign(uri="/socket"), method="WEBSOCKET")
    assert (answer.status, proof(answer)) == (101, signer.rspauth())
    bob = site.signer(username="bob", password="b0b")
    for fields in ([], [bob.sign(uri="/socket")], [b"Digest x"]):
        assert site.ask("/socket", *fields, method="WEBSOCKET", extensions=DENIAL).status in {401, 403}


@pytest.mark.parametrize("where", ["app", "mount", "route"])
def test_where_it_stands(where: str) -> None:
    """Around an app, a mount or a route; the signed uri is the whole path."""
    backend = DigestBackend(USERS, "home", clock=Clock())
    layers = backend.middleware
    app = Starlette(
        routes=[
            Mount(
                "/sub",
                routes=[Route("/members", members, middleware=layers if where == "route" else None)],
                middleware=layers if where == "mount" else None,
            ),
            Route("/", lambda _request: PlainTextResponse("open")),
        ],
        middleware=layers if where == "app" else None,
    )
    with TestClient(app) as client:
        assert client.get("/").text == "open"
        assert client.get("/sub/members").status_code == 401
        assert client.get("/sub/members", auth=Login("alice", "s3cret", verify="required")).text == "alice"


@pytest.mark.parametrize("around", ["route", "mount"])
def test_the_middleware_around_a_route(around: str) -> None:
    """DigestAuthMiddleware itself, with auth-int, where Starlette takes middleware."""
    layers = [Middleware(DigestAuthMiddleware, users=USERS, realm="home", qop=["auth-int"])]
    route = Route("/members", members, middleware=layers if around == "route" else None)
    app = Starlette(routes=[Mount("/sub", routes=[route], middleware=layers if around == "mount" else None)])
    with TestClient(app) as client:
        assert client.get("/sub/members").status_code == 401
        assert client.get("/sub/members", auth=Login("alice", "s3cret", verify="required")).text == "alice"


def test_two_realms() -> None:
    """A mount each; credentials of one open nothing of the other."""
    homes = [DigestBackend({name: "s3cret"}, realm) for realm, name in (("home", "alice"), ("office", "carol"))]
    app = Starlette(
        routes=[
            Mount(f"/{each.guard.realm}", routes=[Route("/members", members)], middleware=each.middleware)
            for each in homes
        ]
    )
    with TestClient(app) as client:
        for realm, name in (("home", "alice"), ("office", "carol")):
            for asked in ("home", "office"):
                answer = client.get(f"/{asked}/members", auth=Login(name, "s3cret"))
                assert answer.status_code == (200 if asked == realm else 401)


@pytest.mark.anyio
async def test_the_flow_of_httpx() -> None:
    """The newest test client is one of httpx2; httpx itself takes the app as a transport, and its own flow."""
    transport = httpx.ASGITransport(Site().app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app.example") as client:
        answer = await client.get("/admins", auth=DigestAuth("alice", "s3cret", verify="required"))
    assert answer.text == "alice"


def test_the_test_client_of_an_old_starlette(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one of httpx, as the new one is where httpx2 is not installed; its login is the one for httpx."""
    monkeypatch.setitem(sys.modules, "httpx2", None)
    found = importlib.util.find_spec("starlette.testclient")
    assert found is not None
    assert found.loader is not None
    old = importlib.util.module_from_spec(found)
    with warnings.catch_warnings():
        # Starlette advises httpx2.
        warnings.simplefilter("ignore")
        found.loader.exec_module(old)
    assert old.httpx is httpx
    with old.TestClient(Site().app) as client:
        assert client.get("/admins", auth=DigestAuth("alice", "s3cret", verify="required")).text == "alice"


def test_beside_another_way() -> None:
    """A bearer token is a user too, one of Starlette's; all challenges stand in one 401."""
    site = Site(beside=[bearer(lambda token: "robot" if token == "t0ken" else None, "api")])
    assert site.ask("/members", b"Bearer t0ken").body == b"robot"
    assert challenges(site.ask("/members", b"Bearer other")) == ["Digest", "Digest", "Bearer"]
    answer = site.ask("/401", b"Bearer t0ken")
    assert (answer.status, challenges(answer), proof(answer)) == (401, [], None)


def test_wrong_digest_credentials_end_it() -> None:
    """No other way is tried: who signs is judged by what he has signed."""
    site = Site(beside=[Beside(lambda scope: "dave" if scope["path"] == "/" else None)])
    assert json.loads(site.ask("/").body)["user"] == "dave"
    assert site.ask("/", site.signer(password="wrong").sign(uri="/")).status == 401


def test_a_source_that_fails_is_503() -> None:
    """With Retry-After, and without challenges."""

    def down(_username: str, _realm: str) -> list[str]:
        raise OSError("down")

    site = Site(roles=down)
    answer = site.ask("/", site.signer().sign(uri="/"))
    assert (answer.status, answer.values("retry-after"), challenges(answer)) == (503, [b"5"], [])


def test_without_the_layer_around_it(site: Site) -> None:
    """Starlette's middleware alone lets nobody in whom the backend does not know; its default answer is 400."""
    app = Starlette(routes=ROUTES, middleware=[Middleware(AuthenticationMiddleware, backend=site.backend)])
    signer = site.signer()
    assert asyncio.run(asking.ask(app, "GET", "/members", signer.sign(uri="/members"))).body == b"alice"
    assert asyncio.run(asking.ask(app, "GET", "/members", signer.sign(uri="/members"))).status == 400


def test_the_start() -> None:
    """A store that can never work is said when the app's lifespan asks."""

    class Store(MemoryStore):
        """One that others cannot share after all."""

        def refresh(self, _now: int) -> None:
            """See RefreshingStore."""
            raise ConfigurationError("this store is of another version")

    backend = DigestBackend(USERS, "home", store=Store())

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        await backend.start()
        yield

    with (
        pytest.raises(ConfigurationError, match="another version"),
        TestClient(Starlette(lifespan=lifespan, middleware=backend.middleware)),
    ):
        pass


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"qop": ["auth", "AUTH-INT"]}, "DigestAuthMiddleware"),
        ({"proxy": True}, "leave proxy out"),
        ({"realm": ""}, "realm"),
        ({"roles": "admin"}, "roles"),
    ],
)
def test_settings_that_cannot_work(policy: dict[str, Any], words: str) -> None:
    """They are refused when made."""
    with pytest.raises(ConfigurationError, match=words):
        Site(**policy)


def test_nothing_secret_is_shown(site: Site) -> None:
    """Neither a password, nor a copy."""
    assert "s3cret" not in repr(site.backend) + repr(vars(site.backend))
    with pytest.raises(TypeError, match="secrets"):
        copy.copy(site.backend)
