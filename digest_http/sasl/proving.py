"""Whether a response proves the password (RFC 2831 §2.1.2.1), in any form that its client may have hashed.

No function here raises, because a traceback could show a password. No function takes longer for one name than for
another, because the time of a refusal must not tell a stranger which names exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from digest_http import calculation

from . import charset, keys
from .accounts import Secret
from .directives import Response

__all__ = ["proof"]

_HASH_OCTETS: Final = 16

# Hashed in place of a password if nobody has the name, so that a refusal takes the same time.
_NOBODY: Final = "nobody has this password"

_surrogates: Final = re.compile(r"[\ud800-\udfff]")


def proof(response: Response, realm: bytes, secret: Secret) -> tuple[bytes, bytes] | None:
    """(H(A1), rspauth) of the first user hash that fits the response; None if none fits, or nobody has the name.

    H(A1) is raw, rspauth in hex. `realm` is the realm that was hashed, as octets; `secret` is the answer of the source
    of users.
    """
    usable = _usable(secret)
    for inner in _user_hashes(response.username, realm, usable):
        session = keys.session_hash(inner, response.nonce, response.cnonce, response.authzid)
        expected, rspauth = keys.proofs(
            session,
            nonce=response.nonce,
            nc=response.nc,
            cnonce=response.cnonce,
            qop=response.qop,
            digest_uri=response.digest_uri,
        )
        # A name that nobody has goes through all forms too, even if the client knows what is hashed in place of a
        # password.
        if calculation.same_digest(response.response, expected) and usable is not None:
            return session, rspauth
    return None


def _user_hashes(username: bytes, realm: bytes, secret: str | bytes | None) -> Iterator[bytes]:
    """H(username:realm:password), raw, in each form that the client may have hashed.

    Their number is always the same, and each is made by one hash: the time of a refusal must not tell whether anybody
    has the name, how the secret is kept, or whether the password is ASCII. A right password is accepted at the first
    form that fits.
    """
    kept = secret if isinstance(secret, bytes) else None
    for octets in charset.candidates(username, realm, secret if isinstance(secret, str) else _NOBODY):
        computed = keys.user_hash(*octets)
        yield computed if kept is None else kept


def _usable(secret: str | bytes | None) -> str | bytes | None:
    """A password, or H(A1) as 16 raw octets; None for no such user.

    Any other secret (octets of another length, text that cannot be encoded) counts as no such user, as on the HTTP
    side: an error for this name only would tell a stranger that it exists.
    """
    if isinstance(secret, str):
        return secret if secret and not _surrogates.search(secret) else None
    if secret is None or len(secret) == _HASH_OCTETS:
        return secret
    try:
        raw = bytes.fromhex(secret.decode("ascii"))
    except ValueError:
        return None
    return raw if len(raw) == _HASH_OCTETS else None
