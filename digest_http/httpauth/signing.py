"""Signing one request, and what an accepted answer means: written once for every client."""

from __future__ import annotations

from .client import ClientContext, Signature
from .client_nonce import ClientNonce
from .protection_spaces import OriginSpaces

__all__ = ["note_accepted", "sign"]


def sign(  # noqa: PLR0917  # called for each request; keywords cost a tenth of a hash
    spaces: OriginSpaces, context: ClientContext, nonce: ClientNonce, method: bytes, target: bytes, hentity: bytes = b""
) -> tuple[bytes, Signature] | None:
    """The Authorization value of a request, and its signature. `hentity`: hex H(body) where `nonce.needs_entity`.

    None if nothing may be signed with this nonce: its counts are used up, or it is weaker than what the origin has
    accepted. Raises MalformedField for a method or a target that no header field can carry.
    """
    if nonce.strength < spaces.floor:
        return None
    return context.sign(nonce, method, target, hentity)


def note_accepted(
    spaces: OriginSpaces, signature: Signature, nextnonce: bytes | None, *, new: bool, exclusive: bool
) -> None:
    """Note that the server let in a signed request, on an answer that counts as accepted.

    `new` is whether its nonce came in this call. `exclusive` is whether requests there get in each other's way.
    """
    context, nonce = signature.context, signature.nonce
    if nonce.identity is not context.identity:  # the answer to a password of before
        return
    if new and not spaces.accept(context, nonce, signature.url):
        return
    context.learn_next(signature, nextnonce)
    if exclusive:
        context.pool.make_exclusive()
    if new:
        # It may be in use already, on the word of a challenge alone (`NoncePool.use`): only now is its count safe.
        context.pool.accept(nonce)
    context.accept(nonce)
