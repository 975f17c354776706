"""A FastAPI app whose routes need Digest in all the ways that routes can, asked without a server."""

# No `from __future__ import annotations`: FastAPI could not look up the local names in the types of the routes.

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Response, Security, WebSocket
from fastapi.requests import Request
from fastapi.responses import PlainTextResponse, StreamingResponse

from digest_http_middleware.fastapi import AuthenticationInfo, DigestAuth, DigestUser
from tests.attacks.driver import Clock
from tests.attacks.signing import Signer, parameters

__all__ = ["Answer", "Site", "routes"]


class Answer(NamedTuple):
    """What was sent. `status` is 0 where a handshake was closed without an answer, 101 where it was taken."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def values(self, name: str) -> list[bytes]:
        """Each value of a field."""
        return [value for each, value in self.headers if each == name.encode()]


def routes(digest: DigestAuth, reached: list[str]) -> APIRouter:
    """The routes. Each writes down that it was reached."""
    router = APIRouter()
    User = Annotated[DigestUser, Depends(digest)]  # noqa: N806 - a type

    @router.get("/me", responses=digest.responses)
    @router.put("/me", include_in_schema=False)
    async def me(user: User, request: Request) -> dict[str, Any]:
        reached.append("/me")
        assert request.user is user
        return {"user": user.username, "nc": request.scope["digest"].nc, "scopes": request.auth.scopes}

    @router.get("/files/{path:path}", dependencies=[Depends(digest)])
    def file(path: str) -> str:
        reached.append(path)
        return path

    @router.get("/own")
    async def own(user: User) -> Response:
        return PlainTextResponse(user.username)

    @router.get("/stream")
    async def stream(user: User) -> StreamingResponse:
        return StreamingResponse(iter([user.username, " and ", "more"]))

    @router.get("/missing")
    async def missing(_user: User) -> None:
        raise HTTPException(404)

    @router.get("/forbidden")
    async def forbidden(_user: User) -> None:
        raise HTTPException(401)

    @router.get("/maybe")
    async def maybe(user: Annotated[DigestUser | None, Depends(digest.optional)], request: Request) -> str:
        assert ("user" in request.scope) == (user is not None)
        return user.username if user else "nobody"

    @router.get("/often", dependencies=[Depends(digest)])
    async def often(
        first: User,
        second: Annotated[DigestUser, Depends(digest, use_cache=False)],
        third: Annotated[DigestUser, Security(digest, scopes=["authenticated"])],
        fourth: Annotated[DigestUser | None, Depends(digest.optional)],
    ) -> bool:
        return first is second is third is fourth

    @router.post("/pieces")
    async def pieces(user: User, request: Request) -> str:
        return f"{user.username}: {[piece async for piece in request.stream()]}"

    @router.post("/json")
    async def json(user: User, given: dict[str, int]) -> str:
        return f"{user.username}: {given}"

    @router.websocket("/ws")
    async def talk(websocket: WebSocket, user: User) -> None:
        await websocket.accept()
        await websocket.send_text(user.username)
        await websocket.close()

    return router


class Site:
    """An app. `layer`: AuthenticationInfo stands around it."""

    def __init__(self, *, layer: bool = False, **policy: Any) -> None:
        self.reached: list[str] = []
        self.digest = DigestAuth(
            **{"users": {"alice": "s3cret", "Zoë": "b0b"}, "realm": "wonder", "clock": Clock(), **policy}
        )
        self.app = FastAPI()
        self.app.include_router(routes(self.digest, self.reached))
        if layer:
            self.app.add_middleware(AuthenticationInfo)

    def signer(self, target: str = "/me", number: int = 0, **user: Any) -> Signer:
        """A client that answers one of the challenges of a first request."""
        return Signer(parameters(self.ask("GET", target).values("www-authenticate")[number]), **user)

    def ask(
        self,
        method: str,
        target: str,
        *fields: bytes,
        body: bytes = b"",
        headers: Iterable[tuple[bytes, bytes]] = (),
        **scope: Any,
    ) -> Answer:
        """Send a request with these Authorization fields."""
        path, _, query = target.partition("?")
        sent: list[Any] = []
        kind = scope.get("type", "http")

        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:  # the client stays, and says nothing more
                await asyncio.Event().wait()
            asked = True
            if kind == "websocket":
                return {"type": "websocket.connect"}
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        whole = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "client": ("192.0.2.7", 50000), "server": ("app.example", 80), "extensions": {},
            "headers": [(b"host", b"app.example"), *headers, *((b"authorization", value) for value in fields)],
            **scope,
        }  # fmt: skip
        asyncio.run(self.app(whole, receive, send))
        first = sent[0]
        status = {"websocket.accept": 101, "websocket.close": 0}.get(first["type"]) or first.get("status", 0)
        return Answer(status, list(first.get("headers", ())), b"".join(each.get("body", b"") for each in sent))
