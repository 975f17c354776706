"""Users from an htdigest file: its lines, its realm, and edits while it is in use."""

import hashlib
import logging
import os
import time
from threading import Event

import pytest

from digest_http.algorithms import by_name
from digest_http.errors import ConfigurationError
from digest_http.httpauth.protocols import UsersByHash
from digest_http.users import HtdigestUsers, htdigest, open_users
from digest_http.users.htdigest_lines import Entry, line_of, parse
from tests.support.forked import held, in_child

MD5, SHA256, SHA512_256 = by_name("MD5"), by_name("SHA-256"), by_name("SHA-512-256")


class Seconds:
    """A clock moved by hand."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def line(user, realm, password, algorithm=MD5):
    """What htdigest(1) or digest-http would write."""
    ha1 = algorithm.hexdigest(f"{user}:{realm}:{password}".encode()).decode()
    return f"{user}:{realm}:{ha1}" if algorithm is MD5 else f"{user}:{realm}:{algorithm.base}:{ha1}"


@pytest.fixture
def path(tmp_path):
    """A file of alice and bob."""
    path = tmp_path / "users"
    lines = [line("alice", "r", "pw"), line("alice", "r", "pw", SHA256), line("bob", "other", "pw"), "", "# comment"]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_look_ups(path):
    """By name, realm and hash; the -sess forms share H(A1); what is not there is None."""
    users = HtdigestUsers(path, "r")
    assert users.ha1("alice", "r", MD5) == hashlib.md5(b"alice:r:pw").hexdigest().encode()
    assert users.ha1("alice", "r", by_name("SHA-256-sess")) == hashlib.sha256(b"alice:r:pw").hexdigest().encode()
    assert users.ha1("alice", "r", SHA512_256) is None
    assert users.ha1("alice", "other", MD5) is None
    assert users.ha1("bob", "r", MD5) is None
    assert isinstance(users, UsersByHash)
    assert users.by_userhash(hashlib.sha256(b"alice:r").hexdigest().encode(), "r", SHA256) == "alice"
    assert users.by_userhash(b"0" * 64, "r", SHA256) is None
    assert "pw" not in repr(users)


def test_the_two_sha_hashes_are_told_apart(tmp_path):
    """Both are 64 digits long, so the line says which it is."""
    path = tmp_path / "users"
    path.write_text(line("a", "r", "pw", SHA256) + "\r\n" + line("a", "r", "pw", SHA512_256) + "\r\n", encoding="utf-8")
    users = HtdigestUsers(path, "r")
    assert users.ha1("a", "r", SHA256) == SHA256.hexdigest(b"a:r:pw")
    assert users.ha1("a", "r", SHA512_256) == SHA512_256.hexdigest(b"a:r:pw")


@pytest.mark.parametrize(
    "text",
    [
        "alice",
        "alice:r",
        "alice:r:abc",
        f"alice:r:{'0' * 64}",
        f"alice:r:SHA-256:{'0' * 63}",
        f"alice:r:SHA-1:{'0' * 64}",
        f":r:{'0' * 32}",
        f"a:r:{'0' * 32}\na:r:{'1' * 32}",
        b"\xff:r:" + b"0" * 32,
        "alice:r:" + "\u0660" * 32,
    ],
)
def test_broken_lines(tmp_path, text):
    """One broken line makes the file unusable: a typing error must not take a user's password away unseen."""
    path = tmp_path / "users"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigurationError, match="line"):
        HtdigestUsers(path, "r")


@pytest.mark.parametrize("realm", ["r", "a:b", "a:SHA-256", "ö ü", "0" * 32])
@pytest.mark.parametrize("algorithm", [MD5, SHA256, SHA512_256], ids=repr)
def test_lines_are_read_back(realm, algorithm):
    """Whatever line_of writes, parse reads as the same entry."""
    entry = Entry("alice", realm, algorithm.base, algorithm.hexdigest(b"x").decode())
    assert parse(line_of(entry).encode()) == {entry.key: entry}
    assert entry.ha1 not in repr(entry)


def wait_for(condition):
    """Until a thread has done its work."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_an_edit_counts_without_a_restart(path):
    """The next look, a second later, starts to read; the old table answers until then."""
    seconds = Seconds()
    users = HtdigestUsers(path, "r", seconds=seconds)
    path.write_text(line("alice", "r", "changed"), encoding="utf-8")
    old, new = MD5.hexdigest(b"alice:r:pw"), MD5.hexdigest(b"alice:r:changed")
    assert users.ha1("alice", "r", MD5) == old
    seconds.now += 1.1
    wait_for(lambda: users.ha1("alice", "r", MD5) == new)
    assert users.ha1("alice", "r", SHA256) is None


@pytest.mark.parametrize("edit", ["broken", "gone"])
def test_a_broken_edit_keeps_the_old_table(path, caplog, edit):
    """It is logged, and a later good edit counts."""
    seconds = Seconds()
    users = HtdigestUsers(path, "r", seconds=seconds)
    if edit == "broken":
        path.write_text("alice:r:0123456789\n", encoding="utf-8")
    else:
        path.unlink()
    with caplog.at_level(logging.ERROR, "digest_http.users"):
        seconds.now += 1.1
        assert users.ha1("alice", "r", MD5) == MD5.hexdigest(b"alice:r:pw")
        wait_for(lambda: caplog.records)
    assert "0123456789" not in caplog.text
    assert users.ha1("alice", "r", MD5) == MD5.hexdigest(b"alice:r:pw")
    path.write_text(line("alice", "r", "good again"), encoding="utf-8")
    seconds.now += 1.1
    wait_for(lambda: users.ha1("alice", "r", MD5) == MD5.hexdigest(b"alice:r:good again"))


def test_a_large_file_never_holds_a_look_up(path, monkeypatch):
    """While a file is read, for as long as that takes, the old table answers."""
    begun, go_on = Event(), Event()

    def read(octets):
        begun.set()
        assert go_on.wait(30)
        return parse(octets)

    seconds = Seconds()
    users = HtdigestUsers(path, "r", seconds=seconds)
    monkeypatch.setattr(htdigest, "parse", read)
    path.write_text("\n".join(f"user{n}:r:{n:032x}" for n in range(1000)), encoding="utf-8")
    old = MD5.hexdigest(b"alice:r:pw")
    seconds.now += 1.1
    try:
        assert users.ha1("alice", "r", MD5) == old
        assert begun.wait(30)
        assert users.ha1("alice", "r", MD5) == old
    finally:
        go_on.set()
    wait_for(lambda: users.ha1("user999", "r", MD5) is not None)
    assert users.ha1("alice", "r", MD5) is None


def test_settings(path, tmp_path):
    """A URL with three slashes for a relative path, four for an absolute one; a missing file is said."""
    users = open_users(f"htdigest:///{path}", "r", [MD5])
    assert isinstance(users, HtdigestUsers)
    for url in ("htdigest://host/x", "htdigest:///", f"htdigest:///{tmp_path}/none", f"htdigest:///{path}?x=1"):
        with pytest.raises(ConfigurationError):
            open_users(url, "r", [MD5])


def test_a_file_without_the_realm_is_said(path, caplog):
    """Nobody could log in: most often the realm is misspelt."""
    HtdigestUsers(path, "R")
    assert "no user of the realm 'R'" in caplog.text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_while_the_file_is_read(path):
    """The child has neither the thread that read nor its lock: it reads the file itself."""
    clock = Seconds()
    users = HtdigestUsers(path, "r", seconds=clock)
    path.write_text(line("carol", "r", "pw"), encoding="utf-8")
    users._version.has_changed()  # noqa: SLF001 - a reader has begun, and is not done yet

    def found():
        clock.now += 2
        users.ha1("carol", "r", MD5)
        end = time.monotonic() + 10
        while time.monotonic() < end and users.ha1("carol", "r", MD5) is None:
            time.sleep(0.01)
        return [users.ha1(name, "r", MD5) is not None for name in ("alice", "carol")]

    with held(users._lock):  # noqa: SLF001 - by that other thread
        assert in_child(found) == [False, True]
