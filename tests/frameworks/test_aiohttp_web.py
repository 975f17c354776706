"""The plug for aiohttp.web: who is let in, what a handler finds, its body, and the proof on each kind of answer."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import pytest
from aiohttp import web

from digest_http.errors import ConfigurationError
from digest_http.stores import MemoryStore
from digest_http_middleware.aiohttp_web import DigestAuth
from digest_http_middleware.beside import Beside, bearer
from tests.attacks.driver import Clock
from tests.attacks.signing import parameters
from tests.doors.lists import Lists
from tests.doors.targets import targets
from tests.frameworks import asking
from tests.frameworks.aiohttp_site import INT, Site, who
from tests.frameworks.aiohttp_wire import ask_all, ask_app
from tests.frameworks.asking import challenges, proof


@pytest.fixture
def site() -> Site:
    """An app with a login before all of it."""
    return Site()


def test_nobody_and_somebody(site: Site) -> None:
    """A stranger reaches no middleware; a user is found in the request."""
    answer = site.ask("/")
    assert (answer.status, challenges(answer)) == (401, ["Digest", "Digest"])
    assert answer.values("cache-control") == [b"no-store"]
    assert site.reached == []
    signer = site.signer()
    answer = site.ask("/", signer.sign(uri="/"))
    assert (json.loads(answer.body), proof(answer)) == (["alice", ["admin"], 1], signer.rspauth())
    assert site.ask("/nowhere").status == 401
    assert site.ask("/nowhere", signer.sign(uri="/nowhere", nc=2)).status == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"uri": "/open"}, 400),
        ({"uri": "/?"}, 200),
        ({"uri": "/?x"}, 400),
        ({"uri": "http://other.example/"}, 400),
        ({"uri": "http://app.example/"}, 200),
        ({"uri": "/", "method": "POST"}, 401),
        ({"uri": "/", "nc": "1"}, 400),
        ({"uri": "/", "nonce": "0" * 78}, 401),
        ({"uri": "/", "qop": "auth-int"}, 401),
        ({"uri": "/", "late": {"response": "0" * 64}}, 401),
    ],
)
def test_what_is_not_right(site: Site, changes: dict[str, Any], status: int) -> None:
    """It is refused, and reaches nobody."""
    answer = site.ask("/", site.signer().sign(**changes))
    assert (answer.status, bool(challenges(answer))) == (status, status == 401)
    assert bool(site.reached) == (status == 200)


def test_a_replay_is_refused(site: Site) -> None:
    """A header passes once, and two fields never."""
    signer = site.signer()
    field = signer.sign(uri="/")
    assert [site.ask("/", field).status for _ in range(2)] == [200, 401]
    assert site.ask("/", signer.sign(uri="/", nc=2), signer.sign(uri="/", nc=3)).status == 400


@pytest.mark.parametrize(
    "target", ["/closed/a%20b", "/closed/%7Ex;y=1,2", "/closed//x", "/closed/x?q=%C3%A9&q", "/?x=/"]
)
def test_odd_targets(site: Site, target: str) -> None:
    """The uri is compared with the target as it came."""
    assert site.ask(target, site.signer().sign(uri=target)).status == 200


def test_an_absolute_target(site: Site) -> None:
    """As a proxy's clients send it: of this host alone."""
    for nc, target, status in ((1, "http://app.example/open", 200), (2, "http://other.example/open", 400)):
        assert site.ask(target, site.signer().sign(uri=target, nc=nc)).status == status


def test_public_and_optional_paths() -> None:
    """Public pages do not look at credentials; optional ones know who has signed."""
    public = Site(public=["/open"])
    assert public.who("/open") == ["", None, None]
    assert public.who("/open", b"Digest x") == ["", None, None]
    optional = Site(protect=["/closed"], optional=True)
    assert optional.who("/open") == ["", None, None]
    assert optional.who("/open", b"Digest x") == 400
    assert optional.who("/open", optional.signer().sign(uri="/open")) == ["alice", ["admin"], 1]
    answer = optional.ask("/401")
    assert challenges(answer) == ["Bearer", "Digest", "Digest"]
    assert (answer.values("cache-control"), answer.values("x-app")) == ([b"no-store"], [b"1"])
    answer = optional.ask("/401", optional.signer().sign(uri="/401"))
    assert (challenges(answer), proof(answer)) == (["Bearer"], None)
    assert challenges(public.ask("/401")) == ["Digest", "Digest"]


def test_a_rule_of_ones_own() -> None:
    """It is given the request; preflights pass if they may."""
    site = Site(protect=lambda request: request.path != "/open", allow_preflight=True)
    assert site.who("/open") == ["", None, None]
    assert site.who("/") == 401
    headers = [(b"origin", b"http://x.example"), (b"access-control-request-method", b"GET")]
    assert site.who("/", method="OPTIONS", headers=headers) == ["", None, None]


@pytest.mark.once
@pytest.mark.parametrize("root", ["", "/svc"])
def test_no_way_round_the_door(root: str) -> None:
    """Of all the odd targets none shows a stranger what is closed; in a sub-app neither."""
    lists = Lists(protect=["/admin", "/closed"], public=["/open"])
    site = Site(**lists.policy())

    async def rest(request: web.Request) -> web.Response:
        return web.Response(text="closed" if lists.close(request.path.removeprefix(root)) else "open")

    app = site.app()
    app.router.add_route("*", "/{rest:.*}", rest)
    asked = [each for each in targets() if not set(each) & set(" \\")]
    if root:
        app, part = web.Application(), app
        app.add_subapp(root, part)
        asked += [root + each for each in asked if each.startswith("/")]
    answers = asyncio.run(ask_all(app, [("GET", target, (), b"", ()) for target in asked]))
    assert [target for target, answer in zip(asked, answers, strict=True) if answer.body == b"closed"] == []
    assert len({answer.status for answer in answers} & {200, 401}) == 2


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/raised", 403),
        ("/stream", 200),
        ("/file", 200),
        ("/gzip", 200),
        ("/own", 200),
        ("/empty", 204),
        ("/missing", 404),
    ],
)
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_where_the_proof_is(target: str, status: int, qop: str) -> None:
    """On each kind of answer, once; with auth-int it holds what is known of the body before its header goes out."""
    site = Site(qop=[qop])
    signer = site.signer()
    body = b"" if qop == "auth-int" else None
    headers = [(b"accept-encoding", b"gzip")]
    answer = site.ask(target, signer.sign(uri=target, body=body), headers=headers)
    assert answer.status == status
    (value,) = answer.values("authentication-info")
    found = parameters(b"Digest " + value)
    assert (found["nc"], found["qop"]) == ("00000001", qop)
    covered = None if qop == "auth" else answer.body
    known = qop == "auth" or target not in {"/stream", "/file", "/gzip"}
    assert found.get("rspauth") == (signer.rspauth(covered) if known else None)


@pytest.mark.parametrize(
    ("target", "body", "kind", "answer"),
    [
        ("/read", b"this", b"text/plain", b"this|this"),
        ("/content", b"12345678", b"text/plain", b"1234|5678"),
        ("/content", b"", b"text/plain", b""),
        ("/post", b"a=1&b=2", b"application/x-www-form-urlencoded", b'{"a": "1", "b": "2"}'),
        (
            "/multipart",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
            b"multipart/form-data; boundary=x",
            b'{"a": "1"}',
        ),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_auth_int_leaves_the_body(target: str, body: bytes, kind: bytes, answer: bytes, chunked: bool) -> None:
    """The handler reads the octets that were verified, whole, as a stream or as a form."""
    site = Site(**INT)
    signer = site.signer()
    field = signer.sign("POST", target, body=body)
    headers = [(b"content-type", kind)]
    sent = body
    if chunked and body:
        headers.append((b"transfer-encoding", b"chunked"))
        sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    got = site.ask(target, field, method="POST", body=sent, headers=headers)
    assert (got.status, got.body) == (200, answer)
    assert proof(got) == signer.rspauth(got.body)


def test_auth_int_covers_the_body() -> None:
    """Another body is refused before any handler; one that is too long is 413, announced or not."""
    site = Site(**INT, max_body=8)
    for nc, (body, headers, status) in enumerate(
        [
            (b"that", [], 401),
            (b"this", [], 200),
            (b"123456789", [], 413),
            (b"9\r\n123456789\r\n0\r\n\r\n", [(b"transfer-encoding", b"chunked")], 413),
        ],
        start=1,
    ):
        site.reached.clear()
        field = site.signer().sign("POST", "/read", nc, body=b"this")
        assert site.ask("/read", field, method="POST", body=body, headers=headers).status == status
        assert bool(site.reached) == (status == 200)


def test_auth_leaves_the_body_on_the_wire(site: Site) -> None:
    """The app's own limit and its own reading are what they were."""
    signer = site.signer()
    assert site.ask("/read", signer.sign("POST", "/read"), method="POST", body=b"x" * 101).status == 413
    assert site.ask("/read", signer.sign("POST", "/read", 2), method="POST", body=b"x").body == b"x|x"


def test_handshakes(site: Site) -> None:
    """A signed one is taken, with the proof; others are refused with challenges."""
    signer = site.signer()
    answer = site.ask("/socket", signer.sign(uri="/socket"), method="WEBSOCKET")
    assert (answer.status, proof(answer)) == (101, signer.rspauth())
    answer = site.ask("/socket", method="WEBSOCKET")
    assert (answer.status, challenges(answer)) == (401, ["Digest", "Digest"])


def test_two_realms_and_sub_apps() -> None:
    """A sub-app may have a login of its own; the signed uri is the whole path."""
    digests = {realm: DigestAuth({name: "s3cret"}, realm) for realm, name in (("home", "alice"), ("office", "carol"))}

    def app() -> web.Application:
        whole = web.Application()
        for realm, digest in digests.items():
            part = web.Application()
            digest.setup(part)
            part.router.add_get("/me", who)
            whole.add_subapp(f"/{realm}", part)
        return whole

    for realm, name, other in (("home", "alice", "office"), ("office", "carol", "home")):
        signer = asking.signer(ask_app(app(), "GET", f"/{realm}/me"), username=name)
        answer = ask_app(app(), "GET", f"/{realm}/me", signer.sign(uri=f"/{realm}/me"))
        assert (answer.status, proof(answer)) == (200, signer.rspauth())
        assert ask_app(app(), "GET", f"/{other}/me", signer.sign(uri=f"/{other}/me", nc=2)).status == 401


@pytest.mark.parametrize("prefix", ["/api", "/outer/api", "host"])
@pytest.mark.parametrize(
    ("lists", "free"),
    [
        ({"protect": ["/admin"]}, {"/health"}),
        ({"protect": ["{whole}/admin"]}, {"/health"}),
        ({"public": ["/health"]}, {"/health"}),
        ({"protect": ["/"], "public": ["/health"]}, {"/health"}),
        ({"protect": ["/admin"], "public": ["/admin/logo"]}, {"/health", "/admin/logo"}),
    ],
)
def test_path_rules_in_sub_apps(prefix: str, lists: dict[str, list[str]], free: set[str]) -> None:
    """A prefix means the path that the routes of the sub-app have, wherever that is put; the whole path guards too."""
    whole = "" if prefix == "host" else prefix
    given = {name: [each.format(whole=whole) for each in prefixes] for name, prefixes in lists.items()}
    digest = DigestAuth({"alice": "s3cret"}, "home", **given)  # type: ignore[arg-type]
    paths = ["/health", "/admin", "/admin/x", "/admin/logo"]

    def app() -> web.Application:
        part, outer = web.Application(), web.Application()
        digest.setup(part)
        for path in paths:
            part.router.add_get(path, who)
        if prefix == "host":
            outer.add_domain("app.example", part)
            return outer
        for name in reversed(prefix[1:].split("/")):
            outer = web.Application()
            # One before it, which it must not be taken for.
            outer.add_subapp("/another", web.Application())
            outer.add_subapp(f"/{name}", part)
            part = outer
        return outer

    served = {path: ask_app(app(), "GET", whole + path).status for path in paths}
    assert served == {path: 200 if path in free else 401 for path in paths}
    signer = asking.signer(ask_app(app(), "GET", f"{whole}/admin"))
    assert ask_app(app(), "GET", f"{whole}/admin", signer.sign(uri=f"{whole}/admin")).status == 200
    for uri in {"/admin", f"{whole}{whole}/admin"} - {f"{whole}/admin"}:
        assert ask_app(app(), "GET", f"{whole}/admin", signer.sign(uri=uri, nc=2)).status == 400


@pytest.mark.parametrize(("place", "prefix"), [(0, "/whole/part/admin"), (1, "/part/admin"), (2, "/admin")])
def test_path_rules_on_each_of_nested_apps(place: int, prefix: str) -> None:
    """The same page is named by what the app with the login adds to it."""
    digest = DigestAuth({"alice": "s3cret"}, "home", protect=[prefix])
    apps = [web.Application() for _ in range(3)]
    digest.setup(apps[place])
    for name in ("admin", "open"):
        apps[2].router.add_get(f"/{name}", who)
    apps[1].add_subapp("/part", apps[2])
    apps[0].add_subapp("/whole", apps[1])

    async def asked() -> list[int]:
        targets = ["/whole/part/admin", "/whole/part/open"]
        return [answer.status for answer in await ask_all(apps[0], [("GET", each, (), b"", ()) for each in targets])]

    assert asyncio.run(asked()) == [401, 200]


@pytest.mark.parametrize("everywhere", [False, True])
def test_logging_out(everywhere: bool) -> None:
    """This login ends, or all of the user's; what comes after is not stale, so a browser asks for the password."""
    site = Site(nonce_lifetime=1, clock=(clock := Clock()))
    here, there = site.signer(), site.signer()
    target = "/leave?everywhere" if everywhere else "/leave"
    assert site.who("/", there.sign(uri="/")) == ["alice", ["admin"], 1]
    clock.now += 0.9
    answer = site.ask(target, here.sign("POST", target), method="POST")
    assert (answer.body, b"nextnonce" in answer.values("authentication-info")[0]) == (b"True", False)
    refused = site.ask("/", here.sign(uri="/", nc=2))
    assert (refused.status, b"stale" in refused.values("www-authenticate")[0]) == (401, False)
    assert site.who("/", there.sign(uri="/", nc=2)) == (401 if everywhere else ["alice", ["admin"], 2])


def test_who_is_not_logged_in() -> None:
    """Nobody, and who came by another way, has no login to end."""
    site = Site(public=["/leave"], beside=[bearer({"t0ken": "robot"}.get, "api")])
    assert site.ask("/leave", method="POST").body == b"False"
    site = Site(beside=[bearer({"t0ken": "robot"}.get, "api")])
    assert site.ask("/leave", b"Bearer t0ken", method="POST").body == b"False"


def test_beside_other_ways() -> None:
    """A token, and what a layer outside has left in the request."""

    def of_session(scope: Any) -> Any:
        return scope["aiohttp.request"].cookies.get("session")

    site = Site(beside=[Beside(of_session), bearer({"t0ken": "robot"}.get, "api")])
    assert site.who("/", b"Bearer t0ken") == ["robot", [], None]
    assert site.who("/", headers=[(b"cookie", b"session=dave")]) == ["dave", [], None]
    assert challenges(site.ask("/", b"Bearer no")) == ["Digest", "Digest", "Bearer"]
    # Who signs is judged by what he has signed, session or not.
    wrong = site.signer(password="wrong").sign(uri="/")
    assert site.who("/", wrong, headers=[(b"cookie", b"session=dave")]) == 401


def test_sources_that_fail_are_503() -> None:
    """With Retry-After, and without challenges."""

    async def down(*_asked: Any) -> Any:
        raise OSError("down")

    for policy in ({"users": down}, {"roles": down}):
        site = Site(**policy)
        answer = site.ask("/", site.signer().sign(uri="/"))
        assert (answer.status, answer.values("retry-after"), challenges(answer)) == (503, [b"5"], [])


def test_the_start() -> None:
    """A store that can never work is said when the app starts."""

    class Store(MemoryStore):
        """One that others cannot share after all."""

        def refresh(self, _now: int) -> None:
            """See RefreshingStore."""
            raise ConfigurationError("this store is of another version")

    with pytest.raises(ConfigurationError, match="another version"):
        Site(store=Store()).ask("/")


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"optional": "yes"}, "optional"),
        ({"protect": "/x"}, "protect"),
        ({"max_body": "1M"}, "max_body"),
        ({"realm": ""}, "realm"),
        ({"beside": [1]}, "beside"),
    ],
)
def test_settings_that_cannot_work(policy: dict[str, Any], words: str) -> None:
    """They are refused when made."""
    with pytest.raises(ConfigurationError, match=words):
        Site(**policy)


def test_nothing_secret_is_shown(site: Site) -> None:
    """Neither a password, nor a copy."""
    assert "s3cret" not in repr(site.digest) + repr(vars(site.digest))
    with pytest.raises(TypeError, match="secrets"):
        copy.copy(site.digest)
