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

    def refused(
        self, request: Request, context: ServerContext, wait: Wait
    ) -> Refused | Awaitable[Refused | None] | None:
        """The refusal of a request that has to wait, None for one that may go on. Raises SourceUnavailable."""
        seconds = _ask(self._delay, request, context.credentials.name, wait)
        return _refusal(seconds, context) if isinstance(seconds, int) else _hear_delay(seconds, context)

    def note_failure(self, request: Request, context: ServerContext, wait: Wait) -> Awaitable[int] | None:
        """Count a request with wrong credentials. Raises SourceUnavailable: who is not counted learns nothing."""
        answer = _ask(self._failed, request, context.credentials.name, wait)
        return None if isinstance(answer, int) else answer

    async def refused_name(self, request: Request, name: str, wait: Wait) -> Refused | None:
        """The same as `refused` for a name that came by another way than Digest."""
        seconds = _ask(self._delay, request, name, wait)
        return _refusal(seconds if isinstance(seconds, int) else await seconds, None)

    async def note_failed_name(self, request: Request, name: str, wait: Wait) -> None:
        """The same as `note_failure` for such a name."""
        answer = _ask(self._failed, request, name, wait)
        if not isinstance(answer, int):
            await answer


def _ask(ask: Callable[..., Any], request: Request, name: str, wait: Wait) -> int | Awaitable[int]:
    """What a method of the limiter answers, in whole seconds; to be awaited if it has to be."""
    name = name[:LONGEST_NAME].casefold()
    try:
        answer = ask(name, client_of(request))
        return _hear(answer, wait) if isawaitable(answer) else _whole(answer)
    except Exception as error:
        raise _down() from error


async def _hear(answer: Awaitable[Any], wait: Wait) -> int:
    try:
        return _whole(await wait(answer))
    except Exception as error:
        raise _down() from error


async def _hear_delay(seconds: Awaitable[int], context: ServerContext) -> Refused | None:
    return _refusal(await seconds, context)


def _whole(answer: Any) -> int:  # noqa: ANN401 - a limiter's own; infinity, and what is no number, raise here
    return math.ceil(answer or 0)


def _refusal(seconds: int, context: ServerContext | None) -> Refused | None:
    if seconds <= 0:
        return None
    refusal = Refusal(TOO_MANY_REQUESTS, THROTTLED, "There were too many failed logins; try again later.")
    return Refused(refusal, context, retry_after=min(seconds, LONGEST_WAIT))


def _down() -> SourceUnavailable:
    return SourceUnavailable("The limiter is down; try again later", reason=THROTTLE_DOWN)
