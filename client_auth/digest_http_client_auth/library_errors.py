"""Errors that are ours and the library's: `except requests.RequestException` catches them, and so does DigestError.

Their classes are made as they are needed.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from digest_http.errors import DigestError

__all__ = ["errors_also", "joined_error"]


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
