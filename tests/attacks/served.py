"""The app that a real uvicorn serves in a process of its own: the middleware, its policy from the environment."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.driver import QOP, REALM, USERS


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Say who is there and what was received, after a turn of the event loop.

    /long answers in many pieces, /pid with the number of the process.
    """
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    name = scope["user"].username
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": name})
        await send({"type": "websocket.close"})
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await asyncio.sleep(0)
    same = name == scope["user"].username == scope["digest"].username
    answer = f"{name} {same} ".encode() + (str(os.getpid()).encode() if scope["path"] == "/pid" else body)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    for _ in range(1000 if scope["path"] == "/long" else 1):
        await send({"type": "http.response.body", "body": answer, "more_body": True})
    await send({"type": "http.response.body"})


_policy = json.loads(os.environ.get("POLICY", "{}"))
if "keys" in _policy:
    _policy["keys"] = [bytes.fromhex(key) for key in _policy["keys"]]

_policy.setdefault("qop", QOP)
app = DigestAuthMiddleware(echo, users=USERS, realm=REALM, **_policy)
