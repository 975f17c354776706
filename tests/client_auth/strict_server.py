"""A Digest server for tests: small, strict, and computed by hand with hashlib, so that it shares no code with ours."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from itertools import count
from threading import Lock

HASHES = {
    "MD5": hashlib.md5,
    "SHA-256": hashlib.sha256,
    "SHA-512-256": lambda octets=b"": hashlib.new("sha512_256", octets),
}
PARAMETER = re.compile(r'\s*([a-z*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)')


def parameters_of(field_value):
    """Read an Authorization field; a second parameter of one name, or anything left over, is an assertion."""
    scheme, _, rest = field_value.partition(" ")
    assert scheme == "Digest"
    found, position = {}, 0
    while position < len(rest):
        match = PARAMETER.match(rest, position)
        assert match, rest[position:]
        name, quoted, bare = match.groups()
        assert name not in found, name
        found[name] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
        position = match.end()
    return found


@dataclass
class StrictServer:
    """`answer` gives (status, header fields, body). `requests` is what came: (target, parameters or None, body)."""

    users: dict[str, str] = field(default_factory=lambda: {"alice": "s3cret"})
    realm: str = "api@example.org"
    algorithms: tuple[str | None, ...] = ("SHA-256",)
    qop: str | None = "auth, auth-int"
    opaque: str | None = "0paque"
    extra: str = ""
    #: One nonce for all, as servers without a clock have it.
    shared_nonce: str | None = None
    #: "unique": each count once, in any order; "rising": only higher than the last; "exact": the last plus one.
    counting: str = "unique"
    one_time: bool = False
    prove: bool = True
    #: Answer a uri that is not the request's with this status.
    mismatch: int = 400
    charset: str = "utf-8"
    #: What nonces begin with.
    prefix: str = "nonce"
    #: Whether stale=true is said where it applies.
    says_stale: bool = True
    #: The body that proofs are made over and that is sent; None for a greeting.
    page: bytes | None = None

    def __post_init__(self):
        self.lock = Lock()
        self.requests = []
        self.statuses = []
        self.accepted = []
        self.nonces = {}
        self.stale_left = 0
        self._serial = count(1)

    # -- what tests ask ------------------------------------------------------------------------------------------

    @property
    def signed(self):
        """Parameters of the requests that carried credentials."""
        return [parameters for _, parameters, _ in self.requests if parameters is not None]

    @property
    def pairs(self):
        """(nonce, nc) of the requests that carried credentials."""
        return [(parameters["nonce"], parameters["nc"]) for parameters in self.signed]

    def forget(self):
        """Forget all nonces, as a restart does."""
        self.nonces.clear()

    # -- what a server does --------------------------------------------------------------------------------------

    def answer(self, method, target, fields, body):
        """Answer one request; `fields` maps lower-case names to text."""
        with self.lock:
            authorization = fields.get("authorization", "")
            parameters = parameters_of(authorization) if authorization.startswith("Digest ") else None
            self.requests.append((target, parameters, body))
            status, headers, content = self._answer(method, target, parameters, body)
            self.statuses.append(status)
            return status, headers, content

    def _answer(self, method, target, parameters, body):
        if parameters is None:
            return self.challenge()
        if parameters["uri"] != target:
            return (400, [], b"uri") if self.mismatch == 400 else self.challenge()
        nonce = parameters["nonce"]
        if nonce not in self.nonces:
            return self.challenge(stale=self._digest_is_right(method, parameters, body))
        if not self._digest_is_right(method, parameters, body):
            return self.challenge()
        if self.stale_left:
            self.stale_left -= 1
            return self.challenge(stale=True)
        counts = self.nonces[nonce]
        if "nc" in parameters:
            number = int(parameters["nc"], 16)
            assert re.fullmatch("[0-9a-f]{8}", parameters["nc"])
            refused = {
                "unique": number in counts,
                "rising": counts and number <= max(counts),
                "exact": number != len(counts) + 1,
            }[self.counting]
            if refused:
                return self.challenge()
            counts.append(number)
        self.accepted.append((target, body))
        headers = []
        info = []
        if self.one_time:
            del self.nonces[nonce]
            info.append(f'nextnonce="{self.new_nonce()}"')
        content = f"hello {parameters['username']}".encode() if self.page is None else self.page
        if self.prove and "qop" in parameters:
            info.append(
                f'rspauth="{self.digest("", parameters, content)}", qop={parameters["qop"]}, '
                f'nc={parameters["nc"]}, cnonce="{parameters["cnonce"]}"'
            )
        if info:
            headers.append(("Authentication-Info", ", ".join(info)))
        return 200, headers, content

    def new_nonce(self):
        """Issue a nonce."""
        nonce = self.shared_nonce or f"{self.prefix}-{next(self._serial)}"
        self.nonces.setdefault(nonce, [])
        return nonce

    def challenge(self, *, stale=False):
        """A 401 with one field for each algorithm."""
        nonce = self.new_nonce()
        headers = []
        for algorithm in self.algorithms:
            text = f'Digest realm="{self.realm}", nonce="{nonce}"'
            if algorithm:
                text += f", algorithm={algorithm}"
            if self.qop is not None:
                text += f', qop="{self.qop}"'
            if self.opaque is not None:
                text += f', opaque="{self.opaque}"'
            headers.append(("WWW-Authenticate", text + ", stale=true" * (stale and self.says_stale) + self.extra))
        return 401, headers, b"who are you?"

    def _digest_is_right(self, method, parameters, body):
        if self.opaque is not None and parameters.get("opaque") != self.opaque:
            return False
        if parameters["realm"] != self.realm or parameters["username"] not in self.users:
            return False
        return parameters["response"] == self.digest(method, parameters, body)

    def digest(self, method, parameters, body):
        """RFC 7616 §3.4.1 and RFC 2069 §2.1.2, written down once more."""
        name = parameters.get("algorithm", "MD5")
        base = name.upper().removesuffix("-SESS")

        def h(text):
            octets = text if isinstance(text, bytes) else text.encode(self.charset)
            return HASHES[base](octets).hexdigest()

        p = parameters
        ha1 = h(f"{p['username']}:{self.realm}:{self.users[p['username']]}")
        if name.lower().endswith("-sess"):
            ha1 = h(f"{ha1}:{p['nonce']}:{p['cnonce']}")
        a2 = f"{method}:{p['uri']}"
        if p.get("qop") == "auth-int":
            a2 += ":" + h(body)
        if "qop" not in p:
            return h(f"{ha1}:{p['nonce']}:{h(a2)}")
        return h(f"{ha1}:{p['nonce']}:{p['nc']}:{p['cnonce']}:{p['qop']}:{h(a2)}")
