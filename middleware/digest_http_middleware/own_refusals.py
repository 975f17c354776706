"""An app's own 401 gets the challenges: what a route asks for, a client is told.

So a route of any framework asks for a login in the framework's own words (`@requires(..., status_code=401)`,
`abort(401)`, NotAuthorizedException), and a client that knows Digest logs in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from .asgi import Headers, Message, Send

__all__ = ["challenged", "has_challenge", "with_challenges"]

_STARTS: Final = frozenset({"http.response.start", "websocket.http.response.start"})

#: For servers and for proxies.
_FIELDS: Final = frozenset({b"www-authenticate", b"proxy-authenticate"})


def challenged(send: Send, status: int, challenges: Callable[[], Awaitable[Headers]]) -> Send:
    """A send for a request of nobody: where the app answers `status`, `challenges` go along.

    An answer that has a Digest challenge stays as it is: the app has a guard of its own there.
    """

    async def send_with_challenges(message: Message) -> None:
        if message["type"] in _STARTS and message["status"] == status:
            headers: Headers = list(message.get("headers", ()))
            if not has_challenge(headers):
                message = {**message, "headers": with_challenges(headers, await challenges())}
        await send(message)

    return send_with_challenges


def has_challenge(headers: Headers) -> bool:
    """Whether an answer holds a challenge of Digest."""
    return any(
        part.strip(b" \t").lower().startswith(b"digest ")
        for name, value in headers
        if name.lower() in _FIELDS
        for part in value.split(b",")
    )


def with_challenges(headers: Headers, challenges: Headers) -> Headers:
    """The fields of an answer with `challenges`. Those of other schemes stay."""
    # A shared cache must not serve one client's challenge, whose nonce is his, to another.
    kept = [header for header in headers if header[0].lower() != b"cache-control"]
    return [*kept, *challenges, (b"cache-control", b"no-store")]
