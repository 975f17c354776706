"""Errors that are ours and the library's: `except requests.RequestException` catches them, and so does DigestError.

`raised_as` is for plugs that give such classes names of their own; `errors_also` makes them as they are needed.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from digest_http.errors import DigestError

__all__ = ["errors_also", "joined_error", "raised_as"]


@contextmanager
def raised_as(*classes: type[DigestError]) -> Generator[None]:
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


@contextmanager
def errors_also(base: type[Exception], **attributes: object) -> Generator[None]:
    """Let each DigestError that is raised inside also be a `base`; `attributes` are set on it (`request`, say)."""
    try:
        yield
    except DigestError as error:
        if isinstance(error, base):
            raise
        joined = joined_error(error, base)
        for name, value in attributes.items():
            setattr(joined, name, value)
        raise joined from error


def joined_error(error: DigestError, base: type[Exception]) -> DigestError:
    """The same error, of a class that is a subclass of both its own and `base`."""
    return _remake(type(error), base, str(error), error.reason)


#: Classes that were made, by what they are made of. There are as many as errors and libraries.
_made: Final[dict[tuple[type[DigestError], type[Exception]], type[DigestError]]] = {}


def _joined_class(kind: type[DigestError], base: type[Exception]) -> type[DigestError]:
    if (kind, base) in _made:
        return _made[kind, base]

    def reduce(self: DigestError) -> tuple[object, ...]:
        # The class is not found by its name, so it is made anew where the pickle is read.
        return (_remake, (kind, base, str(self), self.reason))

    members = {"__doc__": kind.__doc__, "__module__": __name__, "__reduce__": reduce}
    return _made.setdefault((kind, base), type(kind.__name__, (kind, base), members))


def _remake(kind: type[DigestError], base: type[Exception], text: str, reason: str) -> DigestError:
    return _joined_class(kind, base)(text, reason=reason)
