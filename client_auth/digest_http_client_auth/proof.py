"""The server's proof in an answer, and what else Authentication-Info brings (RFC 7616 §3.5)."""

from __future__ import annotations

from typing import Any

from digest_http import calculation
from digest_http.authinfo import AuthenticationInfo
from digest_http.buffers import HTTPMessage
from digest_http.errors import MalformedField, WrongPrincipal
from digest_http.httpauth.client import Signature

from .messages import Response, field_values
from .session import Session
from .wire import WireBody

__all__ = ["check_proof", "proof_covers_body"]


def proof_covers_body(session: Session, signature: Signature, response: Response[Any]) -> bool:
    """Whether checking the answer takes its body: only for a proof under auth-int."""
    if session.verify == "off" or session.info_field not in response.headers:
        return False
    info = b",".join(field_values(response, session.info_key)).lower()
    return b"rspauth" in info and (signature.qop == b"auth-int" or b"auth-int" in info)


def check_proof(session: Session, signature: Signature, response: Response[Any], wire: WireBody | None) -> None:
    """Check the answer to a request with `signature` as the policy says, and take up nextnonce.

    Raises WrongPrincipal.
    """
    context = signature.context
    if session.info_field not in response.headers:
        if session.verify == "required":
            raise WrongPrincipal(
                f"the server sent no {session.info_field} with status {response.status_code}, so it has not "
                "proved that it knows the password"
            )
        if signature.nc == b"00000001":
            context.learn_next(signature, None)
        return
    octets = b", ".join(field_values(response, session.info_key))
    try:
        info = AuthenticationInfo.parse(octets)
    except MalformedField as error:
        # "if-present" must not become "if it can be read": a proof that was garbled on purpose is no proof.
        if session.verify == "required" or (session.verify == "if-present" and b"rspauth" in octets.lower()):
            raise WrongPrincipal(f"the server's proof cannot be read: {error}") from None
        return
    if session.verify == "required" or (session.verify == "if-present" and info.rspauth is not None):
        hentity = b""
        if proof_covers_body(session, signature, response):
            # RFC 7616 §3.4.3: the hash is over the octets before they are decoded.
            body = wire.octets() if wire is not None and wire.seen else response.content
            hentity = calculation.entity_hash(context.algorithm, body)
        context.verify_signature(HTTPMessage(octets, b"", signature.url, hentity), signature)
    context.learn_next(signature, info.nextnonce)
