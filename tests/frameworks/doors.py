"""The middleware before an app that says whom it sees, in both kinds: ASGI and WSGI."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from digest_http_middleware import DigestAuthMiddleware
from digest_http_middleware.wsgi import DigestAuthMiddleware as WSGIDigest
from tests.attacks.driver import Clock
from tests.attacks.signing import Signer
from tests.frameworks import asking
from tests.frameworks.asking import Answer

__all__ = ["KINDS", "Door"]

KINDS = ["asgi", "wsgi"]
USERS = {"alice": "s3cret", "bob": "b0b"}


class Door:
    """An app behind the middleware: /401 and /bearer ask for a login themselves, all else says who it is."""

    def __init__(self, kind: str, **policy: Any) -> None:
        self.kind = kind
        self.calls = 0
        made: Any = DigestAuthMiddleware if kind == "asgi" else WSGIDigest
        inner: Any = self.asgi if kind == "asgi" else self.wsgi
        self.app = made(inner, **{"users": USERS, "realm": "home", "clock": Clock(), **policy})

    def ask(self, target: str, *fields: bytes, method: str = "GET", **more: Any) -> Answer:
        """One request."""
        if self.kind == "asgi":
            return asyncio.run(asking.ask(self.app, method, target, *fields, **more))
        return asking.ask_wsgi(self.app, method, target, *fields, **more)

    def who(self, target: str, *fields: bytes, **more: Any) -> Any:
        """What the app saw, or the status of a refusal."""
        answer = self.ask(target, *fields, **more)
        return json.loads(answer.body) if answer.status == 200 else answer.status

    def signer(self, target: str = "/closed", **user: str) -> Signer:
        """A client that has been asked to log in."""
        return asking.signer(self.ask(target), **user)

    def _answer(self, path: str, found: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
        self.calls += 1
        if path == "/bearer":
            return 401, [("WWW-Authenticate", 'Bearer realm="api"'), ("Cache-Control", "public")], b""
        if path == "/inner":
            return 401, [("WWW-Authenticate", 'Bearer, Digest realm="other", nonce="x"')], b""
        return (401 if path == "/401" else 200), [("X-App", "1")], json.dumps(found).encode()

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        """Says what it finds in its scope."""
        await receive()
        found = {
            "user": scope["user"].display_name,
            "scopes": list(scope["auth"].scopes),
            "roles": list(getattr(scope["user"], "roles", ())),
            "digest": "digest" in scope,
        }
        assert ("digest_http.login" in scope) == found["digest"]
        status, headers, body = self._answer(scope["path"], found)
        octets = [(name.lower().encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": octets})
        await send({"type": "http.response.body", "body": body})

    def wsgi(self, environ: Any, start_response: Any) -> list[bytes]:
        """Says what it finds in its environ, in the words of the other."""
        user = environ.get("digest_http.user")
        name = environ.get("REMOTE_USER", "").encode("latin-1").decode()
        assert name == (user.username if user else "")
        found = {
            "user": name,
            "scopes": ["authenticated", *user.roles] if user else [],
            "roles": list(user.roles) if user else [],
            "digest": "digest_http.digest" in environ,
        }
        assert ("AUTH_TYPE" in environ) == ("digest_http.login" in environ) == found["digest"]
        status, headers, body = self._answer(environ["PATH_INFO"], found)
        start_response(f"{status} x", headers)
        return [body]


def known(user: str, *roles: str, digest: bool = True) -> dict[str, Any]:
    """What the app sees of a user."""
    return {"user": user, "scopes": ["authenticated", *roles], "roles": list(roles), "digest": digest}


NOBODY: dict[str, Any] = {"user": "", "scopes": [], "roles": [], "digest": False}
