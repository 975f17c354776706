"""Refusals as they stand on the wire: statuses, fields, bodies, the hook for custom ones, proxy mode."""

import pytest

from digest_http.params import MAX_FIELD_OCTETS
from digest_http.users import MappingUsers
from digest_http_middleware import Refusal
from tests.attacks.driver import Server


@pytest.fixture
def server():
    """The defaults."""
    return Server()


def fields(response):
    """The header fields of a response, which must not repeat but for challenges."""
    found = dict(response.headers)
    assert len(found) == len(response.headers) - max(0, len(response.challenges) - 1)
    return found


@pytest.mark.obeys("one-challenge-an-algorithm", "401-has-a-challenge")
def test_the_default_challenge():
    """SHA-256 then MD5 as two fields with a nonce each, auth alone, UTF-8; nothing that was not asked for."""
    response = Server(qop=None).request()
    first, second = response.challenges
    assert (first["algorithm"], second["algorithm"]) == ("SHA-256", "MD5")
    assert first["nonce"] != second["nonce"]
    for challenge in (first, second):
        assert set(challenge) == {"realm", "nonce", "algorithm", "qop", "charset"}
        assert (challenge["qop"], challenge["charset"]) == ("auth", "UTF-8")


def test_every_algorithm_by_option():
    """All six can be offered, in the order given."""
    names = ["SHA-512-256", "SHA-256", "MD5", "SHA-512-256-sess", "SHA-256-sess", "MD5-sess"]
    server = Server(algorithms=names, qop=["auth-int", "auth"], userhash=True)
    challenges = server.request().challenges
    assert [challenge["algorithm"] for challenge in challenges] == names
    assert {challenge["qop"] for challenge in challenges} == {"auth-int,auth"}
    assert {challenge["userhash"] for challenge in challenges} == {"true"}
    assert all(server.get(server.signer(algorithm=name)).status == 200 for name in names)


def test_fields_of_a_refusal(server):
    """A short plain body of the length that is announced, not to be cached."""
    for response in (server.request(), server.request(authorization=b"Digest x")):
        found = fields(response)
        assert found[b"content-type"] == b"text/plain; charset=utf-8"
        assert found[b"content-length"] == str(len(response.body)).encode()
        assert found[b"cache-control"] == b"no-store"
        assert response.body.endswith(b".\n")
        assert len(response.body) < 200


def test_when_to_try_again():
    """What is down says so (RFC 9110 §10.2.3), and nothing else does."""

    def down(*_arguments):
        raise OSError("no route to the directory")

    broken = Server(users=down, algorithms=["SHA-256"])
    answer = broken.get(broken.signer())
    assert (answer.status, answer.values(b"retry-after")) == (503, [b"5"])
    assert fields(answer)[b"cache-control"] == b"no-store"
    for other in (broken.request(), broken.request(authorization=b"Digest x")):
        assert b"retry-after" not in {name.lower() for name, _ in other.headers}


def test_what_is_off_unless_asked_for():
    """No preflight is free, and no answer in the form of RFC 2069 is taken."""
    server = Server(public=["/free"])
    preflight = [(b"origin", b"https://example.com"), (b"access-control-request-method", b"GET")]
    assert server.request("OPTIONS", "/x", headers=preflight).status == 401
    for door, status in ((server, 401), (Server(allow_rfc2069=True), 200)):
        old_form = {"qop": None, "cnonce": None}
        assert door.get(door.signer(algorithm="MD5"), None, **old_form).status == status


def test_randomness_that_is_given():
    """It is that of the nonces, whose place it has; the middleware shows the users that it was given, too."""
    server = Server(random=lambda octets: b"\xa5" * octets)
    assert server.challenge()["nonce"][22:46] == "a5" * 12
    assert isinstance(server.middleware.users, MappingUsers)


def test_challenges_come_with_401_only(server):
    """A malformed header is not a question of credentials, so a client does not loop over it."""
    assert server.request(authorization=b"Digest x").challenges == []
    assert server.request(authorization=b"Digest " + b"x" * MAX_FIELD_OCTETS).challenges == []


def test_the_limit_of_the_header(server):
    """431 over the limit, 400 for the largest that is read."""
    scheme = b'Digest username="'
    largest = scheme + b"a" * (MAX_FIELD_OCTETS - len(scheme) - 1) + b'"'
    assert server.request(authorization=largest).status == 400
    assert server.request(authorization=largest[:-1] + b'a"').status == 431
    assert server.request(authorization=b"Basic " + b"a" * MAX_FIELD_OCTETS).status in (401, 431)


def test_another_scheme_is_no_credentials(server):
    """Basic and Bearer are answered with our challenges, not as malformed."""
    for value in (b"Basic YWxpY2U6czNjcmV0", b"Bearer abc", b"Negotiate"):
        assert server.request(authorization=value).status == 401


def test_head_has_no_body(server):
    """The length is that of the body a GET would have."""
    response = server.request("HEAD", "/x")
    assert response.body == b""
    assert int(fields(response)[b"content-length"]) > 0


def test_unknown_user_and_wrong_password_read_alike(server):
    """Octet for octet the same answer but for the nonces."""

    def shown(response):
        headers = b"\n".join(name + b": " + value for name, value in response.headers)
        for challenge in response.challenges:
            headers = headers.replace(challenge["nonce"].encode(), b"")
        return headers, response.body

    wrong, unknown = server.get(server.signer("alice", "x")), server.get(server.signer("malle", "x"))
    assert shown(wrong) == shown(unknown)


def test_custom_bodies():
    """The hook chooses type and body from the refusal; status and challenges stay ours."""
    seen = []

    def answer(scope, refusal):
        seen.append((scope["path"], refusal))
        return "application/json", b'{"reason": "%b"}' % refusal.reason.encode()

    server = Server(answer=answer)
    response = server.request("GET", "/x")
    assert response.status == 401
    assert len(response.challenges) == 2
    assert fields(response)[b"content-type"] == b"application/json"
    assert fields(response)[b"content-length"] == str(len(response.body)).encode()
    assert response.body == b'{"reason": "no-credentials"}'
    ((path, refusal),) = seen
    assert path == "/x"
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.stale) == (401, False)
    stale = server.get(server.signer(), nonce="0" * 78)
    assert seen[-1][1].stale
    assert stale.stale


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("authorization", [None, b"Digest x", b"Digest " + b"x" * MAX_FIELD_OCTETS])
def test_a_hook_that_writes_what_we_write(method, authorization):
    """The answer without a hook, which is made without waiting, is the same as with one that chooses our own body."""

    def answer(_scope, refusal):
        return "text/plain; charset=utf-8", refusal.text.encode() + b"\n"

    def messages(server):
        response = server.request(method, "/x", authorization)
        headers = [(name, None if name == b"www-authenticate" else value) for name, value in response.headers]
        return [{**message, "headers": headers} if "headers" in message else message for message in response.messages]

    assert messages(Server()) == messages(Server(answer=answer))


def test_custom_bodies_may_be_async():
    """A template engine may have to wait."""

    async def answer(_scope, refusal):
        return "text/html", f"<p>{refusal.text}</p>".encode()

    assert Server(answer=answer).request().body.startswith(b"<p>")


@pytest.mark.obeys("proxy-fields")
def test_proxy_mode():
    """407 and the Proxy- fields for the whole exchange; the origin's own fields pass untouched."""
    server = Server(proxy=True)
    asked = server.request("GET", "/x")
    assert asked.status == 407
    assert asked.values(b"www-authenticate") == []
    assert len(asked.values(b"proxy-authenticate")) == 2
    signer = server.signer()
    header = signer.sign()
    server.app.extra = [(b"authentication-info", b'rspauth="of-the-origin"')]
    response = server.request("GET", "/x", header, field_name=b"proxy-authorization")
    assert response.status == 200
    assert response.values(b"authentication-info") == [b'rspauth="of-the-origin"']
    (proof,) = response.values(b"proxy-authentication-info")
    assert signer.rspauth().encode() in proof
    again = server.request("GET", "/x", header, field_name=b"proxy-authorization")
    assert (again.status, again.stale) == (407, True)


def test_proxy_mode_ignores_the_origins_credentials():
    """Authorization is for the origin behind; alone it opens no proxy, and beside ours it is handed on."""
    server = Server(proxy=True)
    assert server.request("GET", "/x", server.signer().sign()).status == 407
    header = server.signer().sign()
    passed = server.request(
        "GET", "/x", header, field_name=b"proxy-authorization", headers=[(b"authorization", b"Bearer of-the-origin")]
    )
    assert passed.status == 200
    assert (b"authorization", b"Bearer of-the-origin") in server.app.scopes[-1]["headers"]


@pytest.mark.obeys("proxy-info-one-hop")
def test_proxy_mode_passes_a_401_with_its_proof():
    """A 401 of the origin is an accepted request of the proxy's."""
    server = Server(proxy=True)
    server.app.status = 401
    signer = server.signer()
    response = server.request("GET", "/x", signer.sign(), field_name=b"proxy-authorization")
    assert response.status == 401
    assert response.info["rspauth"] == signer.rspauth()


@pytest.mark.obeys("nextnonce-and-the-old")
def test_nextnonce(server):
    """After 80 % of its life a nonce brings its successor, which is good from 1 while the old one still is."""
    signer = server.signer()
    assert "nextnonce" not in server.get(signer, 1).info
    server.clock.now += 241
    following = server.get(signer, 2).info["nextnonce"]
    assert following != signer.challenge["nonce"]
    assert server.get(signer, 3).status == 200
    assert server.get(signer, 1, nonce=following).status == 200
    server.clock.now += 60
    assert server.get(signer, 4).stale
    assert server.get(signer, 2, nonce=following).status == 200
