"""Logging out from within an app: what a verified request leaves in its scope or environ for that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias, cast

from digest_http.guard import Accepted, Guard

__all__ = ["LOGIN", "Login", "end", "log_out", "log_out_at_once"]

#: The guard that has verified a request, and its outcome.
Login: TypeAlias = tuple[Guard, Accepted]

#: The key of a Login in a scope or an environ.
LOGIN: Final = "digest_http.login"

#: One of these is in each scope of ASGI and each environ of WSGI.
_MARKS: Final = ("type", "REQUEST_METHOD")


async def log_out(request: Any, *, everywhere: bool = False) -> bool:  # noqa: ANN401 - a scope, or any framework's request
    """End the login of an ASGI scope, or of a request that has one as `scope`. False: it has none.

    `everywhere`: all logins of this user, on all devices. Call it before the answer begins. Raises SourceUnavailable
    and ConfigurationError as Guard.log_out_async does, and TypeError for what is neither a scope nor has one.
    """
    place: object = cast("object", request) if isinstance(request, Mapping) else getattr(request, "scope", request)
    found = _login(place)
    if found is None:
        return False
    await end(found, everywhere=everywhere)
    return True


def log_out_at_once(environ: Mapping[str, Any], *, everywhere: bool = False) -> bool:
    """The same for an environ of WSGI. Raises TypeError for what is none."""
    found = _login(environ)
    if found is None:
        return False
    guard, accepted = found
    guard.log_out(accepted)
    if everywhere:
        guard.log_out(accepted.username)
    return True


async def end(login: Login, *, everywhere: bool) -> None:
    """End a login, or all logins of its user. Raises as Guard.log_out_async does."""
    guard, accepted = login
    await guard.log_out_async(accepted)
    if everywhere:
        await guard.log_out_async(accepted.username)


def _login(place: object) -> Login | None:
    """What a verified request has left. A mapping of another kind must not look like a request of nobody."""
    if not isinstance(place, Mapping):
        raise _no_place(place)
    given = cast("Mapping[str, object]", place)
    found = cast("Login | None", given.get(LOGIN))
    if found is None and not any(mark in given for mark in _MARKS):
        raise _no_place(given)
    return found


def _no_place(given: object) -> TypeError:
    # A request of aiohttp.web is a mapping, too, but of its own keys.
    return TypeError(
        f"log_out cannot find a login in a {type(given).__name__}: give it the scope of ASGI, a request that has one, "
        "or the environ of WSGI; Django and aiohttp.web have a log_out of their own (digest_http_middleware.django, "
        "digest_http_middleware.aiohttp_web)"
    )
