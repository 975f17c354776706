"""The rows of H(A1), and what tells whether one still counts."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import router
from django.utils.crypto import salted_hmac

from .names import LABEL

__all__ = ["digest_hashes", "digest_logouts", "password_stamp"]


def digest_hashes() -> Any:  # noqa: ANN401 - Django's managers have no types
    """The rows. The model is asked for by name, since it cannot be imported before Django's apps are ready."""
    return apps.get_model(LABEL, "DigestHash")._default_manager  # noqa: SLF001 - Django's documented name


def digest_logouts() -> Any:  # noqa: ANN401 - as above
    """The rows of logouts, in the database that they are written to: a copy hears of a logout too late."""
    model = apps.get_model(LABEL, "DigestLogout")
    return model._default_manager.using(router.db_for_write(model))  # noqa: SLF001 - as above


def password_stamp(user: Any) -> str:  # noqa: ANN401 - any model of users
    """What changes with the password: a hash of what Django keeps of it.

    It does not depend on SECRET_KEY, so that a new one locks nobody out. What it hashes has a salt.
    """
    stamp: str = salted_hmac("digest_http.password_stamp", user.password, secret=LABEL, algorithm="sha256").hexdigest()
    return stamp
