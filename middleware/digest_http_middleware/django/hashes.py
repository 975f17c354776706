"""Writing H(A1): whenever a password is at hand, and only then. Django's reports of errors do not show it.

H(A1) may never outlive the password that it was made of. So each row bears a stamp of what Django keeps of the
password, and whoever changes that in any way (a form, a script, SQL) makes the row useless.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from digest_http import calculation
from digest_http.encoding import text_to_octets
from digest_http.errors import ConfigurationError
from digest_http.names import user_name

from .rows import digest_hashes, password_stamp
from .site import site

__all__ = ["delete_digest_password", "follow_password", "keep_in_step", "set_digest_password"]

logger: Final = logging.getLogger("digest_http.users")


@sensitive_variables()
def set_digest_password(user: Any, password: str) -> None:  # noqa: ANN401 - any model of users
    """Make H(A1) of a user from the password, for the site's realm and each algorithm on offer.

    Django's own password is not touched. Raises ConfigurationError for an empty password, and for a name that Digest
    cannot have (with a colon).
    """
    guard = site().guard
    name, realm = user_name(user.get_username()).encode(), guard.realm.encode()
    if not password:
        raise ConfigurationError("the password is empty: write a non-empty one")
    try:
        secret = text_to_octets(password)
    except UnicodeEncodeError:
        # `from None`: the cause would quote the password.
        raise ConfigurationError("the password holds half of a surrogate pair, which no client can send") from None
    offered = {algorithm.base: algorithm for algorithm in guard.acceptor.nonces}
    stamp = password_stamp(user)
    rows = digest_hashes()
    with transaction.atomic(using=rows.db):
        for base, algorithm in offered.items():
            made = {
                "ha1": calculation.user_hash(algorithm, name, realm, secret).hex(),
                "userhash": calculation.userhash(algorithm, name, realm).decode(),
                "password_stamp": stamp,
            }
            key = {"user_id": user.pk, "realm": guard.realm, "algorithm": base}
            # A login finds its rows as they should be, and writes nothing.
            if not rows.filter(**key, **made).exists():
                rows.update_or_create(**key, defaults=made)
        # What is not on offer any more is one hash more to be stolen.
        rows.filter(user_id=user.pk, realm=guard.realm).exclude(algorithm__in=list(offered)).delete()


def delete_digest_password(user: Any) -> int:  # noqa: ANN401 - any model of users
    """Take H(A1) of a user out, in all realms: how many rows there were. Until the next login nobody is let in."""
    deleted: int = digest_hashes().filter(user_id=user.pk).delete()[0]
    return deleted


@sensitive_variables()
def keep_in_step(user: Any, password: str) -> None:  # noqa: ANN401 - any model of users
    """The same for a password that has come by: a user who cannot have H(A1) is told to the log, and nothing fails."""
    try:
        set_digest_password(user, password)
    except ConfigurationError as error:
        delete_digest_password(user)
        logger.warning("user %s cannot log in with Digest: %s", user.pk, error)


@sensitive_variables()
def follow_password(*, instance: Any, raw: bool = False, update_fields: Any = None, **_signal: Any) -> None:  # noqa: ANN401 - as Django sends it
    """After a user is saved: Django keeps a new password on the object until then, for its validators."""
    password: str | None = getattr(instance, "_password", None)
    written = update_fields is None or "password" in update_fields
    if password is not None and written and not raw and isinstance(instance, get_user_model()):
        keep_in_step(instance, password)
