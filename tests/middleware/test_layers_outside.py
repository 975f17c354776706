"""Other layers of authentication around this one: what they found is left alone wherever this one asks for nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from digest_http_client_auth import DigestAuth
from digest_http_middleware import DigestAuthMiddleware

ALICE: dict[str, Any] = {"users": {"alice": "a"}, "realm": "A"}
BOB: dict[str, Any] = {"users": {"bob": "b"}, "realm": "B"}


async def who(request: Request) -> JSONResponse:
    """What the app finds."""
    digest = request.scope.get("digest")
    return JSONResponse(
        {
            "user": request.user.display_name,
            "known": request.user.is_authenticated,
            "scopes": list(request.auth.scopes),
            "realm": digest.realm if digest is not None else None,
        }
    )


def app_behind(*layers: Middleware) -> Starlette:
    """The app behind layers, the outermost first."""
    return Starlette(routes=[Route("/{path:path}", who)], middleware=list(layers))


async def found(app: Any, path: str, auth: Any = None, **headers: str) -> Any:
    """The app's answer, or the status of a refusal."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://h.example") as client:
        answer = await client.get(path, auth=auth, headers=headers)
    return answer.json() if answer.status_code == 200 else answer.status_code


NOBODY = {"user": "", "known": False, "scopes": [], "realm": None}
IS_ALICE = {"user": "alice", "known": True, "scopes": ["authenticated"], "realm": "A"}
IS_BOB = {"user": "bob", "known": True, "scopes": ["authenticated"], "realm": "B"}


@pytest.mark.anyio
@pytest.mark.parametrize("turned", [False, True])
async def test_two_realms_in_a_row(*, turned: bool) -> None:
    """Each guards its own paths; the app behind both sees who was let in, whichever stands outside."""
    layers = [
        Middleware(DigestAuthMiddleware, **ALICE, protect=["/a"]),
        Middleware(DigestAuthMiddleware, **BOB, protect=["/b"]),
    ]
    app = app_behind(*(reversed(layers) if turned else layers))
    alice, bob = DigestAuth("alice", "a"), DigestAuth("bob", "b")
    assert await found(app, "/a/x", alice) == IS_ALICE
    assert await found(app, "/b/x", bob) == IS_BOB
    assert await found(app, "/open") == NOBODY
    assert await found(app, "/open", alice) == NOBODY
    assert [await found(app, "/a", bob), await found(app, "/b", alice)] == [401, 401]


@pytest.mark.anyio
@pytest.mark.parametrize("turned", [False, True])
async def test_two_realms_with_public_lists(*, turned: bool) -> None:
    """The same written the other way round: all is guarded but what the other one guards."""
    layers = [
        Middleware(DigestAuthMiddleware, **ALICE, public=["/b", "/open"]),
        Middleware(DigestAuthMiddleware, **BOB, protect=["/b"]),
    ]
    app = app_behind(*(reversed(layers) if turned else layers))
    assert await found(app, "/a", DigestAuth("alice", "a")) == IS_ALICE
    assert await found(app, "/b", DigestAuth("bob", "b")) == IS_BOB
    assert await found(app, "/open") == NOBODY


class Bearer:
    """A layer that knows one token and puts its owner into the scope, as such layers do."""

    def __init__(self, app: Any, *, auth: bool = True) -> None:
        self.app = app
        self.auth = auth

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand on, with a user if the token is right."""
        if dict(scope.get("headers", ())).get(b"authorization") == b"Bearer t0ken":
            scope = {**scope, "user": SimpleUser("carol")}
            if self.auth:
                scope["auth"] = AuthCredentials(["bearer"])
        await self.app(scope, receive, send)


@pytest.mark.anyio
async def test_a_bearer_layer_outside() -> None:
    """Who has a token is not asked again; who has none logs in with Digest."""
    digest = Middleware(DigestAuthMiddleware, **ALICE, protect=lambda scope: "user" not in scope)
    app = app_behind(Middleware(Bearer), digest)
    carol = {"user": "carol", "known": True, "scopes": ["bearer"], "realm": None}
    assert await found(app, "/x", authorization="Bearer t0ken") == carol
    assert await found(app, "/x", authorization="Bearer other") == 401
    assert await found(app, "/x", DigestAuth("alice", "a")) == IS_ALICE


@pytest.mark.anyio
async def test_a_layer_that_sets_a_user_alone() -> None:
    """What it left out is filled in with nobody's: no scope is granted that nobody granted."""
    public = Middleware(DigestAuthMiddleware, **ALICE, public=["/open"])
    app = app_behind(Middleware(Bearer, auth=False), public)
    assert await found(app, "/open", authorization="Bearer t0ken") == {**NOBODY, "user": "carol", "known": True}


class Tokens(AuthenticationBackend):
    """Starlette's own layer, with the same token."""

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser] | None:
        """Carol, or nobody."""
        if conn.headers.get("authorization") == "Bearer t0ken":
            return AuthCredentials(["token"]), SimpleUser("carol")
        return None


class Groups(AuthenticationBackend):
    """A layer that gives the user of the layer outside his groups."""

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, Any] | None:
        """The same user with scopes, or nobody."""
        user = conn.scope["user"]
        return (AuthCredentials(["authenticated", "staff"]), user) if user.is_authenticated else None


@pytest.mark.anyio
async def test_starlettes_layer_outside() -> None:
    """On open paths its user stays; on guarded ones ours takes the place."""
    app = app_behind(
        Middleware(AuthenticationMiddleware, backend=Tokens()),
        Middleware(DigestAuthMiddleware, **ALICE, protect=["/a"]),
    )
    assert await found(app, "/open", authorization="Bearer t0ken") == {
        "user": "carol",
        "known": True,
        "scopes": ["token"],
        "realm": None,
    }
    assert await found(app, "/open") == NOBODY
    assert await found(app, "/a", authorization="Bearer t0ken") == 401
    assert await found(app, "/a", DigestAuth("alice", "a")) == IS_ALICE


@pytest.mark.anyio
async def test_starlettes_layer_inside() -> None:
    """It finds ours in the scope and builds on it; on an open path it finds nobody."""
    app = app_behind(
        Middleware(DigestAuthMiddleware, **ALICE, protect=["/a"]),
        Middleware(AuthenticationMiddleware, backend=Groups()),
    )
    assert await found(app, "/a", DigestAuth("alice", "a")) == {**IS_ALICE, "scopes": ["authenticated", "staff"]}
    assert await found(app, "/open") == NOBODY


@pytest.mark.anyio
async def test_a_client_sets_nothing() -> None:
    """Header fields named like the keys of the scope are header fields."""
    app = app_behind(Middleware(DigestAuthMiddleware, **ALICE, protect=["/a"]))
    assert await found(app, "/open", None, **{"User": "root", "Digest": "x", "Scope-Auth": "authenticated"}) == NOBODY
