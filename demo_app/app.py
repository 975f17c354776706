"""The app: a public page, a JSON API, a websocket, a signed upload, and the stage, which shows what passes.

Read this file as the example of how to use the package. Four areas, each with a policy of its own:

  /stage /api /ws   the default: SHA-256 then MD5, qop auth
  /upload           auth-int only: what is uploaded is what was signed
  /brief            nonces that live two seconds, to watch nextnonce renew them
  /logout           nobody passes: the browser asks again, the person cancels, and the browser forgets the password

/metrics is for Prometheus, and open: show it to nobody but your own machines.

Log in as alice with the password s3cret, or as bob smith with the password "Secret, or not?".
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from digest_http_middleware import DigestAuthMiddleware
from digest_http_middleware.prometheus import PrometheusMetrics

from . import pages
from .stage import Stage, Watching
from .templating import STATIC

__all__ = ["BRIEF_LIFETIME", "REALM", "USERS", "app"]

USERS: Final = {"alice": "s3cret", "bob smith": "Secret, or not?"}
REALM: Final = "demo"

#: Seconds. A minute is short enough to see a nonce end, and long enough to read the page meanwhile.
LIFETIME: Final = 60.0
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
# The realm is that of the pages, so that the browser forgets their password. This area knows no user.
logout = Starlette(
    middleware=[
        Middleware(DigestAuthMiddleware, users=lambda *_: None, realm=REALM, answer=pages.logged_out),
    ],
)

registry = CollectorRegistry()
metrics = PrometheusMetrics(registry)

# The stage is what the page shows. It protects nothing: leave it, Watching, clock and lifespan out of an app of yours.
stage = Stage(USERS, realm=REALM, nonce_lifetime=LIFETIME)

app = Starlette(
    routes=[
        Route("/", pages.home),
        Route("/api/whoami", pages.whoami),
        Route("/metrics", pages.metrics(registry)),
        WebSocketRoute("/ws", pages.echo),
        Mount("/upload", app=upload),
        Mount("/brief", app=brief),
        Mount("/logout", app=logout),
        Mount("/static", app=StaticFiles(directory=STATIC)),
        *stage.routes,
    ],
    middleware=[
        Middleware(Watching, exchanges=stage.exchanges),
        Middleware(
            DigestAuthMiddleware,
            users=USERS,
            realm=REALM,
            protect=["/api", "/stage", "/ws"],
            nonce_lifetime=LIFETIME,
            answer=pages.refused,
            observers=[metrics],
            clock=stage.clock.now,
        ),
    ],
    lifespan=stage.lifespan,
)
