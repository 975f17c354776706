"""AuthenticationInfo: puts the proof of a login that was verified further in, by a dependency, on any answer.

A dependency of FastAPI sees the answer only if FastAPI makes it. This layer sees all of them: what a route makes
itself, errors, streams and websockets.
"""

from __future__ import annotations

from typing import Final

from digest_http.buffers import HTTPMessage
from digest_http.httpauth.server import ServerContext

from .asgi import ASGIApp, Message, Receive, Scope, Send
from .header_proof import header_proof

__all__ = ["AuthenticationInfo", "hand_over"]

#: Where the layer finds what was verified.
_KEY: Final = "digest_http.proof"

_Verified = tuple[bytes, int, tuple[ServerContext, HTTPMessage]]


class AuthenticationInfo:
    """Around an ASGI `app`: `app.add_middleware(AuthenticationInfo)`. It verifies nothing itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        verified: list[_Verified] = []

        async def send_with_proof(message: Message) -> None:
            # A message that carries no proof is handed on by header_proof as it is.
            for field, refused, request in verified:
                await header_proof(send, field, refused, request)(message)
                return
            await send(message)

        await self.app({**scope, _KEY: verified}, receive, send_with_proof)


def hand_over(scope: Scope, field: bytes, refused: int, request: tuple[ServerContext, HTTPMessage]) -> bool:
    """Tell the layer around the app what was verified. False: there is no layer. `refused`: see header_proof."""
    verified: list[_Verified] | None = scope.get(_KEY)
    if verified is None:
        return False
    verified.append((field, refused, request))
    return True
