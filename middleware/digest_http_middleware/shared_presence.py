"""Who is logged in, over all workers and hosts: an observer like LoggedIn that keeps its table in a database.

A request only notes its user in memory. A thread writes what was noted every few seconds, and ends when nothing is left
to write. So no request waits for the database, and none fails with it. Needs the extra `sql` and a driver.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine

from digest_http import settings
from digest_http.errors import SourceUnavailable
from digest_http.forks import ForkAware
from digest_http.guard import Event
from digest_http.httpauth.nonces import DEFAULT_LIFETIME
from digest_http.settings import refusal

from .presence import DEFAULT_CAPACITY, NONCES_OF_USER, Presence, Seen, seen_now
from .presence_rows import UserKey
from .presence_table import DEFAULT_TABLE, PresenceTable, presence_table

__all__ = ["SharedLoggedIn", "presence_table"]

logger: Final = logging.getLogger("digest_http.middleware")

#: Seconds between two writes: nobody looks at such a table more often.
DEFAULT_EVERY: Final = 5.0

#: Seconds that the end of a process waits for its last write: a server that stops waits little longer before it kills.
LAST_WRITE_SECONDS: Final = 5.0


class SharedLoggedIn(ForkAware):
    """Call it with events, as `observers=[SharedLoggedIn(engine)]` does; only accepted requests change it.

    `engine`: of create_engine(). `lifetime`: seconds, the nonce_lifetime of the guard. `every`: seconds between two
    writes. `capacity`: users that are kept until they are written. `table`: its name in the database. Times are those
    of the host that wrote them. Raises ConfigurationError for a setting that cannot work. Threads may share it.
    """

    def __init__(
        self,
        engine: Engine,
        lifetime: float = DEFAULT_LIFETIME,
        *,
        every: float = DEFAULT_EVERY,
        capacity: int = DEFAULT_CAPACITY,
        table: str = DEFAULT_TABLE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._lifetime: Final = settings.seconds("lifetime", lifetime, example=DEFAULT_LIFETIME)
        self._every: Final = settings.seconds("every", every, example=DEFAULT_EVERY)
        if every >= lifetime:
            raise refusal("every", every, f"fewer seconds than the lifetime, which is {lifetime}")
        self._capacity: Final = settings.number("capacity", capacity, 1, example=DEFAULT_CAPACITY)
        self._clock: Final = settings.function("clock", clock, 0, example="time.time")
        self._table: Final = PresenceTable(engine, table, lifetime)
        self._noted: OrderedDict[UserKey, Seen] = OrderedDict()
        self._begin()
        _alive.add(self)
        super().__init__()

    def _begin(self) -> None:
        # `_lock` is held for a moment, `_writing` as long as the database takes: no request takes that one.
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._at_once = threading.Event()
        self._writer: threading.Thread | None = None
        self._failed = False

    def __call__(self, event: Event) -> None:
        """Note one event. It is written soon, by a thread."""
        if event.nonce_id is None or event.username is None:
            return
        now = self._clock()
        with self._lock:
            seen = seen_now(self._noted, (event.realm, event.username), now, self._lifetime, self._capacity)
            seen.note(now, event.client, event.nonce_id)
            if self._writer is None:
                self._start()

    def _start(self) -> None:
        self._at_once.clear()
        writer = threading.Thread(target=self._write_until_done, name="logged-in", daemon=True)
        try:
            writer.start()
        except RuntimeError:
            # There is no room for a thread now, or the process ends: the next event tries again.
            return
        self._writer = writer

    def _write_until_done(self) -> None:
        while True:
            # A wait may not be longer than TIMEOUT_MAX, whatever the setting is.
            at_once = self._at_once.wait(min(self._every, threading.TIMEOUT_MAX))
            try:
                self.write()
            except SourceUnavailable as error:
                if not self._failed:
                    logger.warning("%s. Requests are still answered, and the write is tried again.", error)
                self._failed = True
            except Exception:
                # Such as a driver may raise. A thread that ended here would never be followed by another.
                if not self._failed:
                    logger.exception("the list of who is logged in could not be written; it is tried again")
                self._failed = True
            with self._lock:
                if at_once or not self._noted:
                    self._writer = None
                    return

    def write(self) -> None:
        """Write what was noted, now. It blocks. Raises SourceUnavailable; then it is kept and tried again."""
        with self._writing:
            with self._lock:
                noted, self._noted = self._noted, OrderedDict()
            if not noted:
                return
            now = self._clock()
            try:
                self._table.write(noted, now)
                self._table.forget(now)
            finally:
                if noted:
                    self._give_back(noted)
            if self._failed:
                self._failed = False
                logger.info("the list of who is logged in can be written again")

    def _give_back(self, unwritten: OrderedDict[UserKey, Seen]) -> None:
        """Put what could not be written before what was noted meanwhile."""
        with self._lock:
            later, self._noted = self._noted, unwritten
            for key, seen in later.items():
                before = unwritten.get(key)
                if before is not None and seen.first - before.last <= self._lifetime:
                    _precede(seen, before)
                unwritten[key] = seen
                unwritten.move_to_end(key)
            while len(unwritten) > self._capacity:
                unwritten.popitem(last=False)

    def users(self) -> list[Presence]:
        """Who was seen by any worker within a lifetime, who was seen last first.

        It writes what was noted here, and asks the database, so it blocks: in a coroutine, `await
        asyncio.to_thread(table.users)`. What other workers noted within `every` seconds may be missing. Raises
        SourceUnavailable.
        """
        self.write()
        return self._table.read(self._clock())

    def create_table(self) -> None:
        """Make the table if it is missing, and a file of SQLite's with mode 0600. Raises SourceUnavailable."""
        self._table.create()

    def close(self) -> None:
        """Write what was noted, wait some seconds at most for that, and give the connections back.

        A process that ends does so by itself.
        """
        with self._lock:
            writer = self._writer
            self._at_once.set()
        if writer is not None:
            writer.join(LAST_WRITE_SECONDS)
        self._table.engine.dispose()

    def after_fork_in_child(self) -> None:
        """See ForkAware: what the parent noted the parent writes, over its own connections."""
        self._noted = OrderedDict()
        self._begin()
        self._table.forget_connections()

    def __repr__(self) -> str:
        # An engine's URL hides its password in text.
        return f"<SharedLoggedIn {self._table.engine.url!r}, table {self._table.table.name!r}>"


def _precede(seen: Seen, before: Seen) -> None:
    """Add what was seen before; `seen` stays the later one."""
    seen.first = before.first
    seen.requests += before.requests
    for nonce_id, when in reversed(before.nonces.items()):
        seen.nonces[nonce_id] = when
        seen.nonces.move_to_end(nonce_id, last=False)
    while len(seen.nonces) > NONCES_OF_USER:
        seen.nonces.popitem(last=False)


_alive: Final[weakref.WeakSet[SharedLoggedIn]] = weakref.WeakSet()


def _close_all() -> None:
    for each in list(_alive):
        each.close()


atexit.register(_close_all)
