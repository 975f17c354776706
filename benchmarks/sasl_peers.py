"""The security layers beside those of Cyrus SASL and the JDK, at 64 KiB.

Each library works in a process of its own, on its own data; both sides count processor time of one thread, in turns,
and ratios are taken within a turn. The programs around the libraries are those of the live tests.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Final

import pytest

from digest_http.sasl import DigestMD5Client
from tests.sasl.programs import Peer, running

from .sasl import LAYERS, end

__all__ = ["rows"]

Row = tuple[str, str, str]

SIZE: Final = 65536
ROUNDS: Final = 25
#: Milliseconds of a turn of theirs.
TURN: Final = 40
#: Records of a turn of ours, to last about as long: the first ones find the caches as the other side left them.
RECORDS: Final = {"auth-int": 300, "rc4": 120, "3des": 20}
NAMES: Final = {"cyrus": "Cyrus SASL", "jdk": "the JDK"}
#: Turns before the figures: the JDK compiles what it finds hot.
WARM_UP: Final = {"cyrus": 1, "jdk": 40}


def rows() -> list[Row]:
    """(What, figure, target)."""
    found: list[Row] = []
    for kind, name in NAMES.items():
        try:
            with tempfile.TemporaryDirectory() as folder, running(kind, Path(folder)) as peer:
                for layer in LAYERS:
                    found += _layer(peer, name, layer)
        except (pytest.skip.Exception, pytest.fail.Exception) as missing:
            found.append((f"SASL layers beside {name}", f"not measured: {missing}", ""))
    return found


def _layer(peer: Peer, name: str, layer: str) -> list[Row]:
    client = _logged_in(peer, layer)
    message = os.urandom(SIZE)
    count = RECORDS[layer]
    ratios: dict[str, list[float]] = {"wrap": [], "unwrap": []}
    speeds: dict[str, list[float]] = {"wrap": [], "unwrap": []}
    for turn in range(WARM_UP[peer.kind] + ROUNDS):
        records = [client.wrap(message) for _ in range(count)]
        theirs_unwrapping = peer.time_unwrap(records)
        inbound = [record for _ in range(count) for record in peer.wrap(message)]
        begin = thread_time()
        for record in inbound:
            client.unwrap(record)
        unwrapping = thread_time() - begin
        if turn >= WARM_UP[peer.kind]:
            ratios["unwrap"].append(theirs_unwrapping / unwrapping)
            speeds["unwrap"].append(count * SIZE / unwrapping)
    # `time_wrap` runs the peer's counters on, so from here nothing of the peer's is unwrapped any more.
    for turn in range(1 + ROUNDS):
        theirs = peer.time_wrap(SIZE, 1500 if turn == 0 and peer.kind == "jdk" else TURN)
        begin = thread_time()
        for _ in range(count):
            client.wrap(message)
        ours = count * SIZE / (thread_time() - begin)
        if turn:
            ratios["wrap"].append(ours / theirs)
            speeds["wrap"].append(ours)
    limit = 100 if peer.kind == "cyrus" else 101
    return [
        (
            f"SASL {layer} {operation}, 64 KiB: speed beside {name}",
            f"{100 * median(ratios[operation]):.0f} % ({median(speeds[operation]) / 1e6:.0f} MB/s)",
            f"at least {limit} %",
        )
        for operation in ("wrap", "unwrap")
    ]


def _logged_in(peer: Peer, layer: str) -> DigestMD5Client:
    peer.start(
        "server",
        layer,
        {"service": "bench", "host": "localhost", "username": "user", "password": "password", "maxbuf": "1048576"},
    )
    # Records of 64 KiB and their overhead must fit, or Cyrus would split them.
    client = DigestMD5Client("user", "password", **end(layer) | {"maxbuf": 1 << 20})
    token, done = peer.step(client.step())
    answer = client.step(token)
    while not (done and client.complete):
        token, done = peer.step(answer)
        answer = client.step(token)
    return client
