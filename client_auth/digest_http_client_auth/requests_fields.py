"""Header sections of requests: looked into and copied for each call, at less cost than their own methods.

The class of requests is written in Python, on top of a dictionary: a copy sets each field anew, which takes as long as
signing does, and a field that is not there takes an exception. What is not such a dictionary (niquests, a class of the
program's own, another version of requests) is asked by its methods.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

__all__ = ["FieldSections"]


class FieldSections:
    """What can be done with sections of `kind`, the library's own class, and of any other.

    `_store` is the attribute of that class which holds the dictionary.
    """

    __slots__ = ("_kind",)

    def __init__(self, kind: type[Any]) -> None:
        # An empty one shows how it is made: values by names in lower case, each with the name as it is written.
        store = getattr(kind({"A": "b"}), "_store", None)
        known = isinstance(store, OrderedDict) and store == {"a": ("A", "b")}
        self._kind: Final[type[Any] | None] = kind if known else None

    def get(self, fields: Any, name: str) -> Any:  # as below: a mapping of some library
        """The value of a field, None if there is none; `name` in lower case."""
        if type(fields) is not self._kind:
            return fields.get(name)
        found = fields._store.get(name)  # noqa: SLF001  # see the class; here and below
        return None if found is None else found[1]

    def set(self, fields: Any, name: str, spelt: str, value: Any) -> None:
        """Set a field, replacing what was there; `name` in lower case, `spelt` as it is to be written."""
        if type(fields) is not self._kind:
            fields[spelt] = value
        else:
            fields._store[name] = (spelt, value)  # noqa: SLF001

    def copy(self, fields: Any) -> Any:
        """Another section with the same fields."""
        kind = self._kind
        if kind is None or type(fields) is not kind:
            return fields.copy()
        copied: Any = object.__new__(kind)
        copied._store = fields._store.copy()  # noqa: SLF001
        return copied

    def remove(self, fields: Any, name: str) -> None:
        """Take a field out, if it is there; `name` in lower case."""
        if type(fields) is not self._kind:
            fields.pop(name, None)
        else:
            fields._store.pop(name, None)  # noqa: SLF001
