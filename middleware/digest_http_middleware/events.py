"""One structured log event per outcome, on the logger `digest_http.middleware`.

The message is the reason code; the fields stand on the record, prefixed `digest_`. No secret is among them: no
password, H(A1), nonce, cnonce, response or header value. Accepted requests and plain challenges, which every client
meets, are DEBUG; refusals INFO; a source that is down ERROR.
"""

from __future__ import annotations

import logging
from typing import Final

from digest_http.httpauth.server import ServerContext

from .asgi import Scope
from .refusals import UNAVAILABLE, Refusal

__all__ = ["log_accepted", "log_refused"]

logger: Final = logging.getLogger("digest_http.middleware")

_ROUTINE: Final = frozenset({"no-credentials"})


def log_accepted(scope: Scope, context: ServerContext) -> None:
    """A verified request."""
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("accepted", extra=_fields(scope, context, "accepted", None))


def log_refused(scope: Scope, context: ServerContext | None, refusal: Refusal, cause: BaseException | None) -> None:
    """A refusal; `cause` is what a source raised, logged with its traceback."""
    level = (
        logging.ERROR
        if refusal.status == UNAVAILABLE
        else logging.DEBUG
        if refusal.reason in _ROUTINE
        else logging.INFO
    )
    if logger.isEnabledFor(level):
        logger.log(level, refusal.reason, extra=_fields(scope, context, refusal.reason, refusal.status), exc_info=cause)


def _fields(
    scope: Scope, context: ServerContext | None, reason: str, status: int | None
) -> dict[str, str | int | None]:
    client = scope.get("client")
    return {
        "digest_reason": reason,
        "digest_status": status,
        "digest_client": client[0] if client else None,
        "digest_path": scope["path"],
        # The claimed name: a log of refusals without it cannot show who is being attacked.
        "digest_username": context.credentials.name if context is not None else None,
        "digest_algorithm": context.algorithm.name if context is not None else None,
    }
