"""Starlette: two realms with users of their own, and roles.

Run: uvicorn starlette_realms:app
"""  # noqa: INP001  # a script

from __future__ import annotations

from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from digest_http_middleware import AuthCredentials, DigestAuthMiddleware

MEMBERS = {"alice": "s3cret", "bob": "b0b"}
STAFF = {"carol": "pa55"}
ROLES = {"alice": ["editor"]}


class Roles:
    """Stands behind the login: adds the roles of the user to what `@requires` looks at."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        roles = ROLES.get(scope["user"].identity, [])
        await self.app({**scope, "auth": AuthCredentials([*scope["auth"].scopes, *roles])}, receive, send)


async def home(_request: Request) -> PlainTextResponse:
    """A page for everybody."""
    return PlainTextResponse("Hello")


async def page(request: Request) -> PlainTextResponse:
    """A page of either realm."""
    return PlainTextResponse(f"Hello {request.user.display_name} of {request.scope['digest'].realm}")


@requires("editor", status_code=403)
async def edit(request: Request) -> PlainTextResponse:
    """A page for members with a role."""
    return PlainTextResponse(f"{request.user.display_name} may edit")


app = Starlette(
    routes=[
        Route("/", home),
        Mount(
            "/members",
            routes=[Route("/", page), Route("/edit", edit)],
            middleware=[Middleware(DigestAuthMiddleware, users=MEMBERS, realm="Members"), Middleware(Roles)],
        ),
        Mount(
            "/staff",
            routes=[Route("/", page)],
            middleware=[Middleware(DigestAuthMiddleware, users=STAFF, realm="Staff")],
        ),
    ]
)
