"""Refuses a request: the line in the log, the challenges, the answer.

Each client begins with one, so this file may be compiled. What stands in a scope is the server's, and `Any` here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from logging import DEBUG
from typing import Any, Final

from digest_http.guard import NO_CREDENTIALS, Guard, Refused
from digest_http.httpauth.verdict import FOREIGN, FORGOTTEN
from digest_http.httpauth.waiting import Wait
from digest_http.secret_holder import SecretHolder

from .asgi import Headers, Message
from .beside import Others
from .content_lengths import announces_more
from .events import LEVELS, log_refused, logger
from .fronts import Front
from .hints import hint
from .refusal_messages import refusal_messages
from .refusals import Answer, refuse_later, send_refusal
from .workers_apart import WorkersApart

__all__ = ["Refusing"]

# In a compiled file a constant is a C variable, and what was imported is looked up in a dict each time.
_LEVELS: Final = LEVELS
_is_enabled: Final = logger.isEnabledFor


class Refusing(SecretHolder):
    """What one middleware answers to those that it does not let in."""

    __slots__ = (
        "_answer",
        "_challenge_fields",
        "_covers_bodies",
        "_front",
        "_has_others",
        "_max_body",
        "_others",
        "_wait",
        "_workers_apart",
    )

    def __init__(
        self,
        guard: Guard,
        wait: Wait,
        front: Front,
        *,
        others: Others,
        answer: Answer | None,
        workers_apart: WorkersApart,
        max_body: int,
    ) -> None:
        self._challenge_fields: Final[Callable[[Refused, bool, Wait], Headers | Awaitable[Headers]]] = (
            guard.challenge_fields
        )
        self._covers_bodies: Final[bool] = guard.covers_bodies
        self._wait: Final = wait
        self._front: Final = front
        self._others: Final = others
        self._has_others: Final = bool(others)
        self._answer: Final = answer
        self._workers_apart: Final = workers_apart
        self._max_body: Final = max_body

    def refuse(
        self,
        refused: Refused,
        scope: Any,  # noqa: ANN401 - the server's
        receive: Any,  # noqa: ANN401
        send: Any,  # noqa: ANN401
    ) -> tuple[Message, Message] | Awaitable[None]:
        """What is to be sent; or where something has to be awaited before, or to be received, what sends it."""
        refusal = refused.refusal
        # With a verdict there were credentials; that is known without a look-up.
        if refused.verdict is None and refusal.reason == NO_CREDENTIALS:
            # Each client begins so, and that is a line of DEBUG (guard/reasons.py): mostly nobody listens.
            if _is_enabled(DEBUG):
                log_refused(scope, refused, address=self._front.client)
        else:
            self._log(refused, scope)
        # A call fewer where neither has anything to say, which is what nearly all have set.
        if self._covers_bodies or self._has_others:
            fields = self.challenges(refused, scope)
        else:
            fields = self._challenge_fields(refused, False, self._wait)  # noqa: FBT003 - a name would cost more
        if not isinstance(fields, list):
            return refuse_later(refusal, fields, self._answer, (scope, receive, send))
        if self._answer is None and scope["type"] == "http":
            return refusal_messages(refusal.status, fields, refusal.plain_fields, refusal.plain_body, scope)
        return send_refusal(refusal, fields, self._answer, (scope, receive, send))

    def challenges(self, refused: Refused, scope: Any) -> Headers | Awaitable[Headers]:  # noqa: ANN401 - the server's
        """The challenges, those of other ways to log in among them."""
        too_long = self._covers_bodies and announces_more(scope, self._max_body)
        fields = self._challenge_fields(refused, too_long, self._wait)
        if not self._has_others:
            return fields
        others = self._others
        return others.beside(fields, refused) if isinstance(fields, list) else others.beside_later(fields, refused)

    def _log(self, refused: Refused, scope: Any) -> None:  # noqa: ANN401 - the server's
        context, verdict = refused.context, refused.verdict
        # No other verdict says anything of other workers.
        if (verdict is FOREIGN or verdict is FORGOTTEN) and context is not None:
            self._workers_apart.saw(verdict, context)
        level = _LEVELS.get(refused.log_reason)
        # Mostly nobody listens, and then nothing more has to be known. What has no level here, log_refused looks at.
        if level is not None and not _is_enabled(level):
            return
        helping: str | None = None
        if verdict is None and context is not None and refused.refusal.reason == "uri":
            helping = hint(context.uri, scope, self._front)
        log_refused(scope, refused, hint=helping, address=self._front.client)
