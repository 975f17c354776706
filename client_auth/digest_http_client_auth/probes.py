"""Which fields of a request its probe has (see `library.MakesProbes`): all but those that describe the body."""

from __future__ import annotations

from typing import Final

__all__ = ["is_of_probe"]

#: What a probe does not repeat, besides Content-*. The credentials are those of the exchange, or none.
_NOT_OF_PROBES: Final = frozenset(("transfer-encoding", "trailer", "expect", "authorization", "proxy-authorization"))


def is_of_probe(name: str) -> bool:
    """Whether a probe has the field of this name that its request has."""
    lower = name.lower()
    return not lower.startswith("content-") and lower not in _NOT_OF_PROBES
