"""The app behind the proxies, on uvicorn with both of its parsers.

usage: python -m tests.proxies.upstream PORT PORT: the first for h11, the second for httptools.

The field X-Door of a request says what stands before the app: nothing, or the middleware with these settings.
"""

from __future__ import annotations

import asyncio
import json
import sys
from functools import cache
from typing import Any

import uvicorn

from digest_http_middleware import DigestAuthMiddleware
from tests.live.peers import HOST
from tests.live.serving import PASSWORD, REALM, USER

__all__ = ["BARE", "door"]

BARE = "bare"
PARSERS = ("h11", "httptools")


def door(**settings: str | None) -> str:
    """The word for the middleware with these settings."""
    return json.dumps({name: value for name, value in settings.items() if value}, separators=(",", ":"))


async def app(scope: Any, _receive: Any, send: Any) -> None:
    """Answer with what the app's router would see, and what the comparison looks at."""
    # Fields that may hold other octets than text are told as text of one octet a character.
    seen = {
        "path": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "raw_path": scope["raw_path"].decode("latin-1"),
        "query_string": scope["query_string"].decode("latin-1"),
        "root_path": scope["root_path"],
        "original": [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-original-uri"],
        "host": [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"],
    }
    body = json.dumps(seen).encode()
    fields = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": body})


@cache
def guarded(word: str) -> Any:
    """The app behind the middleware that `word` describes."""
    return DigestAuthMiddleware(app, users={USER: PASSWORD}, realm=REALM, **json.loads(word))


async def doors(scope: Any, receive: Any, send: Any) -> None:
    """What X-Door says."""
    word = next((value.decode() for name, value in scope["headers"] if name == b"x-door"), BARE)
    await (app if word == BARE else guarded(word))(scope, receive, send)


async def main(ports: list[int]) -> None:
    """Serve until the process is ended."""
    configs = [
        uvicorn.Config(doors, HOST, port, http=parser, log_level="critical", lifespan="off", timeout_keep_alive=60)
        for parser, port in zip(PARSERS, ports, strict=True)
    ]
    await asyncio.gather(*(uvicorn.Server(config)._serve() for config in configs))  # noqa: SLF001  # serve() would take the signals


if __name__ == "__main__":
    asyncio.run(main([int(port) for port in sys.argv[1:]]))
