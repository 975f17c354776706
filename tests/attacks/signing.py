"""A Digest client written out of the RFC with hashlib alone, so that the attacks do not trust the code under test."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_PARAMETER = re.compile(r'([A-Za-z0-9*-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]*)')
BARE = ("algorithm", "qop", "nc", "userhash", "username*")


def parameters(value: bytes) -> dict[str, str]:
    """The parameters of a field value, unquoted."""
    text = value.decode("latin-1")
    found = {}
    for name, raw in _PARAMETER.findall(text):
        found[name.lower()] = re.sub(r"\\(.)", r"\1", raw[1:-1]) if raw.startswith('"') else raw
    return found


def h(algorithm: str, text: bytes | str) -> str:
    """H(text) in hex, by the name of the challenge."""
    octets = text.encode() if isinstance(text, str) else text
    match algorithm.lower().removesuffix("-sess"):
        case "md5":
            return hashlib.md5(octets, usedforsecurity=False).hexdigest()
        case "sha-256":
            return hashlib.sha256(octets).hexdigest()
        case "sha-512-256":
            return hashlib.new("sha512_256", octets).hexdigest()
    raise ValueError(algorithm)


def ha1(algorithm: str, username: str, realm: str, password: str) -> str:
    """H(A1) without the session part."""
    return h(algorithm, f"{username}:{realm}:{password}")


def digest(fields: Mapping[str, str], secret: str, method: str, body: bytes | None) -> str:
    """The response, or with an empty method the rspauth, of RFC 7616 §3.4.1 (RFC 2069 without qop)."""
    algorithm = fields.get("algorithm", "MD5")
    if algorithm.lower().endswith("-sess"):
        secret = h(algorithm, f"{secret}:{fields['nonce']}:{fields.get('cnonce', '')}")
    a2 = f"{method}:{fields['uri']}"
    if fields.get("qop") == "auth-int":
        a2 += ":" + h(algorithm, body or b"")
    if "qop" not in fields:
        return h(algorithm, f"{secret}:{fields['nonce']}:{h(algorithm, a2)}")
    middle = ":".join(fields[name] for name in ("nonce", "nc", "cnonce", "qop"))
    return h(algorithm, f"{secret}:{middle}:{h(algorithm, a2)}")


def field_value(fields: Mapping[str, str]) -> bytes:
    """Credentials as a field value; text beyond ISO 8859-1 goes out in UTF-8."""
    parts = []
    for name, text in fields.items():
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        parts.append(f"{name}={text}" if name in BARE else f'{name}="{escaped}"')
    value = "Digest " + ", ".join(parts)
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()


@dataclass
class Signer:
    """One user's answers to one challenge."""

    challenge: Mapping[str, str]
    username: str = "alice"
    password: str = "s3cret"
    fields: dict[str, str] = field(default_factory=dict)
    """The parameters of the last answer, as hashed."""

    def sign(
        self,
        method: str = "GET",
        uri: str = "/x",
        nc: int | str | None = 1,
        *,
        body: bytes | None = None,
        secret: str | None = None,
        late: Mapping[str, str | None] | None = None,
        **changes: str | None,
    ) -> bytes:
        """A field value. `changes` go into the hash as well, `late` ones into the header only; None leaves one out."""
        fields: dict[str, str | None] = {
            "username": self.username,
            "realm": self.challenge["realm"],
            "nonce": self.challenge["nonce"],
            "uri": uri,
            "algorithm": self.challenge["algorithm"],
            "qop": "auth" if body is None else "auth-int",
            "nc": f"{nc:08x}" if isinstance(nc, int) else nc,
            "cnonce": "0a4f113b",
            **{name.rstrip("_"): text for name, text in changes.items()},
        }
        self.fields = {name: text for name, text in fields.items() if text is not None}
        self.secret = secret or ha1(
            self.fields.get("algorithm", "MD5"), self.username, self.fields.get("realm", ""), self.password
        )
        hashed = {"realm": "", "uri": "", "nonce": "", "cnonce": "", "nc": "", **self.fields}
        sent: dict[str, str | None] = {
            **self.fields,
            "response": digest(hashed, self.secret, method, body),
            **(late or {}),
        }
        return field_value({name: text for name, text in sent.items() if text is not None})

    def rspauth(self, body: bytes | None = None) -> str:
        """What the server's proof for the last answer must be."""
        return digest(self.fields, self.secret, "", body)
