"""What a 401 costs, in process: a request without credentials, and one with a stale nonce. Both store nothing."""

from __future__ import annotations

from functools import partial
from typing import Final

from digest_http.algorithms import Algorithm, by_name
from digest_http_middleware import DigestAuthMiddleware

from .driven import UNAUTHORIZED, bare_asgi_app, counted_scopes, fresh_scopes, run_asgi
from .hashes import run_hashes
from .peers import PEERS
from .signed import REALM, asgi_scope, users
from .targets import target
from .timing import MICROSECOND, Batch, Prepare, interleave, median_of
from .verify import verified

__all__ = ["rows"]

_SHA256: Final = by_name("SHA-256")


def rows(rounds: int = 60, calls: int = 200) -> list[tuple[str, str, str]]:
    """See the package."""
    contenders: dict[str, Prepare] = {
        "hashes": partial(run_hashes, _SHA256),
        "no credentials": partial(_challenged, _SHA256),
        "stale": partial(_stale, _SHA256),
        "accepted": verified,
        "replay": partial(_replayed, _SHA256),
    }
    names = {
        "accepted": "200, the next request of a client, beside",
        "replay": "401 to a replay, a right digest with a count that was used",
        "no credentials": "401 without credentials",
        "stale": "401 with stale=true, a right digest on a dead nonce",
    }
    for name, make in PEERS.items():
        peer = make()
        if peer is not None:
            contenders[name] = peer.run_challenged
            names[name] = f"401 without credentials, {peer.name}"
    series = interleave(contenders, rounds=rounds, calls=calls)
    targets = {"no credentials": target("challenge / hashes")}
    table: list[tuple[str, str, str]] = []
    for name, text in names.items():
        ratio = median_of(cost / unit for cost, unit in zip(series[name], series["hashes"], strict=True))
        figure = f"{ratio:.2f}x ({median_of(series[name]) / MICROSECOND:.1f} us)"
        table.append((f"{text}: in units of the five hash calls", figure, targets.get(name, "")))
    ratio = median_of(cost / unit for cost, unit in zip(series["replay"], series["accepted"], strict=True))
    table.append(("A replay refused, against an accepted request", f"{ratio:.2f}x", target("replay / accepted")))
    return table


def _middleware(algorithm: Algorithm, lifetime: float = 300) -> DigestAuthMiddleware:
    return DigestAuthMiddleware(bare_asgi_app, users(algorithm), REALM, nonce_lifetime=lifetime)


def _challenged(algorithm: Algorithm, calls: int) -> Batch:
    app = _middleware(algorithm)
    scopes = [asgi_scope() for _ in range(calls)]
    return lambda: run_asgi(app, scopes, UNAUTHORIZED)


def _replayed(algorithm: Algorithm, calls: int) -> Batch:
    app = _middleware(algorithm)
    scopes = counted_scopes(app, algorithm, 2)
    run_asgi(app, scopes)
    again = [dict(scopes[1]) for _ in range(calls)]
    return lambda: run_asgi(app, again, UNAUTHORIZED)


def _stale(algorithm: Algorithm, calls: int) -> Batch:
    # Dead after a microsecond, long before the last of them was signed.
    app = _middleware(algorithm, lifetime=MICROSECOND)
    scopes = fresh_scopes(app, algorithm, calls)
    return lambda: run_asgi(app, scopes, UNAUTHORIZED)
