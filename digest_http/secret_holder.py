"""HoldsSecrets for the classes of compiled files.

The base of a compiled class must be compiled too: with any other it would take attributes and weak references, and
nobody would clear those when it goes.
"""

from __future__ import annotations

from typing import NoReturn

from .secrecy import refuse_to_pickle

__all__ = ["SecretHolder"]


class SecretHolder:
    """See HoldsSecrets."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        refuse_to_pickle(type(self).__name__)
