"""The table of H(A1), one row for each user, realm and hash; and when users were logged out.

It is not in the admin, and no form shows it. A row is as good as the password for its realm, so it is not pickled.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from digest_http.secrecy import HoldsSecrets

__all__ = ["DigestHash", "DigestLogout"]


class DigestHash(HoldsSecrets, models.Model):
    """H(A1) of a user. It counts as long as the user has the password that it was made of."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", editable=False)
    realm = models.CharField(max_length=255, editable=False)
    algorithm = models.CharField(max_length=16, editable=False)
    """RFC 7616's name without -sess."""
    ha1 = models.CharField(max_length=64, editable=False)
    """H(A1), lower-case hex."""
    userhash = models.CharField(max_length=64, editable=False, db_index=True)
    """H(name ":" realm), lower-case hex."""
    password_stamp = models.CharField(max_length=64, editable=False)
    """A hash of what Django keeps of the password. With another password this row opens nothing."""

    class Meta:
        """How the table is made."""

        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "realm", "algorithm"], name="digest_http_one_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} of user {self.user_id} in the realm {self.realm}"


class DigestLogout(models.Model):
    """When a user was logged out last: nonces that were issued until then are over."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", editable=False)
    realm = models.CharField(max_length=255, editable=False)
    since = models.BigIntegerField(editable=False)
    """Microseconds since 1970."""

    class Meta:
        """How the table is made."""

        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "realm"], name="digest_http_one_logout")]

    def __str__(self) -> str:
        return f"user {self.user_id} in the realm {self.realm}"
