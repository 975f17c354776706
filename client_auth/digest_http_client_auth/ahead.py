"""The usual call: a request whose server is known, signed in advance, and let in without more ado.

All that `Exchange` does for such a call, and nothing else: most requests go this way, and what it costs is what signing
costs. Whatever is unusual, before or after sending, goes to `Exchange`.
"""

from __future__ import annotations

from typing import Any, Final

from digest_http.buffers import HTTPMessage
from digest_http.httpauth.client import Signature
from digest_http.httpauth.logical_clock import tick
from digest_http.httpauth.spaces import OriginSpaces

from .messages import Request, Response, request_of, set_field, target_of
from .session import Session

__all__ = ["Ahead", "passed", "sign_ahead"]

ERRORS: Final = 400

#: The signature of a request signed in advance, the header field that came of it, the `tick` from before it went
#: out (what was accepted after that may have overtaken it), and where it was learnt how to sign it.
Ahead = tuple[Signature, bytes, int, OriginSpaces]


def sign_ahead(session: Session, request: Request) -> Ahead | None:
    """Sign a request with what is known of its server; None if that takes more than a look."""
    url = request.url
    spaces = session.by_url.get((url.scheme, url.raw_host, url.port))
    if spaces is None or spaces.offers or type(getattr(request.stream, "_stream", None)) is not bytes:
        return None
    target = target_of(request)
    context = spaces.only or spaces.find(target)
    if context is None:
        return None
    nonce = context.pool.current
    if nonce is None or nonce.needs_entity or nonce.strength < spaces.floor:
        return None
    message = HTTPMessage(b"", request.method.encode(), target)
    signature = context.make_signature(message, nonce)
    if signature is None:
        return None
    field = b"Digest " + message.padding
    set_field(request, session.answer_field, field)
    return signature, field, tick(), spaces


def passed(session: Session, request: Request, ahead: Ahead, response: Response[Any]) -> bool:
    """Whether the response is a plain success with nothing to check or to learn. Never where a proof is demanded."""
    if response.status_code >= ERRORS or session.info_field in response.headers or session.demands_proof:
        return False
    signature = ahead[0]
    # A first count may be the only one (see NoncePool.take_nextnonce); after a redirect another request was answered.
    if signature.count == 1 or request_of(response, request) is not request:
        return False
    signature.context.accept(signature.nonce)
    return True
