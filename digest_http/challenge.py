"""WWW-Authenticate and Proxy-Authenticate: challenges <-> values (RFC 7616 §3.3, RFC 9110 §11.6.1).

A server may put several challenges, of several schemes, in one field line or in many. Reading is tolerant and never
raises, since the octets are a stranger's; a Digest challenge that cannot be used is returned with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from .errors import MalformedField
from .grammar import bare_value, ows, quoted_string, token, token68
from .params import serialize, unescape

__all__ = ["MAX_CHALLENGE_OCTETS", "QOPS", "Challenge", "UnusableChallenge", "parse_challenges"]

#: What an offer can name (RFC 7616 §3.3), the least first.
QOPS: Final = ("auth", "auth-int")

#: Longest WWW-Authenticate value that is read, and how many Digest challenges of one answer: four times what a server
#: with all six algorithms, long nonces and opaques sends. What lies beyond is ignored, as RFC 9110 lets a client.
MAX_CHALLENGE_OCTETS = 16384
MAX_CHALLENGES = 32

#: Octets of realm, nonce and opaque together, all of which every answer repeats and a client remembers. Twice what
#: RFC 2831 §2.1.1 allows a whole challenge; with more an answer would soon outgrow what servers read.
MAX_REPEATED_OCTETS = 4096

#: Words of `qop` and URIs of `domain` that are looked at, by the same reasoning: others are passed over.
MAX_WORDS = 64


@dataclass(frozen=True, slots=True)
class Challenge:
    """One Digest challenge. Octets are unescaped values as received; None means the parameter was absent.

    `algorithm` keeps the server's spelling, which the answer echoes; None stands for MD5 (RFC 7616 §3.3).
    `qop` is the offered list in order, lower case; empty when absent, which means RFC 2069.
    """

    realm: bytes
    nonce: bytes
    algorithm: bytes | None = None
    qop: tuple[bytes, ...] = ()
    opaque: bytes | None = None
    domain: tuple[bytes, ...] = ()
    stale: bool = False
    utf8: bool = False
    userhash: bool = False

    def serialize(self) -> bytes:
        """The field value, with the scheme word. Raises MalformedField for control characters."""
        parameters = [(b"realm", self.realm, True)]
        if self.domain:
            parameters.append((b"domain", b" ".join(self.domain), True))
        parameters.append((b"nonce", self.nonce, True))
        if self.opaque is not None:
            parameters.append((b"opaque", self.opaque, True))
        # RFC 7616 §3.3: stale, algorithm, charset and userhash are bare, the rest quoted.
        if self.stale:
            parameters.append((b"stale", b"true", False))
        if self.algorithm is not None:
            parameters.append((b"algorithm", self.algorithm, False))
        if self.qop:
            parameters.append((b"qop", b",".join(self.qop), True))
        if self.utf8:
            parameters.append((b"charset", b"UTF-8", False))
        if self.userhash:
            parameters.append((b"userhash", b"true", False))
        return b"Digest " + serialize(parameters)


@dataclass(frozen=True, slots=True)
class UnusableChallenge:
    """A Digest challenge that was skipped, and why."""

    reason: str


_REPEATED = (b"realm", b"nonce", b"opaque")

_blanks = re.compile(rb"[ \t,]*+")
_word = re.compile(token)
_equals = re.compile(ows + rb"=" + ows)
_quoted = re.compile(quoted_string)
_bare = re.compile(bare_value)
_token68 = re.compile(rb"[ \t]+" + token68 + ows + rb"(?:,|\Z)")
_ends_element = re.compile(ows + rb"(?:,|\Z)")


def parse_challenges(values: Iterable[bytes]) -> list[Challenge | UnusableChallenge]:
    """Every Digest challenge of all the field values of one answer, in order; other schemes are passed over."""
    found: list[Challenge | UnusableChallenge] = []
    for value in islice(values, MAX_CHALLENGES):
        if len(value) > MAX_CHALLENGE_OCTETS:
            found.append(UnusableChallenge(f"the field is longer than {MAX_CHALLENGE_OCTETS} octets"))
            continue
        for scheme, parameters in _split(value):
            if scheme.lower() == b"digest":
                found.append(_interpret(parameters))
    return found[:MAX_CHALLENGES]


def _split(value: bytes) -> Iterator[tuple[bytes, list[tuple[bytes, bytes | None]]]]:
    """Split one field value into (scheme, parameters); a value of None is a quoted-string that never closed."""
    scheme = b""
    parameters: list[tuple[bytes, bytes | None]] = []
    position, end = 0, len(value)
    while True:
        blanks = _blanks.match(value, position)
        position = blanks.end() if blanks else position
        if position >= end:
            break
        word = _word.match(value, position)
        if word is None:  # a stray octet
            position += 1
            continue
        position = word.end()
        equals = _equals.match(value, position)
        if equals is not None:
            position = equals.end()
            parameter = _quoted.match(value, position) or _bare.match(value, position)
            if parameter is not None:
                position = parameter.end()
                text = unescape(parameter[1]) if parameter.re is _quoted else parameter[0]
                parameters.append((word[0].lower(), text))
            elif value[position : position + 1] == b'"':
                # Where an unclosed string ends nobody can say, so the rest of the field is not to be trusted.
                parameters.append((word[0].lower(), None))
                break
            else:
                parameters.append((word[0].lower(), b""))
            continue
        if scheme and word[0].lower() != b"digest" and _ends_element.match(value, position):
            # A stray word, or a scheme without parameters (Negotiate): a scheme with parameters is followed by a blank,
            # so what stands behind the comma still belongs to the challenge before it.
            continue
        if scheme:
            yield scheme, parameters
        scheme, parameters = word[0], []
        # Digest has no token68 form, and "realm=" would look like one.
        credentials = _token68.match(value, position) if scheme.lower() != b"digest" else None
        if credentials is not None:
            position = credentials.end()
    if scheme:
        yield scheme, parameters


def _interpret(pairs: list[tuple[bytes, bytes | None]]) -> Challenge | UnusableChallenge:
    fields: dict[bytes, bytes] = {}
    for name, value in pairs:
        if value is None:
            return UnusableChallenge(f"the quotes of {name.decode()!r} do not close")
        # Two different values are two readings of one challenge: which one a server checks is a guess, so refuse.
        if fields.setdefault(name, value) != value:
            return UnusableChallenge(f"{name.decode()!r} appears twice with different values")
    if not fields.get(b"nonce"):
        return UnusableChallenge("nonce is missing or empty")
    if sum(len(fields.get(name, b"")) for name in _REPEATED) > MAX_REPEATED_OCTETS:
        return UnusableChallenge(f"realm, nonce and opaque have more than {MAX_REPEATED_OCTETS} octets together")
    offered = re.split(rb"[ \t,]+", fields.get(b"qop", b"").lower())
    qop = tuple(word for word in offered if word)[:MAX_WORDS]
    try:
        challenge = Challenge(
            # RFC 7616 §3.3 demands it. Devices that leave it out mean an empty one, which is a realm like any other.
            realm=fields.get(b"realm", b""),
            nonce=fields[b"nonce"],
            algorithm=fields.get(b"algorithm"),
            qop=qop,
            opaque=fields.get(b"opaque"),
            domain=tuple(fields.get(b"domain", b"").split(None, MAX_WORDS)[:MAX_WORDS]),
            stale=fields.get(b"stale", b"").lower() == b"true",
            utf8=fields.get(b"charset", b"").lower() == b"utf-8",
            userhash=fields.get(b"userhash", b"").lower() == b"true",
        )
        # What cannot be written back into a header field cannot be answered.
        challenge.serialize()
    except MalformedField as error:
        return UnusableChallenge(str(error))
    return challenge
