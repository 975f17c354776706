"""digest-challenge, digest-response and response-auth: tokens <-> values (RFC 2831 §2.1.1-§2.1.3).

The grammar is the kernel's (digest_http.params), in SASL's spelling. This file has SASL's own rules: what may repeat,
be absent or be empty. Any value may be quoted or bare: Dovecot quotes charset and algorithm, JDK quotes maxbuf and
cipher. A bare value may be empty (Twisted writes `realm=,`). Names and keywords may have any letter case. Unknown
directives are ignored. White space is LWS of RFC 2616, on which RFC 2831 builds: a token is not a header field, so it
may be folded over several lines and may end in LWS.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from digest_http.encoding import quote_string
from digest_http.errors import FieldTooLarge, MalformedField
from digest_http.grammar import bare_value, nc_value, qdtext, quoted_pair
from digest_http.params import Spelling, scan_parameters

__all__ = [
    "DEFAULT_MAXBUF",
    "MAX_MAXBUF",
    "MIN_MAXBUF",
    "Challenge",
    "Response",
    "parse_rspauth",
    "serialize_rspauth",
]

#: RFC 2831 §2.1.1 and §2.1.2 say "less than". JDK and Cyrus accept exactly this many octets, and so does this file.
MAX_CHALLENGE_OCTETS: Final = 2048
MAX_RESPONSE_OCTETS: Final = 4096

#: maxbuf if the directive is absent (RFC 2831 §2.1.1), and the range that Cyrus accepts: a record has at least 16
#: octets of overhead, and its length must fit into three octets.
DEFAULT_MAXBUF: Final = 65536
MIN_MAXBUF: Final = 17
MAX_MAXBUF: Final = 0xFFFFFF

# maxbuf-value = 1*DIGIT ; so it may begin with zeros
_digits = re.compile(rb"0*[0-9]{1,8}")
_list_separator = re.compile(rb"[ \t,]+")

# RFC 2616 §2.2: LWS = [CRLF] 1*( SP | HT ). JDK, Cyrus and GNU SASL skip CR and LF anywhere between words.
_BLANKS: Final = rb"[ \t\r\n]*"
# RFC 2616 §2.2: TEXT, and so qdtext, includes LWS, and "any linear white space may be replaced with a single SP".
_fold = re.compile(rb"\r\n[ \t]+")
_QUOTED: Final = rb'"((?:' + qdtext + rb"|" + quoted_pair + rb"|" + _fold.pattern + rb')*+)"'
_SPELLING: Final = Spelling(
    blanks=_BLANKS,
    quoted=_QUOTED,
    # An empty value is allowed if the next comma or the end of the token follows.
    bare=rb"(?:" + bare_value + rb"|(?=" + _BLANKS + rb"(?:,|\Z)))",
)

# response-value = 32LHEX ; JDK, Cyrus and GNU SASL all refuse capitals
_digest_value = re.compile(rb"[0-9a-f]{32}")

_CHALLENGE_NAMES: Final = frozenset({b"nonce", b"qop", b"stale", b"maxbuf", b"charset", b"algorithm", b"cipher"})
_RESPONSE_NAMES: Final = frozenset(
    {
        b"username", b"realm", b"nonce", b"cnonce", b"nc", b"qop", b"digest-uri", b"response", b"maxbuf", b"charset",
        b"cipher", b"authzid",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the server offers. Octets are unescaped values as received.

    `qop` and `ciphers` have the offered words in lower case and in order, also unknown words; an absent qop is auth.
    `maxbuf` is in octets. `others` are the directives that this mechanism does not know (the first of each name).
    """

    nonce: bytes
    realms: tuple[bytes, ...] = ()
    qop: tuple[str, ...] = ("auth",)
    ciphers: tuple[str, ...] = ()
    maxbuf: int = DEFAULT_MAXBUF
    utf8: bool = True
    stale: bool = False
    others: Mapping[bytes, bytes] = field(default_factory=dict[bytes, bytes])

    @classmethod
    def parse(cls, token: bytes) -> Challenge:
        """Read a digest-challenge. Raises MalformedField, FieldTooLarge over 2048 octets, and nothing else."""
        realms: list[bytes] = []
        fields, others = _read(token, MAX_CHALLENGE_OCTETS, _CHALLENGE_NAMES, realms)
        algorithm = _required(fields, b"algorithm")
        if algorithm.lower() != b"md5-sess":
            raise MalformedField("the challenge is not for algorithm md5-sess", reason="algorithm")
        stale = fields.get(b"stale", b"false").lower()
        if stale not in (b"true", b"false"):
            raise MalformedField("stale is neither true nor false", reason="stale")
        return cls(
            nonce=_required(fields, b"nonce"),
            realms=tuple(realms),
            qop=_words(fields[b"qop"]) if b"qop" in fields else ("auth",),
            ciphers=_words(fields.get(b"cipher", b"")),
            maxbuf=_maxbuf(fields),
            utf8=_utf8(fields),
            stale=stale == b"true",
            others=others,
        )

    def serialize(self) -> bytes:
        """Write the token. Raises MalformedField for control characters, FieldTooLarge for 2048 octets or more."""
        parts = [b"realm=" + quote_string(realm) for realm in self.realms]
        parts += [b"nonce=" + quote_string(self.nonce), b'qop="%b"' % ",".join(self.qop).encode()]
        if self.stale:
            parts.append(b"stale=true")
        # Sent even if it is the default: Cyrus and the JDK then agree on it without knowing the default.
        parts.append(b"maxbuf=%d" % self.maxbuf)
        if self.utf8:
            parts.append(b"charset=utf-8")
        # RFC 2831 §2.1.1: cipher only, and exactly once, when auth-conf is offered. GNU SASL refuses it otherwise.
        if "auth-conf" in self.qop:
            parts.append(b'cipher="%b"' % ",".join(self.ciphers).encode())
        parts.append(b"algorithm=md5-sess")
        parts += [name + b"=" + quote_string(value) for name, value in self.others.items()]
        return _join(parts, MAX_CHALLENGE_OCTETS)


@dataclass(frozen=True, slots=True)
class Response:
    """What the client answers. Octets are unescaped values as received; None means that the directive was absent.

    `nc` is eight hex digits, `response` 32 in lower case. `maxbuf` is in octets. `others` as in Challenge.
    """

    username: bytes
    realm: bytes | None
    nonce: bytes
    cnonce: bytes
    nc: bytes
    digest_uri: bytes
    # A weak password can be guessed from the digest, so the digest must not be in a log.
    response: bytes = field(repr=False)
    qop: str = "auth"
    cipher: str | None = None
    maxbuf: int = DEFAULT_MAXBUF
    utf8: bool = False
    authzid: bytes | None = None
    others: Mapping[bytes, bytes] = field(default_factory=dict[bytes, bytes])

    @classmethod
    def parse(cls, token: bytes) -> Response:
        """Read a digest-response. Raises MalformedField, FieldTooLarge over 4096 octets, and nothing else."""
        fields, others = _read(token, MAX_RESPONSE_OCTETS, _RESPONSE_NAMES)
        # Checked by a pattern, because int() also accepts "+1", "1_0" and digits of other scripts.
        nc = _required(fields, b"nc")
        if nc_value.fullmatch(nc) is None or nc == b"00000000":
            raise MalformedField("nc is not eight hex digits, counted from 00000001", reason="nc")
        digest = _required(fields, b"response")
        if _digest_value.fullmatch(digest) is None:
            raise MalformedField("response is not 32 lower-case hex digits", reason="response")
        cipher = fields.get(b"cipher")
        return cls(
            username=_required(fields, b"username"),
            realm=fields.get(b"realm"),
            nonce=_required(fields, b"nonce"),
            cnonce=_required(fields, b"cnonce"),
            nc=nc,
            digest_uri=_required(fields, b"digest-uri"),
            response=digest,
            # Letter case matters: the word is hashed as it was sent.
            qop=fields.get(b"qop", b"auth").decode("latin-1"),
            cipher=None if cipher is None else cipher.lower().decode("latin-1"),
            maxbuf=_maxbuf(fields),
            utf8=_utf8(fields),
            authzid=fields.get(b"authzid"),
            others=others,
        )

    @property
    def count(self) -> int:
        """nc as a number, 1 to 0xFFFFFFFF."""
        return int(self.nc, 16)

    def serialize(self) -> bytes:
        """Write the token. Raises MalformedField for control characters, FieldTooLarge for 4096 octets or more."""
        # No blanks: GNU SASL accepts none. RFC 2831 §2.1.2 says which values are quoted.
        parts = [b"charset=utf-8"] if self.utf8 else []
        parts.append(b"username=" + quote_string(self.username))
        if self.realm is not None:
            parts.append(b"realm=" + quote_string(self.realm))
        parts += [
            b"nonce=" + quote_string(self.nonce),
            b"nc=" + self.nc,
            b"cnonce=" + quote_string(self.cnonce),
            b"digest-uri=" + quote_string(self.digest_uri),
            b"response=" + self.response,
            b"qop=" + self.qop.encode(),
        ]
        # maxbuf limits the length of records, and without a layer there are no records.
        if self.qop != "auth":
            parts.append(b"maxbuf=%d" % self.maxbuf)
        if self.cipher is not None:
            parts.append(b"cipher=" + self.cipher.encode())
        if self.authzid is not None:
            parts.append(b"authzid=" + quote_string(self.authzid))
        parts += [name + b"=" + quote_string(value) for name, value in self.others.items()]
        return _join(parts, MAX_RESPONSE_OCTETS)


def parse_rspauth(token: bytes) -> bytes | None:
    """The digest in a response-auth token, in hex; None if the token has no rspauth directive (RFC 2831 §2.1.3).

    Raises MalformedField, and FieldTooLarge over 2048 octets.
    """
    fields, _ = _read(token, MAX_CHALLENGE_OCTETS, frozenset({b"rspauth"}))
    return fields.get(b"rspauth")


def serialize_rspauth(digest: bytes) -> bytes:
    """Write a response-auth token (RFC 2831 §2.1.3). `digest` is in hex."""
    return b"rspauth=" + digest


def _read(
    token: bytes, limit: int, single: frozenset[bytes], realms: list[bytes] | None = None
) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
    """Sort directives into those of `single`, which may not appear twice, and others; realm may repeat."""
    if len(token) > limit:
        raise FieldTooLarge(f"the token has {len(token)} octets; at most {limit} are read")
    fields: dict[bytes, bytes] = {}
    others: dict[bytes, bytes] = {}
    for name, value in scan_parameters(token, _SPELLING):
        if b"\n" in value:
            value = _fold.sub(b" ", value)  # noqa: PLW2901  # the same value, on one line
        if name in single:
            # RFC 2831 §2.1.1, §2.1.2: more than one instance of these aborts the exchange.
            if name in fields:
                raise MalformedField(f"directive {name.decode()!r} appears twice", reason="duplicate")
            fields[name] = value
        elif realms is not None and name == b"realm":
            realms.append(value)
        else:
            others.setdefault(name, value)
    return fields, others


def _required(fields: dict[bytes, bytes], name: bytes) -> bytes:
    try:
        return fields[name]
    except KeyError:
        raise MalformedField(f"directive {name.decode()!r} is missing", reason="missing") from None


def _words(octets: bytes) -> tuple[str, ...]:
    return tuple(word.decode("latin-1") for word in _list_separator.split(octets.lower()) if word)


def _maxbuf(fields: dict[bytes, bytes]) -> int:
    octets = fields.get(b"maxbuf")
    if octets is None:
        return DEFAULT_MAXBUF
    value = int(octets) if _digits.fullmatch(octets) else 0
    if not MIN_MAXBUF <= value <= MAX_MAXBUF:
        raise MalformedField(f"maxbuf is not a number from {MIN_MAXBUF} to {MAX_MAXBUF}", reason="maxbuf")
    return value


def _utf8(fields: dict[bytes, bytes]) -> bool:
    charset = fields.get(b"charset")
    if charset is not None and charset.lower() != b"utf-8":
        raise MalformedField("charset is not utf-8, which is the only allowed value", reason="charset")
    return charset is not None


def _join(parts: Iterable[bytes], limit: int) -> bytes:
    token = b",".join(parts)
    # Our own tokens obey the RFC's "less than": GNU SASL refuses a challenge of exactly 2048 octets.
    if len(token) >= limit:
        raise FieldTooLarge(f"the token would have {len(token)} octets; fewer than {limit} are allowed: shorten a name")
    return token
