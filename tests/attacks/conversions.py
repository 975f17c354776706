"""An attacker who takes each digest that he has seen for each other value that Digest computes.

All that HTTP Digest computes with a user's H(A1) has one form, H(key ":" tail), where colons divide the tail:

  answer, proof (qop)      key = H(A1)   tail = nonce ":" nc ":" cnonce ":" qop ":" H(A2)
  answer, proof (no qop)   key = H(A1)   tail = nonce ":" H(A2)
  key of a session         key = H(A1)   tail = nonce ":" cnonce

A session's answers and proofs have that key in place of H(A1). So the attacker cuts each tail at its colons in every
way that another form allows, and A2 likewise, and claims what the parts then say. Nothing here knows the password.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import NamedTuple

from tests.attacks.signing import h

#: What is asked for with a session's key, once the attacker has one: a request that nobody ever made.
FORGED_BODY = b"evil"


def digest(algorithm: str, *parts: bytes) -> bytes:
    """H of the parts joined by colons, in hex."""
    return h(algorithm, b":".join(parts)).encode()


def family(algorithm: str) -> str:
    """How the table of conversions names an algorithm: by whether it has sessions."""
    return "session " if algorithm.endswith("-sess") else ""


@dataclass(frozen=True)
class Statement:
    """One request as it claims to be signed; `qop` is empty for RFC 2069, `hentity` but for auth-int.

    `role` is whom the challenge came from: server, proxy, or "any" if the client could not tell.
    """

    role: str
    algorithm: str
    qop: bytes
    nonce: bytes
    nc: bytes
    cnonce: bytes
    method: bytes
    uri: bytes
    hentity: bytes = b""
    response: bytes = b""

    @property
    def kind(self) -> str:
        """The name in the table."""
        return f"{family(self.algorithm)}answer {self.qop.decode() or 'without qop'}"

    @property
    def a2(self) -> bytes:
        """What H(A2) hashes."""
        return b":".join((self.method, self.uri, self.hentity)[: 3 if self.qop == b"auth-int" else 2])

    @property
    def tail(self) -> bytes:
        """What follows the key in what the response hashes."""
        ha2 = digest(self.algorithm, self.a2)
        middle = (self.nonce, self.nc, self.cnonce, self.qop, ha2) if self.qop else (self.nonce, ha2)
        return b":".join(middle)

    def key(self, ha1: bytes) -> bytes:
        """H(A1), of the session if the algorithm says so."""
        return digest(self.algorithm, ha1, self.nonce, self.cnonce) if family(self.algorithm) else ha1

    def signed(self, key: bytes) -> Statement:
        """The same with its response."""
        return replace(self, response=digest(self.algorithm, key, self.tail))

    def proof(self, key: bytes, hentity: bytes) -> Seen:
        """The server's proof for it, as an eavesdropper sees it."""
        made = replace(self, method=b"", hentity=hentity if self.qop == b"auth-int" else b"").signed(key)
        return Seen(made.kind.replace("answer", "proof"), self.algorithm, made.tail, made.a2, made.response, None)

    def token(self, username: str, realm: str) -> bytes:
        """The Authorization value without its scheme word."""
        quoted = {
            "username": username.encode(), "realm": realm.encode(), "nonce": self.nonce, "uri": self.uri,
            "response": self.response,
        }  # fmt: skip
        if self.qop:
            quoted["cnonce"] = self.cnonce
        bare = {"algorithm": self.algorithm.encode()} | ({"qop": self.qop, "nc": self.nc} if self.qop else {})
        return b", ".join(
            [b'%b="%b"' % (name.encode(), text) for name, text in quoted.items()]
            + [b"%b=%b" % (name.encode(), text) for name, text in bare.items()]
        )


class Seen(NamedTuple):
    """One digest that went over the wire, and what followed the key in what it hashes.

    `honest` is the request for which it is the right answer; None for the server's proofs.
    """

    kind: str
    algorithm: str
    tail: bytes
    a2: bytes
    digest: bytes
    honest: Statement | None

    @classmethod
    def answer(cls, statement: Statement) -> Seen:
        """A client's answer."""
        return cls(
            statement.kind, statement.algorithm, statement.tail, statement.a2, statement.response, statement
        )  # fmt: skip


class Claim(NamedTuple):
    """What the attacker sends, and the entry of the table that it would make."""

    conversion: tuple[str, str]
    statement: Statement


def claims(seen: Seen, role: str, nonces: frozenset[bytes]) -> Iterator[Claim]:
    """Every other request that a server of that role could take the digest for; `nonces` are all it could know."""
    base = seen.algorithm.removesuffix("-sess")
    for qop, nonce, nc, cnonce in _cut(seen.tail):
        if nonce not in nonces:
            continue
        for (method, uri, hentity), algorithm in product(_requests(seen.a2), (base, base + "-sess")):
            if bool(hentity) == (qop == b"auth-int"):
                claimed = Statement(role, algorithm, qop, nonce, nc, cnonce, method, uri, hentity, seen.digest)
                if not _same(claimed, seen.honest):
                    yield Claim((seen.kind, claimed.kind), claimed)
    for statement in _of_sessions(
        seen, Statement(role, base + "-sess", b"", b"", b"", b"", b"POST", b"/forged"), nonces
    ):
        yield Claim((seen.kind, "session key"), statement)


def _cut(tail: bytes) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    """(qop, nonce, nc, cnonce) in every way to cut the tail of an answer; H(A2), which ends it, has no colon."""
    *parts, _ = tail.split(b":")
    yield b"", b":".join(parts), b"", b""
    for cuts in combinations(range(1, len(parts)), 3):
        nonce, nc, cnonce, qop = (b":".join(parts[a:b]) for a, b in zip((0, *cuts), (*cuts, len(parts)), strict=True))
        if qop in {b"auth", b"auth-int"}:
            yield qop, nonce, nc, cnonce


def _requests(a2: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(method, uri, HEntity) in every way to cut A2."""
    parts = a2.split(b":")
    for first in range(1, len(parts)):
        method = b":".join(parts[:first])
        yield method, b":".join(parts[first:]), b""
        for second in range(first + 1, len(parts)):
            yield method, b":".join(parts[first:second]), b":".join(parts[second:])


def _of_sessions(seen: Seen, blank: Statement, nonces: frozenset[bytes]) -> Iterator[Statement]:
    parts = seen.tail.split(b":")
    hentity = digest(blank.algorithm, FORGED_BODY)
    for cut in range(1, len(parts)):
        opened = replace(blank, nonce=b":".join(parts[:cut]), cnonce=b":".join(parts[cut:]))
        if opened.nonce not in nonces:
            continue
        for qop, nc in ((b"auth", b"00000001"), (b"auth", b"00000002"), (b"auth-int", b"00000003")):
            yield replace(opened, qop=qop, nc=nc, hentity=hentity if qop == b"auth-int" else b"").signed(seen.digest)


def _same(claimed: Statement, honest: Statement | None) -> bool:
    """Whether that is no conversion: the user did sign this, whoever passes it on."""
    if honest is None:
        return False
    role = claimed.role if honest.role == "any" else honest.role
    return claimed == replace(honest, role=role, response=claimed.response)
