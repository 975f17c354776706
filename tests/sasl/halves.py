"""A sender and its receiver for each layer, without a login."""

from __future__ import annotations

from digest_http.sasl import confidentiality, integrity, keys
from digest_http.sasl.ciphers import CIPHERS

SESSION = bytes(range(16))
LAYERS = ("auth-int", *CIPHERS)


def halves(layer: str, limit: int | None = None) -> tuple[integrity.Signer, integrity.Verifier]:
    """A sender and its receiver."""
    key = keys.integrity_keys(SESSION)[0]
    if layer == "auth-int":
        return integrity.Signer(key, limit), integrity.Verifier(key, limit)
    spec = CIPHERS[layer]
    sealing = keys.sealing_keys(SESSION, spec.key_octets)[0]
    return confidentiality.Sealer(key, limit, spec, sealing), confidentiality.Unsealer(key, limit, spec, sealing)
