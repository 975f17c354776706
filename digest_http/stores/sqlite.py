"""Nonce counts in one SQLite file: for several workers on one machine, with nothing but the standard library.

A step is a transaction, so it is atomic between processes. For a nonce that was begun it is one UPDATE, whose new
value our rule computes between SQLite's read and write. The first count of a nonce also looks at the epoch, drops what
is past its life and keeps the number of nonces bounded; what was dropped is FORGOTTEN, as in the memory store.

Steps run where they are called, without a thread: one takes some ten microseconds, handing it over would take more.
Under load those of one turn of an event loop share a transaction (sqlite_turns.py), which is most of the cost.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
import weakref
from collections.abc import Generator, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

from digest_http.errors import ConfigurationError
from digest_http.forks import ForkAware
from digest_http.httpauth.nonce_ids import RANDOM_BITS, issued_at
from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.verdict import ACCEPTED, FORGOTTEN, Verdict
from digest_http.settings import file_path, number

from .epoch_log import log_new_epoch
from .epochs import SET_BACK
from .freshness import Freshness
from .sqlite_file import begin_epoch, connect, is_busy
from .sqlite_step import ID_OCTETS, Judge, Life, Step, packed
from .sqlite_turns import SharedStep, Turns

__all__ = ["DEFAULT_CAPACITY", "SQLiteStore"]

#: Live nonces, each some 60 octets of file, or 90 with all its places taken. One per client and lifetime is the usual
#: need.
DEFAULT_CAPACITY: Final = 1_000_000

#: What a column of SQLite's holds. A file meets other limits long before.
MAX_CAPACITY: Final = (1 << 63) - 1

#: Seconds that a step waits for the lock of another worker. One holds it for microseconds; but once in thousands of
#: steps until the disk has synced the log, which on a busy disk takes some tenths of a second.
PATIENCE: Final = 1.0

#: Seconds of it without sleep: what another worker needs for a step is a hundredth of the shortest sleep.
SPIN: Final = 0.001

#: Nonces past their life that each new nonce sweeps out: more than one, so that a crowd goes faster than it came.
SWEPT: Final = 8

_NEXT: Final = "UPDATE states SET state = judge(state) WHERE id = ?"
_LOOK: Final = "SELECT epoch, floor, longest, asked, live FROM memory"
_NOTE: Final = "UPDATE memory SET floor = ?, longest = ?, asked = ?, live = ?"
_INSERT: Final = "INSERT INTO states VALUES (?, ?)"
_DELETE: Final = "DELETE FROM states WHERE id = ?"
#: What is past its life, and the soonest to die if there is no room for one more.
_GONE: Final = (
    "SELECT id FROM states WHERE id < ? UNION SELECT id FROM (SELECT id FROM states ORDER BY id LIMIT ?)"
    " ORDER BY id LIMIT ?"
)


class SQLiteStore(ForkAware):
    """Counts in the file `path`, which is made if need be. Threads and processes may share it; a fork opens it anew.

    Raises ConfigurationError for a setting that cannot work, or a file that cannot be opened, at the start; later
    troubles (a full disk, a lock that is not given back) are raised by the step that met them, and the next one tries
    again.
    """

    #: Other processes count here too, so the keys of the nonces must be common to them.
    shared: Final = True

    def __init__(self, path: str | os.PathLike[str], capacity: int = DEFAULT_CAPACITY) -> None:
        self.path: Final = Path(file_path("path", path, example="/var/lib/app/nonces.db")).absolute()
        self.capacity: Final = number("capacity", capacity, 1, MAX_CAPACITY, example=DEFAULT_CAPACITY)
        self._lock = Lock()
        self._held_for_fork = False
        # The longest lifetime of those who count here, as far as this process knows.
        self._longest = 0
        self._patience = PATIENCE
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._finalizer: weakref.finalize[[], SQLiteStore] | None = None
        self._file: tuple[int, int] | None = None
        self._judge: Final = Judge()
        self._turns: Final = Turns()
        self._epoch = b""
        self._freshness: Final = Freshness()
        # Before there is a file that a fork could copy.
        super().__init__()
        try:
            self._open()
        except (sqlite3.Error, OSError) as error:
            raise ConfigurationError(f"the nonce store {self.path} cannot be opened: {error}") from error

    @property
    def epoch(self) -> bytes:
        """See NonceStore.epoch; as of the last step that looked."""
        return self._epoch

    @staticmethod
    def clock() -> float:
        """Seconds that all processes of this machine agree on, whatever is done to the wall clock.

        A worker that starts after the wall clock was set would not agree with one that started before; and nonces
        counted here do not outlive the machine's run anyway.
        """
        return time.monotonic()

    def advance(
        self, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int, *, lifetime: int
    ) -> Verdict | SharedStep:
        """See NonceStore.advance. Raises sqlite3.Error or OSError when the file cannot be used."""
        step = Step(nonce_id.to_bytes(ID_OCTETS, "big"), epoch, nc, rule, now, lifetime)
        turn = self._turns.present(self._count)
        return SharedStep(turn, step) if turn is not None else self._count([step])[0]

    def refresh(self, now: int) -> None:  # noqa: ARG002 - other stores compare it with the clock of their server
        """See RefreshingStore.refresh: a look at the path and at one row, once a second. It never waits for a lock."""
        if not self._freshness.patience() or not self._lock.acquire(blocking=False):
            return
        try:
            self._freshness.learnt()
            connection = self._connection
            if connection is None or self._process != os.getpid():
                return  # the next step opens it, and says what is wrong if it cannot
            # What is wrong with the file is for the next step to say.
            with contextlib.suppress(sqlite3.Error, OSError, ConfigurationError):
                if self._replaced():
                    self._close()
                    self._open()
                else:
                    self._learn(connection.execute("SELECT epoch FROM memory").fetchone()[0], "another worker began it")
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the file; the next step opens it again."""
        with self._lock:
            self._close()

    # --- steps ---

    def _count(self, steps: Sequence[Step]) -> list[Verdict]:
        """Count them in their order. When this returns, all that were accepted are in the file; if it raises, none."""
        with self._lock:
            connection = self._opened()
            try:
                found = self._found(connection, steps)
            except sqlite3.Error as error:
                if not (isinstance(error, sqlite3.OperationalError) and is_busy(error)):
                    self._close()  # what is wrong with it may be over when it is opened again
                raise
            self._patience = PATIENCE
            if None in found and self._replaced():
                self._close()
            return [verdict or FORGOTTEN for verdict in found]

    def _found(self, connection: sqlite3.Connection, steps: Sequence[Step]) -> list[Verdict | None]:
        judged = self._judged
        if len(steps) == 1 and steps[0].lifetime <= self._longest:
            # A statement by itself is a transaction, and costs less than one that is begun and ended.
            self._judge.step = steps[0]
            if self._patiently(connection, _NEXT, (steps[0].key,)):
                return [self._judge.verdict]
            judged = self._first
        with self._transaction(connection):
            return [judged(connection, step) for step in steps]

    # --- inside the transaction ---

    def _judged(self, connection: sqlite3.Connection, step: Step) -> Verdict | None:
        """The verdict on a step; None if its nonce is of another epoch."""
        # The others must know the longest lifetime, or they would drop what is still asked for here.
        told = step.lifetime <= self._longest
        return (told and self._next(connection, step)) or self._first(connection, step)

    def _next(self, connection: sqlite3.Connection, step: Step) -> Verdict | None:
        """A count of a nonce that was begun; None if it was not."""
        self._judge.step = step
        return self._judge.verdict if connection.execute(_NEXT, (step.key,)).rowcount else None

    def _first(self, connection: sqlite3.Connection, step: Step) -> Verdict | None:
        """The first count of a nonce, or the next one if another worker inserted it first; None: of another epoch."""
        life = Life(*connection.execute(_LOOK).fetchone())
        self._learn(life.epoch, "another worker began it")
        if step.lifetime > life.longest:
            life = life.asked_by(step)
            connection.execute(_NOTE, (life.floor, life.longest, life.asked, life.live))
        self._longest = life.longest
        if step.epoch != life.epoch:
            return None
        return self._next(connection, step) or self._begin(connection, step, life)

    def _begin(self, connection: sqlite3.Connection, step: Step, life: Life) -> Verdict:
        if issued_at(int.from_bytes(step.key, "big")) <= life.floor:
            if step.now < life.floor - SET_BACK:
                # The clock was set back: no new nonce would outlive the floor.
                self._learn(begin_epoch(connection), "the clock was set back by more than a minute")
            return FORGOTTEN
        verdict, state = step.rule.advance(0, step.nc)
        if verdict is not ACCEPTED:
            return verdict
        life = life.asked_by(step)
        surplus = max(life.live + 1 - self.capacity, 0)
        over = (max(step.now - life.longest, 0) << RANDOM_BITS).to_bytes(ID_OCTETS, "big")
        gone = connection.execute(_GONE, (over, surplus, max(SWEPT, surplus))).fetchall()
        floor = life.floor
        if gone:
            connection.executemany(_DELETE, gone)
            floor = max(floor, issued_at(int.from_bytes(gone[-1][0], "big")))
        connection.execute(_INSERT, (step.key, packed(state)))
        connection.execute(_NOTE, (floor, life.longest, life.asked, life.live + 1 - len(gone)))
        return ACCEPTED

    @contextlib.contextmanager
    def _transaction(self, connection: sqlite3.Connection) -> Generator[None]:
        self._patiently(connection, "BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            self._longest = 0  # what was noted of it may be undone
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _patiently(self, connection: sqlite3.Connection, statement: str, values: tuple[bytes, ...] = ()) -> int:
        """Run a statement that needs the write lock; the number of rows it changed.

        Not by SQLite's own wait, which begins with a sleep.
        """
        begin: float | None = None
        while True:
            try:
                return connection.execute(statement, values).rowcount
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise
                present = time.monotonic()
                begin = present if begin is None else begin
                if present - begin >= self._patience:
                    # One wait for each time of trouble: the steps behind this one fail at once and do not queue up.
                    self._patience = 0
                    raise
            if present - begin < SPIN:
                _yield_processor()
            else:
                # Who waits so long waits for a disk, or for a holder that itself waits for a processor.
                time.sleep(SPIN)

    # --- forks ---

    def before_fork(self) -> None:
        """See ForkAware. Closes the file: sqlite.org/howtocorrupt.html §2.6.

        SQLite keeps the locks of a process in that process's memory. A child of one that has the file open would
        believe that it holds locks that only its parent holds; and when the parent closes the file as the last one in
        its own view, the log goes in which the child still counts.
        """
        # A step of another thread ends first; one that waits for a lock longer than it may is left as it is.
        self._held_for_fork = self._lock.acquire(timeout=2 * PATIENCE)
        if self._held_for_fork:
            self._close()

    def after_fork_in_parent(self) -> None:
        """See ForkAware. The next step opens the file again."""
        if self._held_for_fork:
            self._held_for_fork = False
            self._lock.release()

    def after_fork_in_child(self) -> None:
        """See ForkAware. The next step opens the file; what waits in the parent is counted there."""
        self._held_for_fork = False
        self._turns.forget()
        self._lock = Lock()

    def _learn(self, epoch: bytes, why: str) -> None:
        if epoch != self._epoch:
            if self._epoch:
                log_new_epoch(self, why)
            self._epoch = epoch

    # --- the connection ---

    def _opened(self) -> sqlite3.Connection:
        connection = self._connection
        if connection is None or self._process != os.getpid():
            return self._open()
        return connection

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._process != os.getpid():
            # sqlite.org/howtocorrupt.html §2.6: not even close a connection carried across a fork.
            if self._finalizer is not None:
                self._finalizer.detach()
            _CARRIED_ACROSS_FORK.append(self._connection)
        connection, epoch = connect(self.path)
        self._learn(epoch, "the file was deleted, moved or replaced, or the machine started again")
        connection.create_function("judge", 1, self._judge)
        status = self.path.stat()
        self._file = status.st_dev, status.st_ino
        self._process = os.getpid()
        self._connection = connection
        self._finalizer = weakref.finalize(self, connection.close)
        return connection

    def _close(self) -> None:
        self._connection = None
        if self._finalizer is not None:
            with contextlib.suppress(sqlite3.Error):
                self._finalizer()

    def _replaced(self) -> bool:
        """Whether the path names another file by now, so that we would count where nobody else looks."""
        try:
            status = self.path.stat()
        except OSError:
            return True
        return (status.st_dev, status.st_ino) != self._file

    def __repr__(self) -> str:
        return f"<SQLiteStore {str(self.path)!r}>"


_CARRIED_ACROSS_FORK: Final[list[sqlite3.Connection]] = []

if hasattr(os, "sched_yield"):
    _yield_processor = os.sched_yield
else:  # pragma: no cover - Windows

    def _yield_processor() -> None:
        time.sleep(0)
