"""Where H(A1) comes from: mappings and callables."""

import hashlib
import inspect
from typing import Any

import pytest

from digest_http.algorithms import available, by_name
from digest_http.errors import ConfigurationError
from digest_http.httpauth.protocols import Users, UsersByHash
from digest_http.users import CallableUsers, MappingUsers, open_users

MD5, SHA256, SHA512_256 = by_name("MD5"), by_name("SHA-256"), by_name("SHA-512-256")
OFFERED = (SHA256, MD5)


@pytest.fixture
def users():
    """Two users, one with a name beyond ASCII."""
    return MappingUsers({"alice": "s3cret", "Jäsøn Doe": "Secret, or not?"}, "r", OFFERED)


def sha256(text):
    """The reference."""
    return hashlib.sha256(text.encode()).hexdigest().encode()


def test_ha1_of_each_base_algorithm(users):
    """H(A1) is kept in hex for each hash on offer; the -sess forms share it."""
    assert users.ha1("alice", "r", SHA256) == sha256("alice:r:s3cret")
    assert users.ha1("alice", "r", by_name("SHA-256-sess")) == sha256("alice:r:s3cret")
    assert users.ha1("Jäsøn Doe", "r", SHA256) == sha256("Jäsøn Doe:r:Secret, or not?")
    expected = hashlib.md5(b"alice:r:s3cret", usedforsecurity=False).hexdigest().encode()
    assert users.ha1("alice", "r", MD5) == expected


@pytest.mark.parametrize("name", ["", "bob", "ALICE", "Alice", "alice ", "alice\x00", "None", "null"])
def test_unknown_names(users, name):
    """A34: names match exactly; whatever is not there is None."""
    assert users.ha1(name, "r", SHA256) is None


def test_other_realms_and_algorithms(users):
    """H(A1) holds for one realm and for the hashes it was made with."""
    assert users.ha1("alice", "R", SHA256) is None
    assert users.ha1("alice", "r", SHA512_256) is None
    assert users.by_userhash(sha256("alice:r"), "R", SHA256) is None


def test_by_userhash(users):
    """RFC 7616 §3.4.4: a user is found by the hash of name and realm, each algorithm's own."""
    assert users.by_userhash(sha256("alice:r"), "r", SHA256) == "alice"
    assert users.by_userhash(sha256("Jäsøn Doe:r"), "r", by_name("SHA-256-sess")) == "Jäsøn Doe"
    assert users.by_userhash(sha256("alice:r"), "r", MD5) is None
    assert users.by_userhash(b"alice", "r", SHA256) is None


def test_a_changed_password_counts_at_once(users):
    """A42: the old H(A1) is gone with the next look-up."""
    users.set("alice", "new")
    assert users.ha1("alice", "r", SHA256) == sha256("alice:r:new")


def test_added_and_removed_users(users):
    """A user who was removed is found neither by name nor by hash."""
    users.set("bob", "b0b")
    assert users.by_userhash(sha256("bob:r"), "r", SHA256) == "bob"
    users.remove("bob")
    assert users.ha1("bob", "r", SHA256) is None
    assert users.ha1("bob", "r", MD5) is None
    assert users.by_userhash(sha256("bob:r"), "r", SHA256) is None
    with pytest.raises(KeyError):
        users.remove("bob")
    assert users.ha1("alice", "r", SHA256) is not None


def test_an_empty_password_is_refused(users):
    """A20: it would be a password that everybody knows."""
    with pytest.raises(ConfigurationError, match="bob"):
        MappingUsers({"bob": ""}, "r", OFFERED)
    with pytest.raises(ConfigurationError, match="bob"):
        users.set("bob", None)
    assert users.ha1("bob", "r", SHA256) is None


def everything_reachable(value):
    """The repr of all that hangs on an object."""
    if isinstance(value, str | bytes | int | type(None)):
        yield repr(value)
    elif isinstance(value, dict):
        for pair in value.items():
            for part in pair:
                yield from everything_reachable(part)
    elif isinstance(value, MappingUsers):
        for name in value.__slots__:
            yield from everything_reachable(getattr(value, name))
    elif isinstance(value, tuple | list | set):
        for part in value:
            yield from everything_reachable(part)


def test_no_plaintext_is_kept(users):
    """After construction the password stands nowhere in the object, nor in its repr."""
    users.set("bob", "s3cret-of-bob")
    reachable = " ".join(everything_reachable(users))
    assert "alice" in reachable
    assert "s3cret" not in reachable
    assert "Secret" not in reachable
    assert repr(users) == "<MappingUsers of 3 users in realm 'r'>"


def test_names_are_hashed_in_nfc():
    """RFC 7616 §4: whichever way the name and password are typed, H(A1) is that of Normalization Form C."""
    decomposed = MappingUsers({"alice": "pa\u0308ss"}, "re\u0301alm", OFFERED)
    assert decomposed.ha1("alice", "re\u0301alm", SHA256) == sha256("alice:r\u00e9alm:p\u00e4ss")


def test_callables():
    """A function is asked for each request, and its answer handed on as it is, an awaitable too."""
    asked = []

    def plain(username, realm, algorithm):
        asked.append((username, realm, algorithm))
        return b"digest"

    async def slow(_username, _realm, _algorithm):
        return b"digest"

    assert CallableUsers(plain).ha1("alice", "r", MD5) == b"digest"
    assert asked == [("alice", "r", MD5)]
    answer = CallableUsers(slow).ha1("alice", "r", MD5)
    assert inspect.iscoroutine(answer)
    answer.close()


def test_setting(users):
    """A mapping, an object of the protocol or a callable; anything else is refused where it is written."""
    assert open_users(users, "r", OFFERED) is users
    assert isinstance(open_users({"a": "b"}, "r", OFFERED), MappingUsers)
    assert isinstance(open_users(lambda *_: None, "r", OFFERED), CallableUsers)
    assert isinstance(users, UsersByHash)
    assert isinstance(CallableUsers(print), Users)
    assert not isinstance(CallableUsers(print), UsersByHash)
    wrong: Any
    for wrong in (None, 7, ["alice"], b"alice"):
        with pytest.raises(ConfigurationError, match="users"):
            open_users(wrong, "r", OFFERED)


def test_an_unknown_url_is_refused():
    """A URL of no known scheme is a mistake in the setting."""
    with pytest.raises(ConfigurationError):
        open_users("gopher://users", "r", available())
