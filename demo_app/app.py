"""The app: a public page, a protected page, a JSON API, a signed upload and a websocket.

Three areas, each a realm of its own, so that each shows one policy:

  /me /api /ws   the default: SHA-256 then MD5, qop auth
  /upload        auth-int only: what is uploaded is what was signed
  /brief         nonces that live two seconds, to watch nextnonce renew them

Log in as alice with the password s3cret, or as bob smith with the password "Secret, or not?".
"""

from __future__ import annotations

from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route, WebSocketRoute

from digest_http_middleware import DigestAuthMiddleware

from . import pages

__all__ = ["USERS", "app"]

USERS: Final = {"alice": "s3cret", "bob smith": "Secret, or not?"}

#: Seconds; long enough to follow by eye, short enough to wait for.
BRIEF_LIFETIME: Final = 2.0

upload = Starlette(
    routes=[Route("/", pages.upload, methods=["POST", "PUT"])],
    middleware=[Middleware(DigestAuthMiddleware, users=USERS, realm="demo upload", qop=("auth-int",))],
)
brief = Starlette(
    routes=[Route("/", pages.whoami)],
    middleware=[
        Middleware(DigestAuthMiddleware, users=USERS, realm="demo brief", nonce_lifetime=BRIEF_LIFETIME),
    ],
)
app = Starlette(
    routes=[
        Route("/", pages.home),
        Route("/me", pages.me),
        Route("/me/tile", pages.tile),
        Route("/api/whoami", pages.whoami),
        WebSocketRoute("/ws", pages.echo),
        Mount("/upload", app=upload),
        Mount("/brief", app=brief),
    ],
    middleware=[
        Middleware(DigestAuthMiddleware, users=USERS, realm="demo", protect=["/me", "/api", "/ws"]),
    ],
)
