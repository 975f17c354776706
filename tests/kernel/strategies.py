"""Hypothesis strategies for the values of the three header fields."""

from __future__ import annotations

import string
import unicodedata

from hypothesis import strategies as st

from digest_http.authinfo import AuthenticationInfo
from digest_http.challenge import Challenge
from digest_http.credentials import Credentials

# Octets that may stand in a quoted-string, escaped where they must be.
TEXT_OCTETS = bytes([0x09, *range(0x20, 0x7F), *range(0x80, 0x100)])
TOKEN_OCTETS = (string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~").encode()

# Delimiters come often, since the parsers live on them.
SYNTAX = [bytes([octet]) for octet in b'=", \t\\\'*;\r\n\x00\xff'] + [
    b"Digest ", b"Basic ", b"realm=", b'nonce="', b"nc=00000001", b"qop=auth", b"username*=UTF-8''", b"%C3", b"%",
]  # fmt: skip


def octets_of(alphabet: bytes, *, min_size: int = 0, max_size: int = 24) -> st.SearchStrategy[bytes]:
    """Octet strings over an alphabet."""
    return st.lists(st.sampled_from(alphabet), min_size=min_size, max_size=max_size).map(bytes)


values = octets_of(TEXT_OCTETS)
filled_values = octets_of(TEXT_OCTETS, min_size=1)
tokens = octets_of(TOKEN_OCTETS, min_size=1)
words = octets_of(bytes(set(TOKEN_OCTETS) - set(string.ascii_uppercase.encode())), min_size=1, max_size=8)
uris = octets_of(bytes(set(TEXT_OCTETS) - set(b" \t")), min_size=1)
counts = st.integers(1, 0xFFFFFFFF).map(lambda count: b"%08x" % count)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(lambda text: unicodedata.normalize("NFC", text))

# Octets as a stranger might send them: random ones, and ones that look like the grammar.
wild_octets = st.one_of(
    st.binary(max_size=200), st.lists(st.one_of(st.sampled_from(SYNTAX), st.binary(max_size=4))).map(b"".join)
)

challenges = st.builds(
    Challenge,
    realm=values,
    nonce=filled_values,
    algorithm=st.none() | tokens,
    qop=st.lists(words, max_size=3).map(tuple),
    opaque=st.none() | values,
    domain=st.lists(uris, max_size=3).map(tuple),
    stale=st.booleans(),
    utf8=st.booleans(),
    userhash=st.booleans(),
)

information = st.builds(
    AuthenticationInfo,
    rspauth=st.none() | values,
    cnonce=st.none() | values,
    nc=st.none() | counts,
    qop=st.none() | tokens,
    nextnonce=st.none() | values,
)


@st.composite
def credentials(draw: st.DrawFn) -> Credentials:
    """Credentials of every form: with qop and of RFC 2069, clear name, hashed name and username*."""
    form = draw(st.sampled_from(["clear", "hashed", "extended"]))
    with_qop = draw(st.booleans())
    return Credentials(
        username=b"" if form == "extended" else draw(values),
        realm=draw(values),
        nonce=draw(values),
        uri=draw(values),
        response=draw(values),
        algorithm=draw(st.none() | tokens),
        qop=draw(tokens) if with_qop else b"",
        nc=draw(counts) if with_qop else b"",
        # A colon there is refused (docs/security.md).
        cnonce=draw(values.filter(lambda octets: b":" not in octets)) if with_qop else b"",
        opaque=draw(st.none() | values),
        userhash=form == "hashed",
        username_ext=draw(names) if form == "extended" else None,
    )
