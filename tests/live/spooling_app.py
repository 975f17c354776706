"""The app of test_spooled_bodies: `python -m tests.live.spooling_app PORT`. Uploads above 64 KiB wait in files."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import uvicorn

from digest_http_middleware import DigestAuthMiddleware


def nameless_files() -> int:
    """How many files without a name this process has open (Linux)."""
    found = 0
    for number in Path("/proc/self/fd").iterdir():
        try:
            found += number.readlink().name.endswith("(deleted)")
        except OSError:  # that of the folder itself
            continue
    return found


async def app(scope: Any, receive: Any, send: Any) -> None:
    """What it has read, and how often it was given some; at /files how many files there are."""
    if scope["type"] != "http":
        return
    entity, octets, pieces, more = hashlib.sha256(), 0, 0, True
    while more:
        message = await receive()
        entity.update(message.get("body", b""))
        octets, pieces, more = octets + len(message.get("body", b"")), pieces + 1, message.get("more_body", False)
    files = nameless_files()
    text = f"{files}" if scope["path"] == "/files" else f"{octets} {entity.hexdigest()} {pieces > 1} {files}"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": text.encode()})


if __name__ == "__main__":
    site = DigestAuthMiddleware(
        app, {"alice": "s3cret"}, "home", qop=["auth-int"], max_body=4_000_000, spool_above=65536, public=["/files"]
    )
    os.environ.pop("DIGEST_HTTP_KEYS", None)
    uvicorn.run(site, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", lifespan="off")
