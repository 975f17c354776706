"""The pages that all servers here have, behind the middleware or open to everybody.

usage: python our_server.py PORT [open]
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from digest_http_middleware import DigestAuthMiddleware

USER, PASSWORD, REALM = "alice", "s3cret", "wonder"


async def page(_: Request) -> Response:
    """A page."""
    return Response("in\n")


async def moved(_: Request) -> Response:
    """A redirect to it."""
    return RedirectResponse("/page", 302)


async def echo(request: Request) -> Response:
    """The body as it came."""
    return Response(await request.body())


if __name__ == "__main__":
    routes = [Route("/page", page), Route("/moved", moved), Route("/echo", echo, methods=["POST"])]
    app: ASGIApp = Starlette(routes=routes)
    if "open" not in sys.argv:
        app = DigestAuthMiddleware(app, {USER: PASSWORD}, realm=REALM)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
