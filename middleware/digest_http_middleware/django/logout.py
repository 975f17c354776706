"""Logging out in a view; a browser asks for the password before its next page."""

from __future__ import annotations

from django.http import HttpRequest

from .site import site
from .users import user_called

__all__ = ["alog_out", "log_out", "log_out_user"]


def log_out(request: HttpRequest, *, everywhere: bool = False) -> bool:
    """End the login of a request; `everywhere`: all logins of its user. False: it was not verified by Digest.

    Raises SourceUnavailable if that could not be kept; then nobody is logged out.
    """
    return site().log_out(request, everywhere=everywhere)


async def alog_out(request: HttpRequest, *, everywhere: bool = False) -> bool:
    """The same for a view that awaits."""
    return await site().alog_out(request, everywhere=everywhere)


def log_out_user(username: str) -> bool:
    """End all logins of a user. False: nobody has this name. Raises SourceUnavailable."""
    if user_called(username) is None:
        return False
    site().guard.log_out(username)
    return True
