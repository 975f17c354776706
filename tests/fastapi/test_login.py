"""The FastAPI dependency: who is let in, what the route gets, and what the client is told."""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
import logging
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from digest_http.algorithms import Algorithm
from digest_http.errors import ConfigurationError
from digest_http.stores import MemoryStore
from digest_http_middleware.fastapi import DigestAuth, DigestRefused, DigestUser
from tests.attacks.signing import parameters
from tests.fastapi.sites import Site, routes
from tests.support.starlette_login import DigestAuth as Client

#: For requests that change nothing.
ANY = Site()


@pytest.fixture
def site() -> Site:
    """An app with a door."""
    return Site()


def test_right_credentials(site: Site) -> None:
    """The route gets the user, and the request holds the same as behind the middleware."""
    signer = site.signer()
    answer = site.ask("GET", "/me", signer.sign(uri="/me", nc=1))
    assert answer.status == 200
    assert json.loads(answer.body) == {"user": "alice", "nc": 1, "scopes": ["authenticated"]}
    assert site.ask("PUT", "/me", signer.sign("PUT", uri="/me", nc=2)).status == 200


def test_each_challenge_is_a_field(site: Site) -> None:
    """Old clients read the first challenge of each field, so two never share one; no cache keeps them."""
    answer = site.ask("GET", "/me")
    assert answer.status == 401
    challenges = answer.values("www-authenticate")
    assert [parameters(challenge)["algorithm"] for challenge in challenges] == ["SHA-256", "MD5"]
    assert [challenge.count(b"Digest ") for challenge in challenges] == [1, 1]
    assert answer.values("cache-control") == [b"no-store"]
    assert json.loads(answer.body) == {"detail": "Digest credentials are needed."}
    assert site.reached == []


@pytest.mark.parametrize("number", [0, 1])
def test_each_challenge_can_be_answered(site: Site, number: int) -> None:
    """SHA-256 and MD5."""
    assert site.ask("GET", "/me", site.signer(number=number).sign(uri="/me")).status == 200


def test_a_name_beyond_ascii(site: Site) -> None:
    """The route gets the text."""
    answer = site.ask("GET", "/me", site.signer(username="Zoë", password="b0b").sign(uri="/me"))
    assert json.loads(answer.body)["user"] == "Zoë"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"uri": "/own"}, 400),
        ({"uri": "/me?x"}, 400),
        ({"uri": "/ME"}, 400),
        ({"uri": "http://other.example/me"}, 400),
        ({"uri": "http://app.example/me"}, 200),
        ({"uri": "/me", "method": "PUT"}, 401),
        ({"uri": "/me", "nc": 0}, 400),
        ({"uri": "/me", "nc": "1"}, 400),
        ({"uri": "/me", "qop": "auth-int"}, 401),
        ({"uri": "/me", "algorithm": "SHA-512-256"}, 401),
        ({"uri": "/me", "realm": "other"}, 401),
        ({"uri": "/me", "nonce": "0" * 78}, 401),
        ({"uri": "/me", "late": {"response": "0" * 64}}, 401),
        ({"uri": "/me", "late": {"response": ""}}, 401),
    ],
)
def test_what_is_not_right(site: Site, changes: dict[str, Any], status: int) -> None:
    """It is refused, and the route is not reached; 401 asks anew."""
    answer = site.ask("GET", "/me", site.signer().sign(**changes))
    assert answer.status == status
    assert bool(answer.values("www-authenticate")) == (status == 401)
    assert bool(site.reached) == (status == 200)


@pytest.mark.parametrize(("username", "password"), [("alice", "wrong"), ("nobody", "s3cret"), ("", "s3cret")])
def test_wrong_names_and_passwords_look_alike(site: Site, username: str, password: str) -> None:
    """A stranger does not learn who exists."""
    answer = site.ask("GET", "/me", site.signer(username=username, password=password).sign(uri="/me"))
    assert (answer.status, json.loads(answer.body)) == (401, {"detail": "The credentials are not right."})


def test_a_replay_is_refused(site: Site) -> None:
    """The same octets pass once, on this route and on no other."""
    field = site.signer().sign(uri="/me")
    assert site.ask("GET", "/me", field).status == 200
    again = site.ask("GET", "/me", field)
    assert again.status == 401
    assert all(b"stale=true" in challenge for challenge in again.values("www-authenticate"))
    assert site.reached == ["/me"]


def test_two_fields_are_refused(site: Site) -> None:
    """Which of them another hop believed is not known."""
    signer = site.signer()
    assert site.ask("GET", "/me", signer.sign(uri="/me"), signer.sign(uri="/me", nc=2)).status == 400


def test_one_request_is_counted_once(site: Site) -> None:
    """However often a route asks: by the router, without FastAPI's cache, with scopes, and optionally."""
    answer = site.ask("GET", "/often", site.signer().sign(uri="/often"))
    assert (answer.status, answer.body) == (200, b"true")
    assert site.ask("GET", "/often").status == 401


@pytest.mark.parametrize(
    "target", ["/files/a%20b", "/files/a%2Fb", "/files//x", "/files/%7Ex;y=1,2", "/files/x?q=%C3%A9&q"]
)
def test_odd_targets(target: str) -> None:
    """The uri is compared with the target as it came, through FastAPI's own test client."""
    site = Site()
    with TestClient(site.app) as client:
        auth = Client("alice", "s3cret", verify="off")
        assert client.get(target, auth=auth).status_code == 200


def test_bodies_are_left_to_the_route(site: Site) -> None:
    """What FastAPI reads, and what a route reads itself, arrives whole."""
    signer = site.signer()
    answer = site.ask("POST", "/pieces", signer.sign("POST", "/pieces"), body=b"this")
    assert answer.body == b"\"alice: [b'this', b'']\""
    kind = (b"content-type", b"application/json")
    answer = site.ask("POST", "/json", signer.sign("POST", "/json", 2), body=b'{"a": 1}', headers=[kind])
    assert answer.body == b"\"alice: {'a': 1}\""


def test_a_stranger_is_not_told_what_a_route_wants(site: Site) -> None:
    """401 goes before what FastAPI says of parameters that are missing."""
    assert site.ask("POST", "/json").status == 401
    assert site.ask("POST", "/json", site.signer().sign("POST", "/json")).status == 422


@pytest.mark.parametrize(
    ("fields", "status"),
    [([], 200), ([b"Bearer abc"], 200), ([b"Basic YTpi"], 200), ([b"Digest"], 400), ([b"Digest x"], 400)],
)
def test_optional(site: Site, fields: list[bytes], status: int) -> None:
    """Without Digest credentials there is no user; credentials that cannot be read are refused."""
    answer = site.ask("GET", "/maybe", *fields)
    assert answer.status == status
    assert (answer.body == b'"nobody"') == (status == 200)


def test_optional_with_credentials(site: Site) -> None:
    """The nonces and counts are those of the required login; wrong credentials are no way to be nobody."""
    signer = site.signer("/me")
    field = signer.sign(uri="/maybe")
    assert site.ask("GET", "/maybe", field).body == b'"alice"'
    assert site.ask("GET", "/maybe", field).status == 401
    assert site.ask("GET", "/maybe", site.signer(password="wrong").sign(uri="/maybe")).status == 401


def test_two_realms_in_one_app() -> None:
    """Each has its users; credentials of one open nothing of the other."""
    app = FastAPI()
    for realm, name in (("home", "alice"), ("office", "bob")):
        digest = DigestAuth({name: "s3cret"}, realm)
        app.include_router(routes(digest, []), prefix=f"/{realm}")
    with TestClient(app) as client:
        for path, name in itertools.product(("/home", "/office"), ("alice", "bob")):
            right = (path, name) in {("/home", "alice"), ("/office", "bob")}
            assert client.get(f"{path}/me", auth=Client(name, "s3cret")).status_code == (200 if right else 401)
        auth = Client("alice", "s3cret")
        assert client.get("/home/me", auth=auth).status_code == 200
        signed = client.get("/home/me", auth=auth).request.headers["authorization"]
        assert client.get("/office/me", headers={"authorization": signed}).status_code == 400
    names = app.openapi()["components"]["securitySchemes"]
    assert set(names) == {"Digest-home", "Digest-office"}


@pytest.mark.parametrize("uri", ["/sub/me", "/me"])
def test_mounted_apps(uri: str) -> None:
    """A mounted app's uri is the whole path."""
    site, whole = Site(), FastAPI()
    whole.mount("/sub", site.app)
    field = site.signer().sign(uri=uri)
    site.app = whole
    assert site.ask("GET", "/sub/me", field).status == (200 if uri == "/sub/me" else 400)


def test_a_root_path(site: Site) -> None:
    """What a proxy in front has removed, and the server was told of, is part of the uri."""
    answer = site.ask("GET", "/svc/me", site.signer().sign(uri="/svc/me"), root_path="/svc", raw_path=b"/me")
    assert answer.status == 200


def test_a_stripped_prefix() -> None:
    """The settings for proxies are those of the middleware; the log names the one that is missing."""
    site = Site(stripped_prefix="/svc")
    assert site.ask("GET", "/me", site.signer().sign(uri="/svc/me")).status == 200
    assert site.ask("GET", "/me", site.signer().sign(uri="/me")).status == 400


def test_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """It says what the client is not told."""
    caplog.set_level(logging.DEBUG, "digest_http.middleware")
    site.ask("GET", "/me", site.signer(username="nobody").sign(uri="/me"))
    site.ask("GET", "/me", site.signer().sign(uri="/svc/me"))
    site.ask("GET", "/me", site.signer().sign(uri="/me"))
    said = [record.message for record in caplog.records if not record.message.startswith("no-credentials ")]
    assert said[0].startswith("unknown-user ")
    assert "stripped_prefix='/svc'" in said[1]
    assert said[2].startswith("accepted ")


def test_sources_that_are_awaited() -> None:
    """Users and stores may be asked with await; one that fails or sleeps is 503 with Retry-After."""

    async def found(_username: str, _realm: str, algorithm: Algorithm) -> str | None:
        return "f" * 32 if algorithm.name == "MD5" else None

    async def down(_username: str, _realm: str, _algorithm: Algorithm) -> str | None:
        raise OSError("down")

    site = Site(users=found, algorithms=["MD5"])
    assert site.ask("GET", "/me", site.signer().sign(uri="/me", secret="f" * 32)).status == 200
    site = Site(users=down, algorithms=["MD5"])
    answer = site.ask("GET", "/me", site.signer().sign(uri="/me"))
    assert (answer.status, answer.values("retry-after"), answer.values("www-authenticate")) == (503, [b"5"], [])


def test_the_start() -> None:
    """A shared store is asked before the first request; one that can never work is said then."""

    class Store(MemoryStore):
        """One that others cannot share after all."""

        def refresh(self, _now: int) -> None:
            """See RefreshingStore."""
            raise ConfigurationError("this store is of another version")

    with pytest.raises(ConfigurationError, match="another version"):
        asyncio.run(Site(store=Store()).digest.start())


def test_proxy_mode() -> None:
    """407 and the fields of proxies, for an app that is one."""
    site = Site(proxy=True)
    answer = site.ask("GET", "/me")
    assert (answer.status, len(answer.values("proxy-authenticate"))) == (407, 2)
    assert set(site.digest.responses) == {407}


@settings(max_examples=30, deadline=None)
@given(value=st.binary(max_size=60), scheme=st.sampled_from([b"Digest ", b"digest\t", b"", b"Bearer "]))
def test_any_octets_are_answered(value: bytes, scheme: bytes) -> None:
    """No header is a fault of the server, and none is a key."""
    assert ANY.ask("GET", "/me", scheme + value).status in {400, 401, 431}


@pytest.mark.parametrize("qop", [["auth-int"], ["auth", "auth-int"], ("AUTH-INT",)])
def test_auth_int_is_refused_when_made(qop: Any) -> None:
    """FastAPI has read the body by then; the error says where auth-int is to be had."""
    with pytest.raises(ConfigurationError, match="DigestAuthMiddleware"):
        DigestAuth({"alice": "s3cret"}, "home", qop=qop)


def test_a_handler_of_ones_own_sees_why() -> None:
    """DigestRefused is an HTTPException; it carries the reason, and its headers hold every challenge."""
    site = Site()

    @site.app.exception_handler(DigestRefused)
    async def say(_request: Any, refused: DigestRefused) -> PlainTextResponse:
        return PlainTextResponse(refused.refusal.reason, refused.status_code, headers=refused.headers)

    answer = site.ask("GET", "/me")
    assert (answer.status, answer.body, len(answer.values("www-authenticate"))) == (401, b"no-credentials", 2)


def test_overrides() -> None:
    """FastAPI's own way to test a route without a login works."""
    site = Site()
    with TestClient(site.app) as client:
        site.app.dependency_overrides[site.digest] = lambda: DigestUser("test")
        assert client.get("/own").text == "test"


def test_nothing_secret_is_shown(site: Site) -> None:
    """Neither the dependency nor its guard shows a password, and neither can be pickled."""
    assert "s3cret" not in repr(site.digest) + repr(vars(site.digest)) + repr(site.digest.optional)
    for each in (site.digest, site.digest.optional):
        with pytest.raises(TypeError):
            copy.copy(each)
