"""Requests that a client makes again and again, and what an acceptor has kept of them."""

from digest_http.buffers import HTTPMessage
from digest_http.httpauth.verdict import Verdict
from tests.httpauth.hand_made import HASHES, verify

SHA_256 = HASHES["SHA-256"]

#: Where clients write what changes with each request: response, nc and cnonce.
ORDERS = {
    "httpx": b"username realm nonce uri algorithm response qop nc cnonce",
    "curl": b"username realm nonce uri cnonce nc qop response algorithm",
    "wget": b"username realm nonce uri response qop nc cnonce algorithm",
    "RFC 7616": b"username realm uri algorithm nonce nc cnonce qop response",
    "opaque first": b"opaque username realm nonce uri response qop nc cnonce algorithm",
}

#: Orders in which something stands behind them that changes from target to target, or from nonce to nonce.
NO_OPENING = {
    "Java": b"username realm nonce nc uri response algorithm cnonce qop",
    "response first": b"response username realm nonce uri qop nc cnonce algorithm",
}


def ordered(octets, order, separator=b", "):
    """A token of hand_made.py in another order of parameters, and with an opaque where that has one."""
    pieces = {piece.partition(b"=")[0]: piece for piece in octets.split(b", ")} | {b"opaque": b'opaque="o"'}
    return separator.join(pieces[name] for name in order.split())


def proved(context, octets, method, url, hentity=b""):
    """The server's proof of an accepted request."""
    message = HTTPMessage(octets, method, url, hentity)
    context.make_signature(message)
    return message.padding


def opened(acceptor, octets, **request):
    """What is known of a request's opening, which must be accepted."""
    verdict, context = verify(acceptor, octets, **request)
    assert verdict is Verdict.ACCEPTED
    return context.opening


def kept(acceptor):
    """All that an acceptor has kept."""
    return dict(acceptor.shapes._openings)  # noqa: SLF001 - that it is empty shows nowhere else
