"""Proxies that rewrite, as they were reported: right credentials that were refused behind them, and what must be."""

from __future__ import annotations

import logging

import pytest

from digest_http.errors import ConfigurationError
from tests.attacks.driver import Server

#: What nginx makes of a target below its prefix.
NGINX = [
    ("/svc/principals/alice%40example.com/", "/principals/alice@example.com/"),
    ("/svc/%7Ex", "/~x"),
    ("/svc/a%2Cb", "/a,b"),
    ("/svc/a%27b", "/a'b"),
    ("/svc/a%28b%29", "/a(b)"),
    ("/svc/a%2Fb", "/a/b"),
    ("/svc/%5B1%5D", "/[1]"),
    ("/svc/%c3%a9", "/%C3%A9"),
    ("/svc/a//b", "/a/b"),
    ("/svc/a/./b", "/a/b"),
    ("/svc/a/../b", "/b"),
    ("/svc/a?q=%40//./", "/a?q=%40//./"),
]
#: What else is asked for, and is another resource.
OTHERS = [
    "/",
    "/a",
    "/a/b/",
    "/b/",
    "/a//b",
    "/a%2Fb",
    "/a@b",
    "/principals/alice%2540example.com/",
    "/a?q=@//./",
    "/~X",
]


def passes(server: Server, uri: str, target: str, original: str | None = None) -> bool:
    """Whether a request for `target` passes with credentials for `uri`; else it must be a refusal of the uri."""
    fields = [] if original is None else [(b"x-original-uri", original.encode())]
    response = server.request("GET", target, server.signer().sign("GET", uri), headers=fields)
    assert response.status in (200, 400)
    assert response.app_called == (response.status == 200)
    return response.status == 200


@pytest.mark.parametrize(("uri", "target"), NGINX)
def test_nginx_with_a_stripped_prefix(uri, target):
    """Each passes with either setting, and for nothing else."""
    by_name = Server(stripped_prefix="/svc", rewritten_by="nginx")
    by_field = Server(stripped_prefix="/svc", original_target_header="X-Original-URI")
    assert passes(by_name, uri, target)
    assert passes(by_field, uri, target, uri)
    for other in OTHERS:
        assert other == target or not passes(by_name, uri, other)
        assert not passes(by_field, uri, target, "/svc" + other) or "/svc" + other == uri
    for other, made in NGINX:
        assert made == target or not passes(by_name, uri, made)
        assert other == uri or not passes(by_field, uri, made, other)


@pytest.mark.parametrize(("uri", "target"), NGINX)
def test_without_a_setting(uri, target, caplog):
    """Refused as before, and the log names what would have helped."""
    caplog.set_level(logging.INFO, "digest_http.middleware")
    for server in (Server(), Server(stripped_prefix="/svc")):
        if passes(server, uri, target):  # nothing was rewritten
            continue
        assert "stripped_prefix='/svc'" in caplog.records[-1].getMessage()


@pytest.mark.parametrize("root", ["/svc", "/svc/v1"])
def test_a_stripped_prefix_and_the_same_root_path(root, caplog):
    """With uvicorn's --root-path as well it is 400 for all; the log says which of the two goes."""
    caplog.set_level(logging.INFO, "digest_http.middleware")
    target = root + "/x"
    both = Server(stripped_prefix="/svc")
    response = both.request("GET", target, both.signer().sign("GET", target), root_path=root)
    assert response.status == 400
    assert f"{root!r} as its root path" in caplog.records[-1].getMessage()
    assert "leave stripped_prefix out" in caplog.records[-1].getMessage()
    one = Server()
    assert one.request("GET", target, one.signer().sign("GET", target), root_path=root).status == 200


def test_a_stripped_prefix_and_a_mount():
    """A root path of another name is a mount's, and stays."""
    server = Server(stripped_prefix="/svc")
    signed = server.signer().sign("GET", "/svc/api/x")
    assert server.request("GET", "/api/x", signed, root_path="/api").status == 200


@pytest.mark.parametrize("prefix", ["svc", "/", "/svc?x", "/a/../b", 7])
def test_a_stripped_prefix_that_cannot_work(prefix):
    """It was taken as it came, and refused each request."""
    with pytest.raises(ConfigurationError, match="stripped_prefix is"):
        Server(stripped_prefix=prefix)


@pytest.mark.parametrize("settings", [{}, {"rewritten_by": "nginx"}, {"original_target_header": "X-Original-URI"}])
@pytest.mark.parametrize(
    ("uri", "status"),
    [
        pytest.param("/x?y=1", 200, id="B06a"),
        pytest.param("http://server.example/x?y=1", 200, id="B06c"),
        pytest.param("http://evil.example/x?y=1", 400, id="B06e"),
        pytest.param("/x?y=2", 400, id="B06-query"),
    ],
)
def test_an_absolute_form(settings, uri, status):
    """B06: whatever is declared of a proxy, the absolute form names what it named before."""
    server, target = Server(**settings), "http://server.example/x?y=1"
    response = server.request(
        "GET", target, server.signer().sign("GET", uri), headers=[(b"x-original-uri", target.encode())]
    )
    assert response.status == status


@pytest.mark.parametrize("settings", [{}, {"rewritten_by": "nginx"}, {"original_target_header": "X-Original-URI"}])
@pytest.mark.parametrize(
    "target",
    [
        pytest.param("/x?action=9:\\", id="B33-backslash"),
        pytest.param('/x?q="calcium"', id="B33-quotes"),
        pytest.param("/x?c[]=|", id="B33-brackets"),
        pytest.param("/?a=\\b", id="B39a"),
    ],
)
def test_octets_that_a_header_escapes(settings, target):
    """B33, B39: the uri parameter holds them with a backslash before; what is compared is what it means."""
    server = Server(**settings)
    fields = [(b"x-original-uri", target.encode())]
    assert server.request("GET", target, server.signer().sign("GET", target), headers=fields).status == 200


@pytest.mark.parametrize("fields", [[], [(b"x-original-uri", b"/svc/a")] * 2, [(b"x-original-uri", b"/svc/b")]])
def test_a_field_that_does_not_say_it_once(fields):
    """Missing, twice or another target: 400, also for credentials that are right."""
    server = Server(stripped_prefix="/svc", original_target_header="X-Original-URI")
    assert server.request("GET", "/a", server.signer().sign("GET", "/svc/a"), headers=fields).status == 400


def test_a_field_that_a_stranger_made_up():
    """Reaching the app without the proxy, he cannot turn a header for one resource into one for another."""
    server = Server(stripped_prefix="/svc", original_target_header="X-Original-URI")
    header = server.signer().sign("GET", "/svc/public/../a")
    for target in ("/admin", "/svc/public/../a", "/public/a", "/a/", "/a?x", "/a%2f", "/A"):
        fields = [(b"x-original-uri", b"/svc/public/../a")]
        assert server.request("GET", target, header, headers=fields).status == 400


@pytest.mark.parametrize("target", ["/admin", "/x/../admin", "//admin", "/%61dmin"])
def test_path_rules_look_at_what_arrives(target):
    """No field of a proxy, and no uri, opens a path that needs credentials."""
    for settings in ({"rewritten_by": "nginx"}, {"original_target_header": "X-Original-URI"}):
        server = Server(public=["/open"], **settings)
        response = server.request("GET", target, headers=[(b"x-original-uri", b"/open")])
        assert response.status == 401
        assert not response.app_called
