"""What the lists say about a path that a router has seen: a second reading of docs/middleware.md, kept simple."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Lists"]


@dataclass(frozen=True)
class Lists:
    """`protect` and `public`, as the middleware gets them."""

    protect: Sequence[str] = ("/",)
    public: Sequence[str] = ()

    def policy(self) -> dict[str, Any]:
        """The keywords of the middleware."""
        return {"protect": self.protect, "public": self.public}

    def close(self, path: str, *roots: str) -> bool:
        """Whether a stranger may not see what a router has found at `path`; a guard may be written below a root."""
        guarded, free = _longest(self.protect, path), _longest(self.public, path)
        unnamed = guarded < 0 and free < 0
        closed = not self.protect if unnamed else guarded >= free
        below = [root + path for root in roots if root]
        return closed or any(_longest(self.protect, each) > max(0, _longest(self.public, each)) for each in below)

    def __str__(self) -> str:
        return " ".join(f"{name}={','.join(value)}" for name, value in self.policy().items() if value)


def _longest(prefixes: Sequence[str], path: str) -> int:
    wanted = [segment for segment in path.split("/") if segment]
    found = -1
    for prefix in prefixes:
        segments = [segment for segment in prefix.split("/") if segment]
        if wanted[: len(segments)] == segments:
            found = max(found, len(segments))
    return found
