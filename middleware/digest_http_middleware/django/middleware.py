"""DigestAuthMiddleware for Django's MIDDLEWARE: protects the whole site, or what `protect` and `public` say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest

from .site import anonymous, site

__all__ = ["DigestAuthMiddleware"]


class DigestAuthMiddleware:
    """After AuthenticationMiddleware, and before what changes bodies (GZipMiddleware).

    Raises ConfigurationError for settings that cannot work.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self._awaits = iscoroutinefunction(get_response)
        if self._awaits:
            markcoroutinefunction(self)
            site().for_awaiting()
        else:
            site().for_blocking()

    def __call__(self, request: HttpRequest) -> Any:  # noqa: ANN401 - a response, or something to await
        """Serve one request."""
        if self._awaits:
            return self._serve(request)
        door = site()
        needed = door.needs_login(request)
        if not needed and not door.optional:
            anonymous(request)
        elif (refused := door.enter(request, needed=needed)) is not None:
            return refused
        return door.proved(request, door.challenged(request, self.get_response(request)))

    async def _serve(self, request: HttpRequest) -> Any:  # noqa: ANN401 - any response of Django's
        door = site()
        needed = door.needs_login(request)
        if not needed and not door.optional:
            anonymous(request)
        elif (refused := await door.aenter(request, needed=needed)) is not None:
            return refused
        return door.proved(request, await door.achallenged(request, await self.get_response(request)))
