"""A table of H(A1) of one realm, made once and then only read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.encoding import text_to_octets
from digest_http.hex_digest import HexDigest
from digest_http.httpauth.protocols import HashCounts
from digest_http.names import spellings
from digest_http.secrecy import HoldsSecrets

from .htdigest_lines import Entry

__all__ = ["Table"]


class Table(HoldsSecrets):
    """H(A1) by user (in Normalization Form C) and hash; userhashes are computed when the first is asked for."""

    def __init__(self, realm: str, entries: Iterable[Entry]) -> None:
        self._realm: Final = text_to_octets(realm)
        self._ha1: Final = {(entry.user, entry.hash): HexDigest(entry.ha1.encode()) for entry in entries}
        self._by_hash: Final[dict[str, dict[bytes, str]]] = {}
        self.counts: Final = HashCounts(len(self), Counter(hash_ for _, hash_ in self._ha1))
        """How many users have which hash."""

    def ha1(self, user: str, algorithm: Algorithm) -> bytes | None:
        """H(A1) in hex, or None."""
        return self._ha1.get((user, algorithm.base))

    def by_userhash(self, userhash: bytes, algorithm: Algorithm) -> str | None:
        """The name behind a userhash, or None."""
        names = self._by_hash.get(algorithm.base)
        if names is None:
            # One algorithm's hash of a name says nothing about which hashes of the password are known.
            names = {
                calculation.userhash(algorithm, spelling.encode(), self._realm): user
                for user, _ in self._ha1
                for spelling in spellings(user)
            }
            self._by_hash[algorithm.base] = names
        return names.get(userhash)

    @property
    def names(self) -> set[str]:
        """The name of every user."""
        return {user for user, _ in self._ha1}

    def __len__(self) -> int:
        return len(self.names)
