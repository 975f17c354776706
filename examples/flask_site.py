"""Flask: a public page, a page for users, a logout.

Run: gunicorn flask_site:site
"""  # noqa: INP001  # a script

from __future__ import annotations

import os

import flask

from digest_http_middleware.wsgi import DigestAuthMiddleware, log_out

#: In earnest: users="htdigest:////etc/site/users", filled with `digest-http user add`.
USERS = {"alice": "s3cret"}

site = flask.Flask(__name__)


@site.get("/")
def home() -> str:
    """A page for everybody."""
    return "Hello"


@site.get("/me")
def me() -> str:
    """A page for users."""
    return f"Hello {flask.request.remote_user}"


@site.post("/logout")
def leave() -> str:
    """End this login."""
    log_out(flask.request.environ)
    return "Goodbye"


protected = DigestAuthMiddleware(
    site.wsgi_app,
    users=USERS,
    realm="Flask site",
    protect=["/me", "/logout"],
    # Several workers need one store and the same keys (DIGEST_HTTP_KEYS): store="sqlite:////path/nonces.db".
    store=os.environ.get("SITE_STORE", "memory://"),
)
site.wsgi_app = protected  # type: ignore[method-assign] # as Flask's documents say
