"""Asks a limiter before anything is verified, and tells it of what failed.

Only a wrong name, password or realm counts. A nonce that is too old does not, since it comes with the right password.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, Final, Protocol

from digest_http import settings
from digest_http.errors import SourceUnavailable
from digest_http.httpauth.server import ServerContext
from digest_http.httpauth.waiting import Wait

from .observing import Observing, client_of
from .outcomes import Refusal, Refused
from .reasons import THROTTLE_DOWN, THROTTLED
from .requests import Request

__all__ = ["TOO_MANY_REQUESTS", "Throttle", "Throttling", "throttle_of"]

#: RFC 6585 §4.
TOO_MANY_REQUESTS: Final = 429

#: Characters of a name that are looked at: no user has more, and a stranger's may fill a whole field.
LONGEST_NAME: Final = 256

#: Seconds of Retry-After at most: what a limiter says beyond is cut.
LONGEST_WAIT: Final = 86_400


class Throttle(Protocol):
    """A limiter of failed logins. Each method may return its value or an awaitable of it."""

    def delay(self, name: str, client: str | None) -> float | Awaitable[float]:
        """Seconds for which nothing of this name from this address is verified; 0 if it may go on.

        Asked for each request with credentials, before any hash. `name` is the claimed name without difference of case;
        `client` the address, None if it is not known.
        """
        ...

    def failed(self, name: str, client: str | None) -> Awaitable[None] | None:
        """Count a failed login."""
        ...


def throttle_of(given: Throttle | None) -> Throttle | None:
    """The setting `throttle`. Raises ConfigurationError for what is no limiter."""
    if given is None:
        return None
    return settings.provider("throttle", given, {"delay": 2, "failed": 2}, example="Throttle()")


class Throttling:
    """The limiter in the order of one request."""

    __slots__ = ("_delay", "_failed")

    def __init__(self, throttle: Throttle, observing: Observing | None) -> None:
        self._delay: Final = throttle.delay if observing is None else observing.timed("throttle", throttle.delay)
        self._failed: Final = throttle.failed if observing is None else observing.timed("throttle", throttle.failed)

    async def refused(self, request: Request, context: ServerContext, wait: Wait) -> Refused | None:
        """The refusal of a request that has to wait. Raises SourceUnavailable."""
        return await self.refused_name(request, context.credentials.name, wait, context)

    async def note_failure(self, request: Request, context: ServerContext, wait: Wait) -> None:
        """Count a request with wrong credentials. Raises SourceUnavailable: who is not counted learns nothing."""
        await self.note_failed_name(request, context.credentials.name, wait)

    async def refused_name(
        self, request: Request, name: str, wait: Wait, context: ServerContext | None = None
    ) -> Refused | None:
        """The same as `refused` for a name that came by another way than Digest."""
        seconds = await self._ask(self._delay, request, name, wait)
        if seconds <= 0:
            return None
        refusal = Refusal(TOO_MANY_REQUESTS, THROTTLED, "There were too many failed logins; try again later.")
        return Refused(refusal, context, retry_after=min(seconds, LONGEST_WAIT))

    async def note_failed_name(self, request: Request, name: str, wait: Wait) -> None:
        """The same as `note_failure` for such a name."""
        await self._ask(self._failed, request, name, wait)

    @staticmethod
    async def _ask(ask: Callable[..., Any], request: Request, name: str, wait: Wait) -> int:
        """What a method of the limiter answers, in whole seconds."""
        name = name[:LONGEST_NAME].casefold()
        try:
            answer = ask(name, client_of(request))
            found = await wait(answer) if isawaitable(answer) else answer
            # Infinity, and what is no number, raise here.
            return math.ceil(found or 0)
        except Exception as error:
            raise SourceUnavailable("The limiter is down; try again later", reason=THROTTLE_DOWN) from error
