"""How many calls in Python a request costs: what a clock on a busy machine cannot say, a count can.

A call and its frame are most of what Python adds to the hashes, so a bound keeps the path short (docs/performance.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from benchmarks.bodies import _protect as protect
from benchmarks.bodies import _scopes as scopes_with_body
from benchmarks.driven import UNAUTHORIZED, counted_scopes, run_asgi
from benchmarks.signed import asgi_scope
from benchmarks.verify import _middleware as make
from digest_http.algorithms import Algorithm, by_name
from tests.benchmarks.counted_calls import own_calls

pytestmark = pytest.mark.once

Requests = tuple[Any, list[dict[str, Any]], int]

#: Requests that are looked at, and others before them, from which the server learns.
NUMBER, BEFORE = 10, 5


@pytest.fixture(autouse=True)
def level_of_a_program_that_sets_none(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A line in the log costs calls too, and a test that ran before may have left another level to the root logger."""
    with caplog.at_level(logging.WARNING, "digest_http.middleware"):
        yield


def verified(algorithm: Algorithm) -> Requests:
    """The next requests of a client."""
    app = make(algorithm)
    scopes = counted_scopes(app, algorithm, BEFORE + NUMBER)
    run_asgi(app, scopes[:BEFORE])
    return app, scopes[BEFORE:], 200


def with_its_body(algorithm: Algorithm) -> Requests:
    """The next requests of a client that signs with auth-int. The driver's bodies are empty."""
    app = protect(algorithm)
    scopes = scopes_with_body(app, algorithm, [b""] * (BEFORE + NUMBER))
    run_asgi(app, scopes[:BEFORE])
    return app, scopes[BEFORE:], 200


def replayed(algorithm: Algorithm) -> Requests:
    """The same request once more."""
    app, scopes, _ = verified(algorithm)
    run_asgi(app, scopes[:2])
    return app, [dict(scopes[1]) for _ in range(NUMBER)], UNAUTHORIZED


def without_credentials(algorithm: Algorithm) -> Requests:
    """What every client begins with."""
    return make(algorithm), [asgi_scope() for _ in range(NUMBER)], UNAUTHORIZED


def calls_of_one(app: Any, scopes: list[dict[str, Any]], expected: int) -> float:
    """Python's calls in our own files, for one request."""
    return own_calls(lambda: run_asgi(app, scopes, expected)) / len(scopes)


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
@pytest.mark.parametrize(
    ("requests", "at_most"), [(verified, 26), (with_its_body, 37), (replayed, 34), (without_credentials, 13)]
)
def test_calls_of_a_request(requests: Callable[[Algorithm], Requests], at_most: int, algorithm: str) -> None:
    """Whoever adds a call to each request finds it here, and may raise the bound for a reason."""
    calls = calls_of_one(*requests(by_name(algorithm)))
    # One call more in ten requests is no call of each: randomness is drawn for many nonces at once.
    assert round(calls) <= at_most
