"""What the SQLite store adds to the shared suite: a file that outlives processes, and what may happen to it."""

import multiprocessing
import os
import sqlite3
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Timer
from types import SimpleNamespace

import pytest

from digest_http.errors import ConfigurationError
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.sequence import ReplayDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import SQLiteStore, freshness, open_store, sqlite, sqlite_file
from digest_http.stores.sqlite import PATIENCE
from tests.stores.nonce_stores import KEYS, Clock, count, source_for

ACCEPTED, FORGOTTEN, REPLAYED = Verdict.ACCEPTED, Verdict.FORGOTTEN, Verdict.REPLAYED
RULE = ReplayDetect()


@pytest.fixture
def path(tmp_path):
    """A file that is not there yet."""
    return tmp_path / "nonces.db"


def test_counts_outlive_a_restart(path):
    """A04 with a kept file: the same epoch, replays refused, the next count accepted, no round trip lost."""
    clock = Clock()
    first = SQLiteStore(path)
    nonce = source_for(first, clock).issue()
    assert count(first, source_for(first, clock), nonce, 1, RULE) is ACCEPTED
    first.close()
    second = SQLiteStore(path)
    assert second.epoch == first.epoch
    verdicts = [count(second, source_for(second, clock), nonce, nc, RULE) for nc in (1, 2, 2)]
    assert verdicts == [REPLAYED, ACCEPTED, REPLAYED]


def test_two_stores_on_one_file(path):
    """Two workers: what one counted the other refuses."""
    clock, stores = Clock(), [SQLiteStore(path), SQLiteStore(path)]
    nonces = source_for(stores[0], clock)
    nonce = nonces.issue()
    for nc in range(1, 20):
        assert count(stores[nc % 2], nonces, nonce, nc, RULE) is ACCEPTED
        assert count(stores[(nc + 1) % 2], nonces, nonce, nc, RULE) is REPLAYED


def test_two_stores_begin_nonces_at_once(path):
    """First counts that meet in one moment wait for each other; none fails."""
    clock, stores = Clock(), [SQLiteStore(path), SQLiteStore(path)]
    nonces = source_for(stores[0], clock)
    issued = [nonces.issue() for _ in range(2000)]
    with ThreadPoolExecutor(4) as pool:
        verdicts = list(pool.map(lambda n: count(stores[n % 2], nonces, issued[n], 1, RULE), range(len(issued))))
    assert verdicts == [ACCEPTED] * len(issued)


def test_where_no_boot_id_is_known(path, monkeypatch):
    """Systems without /proc: the time of the boot stands for it, the same for two starts in one run."""
    monkeypatch.setattr(sqlite_file, "_BOOT_ID", path / "none")
    first, second = SQLiteStore(path), SQLiteStore(path)
    assert first.epoch == second.epoch


def test_a_clock_set_back_an_hour_locks_nobody_out(path):
    """What was dropped as expired lies in the future now; a new epoch begins and new nonces are good."""
    clock, store = Clock(), SQLiteStore(path)
    nonces = source_for(store, clock, lifetime=60)
    old = [nonces.issue() for _ in range(3)]
    assert [count(store, nonces, nonce, 1, RULE) for nonce in old] == [ACCEPTED] * 3
    clock.now += 120
    assert count(store, nonces, nonces.issue(), 1, RULE) is ACCEPTED
    clock.now -= 3600
    assert count(store, nonces, source_for(store, clock).issue(), 1, RULE) is FORGOTTEN
    fresh = source_for(store, clock)
    nonce = fresh.issue()
    assert [count(store, fresh, nonce, nc, RULE) for nc in (1, 1, 2)] == [ACCEPTED, REPLAYED, ACCEPTED]
    clock.now += 3600
    assert ACCEPTED not in [count(store, nonces, nonce, 1, RULE) for nonce in old]


def test_an_epoch_that_another_worker_began(path, monkeypatch):
    """Who asks before a challenge hears of it, without a step that is refused."""
    monkeypatch.setattr(freshness, "FRESH", 0.0)
    clock, stores = Clock(), [SQLiteStore(path), SQLiteStore(path)]
    before = stores[0].epoch
    with closing(sqlite3.connect(path)) as connection:
        begun = sqlite_file.begin_epoch(connection)
        connection.commit()
    assert [store.epoch for store in stores] == [before, before]
    stores[1].refresh(0)
    assert [store.epoch for store in stores] == [before, begun]
    nonces = source_for(stores[1], clock)
    assert count(stores[0], nonces, nonces.issue(), 1, RULE) is ACCEPTED


def test_its_clock_is_the_machine_s(path):
    """Workers that start before and after the wall clock was set agree on it."""
    store = SQLiteStore(path)
    before = store.clock()
    assert 0 <= SQLiteStore(path).clock() - before < 10


def test_the_file_is_for_its_owner(path):
    """Whoever writes it can undo a count: mode 0600, the side files too."""
    store = SQLiteStore(path)
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    store.close()


def test_a_file_that_was_replaced(path):
    """The worker that holds the old file finds the new one when it meets a nonce of it."""
    clock, old = Clock(), SQLiteStore(path)
    for file in path.parent.glob("nonces.db*"):
        file.unlink()
    new = SQLiteStore(path)
    nonces = source_for(new, clock)
    nonce = nonces.issue()
    assert count(new, nonces, nonce, 1, RULE) is ACCEPTED
    assert count(old, nonces, nonce, 1, RULE) is FORGOTTEN
    assert count(old, nonces, nonce, 1, RULE) is REPLAYED
    assert old.epoch == new.epoch


def test_a_database_of_somebody_else(path):
    """A slip in a setting spoils no other database."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE customers (name TEXT)")
    with pytest.raises(ConfigurationError, match="another program"):
        SQLiteStore(path)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("customers",)]


def write_layout(path, version, *statements):
    """A file of ours as another version left it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for statement in (f"PRAGMA application_id = {sqlite_file.APPLICATION_ID}", *statements):
            other.execute(statement)
        other.execute(f"PRAGMA user_version = {version}")


def tables(path):
    """The names of the tables, and the layout that the file says it has."""
    with closing(sqlite3.connect(path)) as reader:
        (version,) = reader.execute("PRAGMA user_version").fetchone()
        return {name for (name,) in reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}, version


def test_a_file_of_an_older_layout(path):
    """Its rows meant something else: they go, and what they counted is FORGOTTEN. A second opening changes nothing."""
    write_layout(
        path,
        0,
        "CREATE TABLE counts (id BLOB PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE life (one INTEGER PRIMARY KEY, epoch BLOB, boot TEXT, floor INTEGER, latest INTEGER, live INT)",
        "INSERT INTO life VALUES (1, x'3030303030303030', 'boot', 0, 0, 0)",
    )
    store, clock = SQLiteStore(path), Clock()
    assert tables(path) == ({"states", "memory"}, sqlite_file.LAYOUT)
    assert store.epoch != b"00000000"
    old = NonceSource(b"realm", KEYS, b"00000000", clock=clock)
    assert count(store, old, old.issue(), 1, RULE) is FORGOTTEN
    nonces = source_for(store, clock)
    nonce = nonces.issue()
    assert count(store, nonces, nonce, 1, RULE) is ACCEPTED
    # A worker of the older version that still runs makes tables of its own.
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE counts (id BLOB)")
    assert count(SQLiteStore(path), nonces, nonce, 1, RULE) is REPLAYED


def test_a_file_of_a_newer_layout(path):
    """Its tables have other names and stay; we count in ours, in an epoch of ours."""
    write_layout(path, 99, "CREATE TABLE newer (id BLOB)")
    store, clock = SQLiteStore(path), Clock()
    assert tables(path) == ({"newer", "states", "memory"}, 99)
    nonces = source_for(store, clock)
    nonce = nonces.issue()
    assert count(store, nonces, nonce, 1, RULE) is ACCEPTED
    assert count(SQLiteStore(path), nonces, nonce, 1, RULE) is REPLAYED


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite://host/x", "sqlite:///x?size=1", "sqlite:////no/such/folder/x"]
)
def test_settings_that_cannot_work(url):
    """Said where they are written."""
    with pytest.raises(ConfigurationError):
        open_store(url)


def test_settings(path):
    """Three slashes before a relative path, four before an absolute one."""
    store = open_store(f"sqlite:///{path}?capacity=7")
    assert isinstance(store, SQLiteStore)
    assert (store.path, store.capacity) == (path, 7)


def _count_in_child(store, step, lifetime, answers):
    answers.put(store.advance(*step, lifetime=lifetime).name)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_fork_opens_the_file_anew(path):
    """gunicorn --preload: the child does not use the parent's connection, and both count in one file."""
    clock, store = Clock(), SQLiteStore(path)
    nonces = source_for(store, clock)
    nonce_id, epoch = nonces.recognise(nonces.issue()) or (0, b"")
    fork = multiprocessing.get_context("fork")
    verdicts = []
    for nc in (1, 1, 2):
        answers = fork.SimpleQueue()
        child = fork.Process(
            target=_count_in_child, args=(store, (nonce_id, epoch, nc, RULE, nonces.now()), nonces.lifetime, answers)
        )
        child.start()
        verdicts.append(answers.get())
        child.join(10)
    assert verdicts == ["ACCEPTED", "REPLAYED", "ACCEPTED"]
    assert store.advance(nonce_id, epoch, 2, RULE, nonces.now(), lifetime=nonces.lifetime) is REPLAYED


def test_expired_nonces_leave_the_file(path):
    """More go with each new nonce than come, so the file stays as large as the crowd of one lifetime."""
    clock, store = Clock(), SQLiteStore(path)
    nonces = source_for(store, clock, lifetime=10)
    for _ in range(100):
        clock.now += 1
        assert count(store, nonces, nonces.issue(), 1, RULE) is ACCEPTED
    with closing(sqlite3.connect(path)) as reader:
        assert reader.execute("SELECT count(*) FROM states").fetchone()[0] <= 12
        assert reader.execute("SELECT live FROM memory").fetchone()[0] <= 12


def test_a_lock_that_is_not_given_back(path, monkeypatch):
    """One step waits a little; those behind it never sleep, so that they do not queue up. Later ones wait again."""
    sleeps: list[float] = []
    monkeypatch.setattr(sqlite, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleeps.append))
    clock, store = Clock(), SQLiteStore(path)
    nonces = source_for(store, clock)
    nonce = nonces.issue()
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")
        begin = time.monotonic()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            count(store, nonces, nonce, 1, RULE)
        assert time.monotonic() >= begin + PATIENCE
        assert sleeps
        sleeps.clear()
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                count(store, nonces, nonce, 1, RULE)
        assert sleeps == []
        other.execute("ROLLBACK")
        assert count(store, nonces, nonce, 1, RULE) is ACCEPTED
        other.execute("BEGIN EXCLUSIVE")
        given_back = Timer(PATIENCE / 10, other.execute, ["ROLLBACK"])
        given_back.start()
        assert count(store, nonces, nonce, 2, RULE) is ACCEPTED
        given_back.join()


def test_a_step_that_fails_leaves_nothing_behind(path):
    """The transaction is rolled back, and the next step is served."""

    class Failing:
        window = RULE.window

        def advance(self, state, nc):
            raise RuntimeError(state, nc)

    clock, store = Clock(), SQLiteStore(path)
    nonces = source_for(store, clock)
    nonce = nonces.issue()
    with pytest.raises(RuntimeError):
        count(store, nonces, nonce, 1, Failing())
    assert count(store, nonces, nonce, 1, RULE) is ACCEPTED
    with pytest.raises(sqlite3.OperationalError):
        count(store, nonces, nonce, 2, Failing())
    assert count(store, nonces, nonce, 2, RULE) is ACCEPTED


def test_a_file_that_is_gone_and_cannot_be_made(path):
    """The step that finds out says so, and the store works again when the file can be made."""
    clock, store = Clock(), SQLiteStore(path)
    foreign = source_for(SQLiteStore(path.with_name("other.db")), clock)
    for file in path.parent.glob("nonces.db*"):
        file.unlink()
    assert count(store, foreign, foreign.issue(), 1, RULE) is FORGOTTEN
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        count(store, foreign, foreign.issue(), 1, RULE)
    path.rmdir()
    assert count(store, foreign, foreign.issue(), 1, RULE) is FORGOTTEN
    nonces = source_for(store, clock)
    assert count(store, nonces, nonces.issue(), 1, RULE) is ACCEPTED


def test_a_store_without_room_is_refused(path):
    """Room for no nonce could only ever say stale; and a repr names the file."""
    with pytest.raises(ConfigurationError, match="capacity"):
        SQLiteStore(path, 0)
    assert repr(SQLiteStore(path)) == f"<SQLiteStore {str(path)!r}>"
