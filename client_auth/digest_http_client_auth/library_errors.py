"""Errors that are ours and the library's: `except requests.RequestException` catches them, and so does DigestError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from digest_http.errors import DigestError

__all__ = ["raised_as"]


@contextmanager
def raised_as(*classes: type[DigestError]) -> Iterator[None]:
    """Raise each DigestError of the block as the one of `classes` that derives from its class and from the library's.

    A class that has no such counterpart is raised as it is.
    """
    try:
        yield
    except DigestError as error:
        for kind in classes:
            if issubclass(kind, type(error)) and kind is not type(error):
                raise kind(str(error), reason=error.reason) from error
        raise
