"""What was reported of the client, input by input; the kinds behind it are tested in tests/client_auth and httpauth."""

import asyncio
import hashlib
import importlib

import pytest

from digest_http.algorithms import by_name
from digest_http.challenge import Challenge
from digest_http.credentials import Credentials
from digest_http.errors import WrongPrincipal
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity

URL = "http://server.example/page"
REALM = "r"


class Way:
    """One library in one of its two ways; `call` gives one answer to one GET."""

    def __init__(self, name, *, blocking):
        self.library = importlib.import_module(name)
        self.DigestAuth = importlib.import_module(f"digest_http_client_auth.{name}").DigestAuth
        self._blocking = blocking

    def call(self, handler, auth):
        """Send one request to a handler, which gives (status, header fields, body)."""
        library = self.library

        def respond(request):
            status, headers, body = handler(request.headers.get("authorization"))
            return library.Response(status, headers=headers, content=body)

        transport = library.MockTransport(respond)
        if self._blocking:
            with library.Client(transport=transport, auth=auth) as client:
                return client.get(URL)

        async def get():
            async with library.AsyncClient(transport=transport, auth=auth) as client:
                return await client.get(URL)

        return asyncio.run(get())


@pytest.fixture(params=["httpx", "httpx-async", "httpx2", "httpx2-async"])
def way(request):
    """Each library in each of its ways."""
    name, _, kind = request.param.partition("-")
    return Way(name, blocking=not kind)


def challenge(realm=REALM, nonce="n", algorithm="SHA-256", *, stale=False):
    """The fields of a 401."""
    value = f'Digest realm="{realm}", nonce="{nonce}", qop="auth", algorithm={algorithm}' + ", stale=true" * stale
    return [("WWW-Authenticate", value)]


def honest(field):
    """A server that takes nonce n and proves itself."""
    if field is None:
        return 401, challenge(), b"who are you?"
    sent = Credentials.parse(field.removeprefix("Digest ").encode())
    h = {b"SHA-256": hashlib.sha256, b"MD5": hashlib.md5}[sent.algorithm or b"MD5"]
    ha1 = h(b"alice:" + sent.realm + b":s3cret").hexdigest()
    ha2 = h(b":" + sent.uri).hexdigest()
    rest = b":".join((sent.nonce, sent.nc, sent.cnonce, sent.qop)).decode()
    return 200, [("Authentication-Info", f'rspauth="{h(f"{ha1}:{rest}:{ha2}".encode()).hexdigest()}"')], b"hello"


def proven(way, verify="required"):
    """An object with two answers that the server proved."""
    auth = way.DigestAuth("alice", "s3cret", verify=verify)
    assert [way.call(honest, auth).content for _ in range(2)] == [b"hello", b"hello"]
    return auth


# -- S7: a proof is required of whoever answers -----------------------------------------------------------------------


@pytest.mark.parametrize("verify", ["required", "always"])
def test_s7_server_that_never_challenges(way, verify):
    """A 200 to the first, unsigned request proves nothing."""
    with pytest.raises(WrongPrincipal):
        way.call(lambda _: (200, [], b"forged"), way.DigestAuth("alice", "s3cret", verify=verify))


@pytest.mark.parametrize("verify", ["required", "always"])
@pytest.mark.parametrize("stale", [0, 1, 2, 3], ids="stale x {}".format)
def test_s7_stale_then_a_forged_page(way, verify, stale):
    """After two proven answers: stale=true any number of times and then a page without a proof, call after call."""
    auth = proven(way, verify)
    for _ in range(3):
        script = [(401, challenge(nonce=f"x{number}", stale=True), b"") for number in range(stale)]
        script.append((200, [], b"forged"))
        with pytest.raises(WrongPrincipal):
            way.call(lambda _, script=script: script.pop(0), auth)
        assert script == []
    assert way.call(honest, auth).content == b"hello"


# -- S8: what was accepted is not undercut ----------------------------------------------------------------------------


@pytest.mark.parametrize("realm", [REALM, REALM + " ", "other"], ids=repr)
@pytest.mark.parametrize("refusals", [0, 1, 2, 5], ids="refused x {}".format)
def test_s8_weaker_challenge(way, realm, refusals):
    """MD5 is not answered where SHA-256 was accepted: in a realm that looks alike, nor after refusals of SHA-256."""
    auth = proven(way, "if-present")
    numbers = iter(range(100))
    for _ in range(refusals):
        assert way.call(lambda _: (401, challenge(nonce=f"x{next(numbers)}"), b""), auth).status_code == 401
    seen = []

    def attacker(field):
        seen.append(field or "")
        return 401, challenge(realm, "weak", "MD5"), b""

    assert way.call(attacker, auth).status_code == 401
    assert not any("MD5" in field for field in seen)
    allowed = way.DigestAuth("alice", "s3cret", allow_weaker=True)
    way.call(honest, allowed)
    way.call(attacker, allowed)
    assert any("MD5" in field for field in seen)


def test_s8_requests_are_not_kept_apart_by_a_stranger(way):
    """Refusals in a call that nobody accepts do not make later requests fetch a nonce each."""
    auth = proven(way, "if-present")
    numbers = iter(range(100))
    way.call(lambda _: (401, challenge(nonce=f"x{next(numbers)}", stale=True), b""), auth)
    sent = []

    def count(field):
        sent.append(field)
        return honest(field)

    for _ in range(3):
        way.call(count, auth)
    assert None not in sent
    assert len(sent) == 3


# -- S15: names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["é~0~", "é~0~~1~~2~~3~", "~0~", "é%b", "é%", "%s", "é\\", 'é"', "a~1~é~00~"], ids=ascii
)
def test_s15_any_name_signs(way, name):
    """A name that holds what once marked the gaps of the prebuilt field goes out whole, as username or username*."""
    for charset in ("", ", charset=UTF-8"):
        sent: list[str | None] = []

        def handler(field, charset=charset, sent=sent):
            sent.append(field)
            return (401, [("WWW-Authenticate", challenge()[0][1] + charset)], b"") if field is None else (200, [], b"")

        assert way.call(handler, way.DigestAuth(name, "x")).status_code == 200
        field = sent[1]
        assert field is not None
        octets = field.encode("latin-1")
        assert Credentials.parse(octets.removeprefix(b"Digest ")).name == name


# -- a -sess nonce that is offered again ------------------------------------------------------------------------------


@pytest.mark.parametrize("opaque", [None, b"", b"other"], ids=repr)
def test_session_offered_again_with_other_parameters(opaque):
    """H(A1) of the session is made with the cnonce that is sent."""
    algorithm = by_name("MD5-sess")
    context = ClientContext(Identity("alice", "s3cret"), b"r", algorithm)
    for value in (b"first", opaque):
        offer = Challenge(b"r", b"n", algorithm.token, (b"auth",), value)
        nonce = context.learn(Choice(offer, algorithm, b"auth"))
        assert nonce is not None
        inner = hashlib.md5(b"alice:r:s3cret").hexdigest().encode()
        assert nonce.cnonce is not None
        assert nonce.ha1.decode() == hashlib.md5(inner + b":n:" + nonce.cnonce).hexdigest()


# -- F1 to F13: devices and servers -----------------------------------------------------------------------------------


def calls(way, auth, url, respond, number):
    """How many requests some calls take; `url(number)` is the address of each."""
    sent = []

    def handler(request):
        sent.append(request.headers.get("authorization"))
        status, fields = respond(len(sent), sent[-1])
        return way.library.Response(status, headers=fields)

    with way.library.Client(transport=way.library.MockTransport(handler), auth=auth) as client:
        answers = [client.get(url(count)).status_code for count in range(number)]
    return answers, sent


@pytest.fixture
def blocking():
    """One library in its blocking way."""
    return Way("httpx", blocking=True)


@pytest.mark.parametrize("domain", [
    "::", ":81", "image/", "http://192.168.1.10/", "http://192.168.1.10:81/cgi-bin", "https://server.example/", "",
    "//192.168.1.10/", "../", "?", "http://", "http://[", "a b c",
], ids=lambda domain: f"F1 {domain}")  # fmt: skip
def test_f1_domain_that_names_nothing_here(blocking, domain):
    """100 paths cost 101 requests, in two rounds 201."""

    def respond(_, field):
        value = challenge()[0][1] + f', domain="{domain}"'
        return (401, [("WWW-Authenticate", value)]) if field is None else (200, [])

    auth = blocking.DigestAuth("alice", "s3cret")
    answers, sent = calls(blocking, auth, lambda number: f"http://server.example/{number % 100}/x", respond, 200)
    assert answers == [200] * 200
    assert len(sent) == 201


def test_f1_paths_outside_of_a_domain_are_remembered(blocking):
    """A device whose domain is too narrow is asked once for each of 100 paths, and not again in the second round."""

    def respond(_, field):
        return (401, [("WWW-Authenticate", challenge()[0][1] + ', domain="/cgi"')]) if field is None else (200, [])

    auth = blocking.DigestAuth("alice", "s3cret")
    _, sent = calls(blocking, auth, lambda number: f"http://server.example/{number % 100}", respond, 200)
    assert len(sent) == 300


def upgrade(way, auth, location, urls):
    """Calls to http, which an https server of the same name answers behind a redirect."""
    sent = []

    def handler(request):
        field = request.headers.get("authorization")
        sent.append((request.url.scheme, request.url.path, field is not None))
        if request.url.scheme == "http":
            return way.library.Response(301, headers={"Location": location(request.url.path)})
        if field is None:
            return way.library.Response(401, headers=challenge())
        return way.library.Response(200)

    transport = way.library.MockTransport(handler)
    with way.library.Client(transport=transport, auth=auth, follow_redirects=True) as client:
        return [client.get(url).status_code for url in urls], sent


def test_f2_http_to_https_on_the_same_host(blocking):
    """The same target is signed for https; nothing is ever signed in the clear for what https has taught."""
    auth = blocking.DigestAuth("alice", "s3cret")
    urls = ["http://server.example/a"] * 2
    answers, sent = upgrade(blocking, auth, lambda path: f"https://server.example{path}", urls)
    assert answers == [200, 200]
    assert not any(signed for scheme, _, signed in sent if scheme == "http")


@pytest.mark.parametrize("location", [
    "https://server.example/other", "https://server.example:8443/a", "https://other.example/a",
    "https://server.example/a?x",
])  # fmt: skip
def test_f2_other_redirects_to_https(blocking, location, caplog):
    """Whoever answers by http cannot choose what is signed; for the same host the log says what to do."""
    auth = blocking.DigestAuth("alice", "s3cret")
    answers, sent = upgrade(blocking, auth, lambda _: location, ["http://server.example/a"])
    assert answers == [401]
    assert not any(signed for _, _, signed in sent)
    warned = [record for record in caplog.records if record.levelname == "WARNING"]
    assert bool(warned) is ("//server.example" in location)


@pytest.mark.parametrize("fields", [[], [("WWW-Authenticate", 'Basic realm="r"')]], ids=["F4 bare", "F4 Basic"])
def test_f4_refusal_that_does_not_say_what_to_sign_with(blocking, fields):
    """The nonce is dropped: the next call goes unsigned, and is let in."""

    def respond(number, field):
        if field is None:
            return 401, challenge(nonce=f"n{number}")
        return (401, fields) if number == 3 else (200, [])

    auth = blocking.DigestAuth("alice", "s3cret")
    answers, _ = calls(blocking, auth, lambda _: URL, respond, 4)
    assert answers == [200, 401, 200, 200]


@pytest.mark.parametrize("rest", [
    'realm="{}", qop="auth"', 'realm="{}", qop="auth", stale=true', 'realm="{}"', 'realm="r{}", qop="auth,auth-int"',
])  # fmt: skip
def test_f5_realm_that_differs_in_each_401(blocking, rest):
    """One signed try a call, so that no account is locked."""

    def respond(number, _):
        return 401, [("WWW-Authenticate", f'Digest nonce="n{number}", ' + rest.format(number))]

    answers, sent = calls(blocking, blocking.DigestAuth("alice", "wrong"), lambda _: URL, respond, 3)
    assert answers == [401] * 3
    assert [field is not None for field in sent] == [False, True] * 3


def test_f5_stale_that_grows_weaker(blocking):
    """It is a refusal: one signed try in each call at most."""
    names = ("SHA-512-256", "SHA-256", "MD5")

    def respond(number, _):
        return 401, challenge(nonce=f"n{number}", algorithm=names[(number - 1) % 3], stale=number > 1)

    _, sent = calls(blocking, blocking.DigestAuth("alice", "wrong"), lambda _: URL, respond, 3)
    assert sum(field is not None for field in sent) <= 3


def test_f6_one_nonce_for_many_clients_who_are_told_apart_by_opaque(blocking):
    """Each opaque has its own count, which begins at 1 (WEBrick with CheckNc)."""
    expected: dict[bytes | None, int] = {}

    def respond(number, field):
        sent = None if field is None else Credentials.parse(field.removeprefix("Digest ").encode())
        if sent is not None and expected.get(sent.opaque) == int(sent.nc or b"0", 16):
            expected[sent.opaque] += 1
            if number % 3:
                return 200, []
            del expected[sent.opaque]  # forgotten with the answer
            return 200, []
        opaque = f"o{number}"
        expected[opaque.encode()] = 1
        value = challenge(stale=sent is not None)[0][1] + f', opaque="{opaque}"'
        return 401, [("WWW-Authenticate", value)]

    answers, _ = calls(blocking, blocking.DigestAuth("alice", "s3cret"), lambda _: URL, respond, 20)
    assert answers == [200] * 20


def test_f8_name_that_is_read_as_latin_1_and_hashed_as_utf_8(blocking):
    """`field_charset` says how the name stands in the field; a challenge that speaks of UTF-8 goes before."""
    auth = blocking.DigestAuth("j\u00f6rg", "s3cret", field_charset="latin-1")

    def respond(_, field):
        return (401, challenge()) if field is None else (200, [])

    (_, field), _ = calls(blocking, auth, lambda _: URL, respond, 1)[::-1]
    sent = Credentials.parse(field.encode("latin-1").removeprefix(b"Digest "))
    assert sent.username == b"j\xf6rg"
    ha1 = hashlib.sha256("j\u00f6rg:r:s3cret".encode()).hexdigest()
    ha2 = hashlib.sha256(b"GET:/page").hexdigest()
    middle = b":".join((b"n", sent.nc, sent.cnonce, sent.qop)).decode()
    assert sent.response.decode() == hashlib.sha256(f"{ha1}:{middle}:{ha2}".encode()).hexdigest()


def test_f13_endless_stale(blocking):
    """Five requests a call at most, as the table in docs says."""
    _, sent = calls(
        blocking, blocking.DigestAuth("alice", "s3cret"), lambda _: URL,
        lambda number, _: (401, challenge(nonce=f"n{number}", stale=True)), 2,
    )  # fmt: skip
    assert len(sent) <= 10


def test_nextnonce_without_qop(blocking):
    """Four calls take five requests."""

    def respond(number, field):
        if field is None:
            return 401, [("WWW-Authenticate", 'Digest realm="r", nonce="n1"')]
        sent = Credentials.parse(field.removeprefix("Digest ").encode())
        if sent.nonce != f"n{number - 1}".encode():
            return 401, [("WWW-Authenticate", f'Digest realm="r", nonce="n{number}", stale=true')]
        return 200, [("Authentication-Info", f'nextnonce="n{number}"')]

    answers, sent = calls(blocking, blocking.DigestAuth("alice", "s3cret"), lambda _: URL, respond, 4)
    assert answers == [200] * 4
    assert len(sent) == 5
