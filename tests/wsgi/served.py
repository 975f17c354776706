"""The app of the live tests: Flask behind the plug. gunicorn loads it by `tests.wsgi.served:protected()`."""

from __future__ import annotations

import os

import flask

from digest_http_middleware.wsgi import DigestAuthMiddleware


def protected() -> DigestAuthMiddleware:
    """A site that says who has sent what; its store is that of the environment."""
    site = flask.Flask("site")

    @site.route("/<path:path>", methods=["GET", "PUT"])
    def page(path: str) -> str:
        body = flask.request.get_data(as_text=True)
        return f"{flask.request.remote_user} at {path}: {body}"

    return DigestAuthMiddleware(
        site.wsgi_app,
        users={"alice": "s3cret"},
        realm="wsgi",
        qop=["auth", "auth-int"],
        store=os.environ.get("SITE_STORE", "memory://"),
        public=["/public"],
    )
