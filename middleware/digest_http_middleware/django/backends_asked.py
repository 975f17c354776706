"""What the order of one request asks of Django: its backends, and the signal of a failed login; also for who awaits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from django.contrib import auth
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest

from digest_http.guard import Accepted

__all__ = ["AWAITING", "BLOCKING", "Asked"]


class Asked(NamedTuple):
    """`authenticate`: the user of an outcome, None for nobody. `tell_of_failure`: who could not log in."""

    authenticate: Callable[[HttpRequest, Accepted], Awaitable[Any]]
    tell_of_failure: Callable[[HttpRequest, dict[str, str]], Awaitable[None]]


async def _authenticate(request: HttpRequest, accepted: Accepted) -> Any:  # noqa: ANN401 - any model of users
    return auth.authenticate(request, digest=accepted)


async def _tell(request: HttpRequest, claimed: dict[str, str]) -> None:
    user_login_failed.send(sender=__name__, credentials=claimed, request=request)


async def _await_authenticate(request: HttpRequest, accepted: Accepted) -> Any:  # noqa: ANN401 - any model of users
    return await auth.aauthenticate(request, digest=accepted)


async def _await_telling(request: HttpRequest, claimed: dict[str, str]) -> None:
    await user_login_failed.asend(sender=__name__, credentials=claimed, request=request)


#: For code that blocks: nothing of it is ever suspended.
BLOCKING: Final = Asked(_authenticate, _tell)

#: For code that awaits.
AWAITING: Final = Asked(_await_authenticate, _await_telling)
