"""The setting `app`: an application of the right kind. One of the other kind is told which middleware is its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from digest_http import settings
from digest_http.errors import ConfigurationError

__all__ = ["asgi_app", "wsgi_app"]

App = TypeVar("App", bound=Callable[..., Any])

#: How many arguments a server calls an application with.
_ASGI: Final = 3
_WSGI: Final = 2


def asgi_app(app: App) -> App:
    """An application of ASGI. Raises ConfigurationError for what is none."""
    try:
        return settings.function("app", app, _ASGI, example="app, with async def app(scope, receive, send)")
    except ConfigurationError:
        _refuse_if(app, _WSGI, "a WSGI application", "digest_http_middleware.wsgi")
        raise


def wsgi_app(app: App) -> App:
    """An application of WSGI. Raises ConfigurationError for what is none."""
    try:
        return settings.function("app", app, _WSGI, example="app, with def app(environ, start_response)")
    except ConfigurationError:
        _refuse_if(app, _ASGI, "an ASGI application", "digest_http_middleware")
        raise


def _refuse_if(app: Callable[..., Any], arguments: int, kind: str, home: str) -> None:
    """Say what to write for an application of another kind."""
    try:
        settings.function("app", app, arguments, example=kind)
    except ConfigurationError:
        return
    raise ConfigurationError(
        f"app takes {arguments} arguments, as {kind} does: write 'from {home} import DigestAuthMiddleware'"
    ) from None
