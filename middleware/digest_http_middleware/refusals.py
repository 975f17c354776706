"""Refusals: what was wrong, as a value, and the answers that say so.

A refusal holds what anybody may know. Which of name, password and realm was wrong is not in it: `digest_reason` in the
log says that (events.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import isawaitable
from typing import Final

from digest_http.errors import DigestError, NotOffered, SourceUnavailable
from digest_http.httpauth.verdict import Verdict

from .asgi import Headers, Receive, Scope, Send

__all__ = ["WRONG_CREDENTIALS", "Answer", "Refusal", "send_refusal"]

#: The public reason for an unknown user, a wrong password and a wrong realm.
WRONG_CREDENTIALS: Final = "wrong-credentials"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request does not reach the app. `reason` is a stable code; `text` is for the client and holds no secret.

    Both are the same for a user that nobody is, a wrong password and a wrong realm.
    """

    status: int
    reason: str
    text: str
    stale: bool = False

    @classmethod
    def of_verdict(cls, verdict: Verdict, status: int) -> Refusal:
        """The refusal of an expected outcome: 401, or 407 in proxy mode."""
        # stale is said to one who knows the password, so the exact reason may be as well. To all others there is one
        # reason: a stranger must not learn which names exist.
        if verdict.stale:
            return cls(status, verdict.value, "Send the request again with the new nonce.", stale=True)
        return cls(status, WRONG_CREDENTIALS, "The credentials are not right.")

    @classmethod
    def of_error(cls, error: DigestError, status: int) -> Refusal:
        """The refusal of an error, with the status it carries; what is not on offer gets `status`, 401 or 407.

        That is a new challenge, which is never stale: nothing is known of the password.
        """
        return cls(status if isinstance(error, NotOffered) else error.http_status, error.reason, f"{error}.")


#: A custom body: (scope, refusal) -> (content type, body), or an awaitable of it. Status and fields stay ours.
Answer = Callable[[Scope, Refusal], "tuple[str, bytes] | Awaitable[tuple[str, bytes]]"]

UNAVAILABLE: Final = SourceUnavailable.http_status

#: Seconds after which a client may try again when a source is down; long enough not to add to its load.
RETRY_AFTER: Final = b"5"


async def send_refusal(
    refusal: Refusal, fields: Headers, answer: Answer | None, connection: tuple[Scope, Receive, Send]
) -> None:
    """Answer an http request, or refuse a websocket handshake before it is accepted."""
    scope, receive, send = connection
    if scope["type"] == "websocket":
        await receive()  # websocket.connect; an answer may only follow it
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            # Without the extension a server can only say 403: the challenge is lost, the door stays shut.
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.reason})
            return
        kind = "websocket.http.response"
    else:
        kind = "http.response"
    content_type, body = await _body(refusal, answer, scope)
    headers = [
        *fields,
        (b"content-type", content_type.encode("latin-1")),
        (b"content-length", b"%d" % len(body)),
        # A shared cache must not serve one client's challenge, whose nonce is his, to another.
        (b"cache-control", b"no-store"),
    ]
    if refusal.status == UNAVAILABLE:
        headers.append((b"retry-after", RETRY_AFTER))
    await send({"type": f"{kind}.start", "status": refusal.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": b"" if scope.get("method") == "HEAD" else body})


async def _body(refusal: Refusal, answer: Answer | None, scope: Scope) -> tuple[str, bytes]:
    if answer is None:
        return "text/plain; charset=utf-8", refusal.text.encode() + b"\n"
    made = answer(scope, refusal)
    return await made if isawaitable(made) else made
