"""Which requests need credentials: prefixes, callables, and paths that could mean two things."""

import pytest

from digest_http.errors import ConfigurationError
from tests.attacks.driver import Server


def opens(server, path):
    """Whether an anonymous request for a path reaches the app."""
    response = server.request("GET", path)
    assert (response.status == 200) == response.app_called
    return response.app_called


def test_everything_is_protected_by_default():
    """Without a rule there is no door left open."""
    server = Server()
    assert not any(opens(server, path) for path in ("/", "/x", "//", "/favicon.ico", "/static/a.css", "*"))


def test_public_prefixes():
    """By whole segments: /static covers /static/a and not /statics."""
    server = Server(public=["/static", "/health/"])
    for path in ("/static", "/static/", "/static/a/b.css", "/health", "/health/live"):
        assert opens(server, path)
    for path in ("/", "/statics", "/static.css", "/Static", "/x/static", "/healthy"):
        assert not opens(server, path)


def test_protected_prefixes():
    """Naming what is protected leaves the rest open."""
    server = Server(protect=["/admin"])
    assert opens(server, "/")
    assert opens(server, "/administrator")
    assert not opens(server, "/admin")
    assert not opens(server, "/admin/users")


def test_the_longest_prefix_decides():
    """A public island in a protected folder, and a protected one in that."""
    server = Server(protect=["/", "/docs/internal"], public=["/docs", "/docs/internal/logo"])
    decisions = {path: opens(server, path) for path in ("/", "/docs", "/docs/internal", "/docs/internal/logo")}
    assert decisions == {"/": False, "/docs": True, "/docs/internal": False, "/docs/internal/logo": True}


def test_nothing_named_is_everything_protected():
    """Empty lists open no door; public ones alone open only themselves."""
    assert not opens(Server(protect=[]), "/x")
    server = Server(protect=[], public=["/open"])
    assert opens(server, "/open")
    assert not opens(server, "/x")


@pytest.mark.parametrize(
    "path",
    ["/static/../admin", "/static/..", "/static/./x", "/static//x", "/static/\\x", "//static", "/static/%2e%2e/admin"],
)
def test_paths_that_could_mean_another(path):
    """What a router or file server could resolve to another path needs credentials, whatever its prefix."""
    server = Server(public=["/static"])
    decoded = path.replace("%2e", ".")
    response = server.request("GET", path, path=decoded)
    assert (response.status, response.app_called) == (401, False)


def test_a_callable_decides_alone():
    """A rule of one's own sees the scope."""
    server = Server(protect=lambda scope: scope["method"] != "GET")
    assert opens(server, "/x")
    assert server.request("POST", "/x").status == 401


def test_an_open_request_is_anonymous():
    """On a public path the scope says so, in Starlette's words, and credentials are neither checked nor proved."""
    server = Server(public=["/static"])
    response = server.request("GET", "/static", b'Digest username="alice"')
    assert response.status == 200
    assert response.info == {}
    scope = server.app.scopes[-1]
    assert not scope["user"].is_authenticated
    assert (scope["user"].display_name, scope["user"].identity) == ("", "")
    assert tuple(scope["auth"].scopes) == ()
    assert "digest" not in scope


def test_the_mount_counts():
    """Prefixes are those of the full path, as the server gives it."""
    server = Server(public=["/api/open"])
    assert server.request("GET", "/api/open/x", root_path="/api").status == 200
    assert server.request("GET", "/open/x", root_path="/api").status == 401


def test_websockets_follow_the_same_rules():
    """A public socket is accepted without credentials, a protected one is not."""
    server = Server(public=["/feed"])
    assert server.request("WEBSOCKET", "/feed").app_called
    assert not server.request("WEBSOCKET", "/chat").app_called


@pytest.mark.parametrize(
    "policy",
    [
        {"protect": "/admin"},
        {"public": "/static"},
        {"protect": ["admin"]},
        {"public": ["/"]},
        {"protect": ["/x", "/y"], "public": ["/y/"]},
        {"public": [""]},
        {"protect": lambda _scope: True, "public": ["/static"]},
    ],
    ids=str,
)
def test_rules_that_cannot_work(policy):
    """One string for a list, a prefix without its slash, a callable beside prefixes: refused at the start."""
    with pytest.raises(ConfigurationError):
        Server(**policy)
