"""The apps that throughput.py has uvicorn serve, each the same Starlette route behind one thing more.

`python -m benchmarks.served APP SOCKET SECONDS`: one worker (httptools, uvloop, no access log) on an inherited
listening socket, connections kept open for so many seconds. uvicorn's own --fd takes any socket for a Unix one, and so
leaves TCP_NODELAY off.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from digest_http.algorithms import by_name
from digest_http_middleware import DigestAuthMiddleware

from .hashes import CNONCE, NC, NONCE, SIGNED_NONCE
from .signed import PATH, REALM, TARGET, users

__all__ = ["APPS", "main"]

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[..., Awaitable[None]]

_SHA256: Final = by_name("SHA-256")
_DIGEST: Final = b"0" * 2 * _SHA256.digest_size

#: As long as what DigestAuthMiddleware answers.
_INFO: Final = (
    b"authentication-info",
    b'rspauth="%b", qop=auth, nc=%b, cnonce="%b"' % (_DIGEST, b"0" * NC, b"0" * CNONCE),
)


async def item(_request: Request) -> PlainTextResponse:
    """The route."""
    return PlainTextResponse("an item")


class WithInfo:
    """Adds an Authentication-Info of the usual length, and nothing is checked; `work` is done before."""

    def __init__(self, app: App, work: Callable[[], None] | None = None) -> None:
        self._app: Final = app
        self._work: Final = work

    async def __call__(self, scope: Message, receive: Callable[..., Any], send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._work is not None:
            self._work()

        async def send_with_info(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append(_INFO)
            await send(message)

        await self._app(scope, receive, send_with_info)


def five_hashes() -> None:
    """H(A2), response, the nonce's MAC and two for rspauth, as in hashes.py."""
    data = b":".join((_DIGEST, b"0" * NONCE, b"0" * NC, b"0" * CNONCE, b"auth", _DIGEST))
    for octets in (b"GET:" + TARGET, data, b":" + TARGET, data):
        hashlib.sha256(octets).hexdigest()
    mac = _KEYED.copy()
    mac.update(b"0" * SIGNED_NONCE)
    mac.hexdigest()


_KEYED: Final = hmac.new(bytes(32), digestmod="sha256")

open_app: Final = Starlette(routes=[Route(PATH, item)])
headers: Final = WithInfo(open_app)
headers_and_hashes: Final = WithInfo(open_app, five_hashes)
#: A life longer than the run: each answer is of one length.
protected: Final = DigestAuthMiddleware(open_app, users(_SHA256), REALM, algorithms=["SHA-256"], nonce_lifetime=86400)

APPS: Final[dict[str, App]] = {
    "open_app": open_app,
    "headers": headers,
    "headers_and_hashes": headers_and_hashes,
    "protected": protected,
}


def main(name: str, descriptor: str, seconds: str) -> None:
    """Serve until terminated."""
    config = uvicorn.Config(
        APPS[name], loop="uvloop", http="httptools", access_log=False, log_level="warning", lifespan="off",
        timeout_keep_alive=int(seconds),
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(descriptor))])


if __name__ == "__main__":
    main(*sys.argv[1:])
