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
