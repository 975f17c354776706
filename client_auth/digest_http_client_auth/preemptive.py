"""Fast path: sign preemptively where the challenge is known, accept a plain success.

All that `Exchange` does for such a call, and nothing else: most requests go this way, and what it costs is what signing
costs. Whatever is unusual, before or after sending, goes to `Exchange`.
"""

from __future__ import annotations

from typing import Final, NoReturn, TypeAlias

from digest_http.httpauth.client import Signature
from digest_http.httpauth.logical_clock import tick
from digest_http.httpauth.proof import check_proof
from digest_http.httpauth.protection_spaces import OriginSpaces
from digest_http.httpauth.signing import note_accepted, sign

from .library import RequestT, ResponseT
from .session import Session

__all__ = ["BAD_REQUEST", "Preemptive", "is_plain_success", "sign_preemptively"]

#: From here on a status is an error, which proves nothing; and this one may be about our own field.
BAD_REQUEST: Final = 400


#: A request that was signed in advance: the value of the field that it carries; its signature; the `tick` from before
#: it went out (what was accepted after that may have overtaken it); where it was learnt how to sign it. A tuple without
#: names, since one is made for each request, and names would cost as much as all the rest of making it.
Preemptive: TypeAlias = tuple[bytes, Signature, int, OriginSpaces]


def sign_preemptively(session: Session[RequestT, ResponseT], request: RequestT) -> Preemptive | None:
    """Sign a request with what is known of its server; None if that takes more than a look."""
    library = session.library
    spaces = session.by_key.get(session.key_of(request))
    if spaces is None or spaces.offers or not library.holds_body(request):
        return None
    target = library.target(request)
    context = spaces.find(target)
    if context is None:
        return None
    nonce = context.pool.current
    if nonce is None or nonce.needs_entity:
        return None
    signed = sign(spaces, context, nonce, library.method(request), target)
    if signed is None:
        return None
    field, signature = signed
    library.set_field(request, session.authorization_name, field)
    return field, signature, tick(), spaces


def is_plain_success(
    session: Session[RequestT, ResponseT], request: RequestT, preemptive: Preemptive, response: ResponseT
) -> bool:
    """Whether the response is a success that needs no more than a look; then its proof is checked and noted.

    Raises WrongPrincipal.
    """
    library = session.library
    signature = preemptive[1]
    # A first count may be the only one (see NoncePool.take_nextnonce); after a redirect another request was answered.
    if (
        library.status(response) >= BAD_REQUEST
        or signature.count == 1
        or library.request_of(response, request) is not request
    ):
        return False
    values = library.response_values(response, session.info_name)
    if not values:
        if session.demands_proof:  # the error is for Exchange to raise
            return False
        signature.context.accept(signature.nonce)
        return True
    try:
        proof = check_proof(session.verify, signature, b", ".join(values), _not_read)
    except _BodyNotReadError:  # a proof that covers it: the whole answer is for Exchange
        return False
    if proof.nextnonce is None:
        signature.context.accept(signature.nonce)
    else:
        note_accepted(preemptive[3], signature, proof.nextnonce, new=False, exclusive=False)
    return True


class _BodyNotReadError(Exception):
    """What is asked for takes more than a look."""


def _not_read() -> NoReturn:
    raise _BodyNotReadError
