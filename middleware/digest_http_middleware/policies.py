"""The settings that plugs hand on to the guard: a name that a plug does not have is refused in the plug's own words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

__all__ = ["AROUND", "BODIES", "GUARDS", "check_names"]

#: The guard's keywords that a plug hands on as they are.
GUARDS: Final = frozenset(
    {"algorithms", "qop", "old_clients", "nonce_lifetime", "sequence", "window", "userhash", "allow_rfc2069",
     "rfc2069_uses", "proxy", "observers", "logger", "clock", "random"}
)  # fmt: skip

#: Those of what stands around the guard in each plug (verifier.py).
AROUND: Final = frozenset(
    {"store", "keys", "stripped_prefix", "rewritten_by", "original_target_header", "trusted_proxies", "client_header",
     "throttle", "beside", "roles"}
)  # fmt: skip

#: Those of plugs that see paths and bodies.
BODIES: Final = frozenset({"max_body", "spool_above", "allow_preflight", "protect", "public", "optional"})


def check_names(plug: str, given: Iterable[str], *own: Iterable[str]) -> None:
    """Raise TypeError, as Python does, for the first name that is neither the guard's nor among `own`."""
    known = sorted(GUARDS.union(*own))
    for name in given:
        if name not in known:
            close = get_close_matches(name, known, 1)
            wanted = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known)}"
            raise TypeError(f"{plug} has no setting {name!r}; {wanted}")
