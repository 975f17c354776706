"""Users from a mapping of name to password, hashed once; no plaintext is kept."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Final, cast

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.encoding import nfc
from digest_http.errors import ConfigurationError
from digest_http.hex_digest import HexDigest
from digest_http.httpauth.protocols import HashCounts
from digest_http.names import distinct_names, realm_name, spellings, user_name
from digest_http.secrecy import HoldsSecrets
from digest_http.settings import instances

from .browser_names import warn_of_names
from .hashes_by_name import HashesByName
from .passwords import password_octets

__all__ = ["MappingUsers"]


logger: Final = logging.getLogger("digest_http.users")


class MappingUsers(HashesByName, HoldsSecrets):
    """H(A1) and userhash of each user for each base algorithm, made when a password is set.

    Names match exactly, in whichever Unicode form they are spelt. Raises ConfigurationError for a name that is empty or
    holds a colon or a control character, for one name in two spellings, for a realm of that kind, and for an empty
    password, which would let anyone in.
    """

    __slots__ = ("_algorithms", "_by_hash", "_counts")

    knows_spellings = True
    """Some browsers hash a name as it was typed, not in NFC as RFC 7616 §4 asks: H(A1) is kept for both."""

    def __init__(self, passwords: Mapping[str, str], realm: str, algorithms: Iterable[Algorithm]) -> None:
        names = distinct_names(_checked(passwords))
        named = realm_name(realm)
        chosen = instances("algorithms", algorithms, Algorithm, example="by_name('SHA-256')")
        self._algorithms = {algorithm.base: algorithm for algorithm in chosen}
        super().__init__(named, {base: {} for base in self._algorithms})
        self._by_hash: dict[tuple[str, bytes], str] = {}
        # Asked for with each challenge, and the same until somebody is added or removed.
        self._counts: HashCounts | None = None
        for username, given in names.items():
            self.set(username, passwords[given])
        warn_of_names(names, f"the mapping of realm {self._realm!r}", logger)

    def set(self, username: str, password: str) -> None:
        """Add a user or change the password; it counts from the next request on. Raises ConfigurationError."""
        name = user_name(username)
        secret = password_octets(name, password)
        realm = self._realm.encode()
        for base, algorithm in self._algorithms.items():
            for spelling in spellings(name):
                octets = spelling.encode()
                hashed = calculation.user_hash(algorithm, octets, realm, secret)
                self._ha1[base][spelling] = HexDigest(calculation.hex_octets(hashed))
                self._by_hash[base, calculation.userhash(algorithm, octets, realm)] = spelling
        self._counts = None

    def remove(self, username: str) -> None:
        """Remove a user; the next request with that name is refused. Raises KeyError if there is none."""
        gone = spellings(username)
        for table in self._ha1.values():
            for spelling in gone:
                del table[spelling]
        self._by_hash = {digest: name for digest, name in self._by_hash.items() if name not in gone}
        self._counts = None

    def delete(self, username: str) -> bool:
        """Remove a user, if there is one; whether there was."""
        try:
            self.remove(username)
        except KeyError:
            return False
        return True

    def list(self) -> list[str]:
        """The names of all users, in Normalization Form C, in order."""
        return sorted({nfc(name) for table in self._ha1.values() for name in table})

    def by_userhash(self, userhash: bytes, realm: str, algorithm: Algorithm) -> str | None:
        """See UsersByHash.by_userhash. The name is spelt as it was when it was hashed."""
        return self._by_hash.get((algorithm.base, userhash)) if nfc(realm) == self._realm else None

    def count_hashes(self, realm: str) -> HashCounts | None:
        """See CountedUsers.count_hashes: every password was hashed for each algorithm this was made for."""
        if realm != self._realm and nfc(realm) != self._realm:
            return None
        counts = self._counts
        if counts is None:
            # A name beyond ASCII is kept in several spellings, and is one user.
            users = len(self.list())
            self._counts = counts = HashCounts(users, dict.fromkeys(self._ha1, users))
        return counts

    def __repr__(self) -> str:
        names = {nfc(name) for name in next(iter(self._ha1.values()))}
        return f"<MappingUsers of {len(names)} users in realm {self._realm!r}>"


def _checked(passwords: object) -> Mapping[str, str]:
    if not isinstance(passwords, Mapping):
        raise ConfigurationError(
            f"users is an object of the type {type(passwords).__name__}; write a mapping of name to password, for "
            "instance users={'alice': password}"
        )
    return cast("Mapping[str, str]", passwords)
