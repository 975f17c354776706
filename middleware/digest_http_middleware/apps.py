"""The setting `app`: an application of the right kind. One of the other kind is told which middleware is its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from digest_http import settings
from digest_http.errors import ConfigurationError

__all__ = ["asgi_app", "wsgi_app"]

App = TypeVar("App", bound=Callable[..., Any])


class _Kind(NamedTuple):
    """What an application of one kind is called with, how one is written, and where its middleware is."""

    arguments: int
    written: str
    name: str
    home: str


_ASGI: Final = _Kind(3, "async def app(scope, receive, send)", "an ASGI application", "digest_http_middleware")
_WSGI: Final = _Kind(2, "def app(environ, start_response)", "a WSGI application", "digest_http_middleware.wsgi")


def asgi_app(app: App) -> App:
    """An application of ASGI. Raises ConfigurationError for what is none."""
    return _of_kind(app, _ASGI, other=_WSGI)


def wsgi_app(app: App) -> App:
    """An application of WSGI. Raises ConfigurationError for what is none."""
    return _of_kind(app, _WSGI, other=_ASGI)


def _of_kind(app: App, kind: _Kind, *, other: _Kind) -> App:
    try:
        return settings.function("app", app, kind.arguments, example=f"app, with {kind.written}")
    except ConfigurationError:
        if not _is_of(app, other):
            raise
    raise ConfigurationError(
        f"app takes {other.arguments} arguments, as {other.name} does: "
        f"write 'from {other.home} import DigestAuthMiddleware'"
    )


def _is_of(app: Callable[..., Any], kind: _Kind) -> bool:
    try:
        settings.function("app", app, kind.arguments, example=f"app, with {kind.written}")
    except ConfigurationError:
        return False
    return True
