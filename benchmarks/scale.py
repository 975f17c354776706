"""From a thousand to ten million live nonces in memory, and SQLite with eight processes that write.

Each store is filled in a process of its own, whose memory the kernel tells. Times are of the processor, not of the
clock. Steps go to nonces drawn from all, so that what they need is not in the processor's caches. A pause is the
longest batch of new nonces, less a usual one: what a client may wait for because the table grows.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from time import perf_counter, process_time, process_time_ns
from typing import Final

from digest_http.httpauth.nonce_ids import MICROSECONDS, RANDOM_BITS
from digest_http.httpauth.sequence import ReplayDetect
from digest_http.httpauth.verdict import ACCEPTED, Verdict
from digest_http.stores import MemoryStore, PackedMemoryStore, SQLiteStore

from .timing import median_of

__all__ = ["rows"]

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
LARGE: Final = 10_000_000

#: Of a smaller store the kernel's pages say too little.
TOLD: Final = 100_000

#: Processes that write into one file.
WRITERS: Final = (1, 8)

#: New nonces of one batch, and steps in all.
BATCH: Final = 100
STEPS: Final = 20_000

#: Octets of one live nonce: the target for each store in memory.
MOST_EACH: Final = {"memory": 200, "packed": 64}

NOW: Final = 1_800_000_000 * MICROSECONDS
LIFETIME: Final = 300 * MICROSECONDS

_STORES: Final = {"memory": MemoryStore, "packed": PackedMemoryStore}
_RULE: Final = ReplayDetect()
_ROOT: Final = Path(__file__).resolve().parent.parent


def rows(
    sizes: tuple[int, ...] = SIZES,
    writers: tuple[int, ...] = WRITERS,
    seconds: float = 4.0,
    *,
    large: bool = False,
    tell: Callable[[str], object] = str,
) -> list[tuple[str, str, str]]:
    """See the package. `large` adds ten million; `tell` is told what is measured now."""
    found: list[tuple[str, str, str]] = []
    for kind in _STORES:
        least: dict[str, float] = {}
        for size in (*sizes, *((LARGE,) if large else ())):
            tell(f"{kind}, {size:,} live nonces")
            one: dict[str, float] = json.loads(_child("fill", kind, str(size)))
            least = least or one
            found += _memory_rows(f"{kind}, {size:,} live nonces", one, least, MOST_EACH[kind])
    base = 0.0
    for number in writers:
        tell(f"sqlite, {number} processes that write")
        rate, each, p50, p99, refused = _written(number, seconds)
        base = base or each
        text = f"sqlite, {number} processes that write"
        found += [
            (f"{text}: steps/s", f"{rate:.0f} (p50 {p50:.2f} ms, p99 {p99:.2f} ms), {refused} gave up", ""),
            (f"{text}: processor time a step, against {writers[0]}", f"{each / base:.2f}x ({1e6 * each:.1f} us)", ""),
        ]
    return found


def _memory_rows(
    text: str, one: dict[str, float], least: dict[str, float], target: int
) -> Iterator[tuple[str, str, str]]:
    if one["size"] >= TOLD:
        yield f"{text}: octets each", f"{one['octets']:.0f}", f"at most {target}"
    for what in ("step", "new"):
        ratio = one[what] / least[what]
        yield f"{text}: {_WHAT[what]}, against the smallest", f"{ratio:.2f}x ({1e6 * one[what]:.1f} us)", ""
    yield f"{text}: longest pause", f"{1e3 * one['pause']:.1f} ms", ""


_WHAT: Final = {"step": "a step", "new": "a first count"}


def _child(*arguments: str) -> bytes:
    return subprocess.run(  # noqa: S603 - this interpreter, with arguments from here
        _command(*arguments), cwd=_ROOT, env=_environment(), stdout=subprocess.PIPE, check=True
    ).stdout


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.scale", *arguments]


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(entry or str(_ROOT) for entry in sys.path)}


# --- in memory ---


def fill(kind: str, size: int) -> dict[str, float]:
    """Fill a store, then count on it: octets a nonce, and seconds of a step, of a first count, of the longest pause."""
    store = _STORES[kind](size)
    epoch, advance = store.epoch, store.advance
    firsts = range(0, size, BATCH)
    batches: list[int] = []
    before = _held()
    for first in firsts:
        ids = _issued(first, size)
        begin = process_time_ns()
        for nonce_id in ids:
            advance(nonce_id, epoch, 1, _RULE, NOW, lifetime=LIFETIME)
        batches.append(process_time_ns() - begin)
    held = _held() - before
    if len(store) != size:
        raise RuntimeError(f"{len(store)} nonces in a store of {size}")
    drawn = random.Random(7616).sample(firsts, min(len(firsts), STEPS // BATCH))  # noqa: S311 - the same in each run
    known = [nonce_id for row in zip(*(_issued(first, size) for first in drawn), strict=False) for nonce_id in row]
    spent: list[float] = []
    # Nonces of one batch have neighbours that came with them, so they are asked for far from each other.
    for nc in range(2, 2 + max(1, STEPS // len(known))):
        for first in range(0, len(known), BATCH):
            ids = known[first : first + BATCH]
            begin = process_time_ns()
            for nonce_id in ids:
                if advance(nonce_id, epoch, nc, _RULE, NOW, lifetime=LIFETIME) is not ACCEPTED:
                    raise RuntimeError("a count was refused")
            spent.append((process_time_ns() - begin) / len(ids))
    usual = sorted(batches)[len(batches) // 2]
    return {
        "size": size,
        "octets": held / size,
        "step": median_of(spent) / 1e9,
        "new": usual / min(BATCH, size) / 1e9,
        "pause": max(max(batches) - usual, 0) / 1e9,
    }


def _issued(first: int, size: int) -> list[int]:
    """The ids of one batch: one issue after the other over a life, as ids are made. The same for the same numbers."""
    chance = random.Random(first)  # noqa: S311 - nobody guesses here
    return [
        (NOW - LIFETIME + LIFETIME * number // size << RANDOM_BITS) | chance.getrandbits(RANDOM_BITS)
        for number in range(first, min(first + BATCH, size))
    ]


def _held() -> int:
    """Octets of this process that are in memory, as the kernel counts; 0 where it does not tell."""
    try:
        resident = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(resident) * os.sysconf("SC_PAGE_SIZE")


# --- SQLite ---


def _written(number: int, seconds: float) -> tuple[float, float, float, float, int]:
    """Steps a second of so many processes, seconds of processor for one, p50 and p99 of its delay in ms, refusals."""
    with tempfile.TemporaryDirectory(prefix="digest-http-bench-") as folder:
        path = str(Path(folder) / "nonces.db")
        SQLiteStore(path).close()
        running = [
            subprocess.Popen(  # noqa: S603 - this interpreter, with arguments from here
                _command("write", path, str(seconds)), cwd=_ROOT, env=_environment(), stdout=subprocess.PIPE
            )
            for _ in range(number)
        ]
        try:
            told = [json.loads(process.communicate(timeout=120 + 10 * seconds)[0]) for process in running]
        finally:
            for process in running:
                process.kill()
                process.wait(20)
    steps = sum(each["steps"] for each in told)
    delays = sorted(delay for each in told for delay in each["delays"])
    p50, p99 = (1000 * delays[int(len(delays) * share)] for share in (0.5, 0.99))
    rate = sum(each["steps"] / each["seconds"] for each in told)
    return rate, sum(each["processor"] for each in told) / steps, p50, p99, sum(each["refused"] for each in told)


def write(path: str, seconds: float) -> dict[str, object]:
    """One process that counts in a file, on fifty nonces of its own in turn. Raises RuntimeError for a stale one."""
    store = SQLiteStore(path)
    now = round(store.clock() * MICROSECONDS)
    ids = [now << RANDOM_BITS | random.getrandbits(RANDOM_BITS) for _ in range(50)]
    delays: list[float] = []
    nc, refused, begin, processor = 0, 0, perf_counter(), process_time()
    while not nc or perf_counter() - begin < seconds:
        nc += 1
        for nonce_id in ids:
            sent = perf_counter()
            verdict: Verdict | Awaitable[Verdict] | None = None  # nothing to await: there is no event loop
            try:
                verdict = store.advance(nonce_id, store.epoch, nc, _RULE, now, lifetime=LIFETIME)
            except sqlite3.OperationalError:
                refused += 1  # others had the lock for longer than a step waits; a server answers 503
            delays.append(perf_counter() - sent)
            if verdict not in (ACCEPTED, None):
                raise RuntimeError(f"a count was refused: {verdict}")
    taken, processor = perf_counter() - begin, process_time() - processor
    store.close()
    kept = delays[:: max(1, len(delays) // 10_000)]
    return {"steps": len(delays), "seconds": taken, "processor": processor, "delays": kept, "refused": refused}


if __name__ == "__main__":
    job, first, second = sys.argv[1:]
    print(json.dumps(fill(first, int(second)) if job == "fill" else write(first, float(second))))
