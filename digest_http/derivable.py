"""The mark of a compiled class that interpreted classes derive from (docs/performance.md, "Two forms")."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

__all__ = ["mypyc_attr"]

if TYPE_CHECKING:
    # The compiler looks for this name, and calls nothing.
    from mypy_extensions import mypyc_attr
else:

    def mypyc_attr(*, allow_interpreted_subclasses: bool) -> Callable[[type], type]:  # noqa: ARG001 - the compiler's
        """Where nothing is compiled, the class stays as it is."""
        return lambda marked: marked
