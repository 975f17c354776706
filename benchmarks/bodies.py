"""What auth-int adds to a request with a body: in process, over the hashes that it must make, and octets of memory.

The hashes are the five of a verified request (hashes.py), that of the body, and that of the answer's body. Added is the
protected app less the bare one, in each round. A body comes in pieces, as servers hand it on; both apps read it to its
end and keep nothing.
"""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Iterable, Iterator, MutableMapping
from functools import partial
from typing import Any, Final

from digest_http import calculation
from digest_http.algorithms import Algorithm, by_name
from digest_http.challenge import Challenge
from digest_http.credentials import Credentials
from digest_http_middleware import DigestAuthMiddleware

from .driven import App, asgi_challenge
from .hashes import run_hashes
from .signed import REALM, TARGET, USERNAME, Scope, asgi_scope, users
from .targets import target
from .timing import MICROSECOND, Batch, Prepare, interleave, median_of

__all__ = ["rows"]

ALGORITHMS: Final = ("SHA-256", "MD5")

KIB: Final = 1024

#: Octets of the bodies, with how many requests a round makes.
SIZES: Final = {KIB: 200, 1024 * KIB: 8}

#: Octets of a piece: what uvicorn hands on at once, at most.
PIECE: Final = 64 * KIB

#: What bodies are made of. A large bytes() of zeros would be no memory at all until it is written to.
FILL: Final = b"x"

ANSWER: Final = b"ok"

OK: Final = 200


def rows(rounds: int = 40, sizes: dict[int, int] = SIZES) -> list[tuple[str, str, str]]:
    """See the package."""
    table: list[tuple[str, str, str]] = []
    for size, calls in sizes.items():
        for name in ALGORITHMS:
            series = interleave(contenders(by_name(name), size), rounds=rounds, calls=calls)
            unit = series["hashes"]
            added = [whole - bare for whole, bare in zip(series["protected"], series["bare"], strict=True)]
            ratio = median_of(cost / hashes for cost, hashes in zip(added, unit, strict=True))
            table.append(
                (
                    f"auth-int, {name}, a body of {size // KIB} KiB: added, in units of its hashes",
                    f"{ratio:.2f}x ({median_of(added) / MICROSECOND:.1f} us)",
                    target("auth-int, 1 KiB / hashes" if size == KIB else "auth-int, 1 MiB / hashes"),
                )
            )
        table.append(
            (
                f"auth-int, a body of {size // KIB} KiB: memory at the highest, beyond the body",
                f"{peak(by_name('SHA-256'), size) / KIB:.1f} KiB",
                target("auth-int, memory"),
            )
        )
    return table


def contenders(algorithm: Algorithm, size: int) -> dict[str, Prepare]:
    """All that is timed for bodies of one size."""
    return {
        "hashes": partial(_hashes, algorithm, size),
        "bare": partial(_served, algorithm, size, protected=False),
        "protected": partial(_served, algorithm, size, protected=True),
    }


def peak(algorithm: Algorithm, size: int) -> int:
    """The most octets that one request holds, beyond its body."""
    app = _protect(algorithm)
    body = FILL * size
    scopes = _scopes(app, algorithm, body, 3)
    # Before: caches that fill on first use are no part of a request.
    _serve(app, [scopes[0], scopes[1]], lambda: _pieces(size))
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        _serve(app, [scopes[2]], lambda: _pieces(size))
        return tracemalloc.get_traced_memory()[1] - before - size
    finally:
        tracemalloc.stop()


async def _app(scope: MutableMapping[str, Any], receive: App, send: App) -> None:  # noqa: ARG001  # the ASGI signature
    """Read the body, keep nothing of it, and answer."""
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": OK, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": ANSWER})


def _protect(algorithm: Algorithm) -> DigestAuthMiddleware:
    return DigestAuthMiddleware(_app, users(algorithm), REALM, qop=["auth-int"])


def _hashes(algorithm: Algorithm, size: int, calls: int) -> Batch:
    body, five = FILL * size, run_hashes(algorithm, calls)

    def batch() -> None:
        five()
        for _ in range(calls):
            algorithm.new(body).hexdigest()
            algorithm.new(ANSWER).hexdigest()

    return batch


def _served(algorithm: Algorithm, size: int, calls: int, *, protected: bool) -> Batch:
    app, body = _protect(algorithm), FILL * size
    scopes = _scopes(app, algorithm, body, calls + 1)
    pieces = list(_pieces(size))
    # The first request of a client's software teaches the server how it writes its fields.
    _serve(app, scopes[:1], lambda: pieces)
    return lambda: _serve(app if protected else _app, scopes[1:], lambda: pieces)


def _scopes(app: App, algorithm: Algorithm, body: bytes, number: int) -> list[Scope]:
    """Requests of one client: one nonce, nc rising from 1."""
    challenge, hentity = asgi_challenge(app, algorithm), calculation.entity_hash(algorithm, body)
    length = (b"content-length", b"%d" % len(body))
    made = [asgi_scope(_sign(challenge, algorithm, count, hentity)) for count in range(1, number + 1)]
    return [{**scope, "method": "POST", "headers": [*scope["headers"], length]} for scope in made]


def _sign(challenge: Challenge, algorithm: Algorithm, count: int, hentity: bytes) -> bytes:
    ha1 = users(algorithm).ha1(USERNAME, REALM, algorithm) or b""
    nc, cnonce = b"%08x" % count, os.urandom(8).hex().encode()
    ha2 = calculation.request_hash(algorithm, b"POST", TARGET, hentity)
    response = calculation.response(algorithm, ha1, challenge.nonce, nc, cnonce, b"auth-int", ha2)
    credentials = Credentials(
        USERNAME.encode(), challenge.realm, challenge.nonce, TARGET, response, algorithm.token, b"auth-int", nc, cnonce,
        challenge.opaque,
    )  # fmt: skip
    return b"Digest " + credentials.serialize()


def _pieces(size: int) -> Iterator[bytes]:
    """A body, each piece an object of its own."""
    for at in range(0, size, PIECE):
        yield FILL * min(PIECE, size - at)


def _serve(app: App, scopes: Iterable[Scope], body: Any) -> None:  # noqa: ANN401  # makes the pieces of one body
    """Serve the scopes one after the other, without an event loop. Raises RuntimeError if one is not answered 200."""
    statuses: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    number = 0
    for scope in scopes:
        number += 1
        coming, left = iter(body()), int(scope["headers"][-1][1])

        async def receive(coming: Iterator[bytes] = coming) -> dict[str, Any]:
            nonlocal left
            piece = next(coming)
            left -= len(piece)
            return {"type": "http.request", "body": piece, "more_body": left > 0}

        run = app(scope, receive, send)
        try:
            run.send(None)
        except StopIteration:
            continue
        raise RuntimeError("the app waits for something; this driver has no event loop")
    if statuses != [OK] * number:
        raise RuntimeError("not all answers were 200: what was measured is not what was meant")


if __name__ == "__main__":
    from .__main__ import main

    raise SystemExit(main(["bodies"]))
