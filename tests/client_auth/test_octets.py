"""Whatever octets a server sends, a call ends with its answer or with an error of ours."""

import importlib
import sys
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

import digest_http_client_auth
from digest_http.errors import DigestError
from digest_http_client_auth import httpx as for_httpx
from digest_http_client_auth import httpx2 as for_httpx2

from .conftest import Caller
from .strict_server import parameters_of

URL = "http://server.example/a?b"

octets = st.binary(max_size=80).map(lambda value: value.translate(None, b"\r\n\0"))
text = octets.map(lambda value: value.replace(b"\\", b"\\\\").replace(b'"', b'\\"'))
names = st.sampled_from(
    [b"realm", b"nonce", b"algorithm", b"qop", b"opaque", b"domain", b"stale", b"charset", b"userhash", b"NONCE"]
)
words = st.sampled_from(
    [b"MD5", b"sha-256", b"MD5-sess", b"auth", b"auth-int", b"auth,auth-int", b"true", b"UTF-8", b"", b"/a", b"a\\b"]
)
parameters = st.one_of(
    st.builds(lambda name, value: name + b'="' + value + b'"', names, st.one_of(text, words)),
    st.builds(lambda name, value: name + b"=" + value, names, words),
    octets,
)
almost = st.lists(parameters, max_size=9).map(lambda list_: b'Digest realm="r", nonce="n", ' + b", ".join(list_))
fields = st.lists(st.one_of(octets, almost), max_size=3)
infos = st.one_of(
    octets,
    st.builds(
        lambda name, value: name + b'="' + value + b'"',
        st.sampled_from([b"rspauth", b"nextnonce", b"cnonce", b"nc", b"qop"]),
        octets,
    ),
)


@pytest.mark.parametrize("name", ["httpx", "httpx2"])
@given(
    challenges=st.lists(fields, min_size=1, max_size=5), info=st.lists(infos, max_size=2), status=st.integers(200, 599)
)
def test_any_octets(name, challenges, info, status):
    """Nothing but our errors is raised, and what is sent back holds every parameter once."""
    caller = Caller(name, blocking=True)
    left: list[list[bytes]] = []
    sent = []

    def handler(request, _):
        field = request.headers.get("authorization")
        if field is not None:
            sent.append(field)
        if left:
            return 401, [("WWW-Authenticate", value) for value in left.pop()], b""
        return status, [("Authentication-Info", value) for value in info], b"body"

    for verify in ("if-present", "required", "always"):
        auth = caller.DigestAuth("alice", "s3cret", allow_rfc2069=True, allow_weaker=True, verify=verify)
        left = list(challenges)
        with suppress(DigestError):
            caller.get(handler, URL, URL, auth=auth)
    for field in sent:
        assert parameters_of(field)["uri"] == "/a?b"


values = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@pytest.mark.obeys("opaque-comes-back")
@given(
    user=values.map(lambda text: text.replace(":", "") or "u"), realm=values, nonce=values.filter(bool), opaque=values
)
def test_values_come_back_as_they_are(user, realm, nonce, opaque):
    """Quotes, backslashes, marks and lookalikes in user, realm, nonce and opaque reach the server unchanged."""
    caller = Caller("httpx", blocking=True)
    sent = []

    def quoted(value):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def handler(request, _):
        raw = dict(request.headers.raw).get(b"Authorization")
        if raw is None:
            challenge = f"Digest realm={quoted(realm)}, nonce={quoted(nonce)}, qop=auth, opaque={quoted(opaque)}"
            return 401, [("WWW-Authenticate", challenge.encode())], b""
        sent.append(raw.decode())
        return 200, [], b""

    caller.get(handler, URL, auth=caller.DigestAuth(user, "x"))
    found = parameters_of(sent[0])
    # RFC 7616 §4: names are in Normalization Form C; what the server sent is echoed octet for octet.
    assert found["username"] == unicodedata.normalize("NFC", user)
    assert [found[name] for name in ("realm", "nonce", "opaque")] == [realm, nonce, opaque]


@pytest.mark.parametrize("value", [
    'a", uri="/evil', "~0~~1~~2~~3~", "%b%b%(x)s%%", "{0}{1}", "a\\", ' \t"', "a, b=c", "~1~",
])  # fmt: skip
def test_strings_that_would_inject(plain, value):
    """A server's or user's string cannot become a parameter of ours, nor one of the marks of the prebuilt field."""
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    sent = []

    def handler(request, _):
        sent.append(request.headers.get("authorization"))
        challenge = f"Digest realm={quoted}, nonce={quoted}, qop=auth, opaque={quoted}"
        return (200, [], b"") if sent[-1] else (401, [("WWW-Authenticate", challenge)], b"")

    plain.get(handler, URL, auth=plain.DigestAuth(value.replace("\t", ""), "x"))
    found = parameters_of(sent[1])
    assert (found["realm"], found["nonce"], found["opaque"], found["uri"]) == (value, value, value, "/a?b")
    assert found["username"] == value.replace("\t", "")
    assert len(found["response"]) == 32


@pytest.mark.timeout(30)
@pytest.mark.parametrize("flood", [b",", b"\\", b"a=", b'"', b"Digest ", b'Digest realm="', b"a=b,", b"=", b" "])
def test_floods_are_read_in_linear_time(plain, flood):
    """A megabyte of whatever in a field: a quadratic reader would run into the time limit of the test."""
    value = b"Digest " + flood * ((1 << 20) // len(flood))

    def handler(*_):
        return 401, [("WWW-Authenticate", value), ("WWW-Authenticate", value[:16000])], b""

    (answer,) = plain.get(handler, URL, auth=plain.DigestAuth("alice", "s3cret"))
    assert answer.status_code == 401


def test_missing_libraries_are_named(monkeypatch):
    """Without its library a plug says what to install, and the package itself can still be imported."""
    for plug, extra in ((for_httpx, "client"), (for_httpx2, "client2")):
        library = plug.__name__.rpartition(".")[2]
        monkeypatch.setitem(sys.modules, library, None)
        monkeypatch.delitem(sys.modules, plug.__name__)
        with pytest.raises(ModuleNotFoundError, match=rf"digest-http\[{extra}\]"):
            importlib.import_module(plug.__name__)
    monkeypatch.undo()
    assert digest_http_client_auth.DigestAuth is for_httpx.DigestAuth
    with pytest.raises(AttributeError):
        digest_http_client_auth.Nothing  # noqa: B018  # the look-up is the test
