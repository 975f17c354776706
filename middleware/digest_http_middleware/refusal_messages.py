"""The two ASGI messages of a refusal. Each client begins with one, so this file may be compiled."""

from __future__ import annotations

from typing import Any, Final

from digest_http.errors import SourceUnavailable

from .asgi import Headers, Message

__all__ = ["RETRY_AFTER", "UNAVAILABLE", "refusal_messages"]

UNAVAILABLE: Final[int] = SourceUnavailable.http_status

#: Seconds after which a client may try again when a source is down; long enough not to add to its load.
RETRY_AFTER: Final = b"5"

# A shared cache must not serve one client's challenge, whose nonce is his, to another.
_UNSHARED: Final = (b"cache-control", b"no-store")


def refusal_messages(
    status: int,
    fields: Headers,
    described: tuple[tuple[bytes, bytes], ...],
    body: Any,  # noqa: ANN401 - octets, which a function of the app may have made
    scope: Any,  # noqa: ANN401 - a Scope, which is the server's
) -> tuple[Message, Message]:
    """The start of the answer, and the rest. `fields`: the challenges; `described`: the fields that describe `body`."""
    headers = [*fields, *described, _UNSHARED]
    if status == UNAVAILABLE:
        headers.append((b"retry-after", RETRY_AFTER))
    if scope["type"] == "http":
        start, rest = "http.response.start", "http.response.body"
        if scope["method"] == "HEAD":
            body = b""
    else:
        start, rest = "websocket.http.response.start", "websocket.http.response.body"
    return {"type": start, "status": status, "headers": headers}, {"type": rest, "body": body}
