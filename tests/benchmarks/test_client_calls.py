"""How many calls in Python a signed request costs a client, of those in our own files; see test_calls.py."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks import sign
from benchmarks.plugs import contenders
from benchmarks.timing import Batch
from tests.benchmarks.counted_calls import own_calls

pytestmark = pytest.mark.once

NUMBER = 10


def calls_of_one(batch: Batch) -> float:
    """Python's calls in our own files, for one request of a batch of NUMBER."""
    return own_calls(batch) / NUMBER


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_calls_of_a_flow(library: str, algorithm: str) -> None:
    """Whoever adds a call to each request finds it here, and may raise the bound for a reason."""
    pytest.importorskip(library)
    assert calls_of_one(sign.contenders(algorithm)[f"ours {library}"](NUMBER)) <= 12


@pytest.mark.parametrize(("library", "at_most"), [("requests", 16), ("aiohttp", 16), ("httpx", 12), ("httpx2", 12)])
def test_calls_of_a_whole_call(library: str, at_most: int) -> None:
    """So it is in a call of each library, from its own door on."""
    pytest.importorskip(library)
    with asyncio.Runner() as runner:
        assert calls_of_one(contenders(library, "SHA-256", runner)["ours"](NUMBER)) <= at_most
