"""What Digest adds to a call of requests, aiohttp and httpx, beside what the Digest that each library brings adds.

The server is known, each request is signed in advance, and all happens in this process. What is added is the time of a
call with Digest less that of the same call without, in one round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, Final

from .answered_calls import aiohttp_calls, httpx_calls, requests_calls
from .sign import ALGORITHMS
from .targets import target
from .timing import MICROSECOND, Prepare, Series, interleave, median_of

__all__ = ["contenders", "rows"]

#: The Digest that each library brings. That of httpx is in the group `sign` too, without the rest of a call.
STOCK: Final = {
    "requests": "requests.auth.HTTPDigestAuth",
    "aiohttp": "aiohttp.DigestAuthMiddleware",
    "httpx": "httpx.DigestAuth",
    "httpx2": "httpx2.DigestAuth",
}


def rows(rounds: int = 100, calls: int = 100) -> list[tuple[str, str, str]]:
    """See the package."""
    table: list[tuple[str, str, str]] = []
    with asyncio.Runner() as runner:
        for library in STOCK:
            for algorithm in ALGORITHMS:
                table += _rows_of(
                    library, algorithm, interleave(contenders(library, algorithm, runner), rounds=rounds, calls=calls)
                )
    return table


def contenders(library: str, algorithm: str, runner: asyncio.Runner) -> dict[str, Prepare]:
    """What is timed for one library: calls without Digest, with ours, and with the library's own."""
    calls: dict[str, Callable[[Any, str, int], Any]] = {
        "requests": requests_calls,
        "aiohttp": partial(aiohttp_calls, runner),
    }
    call = calls[library] if library in calls else partial(httpx_calls, library)
    module, _, name = STOCK[library].rpartition(".")
    own = getattr(import_module(module), name)
    ours = import_module(f"digest_http_client_auth.{library}").DigestAuth
    return {
        "without": partial(call, None, algorithm),
        "ours": lambda calls: call(ours("alice", "s3cret"), algorithm, calls),
        "own": lambda calls: call(own("alice", "s3cret"), algorithm, calls),
    }


def _rows_of(library: str, algorithm: str, series: dict[str, Series]) -> list[tuple[str, str, str]]:
    without, ours, own = series["without"], series["ours"], series["own"]
    added, added_own = _added(ours, without), _added(own, without)
    table = [
        (
            f"{library}, {algorithm}: added to a call, against {STOCK[library]} ({_microseconds(added_own)})",
            f"{_ratio(added, added_own):.2f}x ({_microseconds(added)})",
            target("plug / own") if library in {"requests", "aiohttp"} else "",
        )
    ]
    if library.startswith("httpx"):
        table.append(
            (
                f"{library}, {algorithm}: a call with Digest, against one without ({_microseconds(without)})",
                f"{_ratio(ours, without):.3f}x",
                target("call with / without"),
            )
        )
    return table


def _added(with_digest: Series, without: Series) -> Series:
    return [one - other for one, other in zip(with_digest, without, strict=True)]


def _microseconds(values: Series) -> str:
    return f"{median_of(values) / MICROSECOND:.2f} us"


def _ratio(values: Series, units: Series) -> float:
    return median_of(value / unit for value, unit in zip(values, units, strict=True))


if __name__ == "__main__":
    from .__main__ import main

    raise SystemExit(main(["plugs"]))
