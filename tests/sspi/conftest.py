"""Both sides of DIGEST-MD5, once with each security layer."""

from __future__ import annotations

import pytest

from tests.sspi.wiring import INTEGRITY, PRIVACY, SASLPair, client_handle

LAYERS = {"auth-int": (INTEGRITY, ("3des",)), "3des": (PRIVACY, ("3des",)), "rc4": (PRIVACY, ("rc4",))}


@pytest.fixture(params=LAYERS)
def pair(request):
    """Both sides with each layer."""
    flags, ciphers = LAYERS[request.param]
    return SASLPair(client_handle(ciphers=ciphers), client_flags=flags).login()
