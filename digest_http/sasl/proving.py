"""Whether a response proves the password (RFC 2831 §2.1.2.1), in whichever form its client hashed.

Nothing here raises, and nothing here takes longer for one name than for another: a refusal must tell neither a password
to whoever reads tracebacks, nor to a stranger which names exist.
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

# Hashed in place of a password for a name that nobody has, so that it costs the same.
_NOBODY: Final = "nobody has this password"

_surrogates: Final = re.compile(r"[\ud800-\udfff]")


def proof(response: Response, realm: bytes, secret: Secret) -> tuple[bytes, bytes] | None:
    """(H(A1), rspauth) under the first user hash that explains the response; None if none does, or nobody has the name.

    `realm` is the one that was hashed, as octets; `secret` is what the source of users gave.
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
        # A name that nobody has goes through all forms too, even for who knows what is hashed in place of a password.
        if calculation.same_digest(response.response, expected) and usable is not None:
            return session, rspauth
    return None


def _user_hashes(username: bytes, realm: bytes, secret: str | bytes | None) -> Iterator[bytes]:
    """H(username:realm:password), raw, in each form that the client may have hashed.

    Always as many, each made by one hash: how long a refusal takes must not tell whether the name is somebody's, how
    his secret is kept, or whether his password is ASCII. Who has the right password is let in by the first that fits.
    """
    kept = secret if isinstance(secret, bytes) else None
    for octets in charset.candidates(username, realm, secret if isinstance(secret, str) else _NOBODY):
        computed = keys.user_hash(*octets)
        yield computed if kept is None else kept


def _usable(secret: str | bytes | None) -> str | bytes | None:
    """A password, or H(A1) as 16 raw octets; None for no such user.

    What is neither (octets of another length, text that no charset holds) counts as no such user, as on the HTTP side:
    an error for that name alone would tell a stranger that it exists.
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
