"""What every source of users must do, as tests for its author. A subclass says how a source is made.

Optional methods (find by userhash, count hashes, tell roles) are tested if the source has them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from typing import ClassVar, Final, TypeVar

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.httpauth.protocols import CountedUsers, RoledUsers, Users, UsersByHash

from .settling import settled

__all__ = ["UsersContract"]

T = TypeVar("T")

_REALM: Final = "Staff area"
_PASSWORDS: Final = {"alice": "s3cret", "Zoë": "pässword", 'O\'Neil "x"': "b0b"}

#: Names that nobody has: another letter case, spaces, patterns and quotes of databases, and forbidden names.
_NOBODY: Final = (
    "", "bob", "ALICE", "Alice", "alice ", " alice", "al%", "a_ice", "*", "alice' OR '1'='1", "alice\x00", "alice\n",
    "a:b", "None", "\U0001f600", "x" * 300, "x" * 9000,
)  # fmt: skip

#: Values that a field may have in place of a userhash.
_NO_USERHASHES: Final = (b"", b"alice", b"0" * 32, b"0" * 64, b"\xff" * 64, b"%" * 64, b"x" * 9000)


class UsersContract:
    """The contract of `Users`."""

    algorithms: ClassVar[tuple[str, ...]] = ("SHA-256", "MD5")
    """The hashes that the source of the test holds, by the names of RFC 7616 without -sess."""

    def open_users(self, passwords: Mapping[str, str], realm: str) -> Users:
        """A source with these users of one realm, and no others."""
        raise NotImplementedError

    def settle(self, answer: T | Awaitable[T]) -> T:
        """The source's answer. If the source needs its own event loop, a subclass overrides this method."""
        return settled(answer)

    def test_each_user(self) -> None:
        """H(A1) is hex in lower case, for each hash that the source has, and the same for its -sess form."""
        users = self.open_users(_PASSWORDS, _REALM)
        for name, password in _PASSWORDS.items():
            for base in self.algorithms:
                expected = _ha1(name, password, base)
                assert self.settle(users.ha1(name, _REALM, by_name(base))) == expected
                assert self.settle(users.ha1(name, _REALM, by_name(f"{base}-sess"))) == expected

    def test_names_are_exact(self) -> None:
        """For any name that a stranger sends, the source finds no other user, and does not fail."""
        users = self.open_users(_PASSWORDS, _REALM)
        for name in _NOBODY:
            for base in self.algorithms:
                assert not self.settle(users.ha1(name, _REALM, by_name(base))), name

    def test_realms_are_exact(self) -> None:
        """H(A1) is for one realm only."""
        users = self.open_users(_PASSWORDS, _REALM)
        for realm in ("", "staff area", "Staff area ", "another"):
            assert not self.settle(users.ha1("alice", realm, by_name(self.algorithms[0]))), realm

    def test_a_hash_that_is_not_held(self) -> None:
        """For a hash that the source does not have, it never returns the H(A1) of another hash."""
        users = self.open_users(_PASSWORDS, _REALM)
        for base in {"SHA-512-256", "SHA-256", "MD5"} - set(self.algorithms):
            found = self.settle(users.ha1("alice", _REALM, by_name(base)))
            assert not found or found == _ha1("alice", "s3cret", base)

    def test_no_users(self) -> None:
        """An empty source lets nobody in."""
        users = self.open_users({}, _REALM)
        assert not self.settle(users.ha1("alice", _REALM, by_name(self.algorithms[0])))

    def test_finding_by_userhash(self) -> None:
        """RFC 7616 §3.4.4: the name of the user with this userhash, for each hash; else None. Nothing fails."""
        users = self.open_users(_PASSWORDS, _REALM)
        if not isinstance(users, UsersByHash):
            return
        for base in self.algorithms:
            algorithm = by_name(base)
            for name in _PASSWORDS:
                userhash = calculation.userhash(algorithm, name.encode(), _REALM.encode())
                assert self.settle(users.by_userhash(userhash, _REALM, algorithm)) == name
                assert self.settle(users.by_userhash(userhash, "another", algorithm)) is None
            for userhash in _NO_USERHASHES:
                assert self.settle(users.by_userhash(userhash, _REALM, algorithm)) is None

    def test_counting_hashes(self) -> None:
        """All users of the realm, and for each hash how many have it; nobody of another realm. Or None: unknown."""
        users = self.open_users(_PASSWORDS, _REALM)
        if not isinstance(users, CountedUsers):
            return
        counts = self.settle(users.count_hashes(_REALM))
        if counts is None:
            return
        assert counts.users == len(_PASSWORDS)
        assert {base: counts.having.get(base, 0) for base in self.algorithms} == dict.fromkeys(
            self.algorithms, len(_PASSWORDS)
        )
        others = self.settle(users.count_hashes("another"))
        assert others is None or others.users == 0

    def test_roles(self) -> None:
        """Roles are several texts, not one text. A user without roles has none, and nothing fails."""
        users = self.open_users(_PASSWORDS, _REALM)
        if not isinstance(users, RoledUsers):
            return
        for name in (*_PASSWORDS, "bob"):
            roles: object = self.settle(users.roles(name, _REALM))
            assert isinstance(roles, Iterable)
            assert not isinstance(roles, (str, bytes))
            assert all(isinstance(role, str) for role in roles)

    def test_nothing_secret_is_shown(self) -> None:
        """The texts that a log may show of the source, repr and str, contain neither a password nor H(A1)."""
        users = self.open_users(_PASSWORDS, _REALM)
        for shown in (repr(users), str(users)):
            for name, password in _PASSWORDS.items():
                assert password not in shown
                assert not any(_ha1(name, password, base).decode() in shown for base in self.algorithms)


def _ha1(name: str, password: str, base: str) -> bytes:
    return calculation.user_hash(by_name(base), name.encode(), _REALM.encode(), password.encode()).hex().encode()
