"""The server's proof in the answers of one call, redirects among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from digest_http.algorithms import Hash
from digest_http.errors import WrongPrincipal
from digest_http.httpauth import proof
from digest_http.httpauth.client import Signature
from digest_http.httpauth.proof import Proof

from .library import RequestT, ResponseT
from .session import Session

__all__ = ["check_info", "check_proof", "check_redirects", "info_of", "proof_covers_body"]


def proof_covers_body(session: Session[RequestT, ResponseT], signature: Signature, response: ResponseT) -> bool:
    """Whether checking the answer takes its body."""
    return proof.covers_body(session.verify, signature, info_of(session, response))


def check_proof(
    session: Session[RequestT, ResponseT], signature: Signature, response: ResponseT, body: Callable[[], bytes | Hash]
) -> Proof:
    """Check the answer to a request with `signature` as the policy says. Changes nothing. Raises WrongPrincipal."""
    return check_info(session, signature, response, info_of(session, response), body)


def check_info(
    session: Session[RequestT, ResponseT],
    signature: Signature,
    response: ResponseT,
    info: bytes | None,
    body: Callable[[], bytes | Hash],
) -> Proof:
    """The same, with the value of Authentication-Info that `info_of` gave."""
    what = "" if info is not None else f"{session.info_name.decode()} with status {session.library.status(response)}"
    return proof.check_proof(session.verify, signature, info, body, what)


def check_redirects(
    session: Session[RequestT, ResponseT], signature: Signature | None, hops: Sequence[ResponseT]
) -> None:
    """Check the redirects that the library followed after one sending, where a proof is demanded.

    `signature` is that of the request that was sent, None if it was not signed. Raises WrongPrincipal.
    """
    if not hops:
        return
    # One signature proves one answer: what answers the copy of a field that the library carried along proves nothing,
    # since the proof of the answer before can be copied as well.
    if signature is None or len(hops) > 1:
        raise WrongPrincipal("a redirect was followed, but the server has not proved that it is its own")
    check_proof(session, signature, hops[0], session.library.record(hops[0], signature.context.algorithm))


def info_of(session: Session[RequestT, ResponseT], response: ResponseT) -> bytes | None:
    """The value of Authentication-Info, None if there is no such field."""
    values = session.library.response_values(response, session.info_name)
    return b", ".join(values) if values else None
