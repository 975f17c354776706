"""Counts of a nonce under threads: the pool that owns them is the only one that changes them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx
import pytest

import digest_http
import digest_http_client_auth
import digest_http_middleware
from digest_http.algorithms import by_name
from digest_http.challenge import Challenge
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.client_nonce import ClientNonce
from digest_http.httpauth.nonce_pool import NoncePool
from digest_http_client_auth import DigestAuth

SIGNERS, EACH = 3, 6_000
CHALLENGE = 'Digest realm="r", nonce="n1", qop="auth", algorithm=SHA-256'


@pytest.fixture(autouse=True)
def eager_switches() -> Generator[None]:
    """Threads change places as often as Python lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def fresh_nonce() -> ClientNonce:
    """The nonce of one challenge, as each 401 that repeats it makes it anew."""
    algorithm = by_name("SHA-256")
    assert algorithm is not None
    choice = Choice(Challenge(b"r", b"n1", algorithm=algorithm.token, qop=(b"auth",)), algorithm, b"auth")
    return ClientNonce(choice, Identity("a", "p"), cnonces=lambda: b"c")


DISTURBANCES: dict[str, Callable[[NoncePool, ClientNonce], object]] = {
    "raised to less": lambda pool, nonce: pool.raise_count(nonce, 0),
    "raised to where it stands": lambda pool, nonce: pool.raise_count(nonce, nonce.count),
    "learnt again": lambda pool, _: pool.learn(fresh_nonce()),
    "accepted": lambda pool, nonce: pool.accept(nonce),
    "vouched for": lambda pool, nonce: pool.accept_next(nonce),
    "released": lambda pool, nonce: pool.release(nonce),
    "followed by another": lambda pool, _: pool.take_nextnonce(2, None),
    "made exclusive": lambda pool, _: pool.make_exclusive(),
}


@pytest.mark.parametrize("disturb", DISTURBANCES.values(), ids=DISTURBANCES.keys())
def test_no_count_is_given_twice_whatever_else_is_done_to_the_pool(
    disturb: Callable[[NoncePool, ClientNonce], object],
) -> None:
    """Each verb of the pool, called all the time while others take counts: all counts differ, none is left out."""
    pool = NoncePool()
    nonce = pool.learn(fresh_nonce())
    assert nonce is not None
    done = Event()

    def take(_: int) -> list[int | None]:
        return [pool.next_count(nonce) for _ in range(EACH)]

    def disturbing() -> None:
        while not done.is_set():
            disturb(pool, nonce)

    with ThreadPoolExecutor(SIGNERS + 1) as threads:
        other = threads.submit(disturbing)
        taken = [count for counts in threads.map(take, range(SIGNERS)) for count in counts]
        done.set()
        other.result()
    assert sorted(count or 0 for count in taken) == list(range(1, SIGNERS * EACH + 1))


def test_no_count_goes_out_twice_while_a_challenge_is_learnt() -> None:
    """The reported case: `learn` of one thread with the challenge that the others sign for."""
    auth = DigestAuth("a", "p")
    auth.learn("http://h/", CHALLENGE)
    done = Event()

    def sign(_: int) -> list[str]:
        fields: list[str] = []
        for _ in range(EACH):
            flow = auth.sync_auth_flow(httpx.Request("GET", "http://h/x"))
            fields.append(next(flow).headers["Authorization"])
            flow.close()
        return fields

    def learning() -> None:
        while not done.is_set():
            auth.learn("http://h/", CHALLENGE)

    with ThreadPoolExecutor(SIGNERS + 1) as threads:
        other = threads.submit(learning)
        fields = [field for part in threads.map(sign, range(SIGNERS)) for field in part]
        done.set()
        other.result()
    counts = [re.search("nc=([0-9a-f]+)", field) for field in fields]
    assert len({count[1] for count in counts if count}) == SIGNERS * EACH


def test_nobody_but_the_pool_writes_a_count() -> None:
    """The lock is the pool's, so no other file of the package may set what it guards."""
    writers = {
        f"{package.__name__}/{file.relative_to(folder).as_posix()}"
        for package in (digest_http, digest_http_middleware, digest_http_client_auth)
        for folder in map(Path, package.__path__)
        for file in folder.rglob("*.py")
        if re.search(r"\b(counter\.last|nonce\.count)\b[^\n=]*(?<![=!<>])=(?!=)", file.read_text(encoding="utf-8"))
    }
    assert writers == {"digest_http/httpauth/nonce_pool.py"}
