"""The server's proof in an answer, and what else Authentication-Info brings (RFC 7616 §3.5)."""

from __future__ import annotations

from typing import Any, NamedTuple

from digest_http import calculation
from digest_http.authinfo import AuthenticationInfo
from digest_http.buffers import HTTPMessage
from digest_http.errors import MalformedField, WrongPrincipal
from digest_http.httpauth.client import Signature

from .messages import Response, field_values
from .session import Session
from .wire import WireBody

__all__ = ["Proof", "check_proof", "check_redirects", "proof_covers_body"]


class Proof(NamedTuple):
    """What an answer that may pass has shown."""

    given: bool
    """Whether it had a right rspauth: it comes from one who knows the password."""
    nextnonce: bytes | None = None


def proof_covers_body(session: Session, signature: Signature, response: Response[Any]) -> bool:
    """Whether checking the answer takes its body: only for a proof under auth-int."""
    if session.verify == "off" or session.info_field not in response.headers:
        return False
    info = b",".join(field_values(response, session.info_key)).lower()
    return b"rspauth" in info and (signature.qop == b"auth-int" or b"auth-int" in info)


def check_proof(session: Session, signature: Signature, response: Response[Any], wire: WireBody | None) -> Proof:
    """Check the answer to a request with `signature` as the policy says. Changes nothing. Raises WrongPrincipal."""
    if session.info_field not in response.headers:
        if session.demands_proof:
            raise WrongPrincipal(
                f"the server sent no {session.info_field} with status {response.status_code}, so it has not "
                "proved that it knows the password"
            )
        return Proof(given=False)
    octets = b", ".join(field_values(response, session.info_key))
    try:
        info = AuthenticationInfo.parse(octets)
    except MalformedField as error:
        # "if-present" must not become "if it can be read": a proof that was garbled on purpose is no proof.
        if session.demands_proof or (session.verify == "if-present" and b"rspauth" in octets.lower()):
            raise WrongPrincipal(f"the server's proof cannot be read: {error}") from None
        return Proof(given=False)
    if not session.demands_proof and (session.verify == "off" or info.rspauth is None):
        return Proof(given=False, nextnonce=info.nextnonce)
    hentity = b""
    if proof_covers_body(session, signature, response):
        # RFC 7616 §3.4.3: the hash is over the octets before they are decoded.
        body = wire.octets() if wire is not None and wire.seen else response.content
        hentity = calculation.entity_hash(signature.context.algorithm, body)
    signature.context.verify_signature(HTTPMessage(octets, b"", signature.url, hentity), signature)
    return Proof(given=True, nextnonce=info.nextnonce)


def check_redirects(session: Session, signature: Signature | None, hops: list[Response[Any]]) -> None:
    """Check the redirects that the library followed after one sending, where a proof is demanded.

    `signature` is that of the request that was sent, None if it was not signed. Raises WrongPrincipal.
    """
    if not hops:
        return
    # One signature proves one answer: what answers the copy of a field that the library carried along proves nothing,
    # since the proof of the answer before can be copied as well.
    if signature is None or len(hops) > 1:
        raise WrongPrincipal("a redirect was followed that the server has not proved to be its own")
    check_proof(session, signature, hops[0], None)
