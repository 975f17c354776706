"""Backends: who a verified request is from, and H(A1) made at each login with a password."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.views.decorators.debug import sensitive_variables

from digest_http.guard import Accepted

from .hashes import keep_in_step
from .users import user_called

__all__ = ["DigestBackend", "StoresDigestPassword"]


class StoresDigestPassword:
    """To put before another backend (LDAP's, for instance): a login that it accepts makes H(A1) of the password.

    class Backend(StoresDigestPassword, LDAPBackend): ...
    """

    @sensitive_variables()
    def authenticate(self, request: Any, **credentials: Any) -> Any:  # noqa: ANN401 - Django's own signature
        """What the other backend says; it is not asked about requests that Digest has verified."""
        if "digest" in credentials:
            return self._verified(credentials["digest"])
        user = super().authenticate(request, **credentials)  # type: ignore[misc] # of the class that stands behind
        password = credentials.get("password")
        if user is not None and isinstance(password, str):
            keep_in_step(user, password)
        return user

    async def aauthenticate(self, request: Any, **credentials: Any) -> Any:  # noqa: ANN401 - Django's own signature
        """The same for callers that await."""
        return await sync_to_async(self.authenticate)(request, **credentials)

    def _verified(self, accepted: object) -> Any:  # noqa: ANN401 - any model of users
        """The user of an outcome of the guard. Nothing else is taken: no form can make one."""
        user = user_called(accepted.username) if isinstance(accepted, Accepted) else None
        return user if user is not None and user.is_active else None


class DigestBackend(StoresDigestPassword, ModelBackend):
    """In place of ModelBackend in AUTHENTICATION_BACKENDS."""
