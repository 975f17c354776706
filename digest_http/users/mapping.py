"""Users from a mapping of name to password, hashed once; no plaintext is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.encoding import text_to_octets
from digest_http.errors import ConfigurationError
from digest_http.secrecy import HoldsSecrets

__all__ = ["MappingUsers"]


class MappingUsers(HoldsSecrets):
    """H(A1) and userhash of each user for each base algorithm, made when a password is set.

    Names match exactly. Raises ConfigurationError for an empty password, which would let anyone in.
    """

    __slots__ = ("_algorithms", "_by_hash", "_ha1", "_realm")

    def __init__(self, passwords: Mapping[str, str], realm: str, algorithms: Iterable[Algorithm]) -> None:
        self._realm = realm
        self._algorithms = {algorithm.base: algorithm for algorithm in algorithms}
        self._ha1: dict[str, dict[str, bytes]] = {base: {} for base in self._algorithms}
        self._by_hash: dict[tuple[str, bytes], str] = {}
        for username, password in passwords.items():
            self.set(username, password)

    def set(self, username: str, password: str) -> None:
        """Add a user or change the password; it counts from the next request on."""
        if not password:
            raise ConfigurationError(
                f"user {username!r} has no password: give a non-empty string or leave the user out"
            )
        name, realm, secret = (text_to_octets(text) for text in (username, self._realm, password))
        for base, algorithm in self._algorithms.items():
            hashed = calculation.user_hash(algorithm, name, realm, secret)
            self._ha1[base][username] = calculation.hex_octets(hashed)
            self._by_hash[base, calculation.userhash(algorithm, name, realm)] = username

    def remove(self, username: str) -> None:
        """Remove a user; the next request with that name is refused. Raises KeyError if there is none."""
        for table in self._ha1.values():
            del table[username]
        self._by_hash = {digest: name for digest, name in self._by_hash.items() if name != username}

    def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | None:
        """See Users.ha1; None for another realm or an algorithm this was not made for."""
        if realm != self._realm:
            return None
        table = self._ha1.get(algorithm.base)
        return table.get(username) if table is not None else None

    def by_userhash(self, userhash: bytes, realm: str, algorithm: Algorithm) -> str | None:
        """See UsersByHash.by_userhash."""
        return self._by_hash.get((algorithm.base, userhash)) if realm == self._realm else None

    def __repr__(self) -> str:
        return f"<MappingUsers of {len(next(iter(self._ha1.values())))} users in realm {self._realm!r}>"
