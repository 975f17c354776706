"""Files that others may read or write: taken from them where they are ours alone, refused or warned of elsewhere."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest_http.algorithms import by_name
from digest_http.errors import ConfigurationError
from digest_http.file_modes import make_private, restrict
from digest_http.guard.key_sources import KeyFile
from digest_http.stores import open_store
from digest_http.stores.sqlite import SQLiteStore
from digest_http.users import HtdigestUsers
from digest_http.users.sql import SQLUsers

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")

LOOSE = [0o644, 0o640, 0o604, 0o660, 0o666, 0o777, 0o601, 0o620]
LOGGER = logging.getLogger("digest_http.test")

NOBODY = 65534


def mode_of(path):
    """The permission bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def another_users_file(mode):
    """A file with this mode that another user owns than the one who runs the block."""
    if os.geteuid():
        # No user may give a file away, but there is always one of root's that everybody may read.
        path = Path("/etc/passwd")
        assert path.stat().st_uid != os.geteuid()
        yield path, mode_of(path)
        return
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        path = folder / "file"
        path.touch()
        path.chmod(mode)
        os.seteuid(NOBODY)
        try:
            yield path, mode
        finally:
            os.seteuid(0)
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def warnings(caplog):
    """The texts of the warnings so far."""
    caplog.set_level(logging.WARNING)
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("mode", LOOSE)
@pytest.mark.parametrize("ready_made", ["empty", "used"])
def test_a_ready_made_nonce_store_is_tightened(tmp_path, warnings, mode, ready_made):
    """Who can write it can undo a count; the log names the file and both modes, once a file."""
    path = tmp_path / "nonces.db"
    files, workers = [path], []
    if ready_made == "empty":
        path.touch()
    else:
        # Another worker has it open, or was killed: then the side files are there as well.
        workers.append(SQLiteStore(path))
        files = sorted(tmp_path.iterdir())
        assert len(files) == 3
    for file in files:
        file.chmod(mode)
    store = open_store(f"sqlite:///{path}")
    assert isinstance(store, SQLiteStore)
    assert {mode_of(file) for file in tmp_path.iterdir()} <= {0o600, mode & 0o700}
    said = warnings()
    assert len(said) == len(files)
    for file in files:
        assert any(text.startswith(f"{file} had mode {mode:04o}") for text in said)
    SQLiteStore(path).close()
    assert warnings() == said
    for opened in (store, *workers):
        opened.close()


def test_a_tight_nonce_store_is_left_alone(tmp_path, warnings):
    """No word and no change where the owner is alone already; a file that is missing is made so."""
    for mode in (0o600, 0o700, None):
        path = tmp_path / f"{mode}.db"
        if mode is not None:
            path.touch()
            path.chmod(mode)
        SQLiteStore(path).close()
        assert mode_of(path) == (mode or 0o600)
    assert warnings() == []


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_followed(tmp_path, warnings, there):
    """The file behind a link is what counts, also before it is made; its side files lie beside it."""
    behind = tmp_path / "behind"
    behind.mkdir()
    if there:
        (behind / "nonces.db").touch()
        (behind / "nonces.db").chmod(0o666)
    link = tmp_path / "link.db"
    link.symlink_to(behind / "nonces.db")
    store = SQLiteStore(link)
    assert {mode_of(file) for file in behind.iterdir()} == {0o600}
    assert len(warnings()) == there
    store.close()


def test_another_users_nonce_store_is_refused(warnings):
    """What we cannot take from others we do not use: the error says what to do, and the file stays as it is."""
    with another_users_file(0o666) as (path, mode):
        with pytest.raises(ConfigurationError, match=f"chmod 600 {path}"):
            make_private(path, LOGGER)
        with pytest.raises(ConfigurationError, match=f"mode {mode:04o}"):
            restrict(path, LOGGER)
        assert mode_of(path) == mode
        if mode & 0o002:
            with pytest.raises(ConfigurationError, match="another user"):
                SQLiteStore(path)
    assert warnings() == []


def test_what_is_no_file_is_left_alone(tmp_path):
    """A folder in place of a file is an error, not a folder that nobody may enter any more."""
    before = mode_of(tmp_path)
    with pytest.raises(IsADirectoryError):
        make_private(tmp_path, LOGGER)
    with pytest.raises(ConfigurationError, match="directory"):
        SQLiteStore(tmp_path)
    restrict(Path(os.devnull), LOGGER)
    assert mode_of(tmp_path) == before
    assert mode_of(Path(os.devnull)) & 0o222


def test_locks_outlive_another_look_at_the_file(tmp_path):
    """A SQLite file that this process has locked stays locked for others: no descriptor of it is closed."""
    path = tmp_path / "some.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("CREATE TABLE t (x)")
    holder.execute("BEGIN IMMEDIATE")
    path.chmod(0o666)
    make_private(path, LOGGER)
    attempt = (
        f"import sqlite3; sqlite3.connect({str(path)!r}, timeout=0, isolation_level=None).execute('BEGIN IMMEDIATE')"
    )
    other = subprocess.run([sys.executable, "-c", attempt], capture_output=True, text=True, check=False)
    assert "database is locked" in other.stderr
    holder.close()


#: (what, how it is opened): files that an administrator writes and a server reads.
READ: dict[str, Callable[[Path], object]] = {
    "htdigest": lambda path: HtdigestUsers(path, "r"),
    "keys": KeyFile,
    "database": lambda path: SQLUsers(f"sqlite:///{path}"),
}
TEXT = f"alice:r:{'0' * 32}\n"


@pytest.mark.parametrize("what", READ)
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400, 0o644, 0o604, 0o660, 0o666, 0o602])
def test_files_of_secrets_that_others_may_read(tmp_path, warnings, what, mode):
    """A warning with what to do, and no change: the group may be how the server reads it."""
    path = tmp_path / "secrets"
    path.write_text("#" + "k" * 32 + "\n" + "k" * 40 if what == "keys" else TEXT, encoding="utf-8")
    path.chmod(mode)
    READ[what](path)
    loose = mode & 0o027
    assert len(warnings()) == bool(loose)
    if loose:
        (text,) = warnings()
        assert f"{path} has mode {mode:04o}" in text
        assert "chmod 640" in text
        assert "k" * 32 not in text
    assert mode_of(path) == mode


def test_files_that_are_read_again(tmp_path, warnings):
    """A new file in the old one's place is looked at like the first."""
    clock = [0.0]
    path = tmp_path / "keys"
    path.write_text("k" * 40, encoding="utf-8")
    path.chmod(0o600)
    keys = KeyFile(path, seconds=lambda: clock[0])
    assert warnings() == []
    path.write_text("n" * 41, encoding="utf-8")
    path.chmod(0o644)
    clock[0] += 10
    assert keys() == (b"n" * 41,)
    assert len(warnings()) == 1


@pytest.mark.parametrize(("before", "after"), [(0o666, 0o640), (0o640, 0o640), (0o660, 0o640), (0o600, 0o600)])
def test_a_users_database_keeps_its_readers(tmp_path, warnings, before, after):
    """What the command does to a database that was there: as an htdigest file, never more than 0640, and said."""
    path = tmp_path / "users.db"
    path.touch()
    path.chmod(before)
    users = SQLUsers(f"sqlite:///{path}")
    said = len(warnings())

    async def add():
        await users.create_table()
        await users.replace("alice", "r", {"MD5": b"0" * 32})
        found = await users.ha1("alice", "r", by_name("MD5"))
        await users.close()
        return found

    assert asyncio.run(add()) == b"0" * 32
    assert mode_of(path) == after
    assert len(warnings()) - said == (before != after)
