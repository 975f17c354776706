"""The WSGI plug: what the app is given, what the client is told, and what does not pass."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest_http.errors import ConfigurationError
from digest_http_middleware import Digest
from digest_http_middleware.wsgi import DigestAuthMiddleware
from tests.attacks.driver import Clock
from tests.attacks.signing import Signer, parameters

QOP = ["auth", "auth-int"]


class App:
    """Answers with what it has read; remembers what it was given."""

    def __init__(self) -> None:
        self.environs: list[dict[str, Any]] = []
        self.status = "200 OK"
        self.pieces: list[bytes] | None = None
        self.writes = False
        self.closed = 0

    def __call__(self, environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        self.environs.append({**environ, "body": body})
        write = start_response(self.status, [("Content-Type", "text/plain"), ("Authentication-Info", "mine")])
        if self.writes:
            write(b"written ")
        app = self

        class Pieces:
            def __iter__(self):
                yield from app.pieces or [b"hello ", body]

            def close(self):
                app.closed += 1

        return Pieces()


class Site:
    """An app behind the middleware, asked without a server; PEP 3333 is watched on both sides."""

    def __init__(self, **policy: Any) -> None:
        self.app = App()
        self.middleware = DigestAuthMiddleware(
            validator(self.app),
            **{"users": {"alice": "s3cret", "Zoë": "b0b"}, "realm": "wonder", "clock": Clock(), "qop": QOP, **policy},
        )

    def ask(self, method="GET", target="/x", field=None, body=None, root="", **extra):
        """The status, the fields and the body of an answer."""
        path, _, query = target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": root, "PATH_INFO": path.removeprefix(root),
            "QUERY_STRING": query, "REQUEST_URI": target, "REMOTE_ADDR": "192.0.2.7",
        }  # fmt: skip
        if body is not None:
            environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), "CONTENT_TYPE": "text/plain"}
        if field is not None:
            environ["HTTP_AUTHORIZATION"] = field.decode("latin-1")
        environ |= extra
        environ = {name: value for name, value in environ.items() if value is not None}
        setup_testing_defaults(environ)
        began: list[Any] = []
        sent: list[bytes] = []

        def start_response(status, headers, exc_info=None):
            del exc_info
            began[:] = [status, headers]
            return sent.append

        answer: Any = validator(self.middleware)(environ, start_response)
        try:
            sent += list(answer)
        finally:
            answer.close()
        return int(began[0].split()[0]), began[1], b"".join(sent)

    def signer(self, user="alice", password="s3cret", **ask):
        """Whoever has got a challenge."""
        status, fields, _ = self.ask(**ask)
        assert status in (401, 407)
        values = [value for name, value in fields if name.endswith("-authenticate")]
        return Signer(parameters(values[0].encode("latin-1")), user, password)


def info(fields):
    """The parameters of the only Authentication-Info."""
    (value,) = (value for name, value in fields if name.lower() == "authentication-info")
    return parameters(value.encode())


def test_a_login():
    """401 with challenges, then the app with the user, and the proof in place of the app's own field."""
    site = Site()
    status, fields, body = site.ask()
    assert (status, body) == (401, b"Digest credentials are needed.\n")
    assert ("Cache-Control", "no-store") in fields
    alice = site.signer()
    field = alice.sign()
    status, fields, body = site.ask(field=field)
    assert (status, body) == (200, b"hello ")
    assert info(fields)["rspauth"] == alice.rspauth()
    (environ,) = site.app.environs
    assert (environ["REMOTE_USER"], environ["AUTH_TYPE"]) == ("alice", "Digest")
    assert environ["digest_http.digest"] == Digest("alice", "wonder", "SHA-256", "auth", 1)
    status, fields, _ = site.ask(field=field)
    assert status == 401
    assert any("stale=true" in value for _, value in fields)
    assert len(site.app.environs) == 1


def test_a_name_beyond_ascii():
    """REMOTE_USER has its octets, as PEP 3333 has all text; the object has the name."""
    site = Site()
    assert site.ask(field=site.signer("Zoë", "b0b").sign())[0] == 200
    (environ,) = site.app.environs
    assert environ["REMOTE_USER"].encode("latin-1").decode() == environ["digest_http.digest"].username == "Zoë"


@pytest.mark.parametrize(
    ("change", "status"),
    [({"target": "/y"}, 400), ({"method": "POST"}, 401), ({"target": "/x?a"}, 400), ({"target": "//x"}, 400)],
)
def test_a_field_for_another_request(change, status):
    """It opens no other door."""
    site = Site()
    assert site.ask(field=site.signer().sign(), **change)[0] == status
    assert site.app.environs == []


@pytest.mark.parametrize("writes", [False, True])
def test_auth_int(writes):
    """The body reaches the app as it was signed, and the proof covers the answer, close() is called once."""
    site = Site()
    site.app.writes = writes
    alice = site.signer()
    field = alice.sign("PUT", body=b"a body")
    status, fields, body = site.ask("PUT", field=field, body=b"a body")
    assert (status, body) == (200, b"written hello a body" if writes else b"hello a body")
    assert info(fields)["rspauth"] == alice.rspauth(body)
    assert site.app.environs[0]["body"] == b"a body"
    assert site.app.closed == 1
    assert site.ask("PUT", field=alice.sign("PUT", nc=2, body=b"a body"), body=b"another")[0] == 401


def test_a_body_that_nobody_announced():
    """Without a length the body is empty for us, and so for the app, whatever the stream would give."""
    site = Site()
    field = site.signer().sign("PUT", body=b"")
    unannounced = {"wsgi.input": io.BytesIO(b"smuggled"), "CONTENT_LENGTH": None}
    assert site.ask("PUT", field=field, **unannounced)[0] == 200
    assert site.app.environs[0]["wsgi.input"].read(10) == b""


def test_a_chunked_body():
    """A server that says where the input ends has it read to there."""
    site = Site()
    alice = site.signer()
    chunked = {"wsgi.input": io.BytesIO(b"a body"), "wsgi.input_terminated": True}
    assert site.ask("PUT", field=alice.sign("PUT", body=b"a body"), **chunked)[0] == 200
    assert site.app.environs[0]["body"] == b"a body"


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_long(announced):
    """It is not read whole; the client is told to use auth."""
    site = Site(max_body=5)
    field = site.signer().sign("PUT", body=b"a body")
    extra = {"body": b"a body"} if announced else {"wsgi.input": io.BytesIO(b"a body"), "wsgi.input_terminated": True}
    status, fields, _ = site.ask("PUT", field=field, **extra)
    assert status == 401
    assert not any("auth-int" in value for _, value in fields)


def test_a_long_answer():
    """What is longer than max_body is sent without the proof, whole and in order."""
    site = Site(max_body=10)
    site.app.pieces = [b"12345678", b"abcdefgh", b"the end"]
    status, fields, body = site.ask("PUT", field=site.signer().sign("PUT", body=b"x"), body=b"x")
    assert (status, body) == (200, b"12345678abcdefghthe end")
    assert "rspauth" not in info(fields)


def test_an_app_that_refuses_itself():
    """Its own 401 carries no proof."""
    for body in (None, b"x"):
        site = Site()
        site.app.status = "401 Unauthorized"
        status, fields, _ = site.ask("PUT", field=site.signer().sign("PUT", body=body), body=body or b"")
        assert status == 401
        assert not any(name.lower() == "authentication-info" for name, _ in fields)


def test_mounts():
    """The client signs the whole path, whatever part of it is the mount; prefixes mean what the app's router sees."""
    site = Site(public=["/open"])
    for root in ("", "/a", "/a/b"):
        target = f"{root}/x"
        field = site.signer(target=target, root=root).sign("GET", target)
        assert site.ask(target=target, root=root, field=field)[0] == 200
        assert site.ask(target=f"{root}/open", root=root)[0] == 200
    assert site.ask(target="/open/x", root="/open")[0] == 401


@pytest.mark.parametrize(
    "target", ["/admin", "/admin/", "/ADMIN", "/%61dmin", "//admin", "/./admin", "/x/../admin", "/admin%2F", "/admin;a"]
)
def test_a_guarded_path_in_other_spellings(target):
    """None is free; a path that was not named is."""
    site = Site(protect=["/admin"])
    decoded = unquote_to_bytes(target).decode("latin-1")
    assert site.ask(target=target, PATH_INFO=decoded)[0] == 401
    assert site.ask(target="/other")[0] == 200


def test_without_the_raw_target():
    """wsgiref does not tell it: what it has decoded is encoded again."""
    site = Site()
    field = site.signer(target="/a b", REQUEST_URI=None).sign("GET", "/a%20b?c=%20")
    assert site.ask(field=field, PATH_INFO="/a b", QUERY_STRING="c=%20", REQUEST_URI=None)[0] == 200


def test_a_callable_rule_and_preflights():
    """The callable is given the environ."""
    site = Site(protect=lambda environ: environ["PATH_INFO"] != "/free", allow_preflight=True)
    assert site.ask(target="/free")[0] == 200
    assert site.ask(target="/x")[0] == 401
    cors = {"HTTP_ORIGIN": "http://x", "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT"}
    assert site.ask("OPTIONS", **cors)[0] == 200
    assert site.ask("GET", **cors)[0] == 401


def test_a_source_that_is_down():
    """503 with Retry-After, for a source that would have to be awaited as well."""

    def look_up(_username, _realm, _algorithm):
        async def later():
            return b""

        return later()

    site = Site(users=look_up)
    status, fields, _ = site.ask(field=site.signer().sign())
    assert status == 503
    assert ("Retry-After", "5") in fields


class _Awaited:
    epoch = b"00000001"

    async def advance(self, *_step, lifetime):
        """See NonceStore."""

    async def ha1(self, _username, _realm, _algorithm):
        """See Users."""


@pytest.mark.parametrize(
    "policy",
    [{"store": _Awaited()}, {"store": "redis://127.0.0.1:1"}, {"users": _Awaited()}, {"protect": "/x"}, {"realm": ""}],
)
def test_settings_that_cannot_work(policy):
    """They are refused when the middleware is made."""
    with pytest.raises(ConfigurationError):
        Site(**policy)


@given(st.binary(max_size=60), st.binary(max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_octets(value, path):
    """Nothing that a client can send is an exception, and nothing passes."""
    site = Site(protect=["/admin"], public=["/admin/open"])
    text = path.decode("latin-1")
    for field in (value, b"Digest " + value):
        assert site.ask(field=field, target="/admin")[0] in (400, 401)
        assert site.ask(field=field, target="/admin" + text.partition("?")[0])[0] in (200, 400, 401)
