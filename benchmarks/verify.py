"""What verifying adds to a request, in process: DigestAuthMiddleware around a bare ASGI app, the peers around theirs.

Added is the protected app less the bare one, in each round. The unit is the five hash calls (hashes.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from digest_http.algorithms import Algorithm, by_name
from digest_http_middleware import DigestAuthMiddleware

from .driven import bare_asgi_app, counted_scopes, fresh_scopes, moving_scopes, new_scopes, run_asgi
from .hashes import run_hashes
from .peers import PEERS
from .signed import REALM, Scope, users
from .targets import target
from .timing import MICROSECOND, Batch, Prepare, Series, interleave, median_of

__all__ = ["rows", "verified"]

ALGORITHMS: Final = ("SHA-256", "MD5")

Scopes = Callable[[DigestAuthMiddleware, Algorithm, int], list[Scope]]


def contenders() -> dict[str, Prepare]:
    """All that is timed in one run, by name; peers that are not installed are left out."""
    found: dict[str, Prepare] = {}
    for name in ALGORITHMS:
        algorithm = by_name(name)
        found[f"hashes {name}"] = partial(run_hashes, algorithm)
        found[f"bare {name}"] = partial(_bare, algorithm)
        found[f"known {name}"] = partial(_protected, algorithm, counted_scopes)
        found[f"moving {name}"] = partial(_protected, algorithm, moving_scopes)
        found[f"new {name}"] = partial(_protected, algorithm, new_scopes)
        found[f"fresh {name}"] = partial(_protected, algorithm, fresh_scopes)
    for name, make in PEERS.items():
        peer = make()
        if peer is not None:
            found[f"bare {name}"] = peer.run_bare
            found[f"known {name}"] = peer.run_protected
    return found


def rows(rounds: int = 80, calls: int = 200) -> list[tuple[str, str, str]]:
    """See the package."""
    series = interleave(contenders(), rounds=rounds, calls=calls)

    def added(what: str, name: str) -> Series:
        return [whole - bare for whole, bare in zip(series[f"{what} {name}"], series[f"bare {name}"], strict=True)]

    table: list[tuple[str, str, str]] = []
    for name in ALGORITHMS:
        unit = series[f"hashes {name}"]
        table.append((f"The five hash calls, {name}", f"{median_of(unit) / MICROSECOND:.2f} us", ""))
        for what, text in (
            ("known", "the next request of a client"),
            ("moving", "the next request, for two targets in turns"),
            ("new", "the next request, for a target that is new each time"),
            ("fresh", "the first request on a nonce"),
        ):
            cost = added(what, name)
            table.append(
                (
                    f"Verify, {name}, {text}: added, in units of the five",
                    f"{_ratio(cost, unit):.2f}x ({median_of(cost) / MICROSECOND:.1f} us)",
                    target("verify / hashes") if what in {"known", "moving"} else "",
                )
            )
    ours, unit = added("known", "MD5"), series["hashes MD5"]
    for name in ("Paste", "Flask-HTTPAuth", "Twisted"):
        if f"known {name}" not in series:
            table.append((f"Verify, against {name}", "not installed", target(f"verify / {name}")))
            continue
        theirs = added("known", name)
        text = f"{_ratio(theirs, unit):.2f}x ({median_of(theirs) / MICROSECOND:.1f} us)"
        table.append((f"{name}, MD5: added, in units of the five", text, ""))
        for algorithm in reversed(ALGORITHMS):
            ours = added("known", algorithm)
            what = f"Verify, {algorithm}: added, against what {name} adds with MD5"
            table.append((what, f"{_ratio(ours, theirs):.3g}x", target(f"verify / {name}")))
    return table


def _ratio(values: Series, units: Series) -> float:
    return median_of(value / unit for value, unit in zip(values, units, strict=True))


def _middleware(algorithm: Algorithm) -> DigestAuthMiddleware:
    return DigestAuthMiddleware(bare_asgi_app, users(algorithm), REALM)


def _bare(algorithm: Algorithm, calls: int) -> Batch:
    scopes = counted_scopes(_middleware(algorithm), algorithm, calls)
    return lambda: run_asgi(bare_asgi_app, scopes)


def _protected(algorithm: Algorithm, make: Scopes, calls: int) -> Batch:
    app = _middleware(algorithm)
    # The first request of a client's software teaches the server how it writes its fields.
    run_asgi(app, make(app, algorithm, 1))
    scopes = make(app, algorithm, calls)
    return lambda: run_asgi(app, scopes)


def verified(calls: int) -> Batch:
    """That many verified requests of one client (SHA-256), as a contender."""
    return _protected(by_name("SHA-256"), counted_scopes, calls)
