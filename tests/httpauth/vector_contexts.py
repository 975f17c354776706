"""A client's context, and a request, as a vector has them."""

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.buffers import HTTPMessage
from digest_http.challenge import Challenge
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity

__all__ = ["context_for", "message_for"]


def context_for(given, **challenge):
    """A context that has learnt the challenge of a vector, with the vector's cnonce, and the count before its nc."""
    algorithm = by_name(given["algorithm"])
    qop = given.get("qop", "auth").encode()
    values = {
        "realm": given["realm"].encode(), "nonce": given["nonce"].encode(), "algorithm": algorithm.token,
        "qop": (qop,) if qop else (), "opaque": given["opaque"].encode(),
    }  # fmt: skip
    identity = Identity(given["username"], given["password"])
    cnonces = given.get("cnonce", "").encode
    context = ClientContext(identity, values["realm"], algorithm, cnonces=cnonces)
    nonce = context.learn(Choice(Challenge(**(values | challenge)), algorithm, qop))
    assert nonce is not None
    nonce.counter.last = int(given.get("nc", "00000001"), 16) - 1
    context.pool.accept_next(nonce)
    return context


def message_for(given):
    """The packed request of a vector."""
    hentity = b""
    if given.get("qop") == "auth-int":
        hentity = calculation.entity_hash(by_name(given["algorithm"]), given["body"].encode())
    return HTTPMessage(b"", given["method"].encode(), given["uri"].encode(), hentity)
