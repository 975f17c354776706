"""What each request asks of a mapping: its answers are what they say they are, and what overrides it is asked."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.algorithms import Algorithm, available
from digest_http.guard import Accepted, Guard
from digest_http.hex_digest import HexDigest
from digest_http.httpauth.usable_hashes import usable
from digest_http.users import HtdigestUsers, MappingUsers
from tests.attacks.signing import ha1
from tests.guard.test_guard import REALM, USERS, guard, signer

ALGORITHMS = list(available())


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1))
def test_a_hash_is_what_it_says(password: str) -> None:
    """Lower-case hex of the right length, so that nobody need look."""
    users = MappingUsers({"alice": password, "\u00c5sa": password}, "r", ALGORITHMS)
    for algorithm in ALGORITHMS:
        for name in ("alice", "\u00c5sa"):
            found = users.ha1(name, "r", algorithm)
            assert type(found) is HexDigest
            assert usable(bytes(found), algorithm) == found == usable(found, algorithm)


def test_so_is_one_of_a_file(tmp_path: Path) -> None:
    """However the digits are written there."""
    file = tmp_path / "users"
    file.write_text(f"alice:r:{'AB' * 16}\nalice:r:SHA-256:{'cD' * 32}\n")
    found = [HtdigestUsers(file, "r").ha1("alice", "r", algorithm) for algorithm in by_base("MD5", "SHA-256")]
    assert found == [b"ab" * 16, b"cd" * 32]
    assert {type(each) for each in found} == {HexDigest}


def test_it_is_a_secret() -> None:
    """Not shown, and neither pickled nor copied; as octets it is what it was."""
    found = mapping().ha1("alice", REALM, by_base("MD5")[0])
    assert found is not None
    assert repr(found) == str(found) == "<HexDigest of 32 digits>"
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            copied(found)
    assert found.decode() == ha1("MD5", "alice", REALM, USERS["alice"])


def by_base(*names: str) -> list[Algorithm]:
    """Algorithms of these names."""
    return [algorithm for name in names for algorithm in ALGORITHMS if algorithm.name == name]


def outcome(door: Guard) -> str:
    """What becomes of a request of alice, as the log says it."""
    answer = door.check("GET", "/x", [(b"authorization", signer(door).sign())])
    if isinstance(answer, Accepted):
        return "accepted"
    assert answer.verdict is not None
    return str(answer.verdict.value)


def mapping(kind: type[MappingUsers] = MappingUsers) -> MappingUsers:
    """The users of the guard."""
    return kind(USERS, REALM, by_base("SHA-256", "MD5"))


ANSWERS: list[tuple[Callable[[bytes], Any], str]] = [
    (lambda found: found, "accepted"),
    (lambda found: found.upper(), "accepted"),
    (lambda found: found.decode(), "accepted"),
    (lambda _: b"", "unknown-user"),
    (lambda _: "null".ljust(64), "unknown-user"),
    (lambda found: found[:-1], "unknown-user"),
    (lambda _: HexDigest(b""), "unknown-user"),
]


@pytest.mark.parametrize(("change", "reason"), ANSWERS)
def test_users_that_are_made_from_it(change: Callable[[bytes], Any], reason: str) -> None:
    """What they answer is asked for, and looked at like what any other source answers."""

    class Changed(MappingUsers):
        """Gives something else for H(A1)."""

        def ha1(self, username: str, realm: str, algorithm: Algorithm) -> Any:
            """See the table."""
            found = super().ha1(username, realm, algorithm)
            return found if found is None else change(found)

    assert outcome(guard(users=mapping(Changed))) == reason


@pytest.mark.parametrize("of", ["the class", "an object"])
def test_what_is_put_in_its_place(of: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after the guard was made."""

    class Open(MappingUsers):
        """One with room for attributes."""

    users = mapping(Open)
    door = guard(users=users)
    assert outcome(door) == "accepted"
    target: Any = MappingUsers if of == "the class" else users
    monkeypatch.setattr(target, "ha1", nobody)
    assert outcome(door) == "unknown-user"
    monkeypatch.undo()
    assert outcome(door) == "accepted"


def nobody(*_: Any) -> None:
    """Knows no user."""
