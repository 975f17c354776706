"""aiohttp.web: a public page, a page for users, a note whose body is signed.

Run: python -m aiohttp.web -H 127.0.0.1 -P 8000 aiohttp_site:site
"""  # noqa: INP001  # a script

from __future__ import annotations

import os

from aiohttp import web

from digest_http_middleware.aiohttp_web import USER, DigestAuth

#: In earnest: users="htdigest:////etc/site/users", filled with `digest-http user add`.
USERS = {"alice": "s3cret"}


async def home(_request: web.Request) -> web.Response:
    """A page for everybody."""
    return web.Response(text="Hello")


async def me(request: web.Request) -> web.Response:
    """A page for users."""
    return web.Response(text=f"Hello {request[USER].display_name}")


async def note(request: web.Request) -> web.Response:
    """The body, which nobody has changed on its way: it is signed too."""
    return web.Response(text=f"{request[USER].display_name} wrote {await request.text()}")


def site(_arguments: list[str]) -> web.Application:
    """The app, as `python -m aiohttp.web` wants it."""
    app = web.Application()
    app.add_routes([web.get("/", home), web.get("/me", me)])
    # A sub-app may have a policy of its own.
    notes = web.Application()
    notes.add_routes([web.put("/", note)])
    # Several workers need one store and the same keys (DIGEST_HTTP_KEYS): store="sqlite:////path/nonces.db".
    store = os.environ.get("SITE_STORE", "memory://")
    DigestAuth(USERS, "aiohttp notes", qop=["auth-int"], store=store).setup(notes)
    DigestAuth(USERS, "aiohttp site", protect=["/me"], store=store).setup(app)
    app.add_subapp("/notes", notes)
    return app
