"""What is kept: nothing of an anonymous request, few octets of a live nonce; and what a step costs among many of them.

Octets are those that tracemalloc sees: what Python's allocators hand out, without the rounding of arenas.
"""

from __future__ import annotations

import gc
import os
import random
import tracemalloc
from typing import Final

from digest_http.algorithms import by_name
from digest_http.httpauth.nonce_ids import MICROSECONDS, RANDOM_BITS
from digest_http.httpauth.sequence import ReplayDetect
from digest_http.stores import MemoryStore
from digest_http_middleware import DigestAuthMiddleware

from .driven import UNAUTHORIZED, bare_asgi_app, run_asgi
from .signed import REALM, asgi_scope, users
from .timing import MICROSECOND, Batch, Prepare, interleave, median_of
from .verify import verified

__all__ = ["rows"]

#: Octets that may stay after all anonymous requests: room for caches of the interpreter itself.
MOST_LEFT: Final = 4096

#: Octets of one live nonce.
MOST_EACH: Final = 200

#: How much dearer a verified request may be at the largest size than at the smallest: no more than noise.
MOST_GROWTH: Final = 1.1

NOW: Final = 1_800_000_000 * MICROSECONDS
LIFETIME: Final = 300 * MICROSECONDS

_RULE: Final = ReplayDetect()


def rows(
    anonymous: int = 200_000, sizes: tuple[int, ...] = (1_000, 100_000, 1_000_000), rounds: int = 30, calls: int = 500
) -> list[tuple[str, str, str]]:
    """See the package."""
    table = [_anonymous(anonymous)]
    target = f"at most {MOST_GROWTH}x"
    stores: dict[int, tuple[MemoryStore, list[int]]] = {}
    for size in sizes:
        each, store, ids = _filled(size)
        stores[size] = store, ids
        table.append(
            (f"MemoryStore of {size:,} live nonces: octets each", f"{each:.0f} octets", f"at most {MOST_EACH}")
        )
    for text, width in (("a few busy clients", 50), ("clients drawn from all", None)):
        contenders: dict[str, Prepare] = {
            str(size): _Steps(store, ids, width).prepare for size, (store, ids) in stores.items()
        }
        series = interleave({**contenders, "request": verified}, rounds=rounds, calls=calls)
        least, requests = series[str(sizes[0])], series["request"]
        for size in sizes[1:]:
            steps = series[str(size)]
            step = median_of(now / first for now, first in zip(steps, least, strict=True))
            figure = f"{step:.2f}x ({median_of(least) / MICROSECOND:.2f} to {median_of(steps) / MICROSECOND:.2f} us)"
            table.append((f"A store step at {size:,} live nonces, {text}: against {sizes[0]:,}", figure, ""))
            # Nothing else in a request looks at the store, so the rest of it is the same at each size.
            whole = median_of(
                (request + now - first) / request for request, now, first in zip(requests, steps, least, strict=True)
            )
            table.append((f"A verified request with such a step: against {sizes[0]:,}", f"{whole:.2f}x", target))
    return table


def _anonymous(number: int) -> tuple[str, str, str]:
    app = DigestAuthMiddleware(bare_asgi_app, users(by_name("SHA-256")), REALM)
    scope = asgi_scope()
    # Twice before: caches that fill on first use are not growth.
    for _ in range(2):
        run_asgi(app, [scope] * 1000, UNAUTHORIZED)
    tracemalloc.start()
    try:
        run_asgi(app, [scope] * 1000, UNAUTHORIZED)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        run_asgi(app, (scope for _ in range(number)), UNAUTHORIZED)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    return f"Memory kept of {number:,} anonymous requests", f"{grown} octets", f"at most {MOST_LEFT}"


def _filled(size: int) -> tuple[float, MemoryStore, list[int]]:
    """Octets a nonce in a store of that many, the store, and the ids in it (of which the measure counts nothing)."""
    # One issue after the other over a life, as ids are made: issue above, randomness below.
    ids = [
        (NOW - LIFETIME + LIFETIME * number // size << RANDOM_BITS) | int.from_bytes(os.urandom(RANDOM_BITS // 8))
        for number in range(size)
    ]
    store = MemoryStore(capacity=size)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for nonce_id in ids:
            # A copy: the store of a server holds the only one.
            store.advance(nonce_id + 0, store.epoch, 1, _RULE, NOW, lifetime=LIFETIME)
        each = (tracemalloc.get_traced_memory()[0] - before) / size
    finally:
        tracemalloc.stop()
    if len(store) != size:
        raise RuntimeError(f"{len(store)} nonces in a store of {size}")
    return each, store, ids


class _Steps:
    """Steps on nonces that are in the store, in an order of chance; `width` of them all the time, or any."""

    def __init__(self, store: MemoryStore, ids: list[int], width: int | None) -> None:
        self._store: Final = store
        chance = random.Random(7616)  # noqa: S311  # an order of visits, the same in each run
        self._ids: Final = ids if width is None else chance.sample(ids, min(width, len(ids)))
        self._chance: Final = chance
        self._nc = 1

    def prepare(self, calls: int) -> Batch:
        """That many steps; nc rises from batch to batch, so each is accepted."""
        ids, store, epoch = self._ids, self._store, self._store.epoch
        # Copies: a server computes the id from the nonce, so it is at hand; only what the store keeps may be far.
        visits = [self._chance.choice(ids) + 0 for _ in range(calls)]
        numbered = list(zip(visits, range(self._nc + 1, self._nc + 1 + calls), strict=True))
        self._nc += calls

        def batch() -> None:
            for nonce_id, nc in numbered:
                store.advance(nonce_id, epoch, nc, _RULE, NOW, lifetime=LIFETIME)

        return batch
