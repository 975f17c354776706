"""The five ciphers of auth-conf (RFC 2831 §2.4). The only file that touches `cryptography`, and only when asked.

All five are broken or short by today's measure; `cryptography` keeps them in its `decrepit` module for that reason, and
an OpenSSL in FIPS mode or without its legacy provider bars some or all of them.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from digest_http.errors import ConfigurationError, UnsupportedAlgorithm

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import CipherContext

__all__ = ["CIPHERS", "CipherSpec", "check_installed", "decryptor", "encryptor", "is_barred", "spread"]

#: Seven octets twice, which differ, and an IV: a build may refuse 3DES with keys that are alike.
_PROBE: Final = bytes(range(16))


@dataclass(frozen=True, slots=True)
class CipherSpec:
    """One value of the `cipher` directive.

    `key_octets`: how much of H(A1) goes into the key (RFC 2831 §2.4). `block`: padding unit, 1 for a stream.
    `bits`: the strength that peers rank it by. `weak`: off unless named.
    """

    name: str
    key_octets: int
    block: int
    bits: int
    weak: bool


CIPHERS: Final = {
    spec.name: spec
    for spec in (
        CipherSpec("3des", key_octets=16, block=8, bits=112, weak=False),
        CipherSpec("rc4", key_octets=16, block=1, bits=128, weak=False),
        CipherSpec("des", key_octets=16, block=8, bits=56, weak=True),
        CipherSpec("rc4-56", key_octets=7, block=1, bits=56, weak=True),
        CipherSpec("rc4-40", key_octets=5, block=1, bits=40, weak=True),
    )
}


def check_installed() -> None:
    """Raise ConfigurationError if the ciphers' package is missing."""
    try:
        importlib.import_module("cryptography.hazmat.decrepit.ciphers.algorithms")
    except ImportError:
        raise ConfigurationError(
            "auth-conf needs the package 'cryptography', 43 or newer: install digest-http[sasl], "
            "or leave auth-conf out of qop"
        ) from None


@cache
def is_barred(name: str) -> bool:
    """Whether the OpenSSL under `cryptography` refuses this cipher. It is tried once, for the life of the process."""
    try:
        _make(CIPHERS[name], _PROBE, encrypt=True)
    except Exception:  # noqa: BLE001  # an unsupported algorithm, an internal error, a bad key: each build says it so
        return True
    return False


def encryptor(spec: CipherSpec, key: bytes) -> CipherContext:
    """A running cipher for sending; its CBC or RC4 state lasts as long as the context. `key` is Kcc or Kcs."""
    return _make(spec, key, encrypt=True)


def decryptor(spec: CipherSpec, key: bytes) -> CipherContext:
    """As encryptor, for receiving."""
    return _make(spec, key, encrypt=False)


def spread(key: bytes) -> bytes:
    """Seven octets of key to the eight of DES: seven bits each, then a parity bit, left zero (nobody checks it)."""
    bits = int.from_bytes(key, "big")
    return bytes((bits >> shift & 0x7F) << 1 for shift in range(49, -1, -7))


def _make(spec: CipherSpec, key: bytes, *, encrypt: bool) -> CipherContext:
    # Imported here: see the head of the file.
    from cryptography.exceptions import UnsupportedAlgorithm as NotInThisBuild  # noqa: PLC0415
    from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, TripleDES  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers import Cipher, modes  # noqa: PLC0415

    try:
        cipher: Cipher[modes.CBC | None]
        if spec.block == 1:
            # rc4-40 and rc4-56 are short in what is hashed, not in the key: RC4 always takes all 16 octets of Kc.
            cipher = Cipher(ARC4(key), mode=None)
        else:
            first = spread(key[0:7])
            # 3des is two-key EDE, K1 K2 K1; K1 three times over is single DES, which `cryptography` does not have.
            second = first if spec.name == "des" else spread(key[7:14])
            # RFC 2831 §2.4: the IV of the first record is the last eight octets of Kc.
            cipher = Cipher(TripleDES(first + second + first), modes.CBC(key[8:16]))
        return cipher.encryptor() if encrypt else cipher.decryptor()
    except NotInThisBuild:
        raise UnsupportedAlgorithm(
            f"cipher {spec.name} is barred in this build of OpenSSL: take another, or auth-int inside TLS",
            reason="cipher",
        ) from None
