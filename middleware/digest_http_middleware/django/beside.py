"""Other ways to be known beside Digest in Django: its sessions, and its passwords.

For the setting `beside`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import auth
from django.views.decorators.debug import sensitive_variables

from digest_http.errors import ConfigurationError
from digest_http_middleware.beside import Beside, basic, basic_credentials, basic_name

from .known_users import REQUEST

__all__ = ["password", "session"]


def session() -> Beside:
    """Whom Django's own AuthenticationMiddleware has found: who has logged in with a form."""
    return Beside(_of_session)


def password(realm: str) -> Beside:
    """Basic (RFC 7617) with Django's own passwords: its backends are asked. Such a login makes H(A1) too.

    The password crosses the wire as it is, so use it with TLS only. Raises ConfigurationError for what is no realm.
    """
    return Beside(_of_password, basic(_nobody, realm).challenge, claims=basic_name)


def _of_session(shown: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any model of users
    user = getattr(shown[REQUEST], "user", None)
    if user is None:
        raise ConfigurationError(
            "session() finds no user: write django.contrib.auth.middleware.AuthenticationMiddleware in MIDDLEWARE, "
            "before DigestAuthMiddleware"
        )
    return user if user.is_authenticated else None


@sensitive_variables()
def _of_password(shown: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any model of users
    given = basic_credentials(shown)
    if given is None:
        return None
    return auth.authenticate(shown[REQUEST], username=given[0], password=given[1])


def _nobody(_username: str, _password: str) -> None:
    """A check, for a challenge that is made as `basic` makes it."""
