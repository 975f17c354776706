"""H(A1) of an exchange, its two proofs, and the keys of its layers (RFC 2831 §2.1.2.1, §2.1.3, §2.3, §2.4).

All computation on credentials is the kernel's; here stand only SASL's arguments to it and the four layer keys.
"""

from __future__ import annotations

from typing import Final

from digest_http import calculation
from digest_http.algorithms import Algorithm, by_name

__all__ = ["integrity_keys", "proofs", "sealing_keys", "session_hash", "user_hash"]

# RFC 2831 §2.3, §2.4: the octets of these sentences, without an end mark.
_SIGN_TO_SERVER: Final = b"Digest session key to client-to-server signing key magic constant"
_SIGN_TO_CLIENT: Final = b"Digest session key to server-to-client signing key magic constant"
_SEAL_TO_SERVER: Final = b"Digest H(A1) to client-to-server sealing key magic constant"
_SEAL_TO_CLIENT: Final = b"Digest H(A1) to server-to-client sealing key magic constant"

_NO_ENTITY: Final = b"0" * 32


def _md5() -> Algorithm:
    # Asked for at use, not at import: a build of Python without MD5 can still import the package.
    return by_name("MD5")


def user_hash(username: bytes, realm: bytes, password: bytes) -> bytes:
    """H(username ":" realm ":" password), raw, 16 octets."""
    return calculation.user_hash(_md5(), username, realm, password)


def session_hash(inner: bytes, nonce: bytes, cnonce: bytes, authzid: bytes | None) -> bytes:
    """H(A1), raw, 16 octets; `inner` is the raw user hash."""
    return calculation.session_hash(_md5(), inner, nonce, cnonce, authzid)


def proofs(
    session: bytes, *, nonce: bytes, nc: bytes, cnonce: bytes, qop: str, digest_uri: bytes
) -> tuple[bytes, bytes]:
    """The client's response and the server's rspauth, in hex; `session` is H(A1), raw."""
    md5 = _md5()
    # RFC 2831 §2.1.2.1: A2 ends in 32 zeros when a layer is chosen, since a SASL exchange has no entity.
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
    """(Kcc, Kcs): 16 octets each from the first `octets` of H(A1): 5 for rc4-40, 7 for rc4-56, else 16."""
    digest = _md5().digest
    return digest(session[:octets] + _SEAL_TO_SERVER), digest(session[:octets] + _SEAL_TO_CLIENT)
