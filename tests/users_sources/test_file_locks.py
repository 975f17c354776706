"""One writer of an htdigest file at a time: by flock, and where there is none by a file beside it."""

import stat
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from digest_http.errors import ConfigurationError
from digest_http.users import file_locks, htdigest_edit
from digest_http.users.htdigest_lines import Entry

MD5 = "0" * 32


@pytest.fixture(params=["flock", "filelock"], autouse=True)
def way(request, monkeypatch):
    """How the file is held: the second way is that of Windows, which runs here as well."""
    if request.param == "filelock":
        monkeypatch.setattr(file_locks, "fcntl", None)
    return request.param


@pytest.fixture
def path(tmp_path):
    """The file of users."""
    return tmp_path / "users"


def test_writers_that_wait_find_the_new_file(path, way):
    """Whoever held the lock has put another file in place: eight threads lose none of each other's lines."""

    def add(thread):
        for number in range(20):
            htdigest_edit.replace(path, [Entry(f"{thread}-{number}", "r", "MD5", MD5)], make=True)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    assert len(htdigest_edit.entries_in(path)) == 160
    assert {file.name for file in path.parent.iterdir()} - {"users"} <= (
        {".users.lock"} if way == "filelock" else set()
    )


def test_what_is_made_is_for_the_owner(path):
    """The file, and what stands beside it."""
    htdigest_edit.replace(path, [Entry("alice", "r", "MD5", MD5)], make=True)
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_a_missing_file_is_not_made(path):
    """Nor is anything beside it."""
    with pytest.raises(FileNotFoundError):
        htdigest_edit.replace(path, [Entry("alice", "r", "MD5", MD5)])
    with pytest.raises(FileNotFoundError):
        htdigest_edit.delete(path, "alice", "r")
    assert list(path.parent.iterdir()) == []


def test_a_user_changes_and_goes(path):
    """The order of the lines stays; `whole` takes the user's other hashes with it."""
    both = [Entry("alice", "r", "MD5", MD5), Entry("alice", "r", "SHA-256", "1" * 64), Entry("bob", "r", "MD5", MD5)]
    htdigest_edit.replace(path, both, make=True)
    htdigest_edit.replace(path, [Entry("alice", "r", "MD5", "2" * 32)])
    assert [entry.ha1[0] for entry in htdigest_edit.entries_in(path)] == ["2", "1", "0"]
    htdigest_edit.replace(path, [Entry("alice", "r", "MD5", "3" * 32)], whole=True)
    assert [(entry.user, entry.ha1[0]) for entry in htdigest_edit.entries_in(path)] == [("alice", "3"), ("bob", "0")]
    assert htdigest_edit.delete(path, "alice", "r") == 1
    assert [entry.user for entry in htdigest_edit.entries_in(path)] == ["bob"]


def test_a_missing_package_is_named(path, way, monkeypatch):
    """Rather than to let the last of two writers win."""
    monkeypatch.setitem(sys.modules, "filelock", None)
    if way == "flock":
        htdigest_edit.replace(path, [Entry("alice", "r", "MD5", MD5)], make=True)
        return
    with pytest.raises(ConfigurationError, match="pip install filelock"):
        htdigest_edit.replace(path, [Entry("alice", "r", "MD5", MD5)], make=True)
    assert list(path.parent.iterdir()) == []
