"""What uvicorn's workers serve in these tests: a small app behind DigestAuthMiddleware, with a policy from outside.

The environment variable FLEET_POLICY holds the middleware's keywords as JSON. Each answer names its worker.
"""

from __future__ import annotations

import json
import os
from typing import Any

from digest_http_middleware import DigestAuthMiddleware


async def who(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer with the worker's process id."""
    body = str(os.getpid()).encode()
    fields = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": body})


policy = json.loads(os.environ["FLEET_POLICY"])
app = DigestAuthMiddleware(who, **policy)
