"""Which spelling of a user's name a source is asked for."""

from __future__ import annotations

from digest_http.credentials import Credentials

from .protocols import Users

__all__ = ["name_to_ask"]


def name_to_ask(users: Users, credentials: Credentials) -> str:
    """The name in Normalization Form C; as it was sent if `users` keep H(A1) for several spellings of one name.

    They say so with `knows_spellings = True`. RFC 7616 §4 wants the client to hash the name in Form C, but there are
    browsers that hash it as it was typed. Whoever is let in is called by the name in Form C all the same.
    """
    return credentials.name_as_sent if getattr(users, "knows_spellings", False) is True else credentials.name
