"""The small parts that the exchange leans on: peers, cookies, targets, probes, errors, what is saved."""

from __future__ import annotations

import copy
import logging
import pickle
import sys
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.errors import BodyNotReplayable, ConfigurationError, DigestError, MalformedField, WrongPrincipal
from digest_http.httpauth.origins import Origin
from digest_http_client_auth.cookies import merge_cookies
from digest_http_client_auth.library import UNTOLD
from digest_http_client_auth.library_errors import errors_also, joined_error
from digest_http_client_auth.probes import is_of_probe
from digest_http_client_auth.proxies import peer_of
from digest_http_client_auth.session import MAX_URLS, Session
from digest_http_client_auth.wire_targets import wire_target, with_path

from .dictionary_auth import Auth, session_of
from .dictionary_library import DictionaryLibrary, Message, call, request_to
from .strict_server import StrictServer

URL = "http://server.example/a"
HOME = Origin("http", "server.example", 80)
CHALLENGE = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'


def signed_for(auth: Auth, url: str = URL) -> str | None:
    """The field that the first request of a call carries."""
    found: list[str] = []

    def send(request: Message) -> Message:
        field = request["fields"].get(b"authorization")
        if field is not None:
            found.append(field.decode("latin-1"))
        return {"status": 200}

    call(session_of(auth), request_to(url), send)
    return found[0] if found else None


NAMES = (
    "a 407 came from port 80, which is the port of the URL too: it may come from the server itself. If it came from a "
    "proxy, tell which proxy it is (docs/client.md, Through a proxy)"
)
ITSELF = "the connection goes to the server itself, which may not ask for a proxy's credentials"
PROXY = Origin("http", "10.0.0.1", 3128)
NUMBER, SIX = Origin("http", "10.0.0.9", 80), Origin("http", "2001:db8::1", 80)


@pytest.mark.parametrize(("told", "address", "origin", "peer", "said"), [
    (None, ("10.0.0.1", 3128), HOME, None,
     [("DEBUG", "a 407 to a request that goes to the server itself comes from the server, not from a proxy")]),
    (PROXY, None, HOME, PROXY, []),
    (PROXY, ("10.0.0.9", 80), HOME._replace(scheme="https"), PROXY, []),
    (UNTOLD, ("10.0.0.1", 3128), HOME._replace(scheme="https"), None,
     [("DEBUG", "a 407 inside an https connection comes from the server, not from a proxy")]),
    (UNTOLD, None, HOME, HOME, []),
    (UNTOLD, ("10.0.0.1", 3128), HOME, PROXY, []),
    (UNTOLD, ("proxy", 3128), HOME, Origin("http", "proxy", 3128), []),
    (UNTOLD, ("10.0.0.1", 80), HOME, None, [("WARNING", NAMES)]),
    (UNTOLD, ("proxy", 80), NUMBER, None, [("WARNING", NAMES)]),
    (UNTOLD, ("10.0.0.9", 80), NUMBER, None, [("DEBUG", ITSELF)]),
    (UNTOLD, ("2001:DB8:0::1", 80), SIX, None, [("DEBUG", ITSELF)]),
    (UNTOLD, ("10.0.0.1", 80), NUMBER, Origin("http", "10.0.0.1", 80), []),
])  # fmt: skip
def test_who_sent_a_407(
    told: Any, address: Any, origin: Origin, peer: Any, said: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The proxy that the library tells, or who is at the other end; nobody, where it may be the server itself."""
    policy = session_of(Auth("alice", "s3cret")).policy
    with caplog.at_level(logging.DEBUG, "digest_http.client"):
        assert peer_of(told, address, origin, policy) == peer
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        (level, f"Digest challenge not answered: {text}") for level, text in said
    ]


@pytest.mark.parametrize(("sent", "added", "merged"), [
    ([], b"a=1", b"a=1"), ([b"a=1; b=2"], b"b=3", b"a=1; b=3"),
    ([b"a=1", b"b=2;c"], b"c=; d=e=f", b"a=1; b=2; c=; d=e=f"),
    ([b" a=1 ;; "], b"", b"a=1"), ([b"a=1"], b"a", b"a"),
])  # fmt: skip
def test_cookies(sent: list[bytes], added: bytes, merged: bytes) -> None:
    """Pairs in order, one a name, the new value in the old place."""
    assert merge_cookies(sent, added) == merged


@pytest.mark.parametrize(("target", "sent"), [
    ("/", b"/"), ("/a?b=c", b"/a?b=c"), ("/a#b", b"/a"), ("/a?b#c?d", b"/a?b"), ("/a b", b"/a%20b"),
    ("/%2f?%2f", b"/%2F?%2F"), ("/%2F", b"/%2F"), ("/%", b"/%25"), ("/%zz%2f", b"/%25zz%252F"), ("/%2f?%", b"/%2F?%25"),
    ("/?a?b", b"/?a?b"), ("/\u00e9?\u00fc", b"/%C3%A9?%C3%BC"),
    ('/"<>[]{}|\\^`', b"/%22%3C%3E%5B%5D%7B%7D%7C%5C%5E%60"),
    ("/-._~!$&'()*+,;=:@", b"/-._~!$&'()*+,;=:@"), ("/\ud800", b"/%ED%A0%80"), ("/a ?b", b"/a%20?b"),
    ("/\x7f\x01", b"/%7F%01"),
    ("/azAZ09 ", b"/azAZ09%20"), ("/%?a%2f?b", b"/%25?a%2F?b"),
    ("/a?b%zz?c%41", b"/a?b%25zz?c%2541"),
])  # fmt: skip
def test_targets(target: str, sent: bytes) -> None:
    """What may stand in a URI stays; the rest is escaped in upper case, and a fragment is not sent."""
    assert wire_target(target) == sent


@pytest.mark.parametrize(("url", "written"), [
    ("http://a.example", "http://a.example/"), ("http://a.example/", "http://a.example/"),
    ("http://a.example?x", "http://a.example/?x"), ("http://a.example#x", "http://a.example/#x"),
    ("http://X.example", "http://X.example/"), ("http://a.example?u=http://b/", "http://a.example/?u=http://b/"),
    ("http://a.example/b?c/d", "http://a.example/b?c/d"), ("http://a.example:80?/", "http://a.example:80/?/"),
])  # fmt: skip
def test_urls_for_a_proxy(url: str, written: str) -> None:
    """Each has a path."""
    assert with_path(url) == written


def test_fields_of_probes() -> None:
    """All but those of the body and of the credentials, in any letter case."""
    names = ["Accept", "Cookie", "X-Content-Type", "Contents", "TE", "Host", "Authorisation"]
    assert [is_of_probe(name) for name in names] == [True] * len(names)
    names = [
        "Content-Type", "content-length", "CONTENT-X", "Transfer-Encoding", "trailer", "EXPECT", "Authorization",
        "Proxy-Authorization",
    ]  # fmt: skip
    assert [is_of_probe(name) for name in names] == [False] * len(names)


@pytest.fixture
def library_error(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a library raises: a class of which nothing has been made yet, where a pickle finds it."""
    kind = type("LibraryError", (Exception,), {"__module__": __name__, "request": None})
    monkeypatch.setattr(sys.modules[__name__], "LibraryError", kind, raising=False)
    return kind


def test_errors_that_are_the_librarys_too(library_error: Any) -> None:
    """Of both classes, with the same text and reason, and what is to be set on them; other errors pass as they are."""
    first = WrongPrincipal("wrong", reason="special")
    with pytest.raises(library_error) as caught, errors_also(library_error, request=5):
        raise first
    error: Any = caught.value
    assert WrongPrincipal in type(error).__mro__
    assert (str(error), error.reason, error.request) == ("wrong", "special", 5)
    assert (error.__cause__, error.http_status) == (first, WrongPrincipal.http_status)
    assert (type(error).__name__, type(error).__doc__) == ("WrongPrincipal", WrongPrincipal.__doc__)
    assert type(error).__module__ == "digest_http_client_auth.library_errors"
    kinds = {type(joined_error(WrongPrincipal("x"), library_error)), type(error)}
    assert len(kinds) == 1
    again: Any = pickle.loads(pickle.dumps(error))  # noqa: S301 - made in this line
    assert (type(again), str(again), again.reason) == (type(error), "wrong", "special")
    with pytest.raises(library_error) as again_caught, errors_also(library_error, request=6):
        raise error
    assert (again_caught.value is error, error.request) == (True, 5)
    assert type(joined_error(BodyNotReplayable("x"), library_error)) is not type(error)
    assert type(joined_error(first, OSError)) is not type(error)
    for other in (library_error(), KeyError()):
        with pytest.raises(type(other)) as passed, errors_also(library_error):
            raise other
        assert passed.value is other


def test_an_object_of_which_nothing_is_said() -> None:
    """The settings of docs/client.md."""
    auth = Auth("alice", "s3cret")
    session = session_of(auth)
    assert (session.verify, session.demands_proof, session.prober, session.proxy) == ("if-present", False, None, False)
    assert (auth.is_for_proxies, Auth("a", "b", proxy=True).is_for_proxies) == (False, True)
    preference = session.policy.preference
    assert (preference.qop, preference.allow_rfc2069, preference.prefer) == ((b"auth", b"auth-int"), None, "strongest")
    assert (session.spaces_at(request_to(URL), HOME).allow_weaker, session.status) == (False, 401)
    assert (repr(auth), repr(session)) == ("<DigestAuth of 'alice'>", "<Session of 'alice'>")
    given = session_of(Auth("a", "b", algorithms=["MD5"], qop=["auth-int"], allow_rfc2069=False, prefer="server-order",
                            probe=True, allow_weaker=True, verify="always"))  # fmt: skip
    assert given.policy.preference.algorithms == {by_name("MD5")}
    assert (given.policy.preference.qop, given.policy.preference.prefer) == ((b"auth-int",), "server-order")
    assert (given.policy.preference.allow_rfc2069, given.verify, given.demands_proof) == (False, "always", True)
    assert id(given.prober) == id(given.library)
    assert given.spaces_at(request_to(URL), HOME).allow_weaker is True


FIELD = "write the name of a field, for instance 'X-WWW-Authenticate'"


class Bare:
    """A library that has no probes."""


@pytest.mark.parametrize(("settings", "text"), [
    ({"probe": 1}, "probe is 1; write True or False, for instance probe=True"),
    ({"proxy": "p"}, "proxy is 'p'; write True or False, for instance proxy=True"),
    ({"allow_weaker": 0}, "allow_weaker is 0; write True or False, for instance allow_weaker=True"),
    ({"random": 5}, "random is 5; write a function of one argument, for instance random=os.urandom"),
    ({"challenge_header": "X:"}, f"challenge_header is 'X:'; {FIELD}"),
    ({"challenge_header": b"X"}, f"challenge_header is b'X'; {FIELD}"),
    ({"challenge_header": "\u00e9"}, f"challenge_header is '\u00e9'; {FIELD}"),
    ({"challenge_header": "\ud800"}, rf"challenge_header is '\ud800'; {FIELD}"),
    ({"library": Bare(), "probe": True},
     "probe is True; write probe=False: no request can be made of another with this library"),
])  # fmt: skip
def test_settings_that_cannot_work(settings: dict[str, Any], text: str) -> None:
    """What was given and what to write."""
    with pytest.raises(ConfigurationError) as caught:
        Session("alice", "s3cret", **{"library": DictionaryLibrary(), **settings})
    assert str(caught.value) == text


def test_a_copy_shares_and_a_pickle_is_refused() -> None:
    """Counts that went on apart would be sent twice."""
    auth = Auth("alice", "s3cret")
    for copied in (copy.copy(auth), copy.deepcopy(auth)):
        assert copied is not auth
        assert session_of(copied) is session_of(auth)
    with pytest.raises(TypeError) as caught:
        pickle.dumps(auth)
    assert str(caught.value) == (
        "DigestAuth cannot be pickled: a pickle would contain the password. Make a new one from your settings"
    )


@pytest.mark.parametrize("url", ["http://server.example:80/a", "http://[::1]:8080/a"])
def test_what_is_saved_goes_on_elsewhere(url: str) -> None:
    """Origin, challenge and count, as JSON can hold them; the next object signs from its first request on."""
    first, second = Auth("alice", "s3cret"), Auth("alice", "s3cret")
    first.learn(url, CHALLENGE + ', opaque="\u00e9"', 4)
    field = signed_for(first, url)
    assert field is not None
    assert "nc=00000005" in field
    (saved,) = first.export_learnt()
    assert saved == {
        "origin": url.removesuffix("/a"), "nc": 5,
        "challenge": 'Digest realm="r", nonce="n", opaque="\u00e9", algorithm=SHA-256, qop="auth"',
    }  # fmt: skip
    second.learn(f"{saved['origin']}/", saved["challenge"], saved["nc"])
    field = signed_for(second, url)
    assert field is not None
    assert "nc=00000006" in field
    third = Auth("alice", "s3cret")
    third.learn(url, CHALLENGE)
    assert "nc=00000001" in str(signed_for(third, url))


def test_what_is_not_saved() -> None:
    """Nonces of sessions, of proxies, those that belong to one request, and what is weaker than was accepted."""
    auths = [
        Auth("alice", "s3cret"),
        Auth("alice", "s3cret", proxy=True),
        Auth("alice", "s3cret"),
        Auth("alice", "s3cret"),
    ]
    auths[0].learn(URL, CHALLENGE.replace("SHA-256", "SHA-256-sess"))
    for auth in auths[1:]:
        auth.learn(URL, CHALLENGE)
    (context,) = session_of(auths[2]).spaces.all()[0].contexts()
    context.pool.make_exclusive()
    auths[3].learn(URL, CHALLENGE.replace("SHA-256", "SHA-512-256").replace('"r"', '"s"'))
    assert [len(auth.export_learnt()) for auth in auths] == [0, 0, 0, 1]
    assert "SHA-512-256" in auths[3].export_learnt()[0]["challenge"]


@pytest.mark.parametrize(("challenge", "text", "reason"), [
    ("\u65e5", "the challenge is not text of a header field: octets are ISO 8859-1", "challenge"),
    ("Basic realm=x", "no usable Digest challenge: none found", "challenge"),
    ('Digest nonce="", Digest realm="r',
     "no usable Digest challenge: nonce is missing or empty; the quotes of 'realm' do not close", "challenge"),
    (CHALLENGE.replace("SHA-256", "MD5"),
     "the challenge is weaker than what this origin has accepted before: allow_weaker=True accepts it",
     "weaker"),
])  # fmt: skip
def test_what_is_not_learnt(challenge: str, text: str, reason: str) -> None:
    """Why, and under which code; nothing is changed."""
    auth = Auth("alice", "s3cret")
    auth.learn(URL, CHALLENGE)
    with pytest.raises(MalformedField) as caught:
        auth.learn(URL, challenge)
    assert (str(caught.value), caught.value.reason) == (text, reason)
    assert "SHA-256" in auth.export_learnt()[0]["challenge"]


def test_a_source_that_has_none_for_what_is_learnt() -> None:
    """It is asked here and now."""
    with pytest.raises(ConfigurationError) as caught:
        Auth(credentials=lambda _: None).learn(URL, CHALLENGE)
    assert str(caught.value) == (
        "credentials returned None for this origin; write a function that returns a name and a password for it, or "
        "leave learn() out"
    )
    auth = Auth(credentials=lambda asked: (asked.host, asked.realm))
    auth.learn(URL, CHALLENGE)
    assert 'username="server.example"' in str(signed_for(auth))


def test_a_challenge_of_which_every_count_was_used() -> None:
    """It is passed over without a word, as from a server."""
    auth = Auth("alice", "s3cret")
    auth.learn(URL, CHALLENGE, 0xFFFFFFFF)
    assert signed_for(auth) is None
    auth.learn(URL, CHALLENGE)
    assert signed_for(auth) is None


def test_forms_of_urls_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is filled anew; what was learnt stays."""
    monkeypatch.setattr("digest_http_client_auth.session.MAX_URLS", 2)
    assert MAX_URLS > 2
    session = session_of(Auth("alice", "s3cret"))
    first = session.spaces_at(request_to("http://a.example/"), HOME)
    sizes = [len(session.by_key)]
    for number in range(3):
        session.spaces_at(request_to(f"http://{number}.example/"), HOME._replace(host=str(number)))
        sizes.append(len(session.by_key))
    assert sizes == [1, 2, 1, 2]
    assert session.spaces_at(request_to("http://a.example/"), HOME) is first


def test_an_answer_without_a_proof_is_named() -> None:
    """By its field and its status."""
    for proxy, name in ((False, "authentication-info"), (True, "proxy-authentication-info")):
        session = session_of(Auth("alice", "s3cret", verify="required", proxy=proxy))
        word, status = ("proxy", 407) if proxy else ("www", 401)

        def send(request: Message, word: str = word, status: int = status) -> Message:
            field = b"proxy-authorization" if word == "proxy" else b"authorization"
            if field in request["fields"]:
                return {"status": 204}
            return {"status": status, "fields": [(f"{word}-authenticate".encode(), CHALLENGE.encode())], "body": b""}

        with pytest.raises(DigestError) as caught:
            call(session, request_to(URL), send)
        assert str(caught.value) == (
            f"the server sent no {name} with status 204, so it has not proved that it knows the password"
        )


def test_a_strict_server_lets_it_in() -> None:
    """The stand-in library and the strict server understand each other, so the tests above are about the core."""
    server = StrictServer()
    session = session_of(Auth("alice", "s3cret"))

    def send(request: Message) -> Message:
        fields = {name.decode(): value.decode("latin-1") for name, value in request["fields"].items()}
        status, sent, body = server.answer("GET", "/a", fields, b"")
        return {
            "status": status, "body": body,
            "fields": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent],
        }  # fmt: skip

    assert call(session, request_to(URL), send)["status"] == 200


def test_another_charset_for_the_field() -> None:
    """`field_charset` is that of the name in the field alone."""
    server = StrictServer(users={"Zo\u00eb": "s3cret"})
    fields: list[bytes] = []

    def send(request: Message) -> Message:
        fields.extend([request["fields"][b"authorization"]] if b"authorization" in request["fields"] else [])
        status, sent, body = server.answer("GET", "/a", {}, b"")
        return {
            "status": status, "body": body,
            "fields": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent],
        }  # fmt: skip

    call(session_of(Auth("Zo\u00eb", "s3cret", field_charset="latin-1")), request_to(URL), send)
    assert b'username="Zo\xeb"' in fields[0]
