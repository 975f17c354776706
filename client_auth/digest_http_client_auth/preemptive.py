"""Fast path: sign preemptively where the challenge is known, accept a plain success.

All that `Exchange` does for such a call, and nothing else: most requests go this way, and what it costs is what signing
costs. Whatever is unusual, before or after sending, goes to `Exchange`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn, TypeAlias

from digest_http.httpauth.client import ClientContext, Signature, SignedParts
from digest_http.httpauth.client_nonce import ClientNonce
from digest_http.httpauth.logical_clock import tick
from digest_http.httpauth.proof import check_proof
from digest_http.httpauth.protection_spaces import OriginSpaces
from digest_http.httpauth.signing import note_accepted

from .library import RequestT, ResponseT
from .session import Session

__all__ = ["Preemptive", "is_plain_success", "sign_preemptively", "signature_of"]

#: A request that was signed in advance: the value of the field that it carries, and more of its signature; who signed,
#: with which nonce, for which target; the `tick` from before it went out (what was accepted after that may have
#: overtaken it); where it was learnt how to sign it. Tuples without names, and no Signature, since one is made for each
#: request: objects with names would cost as much as all the rest of making it.
Preemptive: TypeAlias = tuple[SignedParts, ClientContext, ClientNonce, bytes, int, OriginSpaces]


def signature_of(preemptive: Preemptive) -> Signature:
    """The signature of a request that was signed in advance."""
    (_, qop, count, nc, cnonce, key), context, nonce, target, _, _ = preemptive
    return Signature(context, nonce, qop, count, nc, cnonce, target, key)


def sign_preemptively(session: Session[RequestT, ResponseT], request: RequestT) -> Preemptive | None:
    """Sign a request with what is known of its server; None if that takes more than a look."""
    library = session.library
    # Functions that most libraries keep as attributes: Python looks for a method first where one is called at once.
    look, set_field = library.plain_request, library.set_field
    plain = look(request)
    if plain is None:
        return None
    key, method, target = plain
    spaces = session.by_key.get(session.proxy_of(request) if session.proxy else key)
    if spaces is None or spaces.offers:
        return None
    context = spaces.only
    if context is None:
        context = spaces.find(target)
        if context is None:
            return None
    nonce = context.pool.current
    # What `signing.sign` does; each request comes by.
    if nonce is None or nonce.needs_entity or nonce.strength < spaces.floor:
        return None
    parts = context.sign_in_parts(nonce, method, target)
    if parts is None:
        return None
    set_field(request, session.authorization_name, parts[0])
    return parts, context, nonce, target, tick(), spaces


def is_plain_success(
    session: Session[RequestT, ResponseT], preemptive: Preemptive, values: Sequence[bytes] | None
) -> bool:
    """Whether an answer is a success that needs no more than a look; then its proof is checked and noted.

    `values` is what `Library.plain_answer` gives for `session.info_name`. Raises WrongPrincipal.
    """
    # A first count may be the only one (see NoncePool.take_nextnonce).
    if values is None or preemptive[0][2] == 1:
        return False
    context, nonce = preemptive[1], preemptive[2]
    if not values:
        if session.demands_proof:  # the error is for Exchange to raise
            return False
        context.accept(nonce)
        return True
    signature = signature_of(preemptive)
    try:
        proof = check_proof(session.verify, signature, b", ".join(values), _not_read)
    except _BodyNotReadError:  # a proof that covers it: the whole answer is for Exchange
        return False
    if proof.nextnonce is None:
        context.accept(nonce)
    else:
        note_accepted(preemptive[5], signature, proof.nextnonce, new=False, exclusive=False)
    return True


class _BodyNotReadError(Exception):
    """What is asked for takes more than a look."""


def _not_read() -> NoReturn:
    raise _BodyNotReadError
