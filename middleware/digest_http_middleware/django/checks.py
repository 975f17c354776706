"""What `manage.py check` says of the settings."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string

from digest_http.errors import ConfigurationError

from .backends import StoresDigestPassword
from .site import site

__all__ = ["check_settings"]

_OURS: Final = "digest_http_middleware.django.DigestAuthMiddleware"
_DJANGOS: Final = "django.contrib.auth.middleware.AuthenticationMiddleware"


def check_settings(**_about: object) -> list[Any]:
    """Errors of settings with which nobody could log in, or the view would see another user."""
    found: list[Any] = []
    try:
        site()
    except ConfigurationError as error:
        found.append(checks.Error(str(error), id="digest_http.E001"))
    if not any(issubclass(import_string(path), StoresDigestPassword) for path in settings.AUTHENTICATION_BACKENDS):
        found.append(
            checks.Error(
                "AUTHENTICATION_BACKENDS has no backend that knows Digest, so nobody could log in",
                hint="write 'digest_http_middleware.django.backends.DigestBackend' in place of ModelBackend",
                id="digest_http.E002",
            )
        )
    order = list(settings.MIDDLEWARE)
    if _OURS in order and _DJANGOS in order and order.index(_OURS) < order.index(_DJANGOS):
        found.append(
            checks.Error(
                "DigestAuthMiddleware is before AuthenticationMiddleware, which would replace the verified user by the "
                "user of the session",
                hint="write it after AuthenticationMiddleware",
                id="digest_http.E003",
            )
        )
    return found
