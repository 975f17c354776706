"""Steps of one turn of an event loop share a transaction of the SQLite store: what each of them is sure of."""

import asyncio
import os
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.sequence import ReplayDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.httpauth.waiting import at_once, run
from digest_http.stores import MemoryStore, SQLiteStore, sqlite_turns
from digest_http_middleware.source_timeouts import SourceTimeout
from tests.stores.nonce_stores import KEYS

ACCEPTED, REPLAYED = Verdict.ACCEPTED, Verdict.REPLAYED
RULE = ReplayDetect()
NOW = 1_700_000_000_000_000
LIFETIME = 300_000_000

#: Seconds: far more than all of these take on a busy machine.
PATIENCE = 20


@pytest.fixture
def path(tmp_path):
    """A file that is not there yet."""
    return tmp_path / "nonces.db"


@pytest.fixture
def store(path):
    """A store on it."""
    return SQLiteStore(path)


def nonce_ids(store, number):
    """So many nonces that nobody has used."""
    nonces = NonceSource(b"realm", KEYS, store.epoch, clock=lambda: NOW / 1e6)
    return [(nonces.recognise(nonces.issue()) or (0, b""))[0] for _ in range(number)]


def ask(store, nonce_id, nc=1, rule=RULE):
    """What the store gives for a step."""
    return store.advance(nonce_id, store.epoch, nc, rule, NOW, lifetime=LIFETIME)


async def turn(store, *steps):
    """What several get that ask in one turn."""
    answers = [ask(store, *step) for step in steps]
    return [answer if isinstance(answer, Verdict) else await answer for answer in answers]


def in_loop(work):
    """What it gives in an event loop of its own; a step that is never counted fails, and does not wait for ever."""

    async def bounded():
        return await asyncio.wait_for(work, PATIENCE)

    return asyncio.run(bounded())


def turns_of(store):
    """The turns that have not ended."""
    return store._turns._of  # noqa: SLF001 - what it holds on to


async def crowd(store):
    """After this, the first step of the next turn waits for others."""
    assert await turn(store, *((nonce_id,) for nonce_id in nonce_ids(store, 2))) == [ACCEPTED] * 2


def connection_of(store):
    """The store's own."""
    return store._connection  # noqa: SLF001 - to see what it sends


def transactions(store):
    """A list that each transaction which the store begins is added to."""
    begun = []
    noted = lambda text: begun.append(text) if text.startswith("BEGIN") else None  # noqa: E731
    connection_of(store).set_trace_callback(noted)
    return begun


def test_one_transaction_a_turn(store):
    """The first turn of a crowd takes two, each one after it a single one, and a quiet turn ends that."""

    async def turns():
        begun, ids, taken = transactions(store), nonce_ids(store, 5), []
        for nc in range(1, 4):
            assert await turn(store, *((nonce_id, nc) for nonce_id in ids)) == [ACCEPTED] * 5
            taken.append(len(begun))
            begun.clear()
        waits = ask(store, ids[0], 4)
        assert [isinstance(waits, Verdict), await waits] == [False, ACCEPTED]
        assert ask(store, ids[0], 5) is ACCEPTED
        return taken

    assert in_loop(turns()) == [2, 1, 1]


def test_alone_it_is_answered_at_once(store):
    """Who has nobody to share with does not wait, turn after turn."""

    async def turns():
        [nonce_id] = nonce_ids(store, 1)
        for nc in range(1, 4):
            assert ask(store, nonce_id, nc) is ACCEPTED
            await asyncio.sleep(0)

    in_loop(turns())


def test_without_an_event_loop(store):
    """A thread that blocks has its verdict, whatever goes on in loops elsewhere."""
    in_loop(crowd(store))
    [nonce_id] = nonce_ids(store, 1)
    assert [ask(store, nonce_id, nc) for nc in (1, 1, 2)] == [ACCEPTED, REPLAYED, ACCEPTED]


_STEPS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 6), st.sampled_from([RULE, ReplayDetect(2)])))


@given(turns=st.lists(_STEPS, max_size=5), together=st.integers(1, 4))
def test_the_verdicts_are_those_of_one_after_the_other(turns, together):
    """Counts of several nonces, in any order, some twice in a turn, in transactions of any size."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_turns, "TOGETHER", together)
        store, other = SQLiteStore(Path(folder) / "nonces.db"), MemoryStore(10)
        ids = nonce_ids(store, 3)

        async def compared():
            for steps in turns:
                known = [(ids[which], nc, rule) for which, nc, rule in steps]
                assert await turn(store, *known) == [ask(other, *step) for step in known]

        in_loop(compared())
        store.close()


def test_it_is_in_the_file_when_it_passes(store, path):
    """Another worker that is asked as soon as the verdict is there refuses the same count."""
    another = SQLiteStore(path)

    async def turns():
        await crowd(store)
        ids = nonce_ids(store, 5)
        assert await turn(store, *((nonce_id,) for nonce_id in ids)) == [ACCEPTED] * 5
        assert await turn(another, *((nonce_id,) for nonce_id in ids)) == [REPLAYED] * 5

    in_loop(turns())


class _Failing:
    """A connection on which one statement fails."""

    def __init__(self, connection, statement, error):
        self.connection, self.statement, self.error = connection, statement, error

    def execute(self, statement, *values):
        """Fail, or hand it on."""
        if statement == self.statement:
            raise self.error
        return self.connection.execute(statement, *values)

    def __getattr__(self, name):
        return getattr(self.connection, name)


def fail(store, statement, error):
    """Let one statement of the store's connection fail, until it opens another one."""
    store._connection = _Failing(connection_of(store), statement, error)  # noqa: SLF001 - what a disk does, at will


def full():
    """What SQLite says of a full disk."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


async def outcome(answer):
    """The verdict, or the error."""
    try:
        return await answer
    except (sqlite3.Error, asyncio.CancelledError) as error:
        return type(error)


@pytest.mark.parametrize(
    "statement", ["BEGIN IMMEDIATE", "SELECT epoch, floor, longest, asked, live FROM memory", "COMMIT"]
)
def test_a_failure_refuses_all_and_counts_none(store, statement):
    """Nobody passes on a count that is not in the file, and each may be sent once more."""

    async def turns():
        await crowd(store)
        *begun, fresh = nonce_ids(store, 3)
        assert await turn(store, *((nonce_id,) for nonce_id in begun)) == [ACCEPTED] * 2
        steps = [*((nonce_id, 2) for nonce_id in begun), (begun[0], 2), (fresh, 1)]
        answers = [ask(store, *step) for step in steps]
        fail(store, statement, full())
        assert [await outcome(answer) for answer in answers] == [sqlite3.OperationalError] * 4
        assert await turn(store, *steps) == [ACCEPTED, ACCEPTED, REPLAYED, ACCEPTED]

    in_loop(turns())


def test_a_lifetime_that_was_undone_is_told_again(store, path):
    """What a transaction that failed noted of the longest lifetime is not in the file."""

    def asked():
        with closing(sqlite3.connect(path)) as reader:
            return reader.execute("SELECT longest FROM memory").fetchone()[0]

    ids = nonce_ids(store, 2)
    assert ask(store, ids[0]) is ACCEPTED
    fail(store, "COMMIT", full())
    with pytest.raises(sqlite3.OperationalError):
        store.advance(ids[0], store.epoch, 2, RULE, NOW, lifetime=2 * LIFETIME)
    assert asked() == LIFETIME
    assert store.advance(ids[0], store.epoch, 2, RULE, NOW, lifetime=2 * LIFETIME) is ACCEPTED
    assert asked() == 2 * LIFETIME


def test_the_end_of_the_worker_within_a_turn(store):
    """Whoever waits is not left waiting, and what was not counted is not in the file."""

    async def turns():
        await crowd(store)
        [nonce_id] = nonce_ids(store, 1)
        answer = ask(store, nonce_id)
        fail(store, "COMMIT", KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            answer.at_once()
        assert await outcome(answer) is asyncio.CancelledError
        store.close()
        assert ask(store, nonce_id) is ACCEPTED

    in_loop(turns())


def test_whoever_gave_up_is_not_counted(store):
    """A client that went away before the turn ended may send its count once more."""

    async def turns():
        await crowd(store)
        ids = nonce_ids(store, 2)
        waiting = [asyncio.ensure_future(outcome(ask(store, nonce_id))) for nonce_id in ids]
        gone = ask(store, nonce_ids(store, 1)[0])
        gone.answer.cancel()
        assert await asyncio.gather(*waiting) == [ACCEPTED] * 2
        assert await turn(store, (int.from_bytes(gone.step.key, "big"),)) == [ACCEPTED]

    in_loop(turns())


def test_a_caller_that_blocks_within_an_event_loop(store):
    """It has the verdict at once, and so have those that wait with it; the end of the turn counts nothing twice."""

    async def turns():
        await crowd(store)
        ids = nonce_ids(store, 2)
        waits, blocks = ask(store, ids[0]), ask(store, ids[1])
        assert [run(at_once(blocks)), waits.answer.done()] == [ACCEPTED, True]
        await asyncio.sleep(0)
        assert [await waits, await blocks, run(at_once(blocks))] == [ACCEPTED] * 3
        # Another turn, though the first one's end is still to come.
        first, second = ask(store, ids[0], 2), None
        first.at_once()
        second = ask(store, ids[0], 3)
        second = second if isinstance(second, Verdict) else await second
        assert [await first, second] == [ACCEPTED] * 2

    in_loop(turns())


def test_no_timer_is_set_for_it(store):
    """A turn ends by itself: the middleware's limit is for what comes from outside."""

    async def turns():
        await crowd(store)
        [nonce_id] = nonce_ids(store, 1)
        answer = ask(store, nonce_id)
        assert SourceTimeout(1.0).wait(answer) is answer
        assert await answer is ACCEPTED

    in_loop(turns())


def test_threads_with_a_loop_each(store):
    """Each count passes once, whichever loop asks, and both loops have all their answers."""
    ids, together = nonce_ids(store, 20), Barrier(2)

    async def turns():
        together.wait(10)
        return [await turn(store, *((nonce_id, nc) for nonce_id in ids)) for nc in range(1, 20)]

    with ThreadPoolExecutor(2) as pool:
        one, other = [asked.result() for asked in [pool.submit(in_loop, turns()) for _ in range(2)]]
    for nc in range(19):
        for which in range(20):
            assert [one[nc][which], other[nc][which]].count(ACCEPTED) == 1
    assert not turns_of(store)


def test_a_loop_that_stops_within_a_turn(store):
    """Its steps are counted by nobody, and nothing is kept of it once another loop counts."""
    in_loop(crowd(store))
    [nonce_id] = nonce_ids(store, 1)
    loop = asyncio.new_event_loop()

    def stops():
        ask(store, nonce_id)
        loop.stop()

    loop.call_soon(stops)
    loop.run_forever()
    loop.close()
    assert loop in turns_of(store)
    assert in_loop(turn(store, (nonce_id,))) == [ACCEPTED]
    assert not turns_of(store)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_within_a_turn(store):
    """What waits in the parent is counted there, and not in the child as well."""

    async def turns():
        await crowd(store)
        [nonce_id] = nonce_ids(store, 1)
        waits = ask(store, nonce_id)
        child = os.fork()
        if not child:
            with suppress(asyncio.InvalidStateError):
                waits.at_once()
            os._exit(waits.answer.done())
        _, status = os.waitpid(child, 0)  # noqa: ASYNC222 - the loop must not turn
        return status, await waits

    assert in_loop(turns()) == (0, ACCEPTED)
