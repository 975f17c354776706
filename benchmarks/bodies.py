"""What auth-int adds to a request with a body: in process, over the hashes that it must make, and octets of memory.

The hashes are the five of a verified request (hashes.py), that of the body, and that of the answer's body. Added is the
protected app less the bare one, in each round. A body comes in pieces, as servers hand it on; both apps read it to its
end and keep nothing.

The body is the same each time, as that of a program that polls, and so is the answer: H(A2) of both is then known by
the hash of the body. One more row, without a target, has a body and an answer that are new each time.
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
from .timing import MICROSECOND, Batch, Prepare, Series, interleave, median_of

__all__ = ["rows"]

ALGORITHMS: Final = ("SHA-256", "MD5")

KIB: Final = 1024

#: Octets of the bodies, with how many requests a round makes.
SIZES: Final = {KIB: 200, 1024 * KIB: 8}

#: Octets of a piece: what uvicorn hands on at once, at most.
PIECE: Final = 64 * KIB

#: What bodies are made of. A large bytes() of zeros would be no memory at all until it is written to.
FILL: Final = b"x"

#: Octets that the app answers: those that the body begins with.
ANSWER: Final = 8

OK: Final = 200


def rows(rounds: int = 40, sizes: dict[int, int] = SIZES) -> list[tuple[str, str, str]]:
    """See the package."""
    table: list[tuple[str, str, str]] = []
    for size, calls in sizes.items():
        for name in ALGORITHMS:
            series = interleave(contenders(by_name(name), size), rounds=rounds, calls=calls)
            what = f"auth-int, {name}, a body of {size // KIB} KiB"
            wanted = target("auth-int, 1 KiB / hashes" if size == KIB else "auth-int, 1 MiB / hashes")
            table.append((f"{what}: added, in units of its hashes", _added(series, "protected"), wanted))
            if size == KIB:
                table.append((f"{what} that is new each time, as is the answer: added", _added(series, "new"), ""))
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
    found: dict[str, Prepare] = {
        "hashes": partial(_hashes, algorithm, size),
        "bare": partial(_served, algorithm, size, protected=False),
        "protected": partial(_served, algorithm, size, protected=True),
    }
    return found | {"new": partial(_served, algorithm, size, protected=True, new=True)} if size == KIB else found


def _added(series: dict[str, Series], which: str) -> str:
    added = [whole - bare for whole, bare in zip(series[which], series["bare"], strict=True)]
    ratio = median_of(cost / hashes for cost, hashes in zip(added, series["hashes"], strict=True))
    return f"{ratio:.2f}x ({median_of(added) / MICROSECOND:.1f} us)"


def peak(algorithm: Algorithm, size: int) -> int:
    """The most octets that one request holds, beyond its body."""
    app = _protect(algorithm)
    scopes = _scopes(app, algorithm, [FILL * size] * 3)
    # Before: caches that fill on first use are no part of a request.
    _serve(app, scopes[:2], [_pieces(size), _pieces(size)])
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        _serve(app, scopes[2:], [_pieces(size)])
        return tracemalloc.get_traced_memory()[1] - before - size
    finally:
        tracemalloc.stop()


async def _app(scope: MutableMapping[str, Any], receive: App, send: App) -> None:  # noqa: ARG001  # the ASGI signature
    """Read the body, keep nothing of it but its head, and answer that."""
    message = await receive()
    head = message["body"][:ANSWER]
    while message.get("more_body", False):
        message = await receive()
    await send({"type": "http.response.start", "status": OK, "headers": [(b"content-length", b"8")]})
    await send({"type": "http.response.body", "body": head})


def _protect(algorithm: Algorithm) -> DigestAuthMiddleware:
    return DigestAuthMiddleware(_app, users(algorithm), REALM, qop=["auth-int"])


def _hashes(algorithm: Algorithm, size: int, calls: int) -> Batch:
    body, five = FILL * size, run_hashes(algorithm, calls)

    def batch() -> None:
        five()
        for _ in range(calls):
            algorithm.new(body).hexdigest()
            algorithm.new(body[:ANSWER]).hexdigest()

    return batch


def _served(algorithm: Algorithm, size: int, calls: int, *, protected: bool, new: bool = False) -> Batch:
    app = _protect(algorithm)
    tail = FILL * (size - ANSWER)
    # One object, or as many as requests.
    bodies = [b"%08d" % number + tail for number in range(calls + 1)] if new else [FILL * ANSWER + tail] * (calls + 1)
    scopes = _scopes(app, algorithm, bodies)
    coming = [list(_cut(body)) for body in bodies] if new else [list(_cut(bodies[0]))] * (calls + 1)
    # The first request of a client's software teaches the server how it writes its fields.
    _serve(app, scopes[:1], coming[:1])
    return lambda: _serve(app if protected else _app, scopes[1:], coming[1:])


def _scopes(app: App, algorithm: Algorithm, bodies: Iterable[bytes]) -> list[Scope]:
    """Requests of one client with these bodies: one nonce, nc rising from 1."""
    challenge, made = asgi_challenge(app, algorithm), []
    for count, body in enumerate(bodies, 1):
        scope = asgi_scope(_sign(challenge, algorithm, count, calculation.entity_hash(algorithm, body)))
        length = (b"content-length", b"%d" % len(body))
        made.append({**scope, "method": "POST", "headers": [*scope["headers"], length]})
    return made


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


def _cut(body: bytes) -> Iterator[bytes]:
    """A body in pieces, as a server hands it on."""
    for at in range(0, len(body), PIECE):
        yield body[at : at + PIECE]


def _pieces(size: int) -> Iterator[bytes]:
    """A body of nothing but FILL, each piece made when it is taken."""
    for at in range(0, size, PIECE):
        yield FILL * min(PIECE, size - at)


def _serve(app: App, scopes: Iterable[Scope], bodies: Iterable[Iterable[bytes]]) -> None:
    """Serve the scopes one after the other, without an event loop. Raises RuntimeError if one is not answered 200."""
    statuses: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    number = 0
    for scope, body in zip(scopes, bodies, strict=True):
        number += 1
        coming, left = iter(body), int(scope["headers"][-1][1])

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
