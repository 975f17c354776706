"""Logging out from within an app: what a verified request leaves in its scope or environ for that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from digest_http.guard import Accepted, Guard

__all__ = ["LOGIN", "log_out", "log_out_at_once"]

#: The key of a pair: the guard that has verified the request, and its outcome.
LOGIN: Final = "digest_http.login"


async def log_out(request: Any, *, everywhere: bool = False) -> bool:  # noqa: ANN401 - a scope, or any framework's request
    """End the login of an ASGI scope, or of a request that has one as `scope`. False: it has none.

    `everywhere`: all logins of this user, on all devices. Call it before the answer begins. Raises SourceUnavailable
    and ConfigurationError as Guard.log_out_async does.
    """
    scope = cast("Mapping[str, Any]", request if isinstance(request, Mapping) else request.scope)
    found = _login(scope)
    if found is None:
        return False
    guard, accepted = found
    await guard.log_out_async(accepted)
    if everywhere:
        await guard.log_out_async(accepted.username)
    return True


def log_out_at_once(environ: Mapping[str, Any], *, everywhere: bool = False) -> bool:
    """The same for an environ of WSGI."""
    found = _login(environ)
    if found is None:
        return False
    guard, accepted = found
    guard.log_out(accepted)
    if everywhere:
        guard.log_out(accepted.username)
    return True


def _login(place: Mapping[str, Any]) -> tuple[Guard, Accepted] | None:
    found: tuple[Guard, Accepted] | None = place.get(LOGIN)
    return found
