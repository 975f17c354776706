"""The five ciphers of auth-conf (RFC 2831 §2.4). No other file here imports `cryptography`, and this one only at need.

All five are broken today, or their keys are short. `cryptography` keeps them in its module `decrepit` for that reason.
An OpenSSL in FIPS mode or without its legacy provider bars some or all of them.
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

#: A key to try: two different keys of seven octets each, and an IV. A build may refuse 3DES with two equal keys.
_PROBE: Final = bytes(range(16))


@dataclass(frozen=True, slots=True)
class CipherSpec:
    """One value of the `cipher` directive.

    `key_octets`: how many octets of H(A1) go into the key (RFC 2831 §2.4). `block`: the padding unit in octets, 1 for a
    stream cipher. `bits`: the strength by which peers rank the cipher. `weak`: it is off unless the caller names it.
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
    """Raise ConfigurationError if the package `cryptography` is missing."""
    try:
        importlib.import_module("cryptography.hazmat.decrepit.ciphers.algorithms")
    except ImportError:
        raise ConfigurationError(
            "auth-conf needs the package 'cryptography', 43 or newer: install digest-http[sasl], "
            "or leave auth-conf out of qop"
        ) from None


@cache
def is_barred(name: str) -> bool:
    """Whether the OpenSSL under `cryptography` refuses this cipher. Each cipher is tried once in a process."""
    try:
        _make(CIPHERS[name], _PROBE, encrypt=True)
    except Exception:  # noqa: BLE001  # builds differ: an unsupported algorithm, an internal error, or a bad key
        return True
    return False


def encryptor(spec: CipherSpec, key: bytes) -> CipherContext:
    """A running cipher for sending. Its CBC or RC4 state lasts as long as the security context.

    `key` is Kcc or Kcs, 16 octets. Raises UnsupportedAlgorithm if this build of OpenSSL bars the cipher.
    """
    return _make(spec, key, encrypt=True)


def decryptor(spec: CipherSpec, key: bytes) -> CipherContext:
    """As encryptor, for receiving."""
    return _make(spec, key, encrypt=False)


def spread(key: bytes) -> bytes:
    """Turn seven octets of a key into the eight of DES: seven bits each, then a parity bit, 0 (it is not checked)."""
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
            # rc4-40 and rc4-56 hash fewer octets, but their key is not shorter: RC4 always takes all 16 octets of Kc.
            cipher = Cipher(ARC4(key), mode=None)
        else:
            first = spread(key[0:7])
            # 3des is two-key EDE: K1 K2 K1. With K1 K1 K1 it is single DES, which `cryptography` does not have.
            second = first if spec.name == "des" else spread(key[7:14])
            # RFC 2831 §2.4: the IV of the first record is the last eight octets of Kc.
            cipher = Cipher(TripleDES(first + second + first), modes.CBC(key[8:16]))
        return cipher.encryptor() if encrypt else cipher.decryptor()
    except NotInThisBuild:
        raise UnsupportedAlgorithm(
            f"cipher {spec.name} is barred in this build of OpenSSL: take another, or auth-int inside TLS",
            reason="cipher",
        ) from None
