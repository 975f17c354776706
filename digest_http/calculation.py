"""THE computation: A1, A2, KD, response, rspauth, userhash. There is no other in this project.

RFC 7616 §3.4 (HTTP), RFC 2617 §3.2.2 with erratum 1649, RFC 2069 §2.1.2 (no qop), RFC 2831 §2.1.2.1 (SASL).
Every argument is octets, hashed as it stands: the caller decides on charsets and passes received text as received.
HTTP and SASL differ in two places only, both arguments here: the form of the inner hash of a session A1 (hex for
HTTP, raw for SASL) and what A2 is made of.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Final

from .algorithms import Algorithm
from .errors import MalformedField

__all__ = [
    "entity_hash",
    "hex_octets",
    "keyed_response",
    "request_hash",
    "response",
    "response_key",
    "response_rfc2069",
    "same_digest",
    "session_hash",
    "user_hash",
    "userhash",
]

#: Octets of a body up to which the implementation that begins sooner has ended before the other one.
SHORT_BODY: Final = 512


def user_hash(algorithm: Algorithm, username: bytes, realm: bytes, password: bytes) -> bytes:
    """H(username ":" realm ":" password), raw: what password files keep, in hex, as H(A1).

    RFC 7616 §3.4.2; the X of RFC 2831.
    """
    return algorithm.digest(b"%b:%b:%b" % (username, realm, password))


def session_hash(
    algorithm: Algorithm, inner: bytes, nonce: bytes, cnonce: bytes, authzid: bytes | None = None
) -> bytes:
    """H(A1) of a -sess algorithm, raw: H(inner ":" nonce ":" cnonce [":" authzid]).

    `inner` is the user hash: its lower-case hex for HTTP (RFC 7616 §3.4.2, erratum 1649 to RFC 2617), its raw
    octets for SASL (RFC 2831 §2.1.2.1). `authzid` exists in SASL only; an empty one still counts.
    """
    a1 = b"%b:%b:%b" % (inner, nonce, cnonce)
    if authzid is not None:
        a1 = b"%b:%b" % (a1, authzid)
    return algorithm.digest(a1)


def request_hash(algorithm: Algorithm, method: bytes, uri: bytes, hentity: bytes = b"") -> bytes:
    """H(A2) in hex: H(method ":" uri [":" hentity]).

    RFC 7616 §3.4.3: `hentity` is hex H(entity-body) for auth-int and empty for auth. For rspauth the method is
    empty (§3.5). SASL passes AUTHENTICATE and, with a layer, 32 zeros (RFC 2831 §2.1.2.1).
    Raises MalformedField for an hentity that is not as long as a digest in hex: with a fixed length at the end it is
    certain where the uri ends, whatever colons that holds.
    """
    if hentity:
        if len(hentity) != 2 * algorithm.digest_size:
            raise MalformedField(f"HEntity is not {2 * algorithm.digest_size} hex digits", reason="hentity")
        return algorithm.new_short(b":".join((method, uri, hentity))).hexdigest().encode()
    # Algorithm.hexdigest, less a call: a server makes this and keyed_response twice for each request.
    return algorithm.new_short(b":".join((method, uri))).hexdigest().encode()


def response(algorithm: Algorithm, ha1: bytes, nonce: bytes, nc: bytes, cnonce: bytes, qop: bytes, ha2: bytes) -> bytes:
    """The response, or rspauth, in hex: KD(H(A1), nonce ":" nc ":" cnonce ":" qop ":" H(A2)).

    RFC 7616 §3.4.1. `ha1` and `ha2` in lower-case hex, the rest as it stands in the header field. An empty qop makes
    the response of RFC 2069 (§2.1.2, RFC 2617 §3.2.2.1), which has neither nc nor cnonce.
    """
    return keyed_response(algorithm, response_key(ha1, nonce, nc, cnonce, qop), ha2)


def response_rfc2069(algorithm: Algorithm, ha1: bytes, nonce: bytes, ha2: bytes) -> bytes:
    """The response without qop, in hex: KD(H(A1), nonce ":" H(A2)) (RFC 2069 §2.1.2, RFC 2617 §3.2.2.1)."""
    return keyed_response(algorithm, response_key(ha1, nonce, b"", b"", b""), ha2)


def response_key(ha1: bytes, nonce: bytes, nc: bytes, cnonce: bytes, qop: bytes) -> bytes:
    """What stands before H(A2) in the data of the response, and of rspauth as well: for `keyed_response`.

    Holds H(A1), so it is a secret.
    """
    if not qop:
        return b"%b:%b:" % (ha1, nonce)
    return b":".join((ha1, nonce, nc, cnonce, qop, b""))


def keyed_response(algorithm: Algorithm, key: bytes, ha2: bytes) -> bytes:
    """The response, or rspauth, in hex, under a key of `response_key`: who makes both makes that once."""
    return algorithm.new_short(key + ha2).hexdigest().encode()


same_digest: Final = compare_digest
"""Whether two digests, as octets, are equal, in a time that does not tell where they differ."""


def userhash(algorithm: Algorithm, username: bytes, realm: bytes) -> bytes:
    """H(username ":" realm) in hex, sent in place of the name (RFC 7616 §3.4.4)."""
    return algorithm.hexdigest(b"%b:%b" % (username, realm))


def entity_hash(algorithm: Algorithm, body: bytes | bytearray | memoryview) -> bytes:
    """HEntity: H(entity-body) in hex, over the octets before any transfer coding (RFC 7616 §3.4.3)."""
    return (algorithm.new_short if len(body) <= SHORT_BODY else algorithm.new)(body).hexdigest().encode()


def hex_octets(raw: bytes) -> bytes:
    """The lower-case hex form of a raw digest, as ASCII octets."""
    return raw.hex().encode()
