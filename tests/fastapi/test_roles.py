"""Roles, and other ways to log in, behind the FastAPI dependency."""

# No `from __future__ import annotations`: FastAPI could not look up the local names in the types of the routes.

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI, Security, WebSocket
from fastapi.requests import Request

from digest_http_middleware.beside import bearer
from digest_http_middleware.fastapi import DigestAuth, DigestUser
from tests.fastapi.sites import Site
from tests.frameworks.asking import DENIAL


def site(**policy: Any) -> Site:
    """An app with routes for roles."""
    made = Site(roles={"alice": ["editor", "admin"]}, **policy)
    made.app = FastAPI()
    made.app.include_router(routes(made.digest))
    return made


def routes(digest: DigestAuth) -> APIRouter:
    """Routes that need roles, one after the other and both."""
    router = APIRouter(dependencies=[Security(digest, scopes=["authenticated"])])

    @router.get("/me")
    def me(user: Annotated[DigestUser, Security(digest)], request: Request) -> list[str]:
        assert request.user is user
        return list(request.auth.scopes)

    @router.get("/edit", dependencies=[Security(digest, scopes=["editor"])])
    def edit() -> str:
        return "edit"

    @router.get("/both", dependencies=[Security(digest, scopes=["editor", "owner"])])
    def both() -> str:
        return "both"

    @router.websocket("/ws")
    async def talk(websocket: WebSocket, _user: Annotated[DigestUser, Security(digest, scopes=["editor"])]) -> None:
        await websocket.accept()
        await websocket.close()

    open_to_all = APIRouter()

    @open_to_all.get("/maybe")
    def maybe(user: Annotated[DigestUser | None, Security(digest.optional, scopes=["editor"])]) -> str:
        return user.username if user else "nobody"

    whole = APIRouter()
    whole.include_router(router)
    whole.include_router(open_to_all)
    return whole


@pytest.mark.parametrize(
    ("target", "nobody", "alice", "other"),
    [("/me", 401, 200, 200), ("/edit", 401, 200, 403), ("/both", 401, 403, 403), ("/maybe", 200, 200, 403)],
)
def test_scopes_of_routes(target: str, nobody: int, alice: int, other: int) -> None:
    """Who lacks a role gets 403, and who is nobody 401."""
    door = site()
    assert door.ask("GET", target).status == nobody
    assert door.ask("GET", target, door.signer().sign(uri=target)).status == alice
    zoe = door.signer(username="Zo\u00eb", password="b0b")
    assert door.ask("GET", target, zoe.sign(uri=target)).status == other


def test_the_request_has_them() -> None:
    """As behind the middleware."""
    door = site()
    answer = door.ask("GET", "/me", door.signer().sign(uri="/me"))
    assert answer.body == b'["authenticated","editor","admin"]'


@pytest.mark.parametrize(("extensions", "status"), [(DENIAL, 403), ({}, 0)])
def test_handshakes(extensions: Any, status: int) -> None:
    """They are told 403 where the server can, and else closed."""
    door = site()
    more: Any = {"type": "websocket", "subprotocols": [], "extensions": extensions}
    assert door.ask("GET", "/ws", door.signer().sign(uri="/ws"), **more).status == 101
    zoe = door.signer(username="Zo\u00eb", password="b0b")
    assert door.ask("GET", "/ws", zoe.sign(uri="/ws"), **more).status == status


def test_beside_bearer() -> None:
    """A token's user stands where a user stands, with the roles that the check gives."""
    tokens: Any = {"t0ken": DigestUser("robot", ["editor"]), "weak": "robot"}
    door = site(beside=[bearer(tokens.get, "api")])
    assert door.ask("GET", "/edit", b"Bearer t0ken").status == 200
    assert door.ask("GET", "/edit", b"Bearer weak").status == 403
    answer = door.ask("GET", "/edit", b"Bearer no")
    assert [value.split(b" ")[0] for value in answer.values("www-authenticate")] == [b"Digest", b"Digest", b"Bearer"]
    assert door.ask("GET", "/me", b"Bearer t0ken").values("authentication-info") == []
