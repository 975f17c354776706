"""The file of the SQLite store where it may not have all that was counted: copied, moved, put back, after a boot."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from digest_http.httpauth.sequence import ReplayDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import SQLiteStore, sqlite_file
from tests.stores.nonce_stores import Clock, count, source_for
from tests.support.forked import in_child

ACCEPTED, FORGOTTEN, REPLAYED = Verdict.ACCEPTED, Verdict.FORGOTTEN, Verdict.REPLAYED
RULE = ReplayDetect()


@pytest.fixture
def path(tmp_path):
    """A file that is not there yet."""
    return tmp_path / "nonces.db"


def test_another_boot_is_another_epoch(path, monkeypatch):
    """A power failure may have taken the last counts, so those of before are FORGOTTEN."""
    clock = Clock()
    store = SQLiteStore(path)
    nonces = source_for(store, clock)
    nonce = nonces.issue()
    assert count(store, nonces, nonce, 1, RULE) is ACCEPTED
    store.close()
    monkeypatch.setattr(sqlite_file, "_boot", lambda: "another")
    again = SQLiteStore(path)
    assert again.epoch != store.epoch
    assert count(again, source_for(again, clock), nonce, 2, RULE) is FORGOTTEN


def copied_beside(path):
    """Two workers of two versions, each with the folder of its own; the first one still runs."""
    other = path.parent / "version 2"
    other.mkdir()
    return Path(shutil.copy(path, other))


def copied_with_its_log(path):
    """The same, and nothing of the file is left out."""
    other = copied_beside(path)
    shutil.copy(f"{path}-wal", other.parent)
    return other


def put_back(path):
    """A copy that was made before is put in the place of the file."""
    copy = shutil.copy(path, path.with_suffix(".old"))
    Path(copy).replace(path)
    return path


@pytest.mark.parametrize("become", [copied_beside, copied_with_its_log, put_back])
def test_another_file_is_another_epoch(path, become):
    """Whatever became of a file: where it may not have what was counted, what was accepted is accepted no more."""
    clock, first = Clock(), SQLiteStore(path)
    nonces = source_for(first, clock)
    nonce = nonces.issue()
    with closing(sqlite3.connect(path)) as reading:
        # What is carried over to the file is there before the last counts; those stand in the log alone.
        assert count(first, nonces, nonce, 1, RULE) is ACCEPTED
        reading.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert count(first, nonces, nonce, 2, RULE) is ACCEPTED
        second = SQLiteStore(become(path))
        assert second.epoch != first.epoch
        assert [count(second, nonces, nonce, nc, RULE) for nc in (1, 2, 3)] == [FORGOTTEN] * 3
        fresh = source_for(second, clock)
        assert count(second, fresh, fresh.issue(), 1, RULE) is ACCEPTED
        # And each is a store of its own from then on.
        again = SQLiteStore(second.path)
        assert again.epoch == second.epoch


@pytest.mark.parametrize("folder", ["", "elsewhere"])
def test_a_file_that_has_left_its_log_behind(path, folder):
    """What a killed worker counted last stands there alone."""
    clock = Clock()

    def killed():
        store = SQLiteStore(path)
        nonce = source_for(store, clock).issue()
        assert count(store, source_for(store, clock), nonce, 1, RULE) is ACCEPTED
        sqlite3.connect(path).execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert count(store, source_for(store, clock), nonce, 2, RULE) is ACCEPTED
        return nonce

    nonce = in_child(killed)
    assert Path(f"{path}-wal").stat().st_size
    moved = path.with_name(folder or "moved.db")
    if folder:
        moved.mkdir()
        moved /= path.name
    path.rename(moved)
    store = SQLiteStore(moved)
    assert [count(store, source_for(store, clock), nonce, nc, RULE) for nc in (1, 2, 3)] == [FORGOTTEN] * 3


def test_the_same_file_by_another_name(path, monkeypatch):
    """A link, a relative path, and a folder that was renamed make no difference."""
    clock, first = Clock(), SQLiteStore(path)
    nonces = source_for(first, clock)
    nonce = nonces.issue()
    assert count(first, nonces, nonce, 1, RULE) is ACCEPTED
    link = path.with_name("link.db")
    link.symlink_to(path)
    monkeypatch.chdir(path.parent)
    for name in (link, path.name):
        assert count(SQLiteStore(name), nonces, nonce, 1, RULE) is REPLAYED
    renamed = path.parent.with_name(f"{path.parent.name} renamed")
    path.parent.rename(renamed)
    assert count(SQLiteStore(renamed / path.name), nonces, nonce, 1, RULE) is REPLAYED
