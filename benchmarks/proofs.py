"""What checking the server's proof costs a client: a whole call's flow, rspauth verified, beside httpx's own flow.

httpx's own class verifies nothing, and gets the very same answers. Batches are short and many, and the best of each
contender counts: what other programs on the machine take is left out of both.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any, Final

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.authinfo import AuthenticationInfo

from .sign import ALGORITHMS, NONCE, TARGET, known, run
from .targets import target
from .timing import MICROSECOND, Batch, Prepare, Series, interleave

__all__ = ["rows"]

#: What is made of octets that are all zero.
CNONCE: Final = b"0" * 32

LIBRARIES: Final = ("httpx", "httpx2")


def rows(rounds: int = 40, calls: int = 100) -> list[tuple[str, str, str]]:
    """See the package."""
    table: list[tuple[str, str, str]] = []
    for algorithm in ALGORITHMS:
        series = interleave(contenders(algorithm), rounds=rounds, calls=calls)
        for name in LIBRARIES:
            own, ours = min(series[f"own {name}"]), series[f"ours {name}"]
            table += [
                (
                    f"Sign, and check rspauth, {algorithm}, against {name}.DigestAuth ({own / MICROSECOND:.2f} us)",
                    _figure(ours, own),
                    target("proved flow / own"),
                ),
                ("The same call without a proof", _figure(series[f"unproved {name}"], own), ""),
            ]
    return table


def contenders(algorithm: str) -> dict[str, Prepare]:
    """All that is timed for one algorithm, by name."""
    found: dict[str, Prepare] = {}
    for name in LIBRARIES:
        library = import_module(name)
        ours = import_module(f"digest_http_client_auth.{name}").DigestAuth
        found[f"ours {name}"] = partial(_ours, library, ours, algorithm, proved=True)
        found[f"unproved {name}"] = partial(_ours, library, ours, algorithm, proved=False)
        found[f"own {name}"] = partial(_own, library, algorithm)
    return found


def _figure(values: Series, unit: float) -> str:
    return f"{min(values) / unit:.2f}x ({min(values) / MICROSECOND:.2f} us)"


def _ours(library: Any, kind: Any, algorithm: str, calls: int, *, proved: bool) -> Batch:  # noqa: ANN401  # two libraries, one face
    # Without a proof, "required" raises: so what is measured is sure to have been checked.
    auth = kind("alice", "s3cret", random=bytes, verify="required" if proved else "if-present")
    make_request = known(library, auth, algorithm, _proof(algorithm, 1))
    infos = [_proof(algorithm, count) for count in range(2, calls + 2)] if proved else []
    return run(library, auth.sync_auth_flow, make_request, calls, infos)


def _own(library: Any, algorithm: str, calls: int) -> Batch:  # noqa: ANN401  # as above
    auth = library.DigestAuth("alice", "s3cret")
    infos = [_proof(algorithm, count) for count in range(2, calls + 2)]
    return run(library, auth.sync_auth_flow, known(library, auth, algorithm), calls, infos)


def _proof(algorithm: str, count: int) -> str:
    """Authentication-Info of the answer to the request with this count."""
    hash_ = by_name(algorithm)
    ha1 = calculation.hex_octets(calculation.user_hash(hash_, b"alice", b"r", b"s3cret"))
    ha2 = calculation.request_hash(hash_, b"", TARGET)
    nc = b"%08x" % count
    rspauth = calculation.response(hash_, ha1, NONCE.encode(), nc, CNONCE, b"auth", ha2)
    return AuthenticationInfo(rspauth, CNONCE, nc, b"auth").serialize().decode()


if __name__ == "__main__":
    from .__main__ import main

    raise SystemExit(main(["proofs"]))
