"""The Authorization field that is built ahead: whatever stands in it, it parses back to the same values."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.algorithms import by_name
from digest_http.buffers import HTTPMessage
from digest_http.challenge import Challenge
from digest_http.credentials import Credentials
from digest_http.errors import ConfigurationError
from digest_http.grammar import forbidden_in_field
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity

#: What once stood for the gaps of a field, what formats and quoting are made of, and what looks like parameters.
TRICKS = [
    "~0~", "~1~~2~", "~~", "%b", "%%", "%", "%(x)s", "{0}", "\\", "\\\\", '"', '\\"', "'", ",", ", nc=00000001", "=",
    'a", uri="/evil', "username*=UTF-8''x", "é", "é~0~", "日本", "🙂", "\u0301", " ", "a:b", "nc", "uri", "response",
]  # fmt: skip

texts = st.lists(
    st.one_of(st.sampled_from(TRICKS), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)), max_size=5
).map("".join)
octets = st.one_of(st.binary(max_size=30).map(lambda value: forbidden_in_field.sub(b"", value)), texts.map(str.encode))
names = texts.map(lambda text: text.replace(":", "")).filter(bool)


def colonless(value):
    """Octets that may be a name."""
    return value.replace(b":", b"")


QOPS = [(), (b"auth",), (b"auth-int",), (b"auth", b"auth-int")]


@given(
    name=st.one_of(names, names.map(str.encode),
    octets.map(colonless).filter(bool)), realm=octets, nonce=octets.filter(bool), opaque=st.none() | octets, uri=octets,
    qop=st.sampled_from(QOPS), algorithm=st.sampled_from(["MD5", "SHA-256", "SHA-512-256-sess"]), utf8=st.booleans(),
    userhash=st.booleans(), quote_all=st.booleans(),
)  # fmt: skip
def test_field_parses_back(name, realm, nonce, opaque, uri, qop, algorithm, utf8, userhash, quote_all):
    """Any name, realm, nonce, opaque and target is signed, and a server reads what was meant."""
    chosen = by_name(algorithm)
    if not qop and chosen.session:
        qop = (b"auth",)
    if not qop:  # such a challenge with a colon is not answered
        nonce = nonce.replace(b":", b".")
    identity = Identity(name, "s3cret")
    context = ClientContext(identity, realm, chosen, quote_all=quote_all, cnonces=lambda: b"c0ffee")
    challenge = Challenge(realm, nonce, chosen.token, qop, opaque, utf8=utf8, userhash=userhash)
    learnt = context.learn(Choice(challenge, chosen, qop[0] if qop else b""))
    assert learnt is not None
    message = HTTPMessage(b"", b"GET", uri, b"00" * chosen.digest_size if learnt.needs_entity else b"")
    signature = context.make_signature(message, learnt)
    assert signature is not None
    sent = Credentials.parse(message.padding)
    assert (sent.realm, sent.nonce, sent.opaque, sent.uri) == (realm, nonce, opaque, uri)
    assert (sent.algorithm, sent.qop) == (chosen.token, qop[0] if qop else b"")
    assert (sent.nc, sent.cnonce) == ((b"00000001", b"c0ffee") if qop else (b"", b""))
    assert len(bytes.fromhex(sent.response.decode())) == chosen.digest_size
    assert sent.userhash is userhash
    expected = unicodedata.normalize("NFC", name).encode() if isinstance(name, str) else name
    if userhash:
        assert sent.username.decode() == chosen.hexdigest(expected + b":" + realm).decode()
    elif utf8 and isinstance(name, str) and not name.isascii():
        assert sent.username_ext == expected.decode()
    else:
        assert (sent.username, sent.username_ext) == (expected, None)


@pytest.mark.parametrize("name", ["a\tb", "\x85", "a\x9b", "\x7f", "\n", "\x00"])
def test_controls_in_a_name(name):
    """A name that no server would take out of username* is told when it is made; as octets it may mean something."""
    with pytest.raises(ConfigurationError, match="control character"):
        Identity(name, "s3cret")
    for octet in (b"\x85", b"a\tb"):
        assert Identity(octet, "s3cret").name_octets("utf-8") == octet
