"""One line in the log for each outcome, on the logger `digest_http.middleware`.

A line begins with the reason code and the client's address, which a program like fail2ban reads; what the client chose
stands behind them, in quotes:

    wrong-digest client=192.0.2.7 method=GET path="/x" user="alice"

The same stands on the record, in fields with the prefix `digest_`. No secret is among them: no password, H(A1), nonce,
cnonce, response or header value. How serious a line is, is said with its reason code (digest_http.guard.reasons).

What a client chose (path, name, address behind a proxy) has its control characters escaped, and so has the traceback of
a source, which may quote them: no client can write lines into a log or speak to a terminal that shows it.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from typing import Final

from digest_http.encoding import printable
from digest_http.guard import Reason, Refused
from digest_http.guard.observing import BESIDE
from digest_http.httpauth.server import ServerContext

from .addresses import Addresses
from .asgi import Scope
from .refusal_messages import UNAVAILABLE

__all__ = ["LEVELS", "log_accepted", "log_beside", "log_refused"]

logger: Final = logging.getLogger("digest_http.middleware")

#: Characters of a path, a name or a hint that a line shows: it is not for a stranger to fill. The fields have them all.
SHOWN: Final = 256

# What may stand without quotes: an address, and a method.
_address = re.compile(r"[0-9A-Fa-f:.]{1,45}")
_method = re.compile(r"[A-Z]{1,20}")

#: How serious a line is, by its reason code; a source or a plug of others may have made up one that is not here.
LEVELS: Final[dict[str, int]] = {reason.value: reason.level for reason in Reason}

Fields = dict[str, str | int | None]

#: Where the client's address comes from, unless a front is given.
_direct: Final = Addresses().of


def log_accepted(scope: Scope, context: ServerContext, address: Callable[[Scope], str | None] = _direct) -> None:
    """A verified request. `address`: of a scope, that of its client."""
    if logger.isEnabledFor(logging.DEBUG):
        fields = _fields(scope, context, "accepted", None, address)
        logger.debug(_line(fields), extra=fields)


def log_beside(scope: Scope, username: str, address: Callable[[Scope], str | None] = _direct) -> None:
    """A request whose user came by another way than Digest."""
    if logger.isEnabledFor(logging.DEBUG):
        fields = {**_fields(scope, None, BESIDE, None, address), "digest_username": printable(username)}
        logger.debug(_line(fields), extra=fields)


def log_refused(
    scope: Scope, refused: Refused, *, hint: str | None = None, address: Callable[[Scope], str | None] = _direct
) -> None:
    """A refusal. `hint`, printable, names a setting that would have helped. It is for the log alone."""
    reason, cause = refused.log_reason, refused.cause
    level = LEVELS.get(reason) or (logging.ERROR if refused.status == UNAVAILABLE else logging.INFO)
    if logger.isEnabledFor(level):
        fields = _fields(scope, refused.context, reason, refused.status, address)
        if cause is None:
            fields["digest_hint"] = hint
            logger.log(level, _line(fields), extra=fields)
        else:
            _log_cause(level, fields, cause)


def _log_cause(level: int, fields: Fields, cause: BaseException) -> None:
    raised = type(cause), cause, cause.__traceback__
    text, function = _line(fields), log_refused.__name__
    record = logger.makeRecord(logger.name, level, __file__, 0, text, (), raised, function, fields)
    # A formatter takes this text and makes none itself. The lines of the traceback stay lines.
    lines = "".join(traceback.format_exception(*raised)).rstrip("\n").split("\n")
    record.exc_text = "\n".join(printable(line) for line in lines)
    logger.handle(record)


def _fields(
    scope: Scope,
    context: ServerContext | None,
    reason: str,
    status: int | None,
    address: Callable[[Scope], str | None],
) -> Fields:
    client = address(scope)
    return {
        "digest_reason": reason,
        "digest_status": status,
        "digest_client": None if client is None else printable(client),
        # A websocket's handshake is a GET.
        "digest_method": printable(scope.get("method", "GET")),
        "digest_path": printable(scope["path"]),
        # The claimed name: a log of refusals without it cannot show who is being attacked.
        "digest_username": printable(context.credentials.name) if context is not None else None,
        "digest_algorithm": context.algorithm.name if context is not None else None,
        "digest_hint": None,
    }


def _line(fields: Fields) -> str:
    parts = [
        str(fields["digest_reason"]),
        f"client={_word(fields['digest_client'], _address)}",
        f"method={_word(fields['digest_method'], _method)}",
        f"path={_quoted(fields['digest_path'])}",
    ]
    if fields["digest_username"] is not None:
        parts.append(f"user={_quoted(fields['digest_username'])}")
    if fields["digest_hint"] is not None:
        parts.append(f"hint={_quoted(fields['digest_hint'])}")
    return " ".join(parts)


def _word(text: object, plain: re.Pattern[str]) -> str:
    if text is None:
        return "-"
    return str(text) if plain.fullmatch(str(text)) else _quoted(text)


def _quoted(text: object) -> str:
    shown = str(text)
    if len(shown) > SHOWN:
        shown = shown[:SHOWN] + "..."
    return '"' + shown.replace("\\", r"\\").replace('"', r"\"") + '"'
