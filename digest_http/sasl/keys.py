"""H(A1) of an exchange, its two proofs, and the keys of its layers (RFC 2831 §2.1.2.1, §2.1.3, §2.3, §2.4).

The kernel (digest_http.calculation) computes everything on credentials. This file has only SASL's arguments to it, and
the four keys of the layers.
"""

from __future__ import annotations

from typing import Final

from digest_http import calculation
from digest_http.algorithms import Algorithm, by_name

__all__ = ["integrity_keys", "proofs", "sealing_keys", "session_hash", "user_hash"]

# RFC 2831 §2.3, §2.4: the octets of these texts, with nothing after them.
_SIGN_TO_SERVER: Final = b"Digest session key to client-to-server signing key magic constant"
_SIGN_TO_CLIENT: Final = b"Digest session key to server-to-client signing key magic constant"
_SEAL_TO_SERVER: Final = b"Digest H(A1) to client-to-server sealing key magic constant"
_SEAL_TO_CLIENT: Final = b"Digest H(A1) to server-to-client sealing key magic constant"

_NO_ENTITY: Final = b"0" * 32


def _md5() -> Algorithm:
    # Looked up at each use, not at import: a build of Python without MD5 can still import the package.
    return by_name("MD5")


def user_hash(username: bytes, realm: bytes, password: bytes) -> bytes:
    """H(username ":" realm ":" password), raw, 16 octets."""
    return calculation.user_hash(_md5(), username, realm, password)


def session_hash(inner: bytes, nonce: bytes, cnonce: bytes, authzid: bytes | None) -> bytes:
    """H(A1), raw, 16 octets; `inner` is the raw user hash. `authzid` None: there is none in A1."""
    return calculation.session_hash(_md5(), inner, nonce, cnonce, authzid)


def proofs(
    session: bytes, *, nonce: bytes, nc: bytes, cnonce: bytes, qop: str, digest_uri: bytes
) -> tuple[bytes, bytes]:
    """(The client's response, the server's rspauth), each in hex; `session` is H(A1), raw, 16 octets."""
    md5 = _md5()
    # RFC 2831 §2.1.2.1: A2 ends in 32 zeros if a layer is chosen, because a SASL exchange has no entity.
    entity = _NO_ENTITY if qop != "auth" else b""
    ha1 = calculation.hex_octets(session)
    client, server = (
        calculation.response(
            md5, ha1, nonce, nc, cnonce, qop.encode(), calculation.request_hash(md5, method, digest_uri, entity)
        )
        for method in (b"AUTHENTICATE", b"")
    )
    return client, server


def integrity_keys(session: bytes) -> tuple[bytes, bytes]:
    """(Kic, Kis): the MAC keys of records to the server and to the client, 16 octets each."""
    digest = _md5().digest
    return digest(session + _SIGN_TO_SERVER), digest(session + _SIGN_TO_CLIENT)


def sealing_keys(session: bytes, octets: int) -> tuple[bytes, bytes]:
    """(Kcc, Kcs): the cipher keys of records to the server and to the client, 16 octets each.

    They are made from the first `octets` octets of H(A1): 5 for rc4-40, 7 for rc4-56, else 16.
    """
    digest = _md5().digest
    return digest(session[:octets] + _SEAL_TO_SERVER), digest(session[:octets] + _SEAL_TO_CLIENT)
