"""Scopes: what passes untouched, what an app finds after success, and handshakes."""

from typing import Any

import pytest

from digest_http_middleware import DigestAuthMiddleware, DigestUser
from tests.attacks.driver import REALM, USERS, Server, run

DENIAL: dict[str, Any] = {"extensions": {"websocket.http.response": {}}}


@pytest.fixture
def server():
    """The defaults."""
    return Server()


def test_lifespan_passes_untouched():
    """The very objects, nothing added."""
    seen: list[object] = []

    async def app(*connection):
        seen.extend(connection)

    scope, receive, send = {"type": "lifespan"}, object(), object()
    run(DigestAuthMiddleware(app, USERS, REALM)(scope, receive, send))  # type: ignore[arg-type]  # passed on unused
    assert [id(part) for part in seen] == [id(scope), id(receive), id(send)]
    assert scope == {"type": "lifespan"}


@pytest.mark.parametrize("policy", [{}, {"public": ["/"], "protect": ["/x"]}, {"allow_preflight": True}], ids=str)
@pytest.mark.parametrize("kind", ["something.new", "webtransport", "HTTP", "lifespan ", "", None, b"lifespan"])
def test_other_kinds_of_scope_are_refused(kind, policy):
    """S16: ASGI asks for an exception where a kind is not known, and the app is never called."""
    server = Server(**policy)
    with pytest.raises(ValueError, match="cannot verify a connection of the ASGI type"):
        server.request("GET", "/", type=kind)
    assert not server.app.scopes


@pytest.mark.parametrize("method", ["G\ud800T", "\udcff", "", "GET x", "GÄT"])
def test_a_method_that_is_none(method):
    """Whatever a server hands on, a stranger is challenged, and who has credentials is told; the app is not called."""
    server = Server()
    assert server.request(method, "/x").status == 401
    answer = server.request(method, "/x", server.signer().sign("GET", "/x"))
    assert (answer.status, answer.app_called) == (400, False)


@pytest.mark.parametrize("root", ["", "/r\ud800"])
@pytest.mark.parametrize("path", ["/\ud800", "/\udcff\ud800", "/x\udfff"])
@pytest.mark.parametrize(
    "settings", [{}, {"public": ["/y"]}, {"rewritten_by": "nginx"}], ids=["plain", "public", "nginx"]
)
def test_a_path_that_is_none(settings, path, root):
    """The same for a path that stands for no octets, from a server that gives no raw_path."""
    server = Server(**settings)
    without: dict[str, Any] = {"raw_path": None, "path": path, "root_path": root}
    assert server.request("GET", "/x", **without).status == 401
    answer = server.request("GET", "/x", server.signer().sign("GET", "/x"), **without)
    assert (answer.status, answer.app_called) == (400, False)


PREFLIGHT = [(b"origin", b"https://example.com"), (b"access-control-request-method", b"GET")]


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
@pytest.mark.parametrize("fields", [PREFLIGHT, PREFLIGHT[:1]], ids=["preflight", "plain"])
@pytest.mark.parametrize("allowed", [True, False])
def test_a_preflight_passes_where_it_is_allowed(allowed, fields, method):
    """Nothing else does, and other free paths make no preflight free."""
    server = Server(public=["/free"], allow_preflight=allowed)
    passes = allowed and method == "OPTIONS" and fields is PREFLIGHT
    assert server.request(method, "/x", headers=fields).status == (200 if passes else 401)


@pytest.mark.parametrize("body", [None, b""], ids=["auth", "auth-int"])
def test_what_an_app_finds(server, body):
    """user and auth by Starlette's conventions, digest with how it was verified."""
    assert server.get(server.signer(), 10, body=body).status == 200
    scope = server.app.scopes[-1]
    user, digest = scope["user"], scope["digest"]
    assert isinstance(user, DigestUser)
    assert user.is_authenticated
    assert (user.username, user.display_name, user.identity) == ("alice", "alice", "alice")
    assert repr(user) == "DigestUser('alice')"
    assert "authenticated" in scope["auth"].scopes
    qop = "auth" if body is None else "auth-int"
    assert digest == ("alice", REALM, "SHA-256", qop, 10)
    assert (digest.username, digest.realm, digest.algorithm, digest.qop, digest.nc) == digest


def test_reprs_of_the_unknown():
    """What is logged of an anonymous request is readable."""
    server = Server(protect=["/admin"])
    server.request()
    scope = server.app.scopes[-1]
    assert repr(scope["user"]) == "UnauthenticatedUser()"
    assert repr(scope["auth"]) == "AuthCredentials(())"


def test_rfc2069_in_the_scope():
    """The form without qop shows as such."""
    server = Server(allow_rfc2069=True)
    response = server.get(server.signer(algorithm="MD5"), None, qop=None, cnonce=None)
    assert response.status == 200
    assert server.app.scopes[-1]["digest"] == ("alice", REALM, "MD5", "", 0)


def test_names_beyond_ascii():
    """A UTF-8 name arrives as text, as username or username*, composed or not."""
    server = Server(users={"Jäsøn Doe": "s3cret"})
    late = {"username": None, "username*": "UTF-8''J%C3%A4s%C3%B8n%20Doe"}
    assert server.get(server.signer("Jäsøn Doe"), late=late).status == 200
    assert server.app.scopes[-1]["user"].username == "Jäsøn Doe"
    header = server.signer("Jäsøn Doe").sign()
    in_utf8 = header.replace("Jäsøn".encode("latin-1"), "Jäsøn".encode())
    assert server.request(authorization=in_utf8).status == 200


def test_the_callers_scope_is_left_alone(server):
    """What the app gets is a copy: a server that reuses its scope sees nothing of ours."""
    scope = server.scope("GET", "/x", [(b"authorization", server.signer().sign())])
    before = dict(scope)

    async def receive():
        return {"type": "http.request"}

    async def send(_message):
        pass

    run(server.middleware(scope, receive, send))
    assert scope == before
    assert "user" in server.app.scopes[-1]


def test_files_past_the_hash(server):
    """Under auth-int an app is not told of ways to send files that could not be hashed; under auth it is."""
    offered = {"extensions": {"http.response.pathsend": {}, "http.response.trailers": {}, "tls": {"version": 1}}}
    server.request("GET", "/x", server.signer().sign(body=b""), **offered)
    assert set(server.app.scopes[-1]["extensions"]) == {"http.response.trailers", "tls"}
    server.request("GET", "/x", server.signer().sign(), **offered)
    assert server.app.scopes[-1]["extensions"] == offered["extensions"]


def test_scopes_without_the_optional_keys(server):
    """client, extensions and root_path may be missing or None."""
    for extra in ({"client": None, "extensions": None}, {"root_path": ""}):
        assert server.request("GET", "/x", server.signer().sign(), **extra).status == 200
        assert server.request("WEBSOCKET", "/x", **extra).messages[0]["type"] == "websocket.close"


def test_a_refused_handshake(server):
    """Refused after connect and before accept, with a close code and the reason."""
    response = server.request("WEBSOCKET", "/x")
    assert response.messages == [{"type": "websocket.close", "code": 1008, "reason": "no-credentials"}]


def test_a_refused_handshake_with_a_challenge(server):
    """Where the server can send an answer, it is the whole 401 with its challenges, and the next try gets in."""
    response = server.request("WEBSOCKET", "/x", **DENIAL)
    assert [message["type"] for message in response.messages] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]
    assert response.status == 401
    assert len(response.challenges) == 2
    signer = server.signer()
    signer.challenge = response.challenges[0]
    accepted = server.request("WEBSOCKET", "/x", signer.sign(), **DENIAL)
    assert accepted.messages[0]["type"] == "websocket.accept"
    stale = server.request("WEBSOCKET", "/x", signer.sign(), **DENIAL)
    assert (stale.status, stale.stale) == (401, True)


def test_an_accepted_handshake_proves_itself(server):
    """The proof goes into the header of the accept."""
    signer = server.signer()
    message = server.request("WEBSOCKET", "/x", signer.sign()).messages[0]
    ((name, value),) = message["headers"]
    assert name == b"authentication-info"
    assert f'rspauth="{signer.rspauth()}"'.encode() in value


def test_a_handshake_signed_with_auth_int(server):
    """A handshake has an empty body on either side, which both hashes cover."""
    signer = server.signer()
    message = server.request("WEBSOCKET", "/x", signer.sign(body=b"")).messages[0]
    assert message["type"] == "websocket.accept"
    ((_, value),) = message["headers"]
    assert f'rspauth="{signer.rspauth(b"")}"'.encode() in value


class Denying:
    """An app that turns a handshake down itself."""

    async def __call__(self, _scope, receive, send):
        await receive()
        await send({"type": "websocket.http.response.start", "status": 404, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"no such room"})


def test_a_handshake_that_the_app_turns_down():
    """The app's own answer is proved like any other; with auth-int all but the hash of a body not yet known."""
    server = Server(app=Denying())
    signer = server.signer()
    response = server.request("WEBSOCKET", "/x", signer.sign(), **DENIAL)
    assert (response.status, response.info["rspauth"]) == (404, signer.rspauth())
    info = server.request("WEBSOCKET", "/x", signer.sign(nc=2, body=b""), **DENIAL).info
    assert "rspauth" not in info
    assert (info["qop"], info["nc"]) == ("auth-int", "00000002")


def test_malformed_handshakes(server):
    """400 with the extension, closed without; never accepted."""
    assert server.request("WEBSOCKET", "/x", b"Digest x", **DENIAL).status == 400
    assert server.request("WEBSOCKET", "/x", b"Digest x").messages[0]["type"] == "websocket.close"
