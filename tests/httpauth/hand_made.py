"""A client made by hand for the realm `r`: it shares no code with what it tests."""

import hashlib

from digest_http.algorithms import by_name, select
from digest_http.buffers import HTTPMessage
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.nonces import NonceSource

NOW = 1_700_000_000.0
HASHES = {
    "MD5": lambda octets: hashlib.md5(octets, usedforsecurity=False).hexdigest().encode(),
    "SHA-256": lambda octets: hashlib.sha256(octets).hexdigest().encode(),
    "SHA-512-256": lambda octets: hashlib.new("sha512_256", octets).hexdigest().encode(),
}
ALL = ("SHA-256", "MD5", "SHA-512-256", "SHA-256-sess", "MD5-sess", "SHA-512-256-sess")


class Clock:
    """Seconds, moved by hand."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


def acceptor_of(clock, realm="r", algorithms=("SHA-256", "MD5"), **settings):
    """An acceptor whose nonces live on a given clock; both qops are on offer unless a setting says otherwise."""
    settings.setdefault("qop", ("auth", "auth-int"))
    nonces = NonceSource(realm.encode(), [b"k" * 32], b"00000001", clock=clock)
    return Acceptor(realm, select(algorithms), nonces, **settings)


def issue(acceptor, name="SHA-256"):
    """A nonce as it stands in the challenge of an algorithm."""
    return acceptor.nonces[by_name(name)].issue()


def ha1_of(name="SHA-256", text=b"alice:r:s3cret"):
    """H(A1) as a user source gives it."""
    return HASHES[name.removesuffix("-sess")](text)


def token(nonce, name="SHA-256", *, qop=b"auth", body=b"", method=b"GET", ha1=None, **changes):
    """A TOKEN for GET /x by alice, signed by hand; a change after signing is given as `late_...`."""
    h = HASHES[name.removesuffix("-sess")]
    fields = {
        b"username": b"alice",
        b"realm": b"r",
        b"nonce": nonce,
        b"uri": b"/x",
        b"nc": b"00000001",
        b"cnonce": b"c0",
    }
    fields |= {b"qop": qop, b"algorithm": name.encode()}
    fields |= {key.encode(): value for key, value in changes.items() if not key.startswith("late_")}
    secret = ha1 or ha1_of(name)
    if name.endswith("-sess"):
        secret = h(secret + b":" + nonce + b":" + fields[b"cnonce"])
    a2 = method + b":" + fields[b"uri"] + (b":" + h(body) if qop == b"auth-int" else b"")
    if qop is None:
        for gone in (b"qop", b"nc", b"cnonce"):
            del fields[gone]
        fields[b"response"] = h(secret + b":" + nonce + b":" + h(a2))
    else:
        middle = b":".join([nonce, fields[b"nc"], fields[b"cnonce"], qop])
        fields[b"response"] = h(secret + b":" + middle + b":" + h(a2))
    fields |= {key.removeprefix("late_").encode(): value for key, value in changes.items() if key.startswith("late_")}
    return b", ".join(
        key + b"=" + (value if key in (b"nc", b"qop", b"algorithm") else b'"' + value + b'"')
        for key, value in fields.items()
        if value is not None
    )


def verify(acceptor, octets, *, ha1=None, method=b"GET", url=b"/x", hentity=b"", known=True):
    """The verdict and its context."""
    context = acceptor.open(octets)
    secret = (ha1 or ha1_of(context.algorithm.name)) if known else None
    return context.verify_signature(HTTPMessage(octets, method, url, hentity), secret, context.nonces.now()), context
