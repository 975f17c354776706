"""The security layers against the bare primitives in the same process, and their memory.

`wrap` and `unwrap` of whole records, processor time. The bare primitives are what any implementation must pay from
Python: one-shot HMAC-MD5 of the message and the cipher's update over it.
"""

from __future__ import annotations

import hmac
import os
import tracemalloc
from collections.abc import Callable
from statistics import median
from typing import Any, Final

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from digest_http.sasl import DigestMD5Client, DigestMD5Server

from .timing import Batch, Prepare, interleave

__all__ = ["LAYERS", "end", "pair", "rows"]

Row = tuple[str, str, str]

LAYERS: Final = ("auth-int", "rc4", "3des")
SIZES: Final = {1024: ("1 KiB", 0.85), 65536: ("64 KiB", 0.95)}
MEBI: Final = 1 << 20
_KEY: Final = bytes(range(24))


def rows() -> list[Row]:
    """(What, figure, target)."""
    return [*_against_primitives(), *_memory()]


def end(layer: str) -> dict[str, Any]:
    """The keywords of both ends, for just this layer."""
    chosen = {"qop": layer} if layer == "auth-int" else {"qop": "auth-conf", "ciphers": layer}
    return {"service": "bench", "host": "localhost", "enforce_maxbuf": False, **chosen}


def pair(layer: str) -> tuple[DigestMD5Client, DigestMD5Server]:
    """A client and a server that have logged in."""
    client = DigestMD5Client("user", "password", **end(layer))
    server = DigestMD5Server({"user": "password"}, **end(layer))
    client.step(server.step(client.step(server.step())))
    return client, server


# --- against the bare primitives ---


def _against_primitives() -> list[Row]:
    found = []
    for size, (name, target) in SIZES.items():
        message = os.urandom(size)
        for layer in LAYERS:
            calls = max(4, int((2 if layer == "3des" else 24) * MEBI / size / 24))
            contenders = {
                "bare wrap": _bare(layer, message),
                "wrap": _wrapping(layer, message),
                "bare unwrap": _bare(layer, message, decrypt=True),
                "unwrap": _unwrapping(layer, message),
            }
            series = interleave(contenders, rounds=41, calls=calls)
            for operation in ("wrap", "unwrap"):
                speed = median(size / seconds for seconds in series[operation]) / 1e6
                ratio = median(
                    bare / ours for bare, ours in zip(series[f"bare {operation}"], series[operation], strict=True)
                )
                found.append(
                    (
                        f"SASL {layer} {operation}, {name}: share of the bare primitives' speed",
                        f"{100 * ratio:.0f} % ({speed:.0f} MB/s)",
                        f"at least {100 * target:.0f} %",
                    )
                )
    return found


def _bare(layer: str, message: bytes, *, decrypt: bool = False) -> Prepare:
    def prepare(calls: int) -> Batch:
        update = _cipher(layer, decrypt=decrypt)
        # As the layers have it: one message sent again and again, but each record received at a place of its own.
        messages = [bytes(bytearray(message)) for _ in range(calls)] if decrypt else [message] * calls

        def batch() -> None:
            for each in messages:
                hmac.digest(_KEY, each, "md5")
                if update is not None:
                    update(each)

        return batch

    return prepare


def _cipher(layer: str, *, decrypt: bool) -> Callable[[bytes], bytes] | None:
    if layer == "auth-int":
        return None
    cipher: Cipher[modes.CBC | None] = (
        Cipher(ARC4(_KEY[:16]), mode=None) if layer == "rc4" else Cipher(TripleDES(_KEY), modes.CBC(bytes(8)))
    )
    return (cipher.decryptor() if decrypt else cipher.encryptor()).update


def _wrapping(layer: str, message: bytes) -> Prepare:
    def prepare(calls: int) -> Batch:
        wrap = pair(layer)[0].wrap

        def batch() -> None:
            for _ in range(calls):
                wrap(message)

        return batch

    return prepare


def _unwrapping(layer: str, message: bytes) -> Prepare:
    def prepare(calls: int) -> Batch:
        client, server = pair(layer)
        records = [client.wrap(message) for _ in range(calls)]
        unwrap = server.unwrap

        def batch() -> None:
            for record in records:
                unwrap(record)

        return batch

    return prepare


# --- memory ---


def _memory() -> list[Row]:
    message = bytes(16 * MEBI)
    found = []
    for layer in LAYERS:
        client, server = pair(layer)
        record, wrapping = _traced(lambda: client.wrap(message))  # noqa: B023  # called at once
        _, unwrapping = _traced(lambda: server.unwrap(record))  # noqa: B023  # as above
        worst = max(wrapping, unwrapping) / len(message)
        found.append(
            (
                f"SASL {layer}, 16 MiB: copies beyond input and output, at the peak",
                f"{worst - 1:.2f}",
                "at most 1.01",
            )
        )
    return found


def _traced(call: Callable[[], bytes]) -> tuple[bytes, int]:
    """(The result, octets allocated at the peak, the result among them)."""
    tracemalloc.start()
    try:
        result = call()
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
