"""A plain app with the answers of served.py, for a server whose Python has no Flask: Apache's mod_wsgi."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from digest_http_middleware.wsgi import DigestAuthMiddleware


def protected(store: str, keys: str) -> DigestAuthMiddleware:
    """A site that says who has sent what."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        text = f"{environ.get('REMOTE_USER')} at {environ['PATH_INFO'][1:]}: ".encode() + body
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
        return [text]

    return DigestAuthMiddleware(
        app,
        users={"alice": "s3cret"},
        realm="wsgi",
        qop=["auth", "auth-int"],
        store=store,
        keys=keys,
        public=["/public"],
    )
