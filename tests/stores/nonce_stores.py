"""Nonce stores under test, and a nonce source to count for. A new store is one more entry in OPENERS."""

from __future__ import annotations

import asyncio
import inspect
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.protocols import NonceStore
from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import MemoryStore, PackedMemoryStore, SQLiteStore
from tests.stores_shared.redis_opener import RedisFromAnyThread
from tests.stores_shared.redis_servers import KINDS

_FOLDER = tempfile.TemporaryDirectory(prefix="digest-http-stores-")


def new_sqlite_file(capacity: int) -> NonceStore:
    """A store on a file of its own."""
    return SQLiteStore(Path(_FOLDER.name) / f"{uuid4()}.db", capacity)


#: name -> a store whose counts die with its process.
IN_PROCESS: dict[str, Callable[[int], MemoryStore | PackedMemoryStore]] = {
    "memory": MemoryStore,
    "packed": PackedMemoryStore,
}

#: name -> a function that opens an empty store with room for so many nonces.
BOUNDED: dict[str, Callable[[int], NonceStore]] = {**IN_PROCESS, "sqlite": new_sqlite_file}

#: The same, and those whose server bounds itself.
OPENERS: dict[str, Callable[[int], NonceStore]] = {
    **BOUNDED,
    **{kind: partial(RedisFromAnyThread, kind=kind) for kind in KINDS},
}

#: The names of all, as parameters of a test: those that need a server of their own are marked.
STORES = [*BOUNDED, *(pytest.param(kind, marks=pytest.mark.live) for kind in KINDS)]


def reopened(store: NonceStore, capacity: int) -> NonceStore:
    """What a worker that starts now has of a store: a new object on the same file or server; memory dies with it."""
    if isinstance(store, SQLiteStore):
        return SQLiteStore(store.path, capacity)
    if isinstance(store, RedisFromAnyThread):
        return RedisFromAnyThread(kind=store.kind, prefix=store.prefix)
    return PackedMemoryStore(capacity) if isinstance(store, PackedMemoryStore) else MemoryStore(capacity)


KEYS = (b"k" * 32,)


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def source_for(
    store: NonceStore,
    clock: Clock,
    lifetime: float = 300,
    random: Callable[[int], bytes] = os.urandom,
    overtime: float = 0,
) -> NonceSource:
    """Nonces that are issued on a store."""
    return NonceSource(b"realm", KEYS, store.epoch, lifetime=lifetime, overtime=overtime, clock=clock, random=random)


def count(
    store: NonceStore, nonces: NonceSource, nonce: bytes, nc: int, rule: SequenceRule, arrived: int | None = None
) -> Verdict:
    """What a server does with a verified request: recognise, check the age, count."""
    recognised = nonces.recognise(nonce)
    if recognised is None:
        return Verdict.FOREIGN
    nonce_id, epoch = recognised
    now = nonces.now()
    if not nonces.alive(nonce_id, now, arrived):
        return Verdict.EXPIRED
    verdict = store.advance(nonce_id, epoch, nc, rule, now, lifetime=nonces.kept)
    if inspect.isawaitable(verdict):

        async def settled() -> Verdict:
            return await verdict

        return asyncio.run(settled())
    return verdict
