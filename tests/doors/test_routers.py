"""The path rule against the routers themselves, in this process: generated targets, root paths and lists.

No handler that the lists close may run for a stranger, and each open route, asked for plainly, must answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount

from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.driver import REALM, Server
from tests.doors.asking import Answer, ask
from tests.doors.frameworks import FRAMEWORKS, SOCKETS, fastapi_below
from tests.doors.lists import Lists

# The routers are theirs, and the path rule is text.
pytestmark = pytest.mark.once

APPS = {**FRAMEWORKS, "fastapi root_path": fastapi_below}

LISTS = [
    Lists(public=["/health", "/static", "/files/css"]),
    Lists(protect=["/admin", "/files/secret.txt", "/mounted"]),
    Lists(protect=["/admin", "/svc/static", "/api/static"], public=["/admin/logo"]),
    Lists(protect=["/", "/static/a"], public=["/static", "/health"]),
    Lists(protect=[], public=["/health"]),
]


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One event loop for all examples."""
    with asyncio.Runner() as runner:
        yield runner.get_loop()


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One app of each framework, unprotected."""
    folder: Path = tmp_path_factory.mktemp("files")
    (folder / "css").mkdir()
    (folder / "css" / "a.css").write_text("open")
    (folder / "secret.txt").write_text("secret")
    return {name: make(folder) for name, make in APPS.items()}


SEGMENTS = st.sampled_from(
    [
        *("admin", "health", "static", "files", "secret.txt", "css", "logo", "mounted", "svc", "api", "a", "x", ""),
        *(
            ".",
            "..",
            "ADMIN",
            "Health",
            "%61dmin",
            "%2561dmin",
            "%2e%2e",
            "%252e%252e",
            "..;",
            ";a",
            "a;b",
            "admin;",
            "%3b",
        ),
        *(
            "svcadmin",
            "apiadmin",
            "mountedx",
            "admin.",
            "admin%20",
            "admin%00",
            "admin%0a",
            "%c3%a9",
            "%ff",
            "*",
            "x:",
            "~1",
        ),
        *(
            "%ef%bd%81dmin",
            "ad%c2%admin",
            "http:",
            "h.example",
            "server.example",
            "secret.txt%20",
            "css%5c..",
            "%2f",
            "%5c",
        ),
    ]
)
SEPARATORS = st.sampled_from(["/"] * 12 + ["//", "\\", "%2f", "%5c", "/./", "/../", "#/", "%23/", "%3f/", "%252f"])
ROOTS = st.sampled_from(
    [
        "",
        "",
        "/svc",
        "/api",
        "/svc/",
        "/",
        "svc",
        "/admin",
        "/health",
        "/static",
        "/a b",
        "/\u00e9",
        "/x/..",
        "/ad",
        "/svcx",
    ]
)


@st.composite
def targets(draw: st.DrawFn) -> str:
    """A request target without query, as on the wire."""
    first = draw(st.sampled_from(["/"] * 10 + ["", "\\", "//", "%2f", "x:/", "http:/", "http://server.example/"]))
    parts = draw(st.lists(st.tuples(SEGMENTS, SEPARATORS), min_size=1, max_size=4))
    text = first + "".join(segment + separator for segment, separator in parts)
    return text if draw(st.booleans()) else text[: -len(parts[-1][1])]


def scope_of(target: str, root: str, *, in_path: bool, raw: bool, kind: str) -> dict[str, Any]:
    """The scope of a server that puts its root path into the path, or leaves it out; and has raw_path, or not."""
    before = root if in_path else ""
    raw_path = quote(before).encode() + target.encode("latin-1")
    path = before + unquote(target)
    return Server().scope(kind, "/", path=path, raw_path=raw_path if raw else None, root_path=root)


def guarded(app: Any, lists: Lists) -> DigestAuthMiddleware:
    """The middleware that knows nobody."""
    return DigestAuthMiddleware(app, {"nobody": "who asks"}, REALM, **lists.policy())


def escaped(answer: Answer, lists: Lists, *roots: str) -> list[tuple[str, str]]:
    """What ran that a stranger must not see."""
    return [(name, path) for name, path in answer.ran if name != "error" and lists.close(path, *roots)]


plainly = partial(example, in_path=False, raw=True, kind="GET", mounted=False)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    target=targets(),
    root=ROOTS,
    lists=st.sampled_from(LISTS),
    in_path=st.booleans(),
    raw=st.booleans(),
    kind=st.sampled_from(["GET", "GET", "WEBSOCKET"]),
    mounted=st.booleans(),
)
@plainly(target="/svcadmin", root="/svc", lists=LISTS[1])
@plainly(target="/x/svc/admin", root="/svc", lists=LISTS[1])
@plainly(target="/mountedx", root="", lists=LISTS[1])
@plainly(target="/health", root="/svc", lists=LISTS[0])
@plainly(target="/admin#x", root="", lists=LISTS[1])
@plainly(target="/ADMIN", root="", lists=LISTS[1])
@plainly(target="/a%20b/health", root="/a b", lists=LISTS[0])
def test_no_closed_handler_runs_for_a_stranger(loop, apps, target, root, lists, in_path, raw, kind, mounted):
    """Every framework, the middleware around its app or both inside a mount."""
    for name, app in apps.items():
        if kind == "WEBSOCKET" and name.partition(" ")[0] not in SOCKETS:
            continue
        entry: Any = guarded(app, lists)
        if mounted:
            entry = Starlette(routes=[Mount("/api", entry)])
        asked = "/api" + target if mounted else target
        scope = scope_of(asked, root, in_path=in_path, raw=raw or name == "blacksheep", kind=kind)
        answer = loop.run_until_complete(ask(entry, scope))
        assert not escaped(answer, lists, *roots_of(name, root, mounted)), (name, scope, answer.ran)


def roots_of(name: str, root: str, mounted: bool) -> set[str]:
    """What a guard may be written below."""
    own = {"/svc"} if name == "fastapi root_path" else set()
    return {root + "/api" if mounted else root, *own}


OPEN = [
    "/health",
    "/static/a/b.css",
    "/static/HEALTH",
    "/static/%C3%A9",
    "/static/a%20b",
    "/static/b;c=d",
    "/static/~x",
    "/static/100%25",
]


@pytest.mark.parametrize("lists", LISTS, ids=str)
@pytest.mark.parametrize("framework", APPS)
@pytest.mark.parametrize("kind", ["GET", "WEBSOCKET"])
def test_each_open_route_answers(loop, apps, framework, lists, kind):
    """Plainly asked for, in each deployment in which the framework finds it at all."""
    app, answered = apps[framework], 0
    for target in [*OPEN, "/admin/logo", "/files/css/a.css", "/", "/elsewhere"]:
        for root, in_path, mounted in [
            ("", False, False),
            ("/svc", True, False),
            ("/svc", False, False),
            ("", False, True),
            ("/svc", True, True),
        ]:
            entry: Any = guarded(app, lists)
            bare = Starlette(routes=[Mount("/api", app)]) if mounted else app
            if mounted:
                entry = Starlette(routes=[Mount("/api", entry)])
            asked = "/api" + target if mounted else target
            scope = {"in_path": in_path, "raw": True, "kind": kind}
            without = loop.run_until_complete(ask(bare, scope_of(asked, root, **scope)))
            # Quart and Falcon show another path where they stand below a root path that they do not drop.
            found = [path for name, path in without.ran if name != "error" and path == unquote(target)]
            if found and not lists.close(found[0], *roots_of(framework, root, mounted)):
                answer = loop.run_until_complete(ask(entry, scope_of(asked, root, **scope)))
                assert (answer.status, answer.ran) == (without.status, without.ran), (asked, root, in_path)
                answered += 1
    assert answered or kind == "WEBSOCKET"
