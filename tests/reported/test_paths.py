"""Paths, as they were reported: what reached a protected route, what never opened, what was signed and not believed."""

from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.driver import REALM, USERS, Server
from tests.attacks.signing import Signer
from tests.doors.asking import Answer, ask
from tests.doors.frameworks import FRAMEWORKS, fastapi_below

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    """Some of these frameworks know asyncio only."""
    return "asyncio"


APPS = {name: FRAMEWORKS[name] for name in ("starlette", "fastapi", "quart", "litestar", "flask")}
LISTS: list[dict[str, Any]] = [{"public": ["/health"]}, {"protect": ["/admin"]}]


async def asked(entry: Any, method: str, target: str, **scope: Any) -> int:
    """The status that a stranger gets, of a server or any app."""
    entry = entry.entry if isinstance(entry, Server) else entry
    answer: Answer = await ask(entry, Server().scope(method, target, **scope))
    return answer.status


@pytest.mark.parametrize("policy", LISTS, ids=str)
@pytest.mark.parametrize("framework", APPS)
@pytest.mark.parametrize(
    ("method", "target"),
    [
        pytest.param("GET", "admin", id="S1-B01a"),
        pytest.param("GET", "x:/admin", id="S1"),
        pytest.param("GET", "a:/admin", id="B01a"),
        pytest.param("GET", "http:/admin", id="S1-http"),
        pytest.param("GET", "./admin", id="B01a-dot"),
        pytest.param("GET", "/health/..;/admin", id="S1-parameters"),
        pytest.param("CONNECT", "server.example:443", id="S1-authority"),
        pytest.param("OPTIONS", "*", id="B01e"),
    ],
)
async def test_targets_without_a_slash(framework, policy, method, target):
    """S1, B01: what does not begin with a slash, or could be resolved, needs credentials whatever the lists name."""
    assert await asked(Server(app=APPS[framework](Path()), **policy), method, target) == 401


@pytest.mark.parametrize("target", ["secret.txt", "/secret.txt", "css/../secret.txt", "/css/../secret.txt"])
async def test_a_file(tmp_path: Path, target):
    """B01c: a file server takes a target without a slash for a file."""
    (tmp_path / "css").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "css" / "a.css").write_text("open")
    server = Server(app=StaticFiles(directory=tmp_path), public=["/css"])
    assert await asked(server, "GET", target) == 401
    assert (await server.send("GET", "/css/a.css")).body == b"open"


@pytest.mark.parametrize("framework", ["starlette", "fastapi", "quart", "litestar", "flask"])
@pytest.mark.parametrize("root", ["/api/v1", "/svc", "/health"])
async def test_under_a_root_path(framework, root):
    """S2, B02a, B02d: the router leaves root_path out, and so do the lists."""
    below = {"root_path": root}
    for policy in LISTS:
        server = Server(app=APPS[framework](Path()), **policy)
        assert await asked(server, "GET", root + "/admin", **below) == 401
        assert await asked(server, "GET", root + "/health", **below) == 200


@pytest.mark.parametrize("protected", ["/admin", "/svc/admin"])
@pytest.mark.parametrize("target", ["/svc/admin", "/admin", "/svc/svc/admin"])
async def test_fastapi_with_its_own_root_path(protected, target):
    """S2: one route has two paths, or a third behind nginx; either entry closes all that reach it."""
    server = Server(app=fastapi_below(Path()), protect=[protected])
    # The last is a page of its own for the router, unless a guard is written so.
    status = await asked(server, "GET", target)
    assert status == 401 or (target == "/svc/svc/admin" and protected == "/admin")
    assert await asked(server, "GET", "/svc/health") == await asked(server, "GET", "/health") == 200


@pytest.mark.parametrize(
    "policy", [*LISTS, {"protect": ["/api/admin"]}, {"protect": ["/", "/api"], "public": ["/health"]}]
)
async def test_inside_a_mount(policy):
    """S2: the middleware inside a mount; a name that guards the whole mount keeps guarding it."""
    inner = DigestAuthMiddleware(APPS["starlette"](Path()), users=USERS, realm=REALM, **policy)
    server = Server(app=Starlette(routes=[Mount("/api", inner)]))
    server.entry = server.app
    assert await asked(server, "GET", "/api/admin") == 401
    opened = await asked(server, "GET", "/api/health")
    assert opened == (401 if "/api" in policy.get("protect", ()) else 200)


async def test_a_server_that_leaves_root_path_out():
    """B02c: the whole path is the root path and what the scope has."""
    server = Server(app=APPS["starlette"](Path()), protect=["/api/admin"])
    assert await asked(server, "GET", "/admin", root_path="/api") == 401
    assert await asked(server, "GET", "/health", root_path="/api") == 200


@pytest.mark.parametrize("policy", LISTS, ids=str)
async def test_a_host_that_looks_like_a_path(policy):
    """B04: the Host field is no part of the path."""
    server = Server(app=APPS["starlette"](Path()), **policy)
    for host in (b"h/health?", b"h/health", b"/health", b"h#"):
        assert await asked(server, "GET", "/admin", host=host) == 401


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize("target", ["/admin", "/admin/", "/admin/users"])
async def test_every_method(method, target):
    """B05: no method opens what a prefix guards."""
    assert await asked(Server(app=APPS["starlette"](Path()), protect=["/admin"]), method, target) == 401


ABSOLUTE = "http://server.example/x?y=1"


@pytest.mark.parametrize("proxy", [False, True])
@pytest.mark.parametrize(
    ("target", "uri", "status"),
    [
        pytest.param(ABSOLUTE, "/x?y=1", 200, id="B06a"),
        pytest.param(ABSOLUTE, ABSOLUTE, 200, id="B06c"),
        pytest.param("/x?y=1", ABSOLUTE, 200, id="B06c-parsed"),
        pytest.param("HTTPS://SERVER.example:443/x?y=1", ABSOLUTE, 200, id="case and port"),
        pytest.param("ws://server.example/x?y=1", "wss://server.example/x?y=1", 200, id="websocket"),
        pytest.param("http://server.example", "/", 200, id="no path"),
        pytest.param("http://server.example?y", "http://server.example/?y", 200, id="query only"),
        pytest.param(ABSOLUTE, "/x", 400, id="other query"),
        pytest.param(ABSOLUTE, "/x/?y=1", 400, id="other path"),
        pytest.param(ABSOLUTE, "http://evil.example/x?y=1", 400, id="foreign uri"),
        pytest.param("http://evil.example/x?y=1", "/x?y=1", 400, id="B06e"),
        pytest.param("http://evil.example/x?y=1", "http://evil.example/x?y=1", 400, id="B06e-both"),
        pytest.param("http://evil.example/x?y=1", ABSOLUTE, 400, id="B06e-own uri"),
        pytest.param("http://a@server.example/x", "http://a@server.example/x", 400, id="user"),
        pytest.param("http:///x", "http:///x", 400, id="no host"),
    ],
)
async def test_absolute_forms(proxy, target, uri, status):
    """B06: RFC 9112 §3.2.2: a server takes the absolute form, whole or in parts, of its own host and of no other."""
    server = Server(proxy=proxy)
    unsigned = server.request("GET", target)
    assert unsigned.status == (407 if proxy else 401)
    signed = Signer(unsigned.challenges[0]).sign("GET", uri)
    field_name = b"proxy-authorization" if proxy else b"authorization"
    assert server.request("GET", target, signed, field_name=field_name).status == status


@pytest.mark.parametrize(
    ("uri", "target", "root", "status"),
    [
        pytest.param("/api/api", "/api", "/api", 400, id="S18"),
        pytest.param("/api/api?q", "/api?q", "/api", 400, id="S18-query"),
        pytest.param("/api/api/", "/api/", "/api", 400, id="S18-slash"),
        pytest.param("/api/%61pi", "/%61pi", "/api", 400, id="S18-escaped"),
        pytest.param("/%C3%A9/%C3%A9", "/%C3%A9", "/\u00e9", 400, id="S18-beyond ASCII"),
        pytest.param("/api", "/api", "/api", 200, id="itself"),
        pytest.param("/api/x", "/x", "/api", 200, id="left out"),
        pytest.param("/%C3%A9/x", "/x", "/\u00e9", 200, id="left out, beyond ASCII"),
    ],
)
async def test_the_mount_itself(uri, target, root, status):
    """S18: the mount stands before a target only where the server has left it out."""
    server = Server()
    path = {"path": root} if target != "/x" else {}
    signed = server.signer().sign("GET", uri)
    assert server.request("GET", target, signed, root_path=root, **path).status == status


async def test_a_kind_of_connection_that_is_unknown():
    """S16: neither passed on nor ignored."""
    server = Server(public=["/x"])
    with pytest.raises(ValueError, match=r"something\.new"):
        await server.send("GET", "/x", type="something.new")
    assert not server.app.scopes
