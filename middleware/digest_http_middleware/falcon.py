"""Falcon's `req.context.user`: who DigestAuthMiddleware has let in, for apps of both kinds, ASGI and WSGI.

It verifies nothing itself: DigestAuthMiddleware, or its WSGI twin, stands around the app. Falcon itself is not
imported: its middleware is an object with methods of these names.
"""

from __future__ import annotations

from typing import Any

from .identity import UnauthenticatedUser

__all__ = ["DigestContext"]


class DigestContext:
    """`falcon.App(middleware=[DigestContext()])`, also for `falcon.asgi.App`.

    `req.context.user` is a DigestUser, or an UnauthenticatedUser where no credentials were needed.
    `req.context.digest` is how the request was verified, or None.
    """

    def process_request(self, req: Any, _resp: Any) -> None:  # noqa: ANN401 - Falcon is not imported
        """For WSGI."""
        req.context.user = req.env.get("digest_http.user") or UnauthenticatedUser()
        req.context.digest = req.env.get("digest_http.digest")

    async def process_request_async(self, req: Any, _resp: Any) -> None:  # noqa: ANN401 - Falcon is not imported
        """For ASGI."""
        req.context.user = req.scope.get("user") or UnauthenticatedUser()
        req.context.digest = req.scope.get("digest")

    async def process_request_ws(self, req: Any, ws: Any) -> None:  # noqa: ANN401 - Falcon is not imported
        """For handshakes."""
        await self.process_request_async(req, ws)
