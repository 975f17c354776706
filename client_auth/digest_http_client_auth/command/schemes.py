"""The authentication schemes that a server names, Digest or not (RFC 9110 §11.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from digest_http.challenge import MAX_CHALLENGE_OCTETS

__all__ = ["schemes_of", "without_quoted"]

_quoted: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)

# auth-scheme = token; it stands at the start or behind a comma, and no "=" follows it.
_scheme: Final = re.compile(rb"(?:^|,)[ \t]*+([!#$%&'*+\-.^_`|~0-9A-Za-z]++)(?=[ \t]++[^= \t,]|[ \t]*+(?:,|\Z))")


def without_quoted(value: bytes) -> bytes:
    """The field value with each quoted-string emptied, so that what stands in one is not taken for syntax."""
    return _quoted.sub(b'""', value[:MAX_CHALLENGE_OCTETS])


def schemes_of(values: Iterable[bytes]) -> list[str]:
    """The schemes of all field values, each once, in the server's order and spelling."""
    found: dict[str, str] = {}
    for value in values:
        for name in _scheme.findall(without_quoted(value)):
            found.setdefault(name.decode("ascii").lower(), name.decode("ascii"))
    return list(found.values())
