"""What `python -m hypercorn tests.live.trailers_app:app` serves: answers of two lengths behind the middleware."""

from __future__ import annotations

from typing import Any

from digest_http_middleware import DigestAuthMiddleware

__all__ = ["ANSWERS", "LIMIT", "app"]

#: Octets that the middleware holds back for a proof in the header.
LIMIT = 1000

#: Path -> the pieces of its answer.
ANSWERS = {"/short": [b"a" * 10, b"b" * 10], "/long": [b"a" * LIMIT, b"b" * LIMIT, b"c" * 10]}


async def _answers(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for piece in ANSWERS[scope["path"]]:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


async def app(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI app; hypercorn wants its lifespan answered."""
    if scope["type"] == "lifespan":
        for word in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{word}.complete"})
        return
    await _protected(scope, receive, send)


_protected = DigestAuthMiddleware(
    _answers, users={"alice": "s3cret"}, realm="live wire", qop=["auth-int"], max_body=LIMIT, keys="k" * 40
)
