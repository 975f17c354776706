"""One structured log event per outcome, on the logger `digest_http.middleware`.

The message is the reason code, followed by a hint where it can be told which setting would have helped; the fields
stand on the record, prefixed `digest_`. No secret is among them: no password, H(A1), nonce, cnonce, response or header
value. Accepted requests and plain challenges, which every client meets, are DEBUG; refusals INFO; a source that is down
ERROR.

What a client chose (path, name, address behind a proxy) has its control characters escaped, and so has the traceback of
a source, which may quote them: no client can write lines into a log or speak to a terminal that shows it.
"""

from __future__ import annotations

import logging
import traceback
from typing import Final

from digest_http.encoding import printable
from digest_http.guard import Refused
from digest_http.httpauth.server import ServerContext

from .asgi import Scope
from .refusals import UNAVAILABLE

__all__ = ["log_accepted", "log_refused"]

logger: Final = logging.getLogger("digest_http.middleware")

_ROUTINE: Final = frozenset({"no-credentials"})


def log_accepted(scope: Scope, context: ServerContext) -> None:
    """A verified request."""
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("accepted", extra=_fields(scope, context, "accepted", None))


def log_refused(scope: Scope, refused: Refused, *, hint: str | None = None) -> None:
    """A refusal. `hint`, printable, names a setting that would have helped. It is for the log alone."""
    reason, cause = refused.log_reason, refused.cause
    level = logging.ERROR if refused.status == UNAVAILABLE else logging.DEBUG if reason in _ROUTINE else logging.INFO
    if logger.isEnabledFor(level):
        fields = _fields(scope, refused.context, reason, refused.status)
        if cause is None:
            fields["digest_hint"] = hint
            logger.log(level, reason if hint is None else f"{reason}: {hint}", extra=fields)
        else:
            _log_cause(level, reason, fields, cause)


def _log_cause(level: int, reason: str, fields: dict[str, str | int | None], cause: BaseException) -> None:
    raised = type(cause), cause, cause.__traceback__
    record = logger.makeRecord(logger.name, level, __file__, 0, reason, (), raised, log_refused.__name__, fields)
    # A formatter takes this text and makes none itself. The lines of the traceback stay lines.
    lines = "".join(traceback.format_exception(*raised)).rstrip("\n").split("\n")
    record.exc_text = "\n".join(printable(line) for line in lines)
    logger.handle(record)


def _fields(
    scope: Scope, context: ServerContext | None, reason: str, status: int | None
) -> dict[str, str | int | None]:
    client = scope.get("client")
    return {
        "digest_reason": reason,
        "digest_status": status,
        "digest_client": printable(str(client[0])) if client else None,
        "digest_path": printable(scope["path"]),
        # The claimed name: a log of refusals without it cannot show who is being attacked.
        "digest_username": printable(context.credentials.name) if context is not None else None,
        "digest_algorithm": context.algorithm.name if context is not None else None,
        "digest_hint": None,
    }
