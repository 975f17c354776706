"""An app that servers load; it writes down when its middleware was made, after whatever was said about that."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from digest_http_middleware import DigestAuthMiddleware


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """Answer "hello"; start and stop with the server."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


def protected() -> DigestAuthMiddleware:
    """The app behind a middleware with the policy of the environment."""
    policy = json.loads(os.environ.get("POLICY", "{}"))
    layer = DigestAuthMiddleware(hello, users={"alice": "s3cret"}, realm="fleet", **policy)
    print("made", file=sys.stderr, flush=True)  # noqa: T201 - what the tests wait for
    return layer


async def later(scope: Any, receive: Any, send: Any) -> None:
    """As Starlette does, build the stack of middlewares with the first call."""
    await protected()(scope, receive, send)


app = later if "LATER" in os.environ else protected()
