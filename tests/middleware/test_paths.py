"""Which requests need credentials: prefixes, callables, and paths that could mean two things."""

from itertools import pairwise
from urllib.parse import quote

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


def below(root, path):
    """A scope's keys as a server or a mount gives them that puts `root` before `path`."""
    return {"root_path": root, "path": root + path, "raw_path": quote(root + path).encode()}


@pytest.mark.parametrize("root", ["/api", "/api/v1", "/admin", "/opened", "/\u00e9", "/a b"])
def test_a_prefix_is_what_the_router_sees(root):
    """The path less root_path, whether or not the server puts that into the path; a guard holds in either spelling."""
    server = Server(public=["/open"])
    assert server.request("GET", "/", **below(root, "/open/x")).status == 200
    assert server.request("GET", "/open/x", root_path=root).status == 200
    assert server.request("GET", "/", **below(root, "/x")).status == 401
    assert server.request("GET", "/", **below(root, root + "/x/open")).status == 401
    for protected in ("/closed", root + "/closed"):
        server = Server(protect=[protected])
        assert server.request("GET", "/", **below(root, "/closed/x")).status == 401
        assert server.request("GET", "/closed/x", root_path=root).status == 401
        assert server.request("GET", "/", **below(root, "/x")).status == 200
        assert server.request("GET", "/", **below(root, "/closedx")).status == 200


def test_the_root_itself():
    """What is left of the root path is "/"."""
    for path in ("/api", "/api/"):
        assert Server(protect=["/x"], public=["/"]).request("GET", path, root_path="/api").status == 200
        assert Server(protect=["/"], public=["/api"]).request("GET", path, root_path="/api").status == 401


GUARDING = [
    Server(protect=["/admin"]),
    Server(public=["/x"]),
    Server(protect=["/", "/admin"], public=["/x", "/svc"]),
]


@pytest.mark.parametrize(
    "root", ["", "/svc", "svc", "/svc/", "/", "//", "/svc/..", "/%73vc", "/\udcff", "/\x00", "*", "/ad"]
)
@pytest.mark.parametrize(
    "path",
    [
        *("/admin", "/admin/", "/admin/x", "/ADMIN", "/Admin/x", "/\uff41dmin", "/ad\u00admin", "/admin.", "/admin /x"),
        *(
            "/admin::$DATA",
            "/admin:x/y",
            "/ADMINI~1",
            "/%61dmin",
            "/%2561dmin",
            "/admin%2Fx",
            "/admin;a=b",
            "/admin;/x",
        ),
        *("/admin#x", "/admin?x", "/admin%3Fx", "//admin", "/x//admin", "/./admin", "/x/../admin", "/x/..;/admin"),
        *("\\admin", "/\\admin", "/x\\..\\admin", "/x/\uff0e\uff0e/admin", "/x\uff0f..\uff0fadmin", "/x/.. /admin"),
        *("/x/%2e%2e/admin", "/x%2f..%2fadmin", "/x/%252e%252e/admin", "/.../admin"),
        *(
            "/admin\x00",
            "/admin\n",
            "/\x00",
            "/\ufffd",
            "/x/\udc80",
            "/%00",
            "/%ff",
            "/%u0061dmin",
        ),
        *("admin", "x:/admin", "http:/admin", "http://server.example/admin", "*", "", "server.example:443", "?/admin"),
    ],
)
def test_no_spelling_of_a_guarded_path_is_open(path, root):
    """Guards are met in every reading that some router or file system knows, and what nobody understands is closed."""
    for server in GUARDING:
        assert not opens_to(server, path, root)
        if path.startswith("/"):
            assert not opens_to(server, root + path, root)


@pytest.mark.parametrize("path", ["/svc/admin", "/svcadmin", "/svc;/admin", "/x/svc/admin", "/x/svcadmin"])
@pytest.mark.parametrize("protected", ["/admin", "/svc/admin"])
def test_a_root_path_cut_out_in_any_way(path, protected):
    """As text by Django, Quart and a2wsgi, by Litestar wherever it stands."""
    assert not opens_to(Server(protect=[protected]), path, "/svc")
    assert not opens_to(Server(protect=["/", protected], public=["/svc", "/x", "/svcadmin"]), path, "/svc")


def opens_to(server, path, root):
    """Whether an anonymous request opens a path, be it told with raw_path or without; both must agree to be open."""
    raw = quote(path, errors="surrogateescape").encode()
    told = server.request("GET", "/", path=path, raw_path=raw, root_path=root).app_called
    return told or server.request("GET", "/", path=path, raw_path=None, root_path=root).app_called


@pytest.mark.parametrize(
    ("path", "raw_path"),
    [
        ("/health", b"/%68ealth"),
        ("/health", b"/health%2F"),
        ("/health/x", b"/health%2Fx"),
        ("/health", b"/other"),
        ("/health", b"http://server.example/health"),
        ("/health", b""),
        ("/health", b"/\xff"),
        ("/health/x", b"/health/x/%2e%2e/admin"),
    ],
)
def test_a_raw_path_that_says_something_else(path, raw_path):
    """A router by raw_path sees another path there: its reading must be open as well."""
    assert not Server(public=["/health"]).request("GET", "/", path=path, raw_path=raw_path).app_called


@pytest.mark.parametrize(
    ("path", "raw_path"),
    [
        ("/health/a b", b"/health/a%20b"),
        ("/health/~x/a/b", b"/health/%7Ex/a%2Fb"),
        ("/health/100%", b"/health/100%25"),
        ("/health/\u00e9\u200c", "/health/\u00e9\u200c".encode()),
        ("/health/a;v=1,2:x@y&z=$!'()*+", b"/health/a;v=1,2:x@y&z=$!'()*+"),
        ("/health/HEALTH.txt", b"/health/HEALTH.txt"),
        ("/health/a?b#c", b"/health/a%3Fb%23c"),
        ("/health", None),
    ],
)
def test_odd_names_below_a_public_prefix(path, raw_path):
    """What is open in every reading is open, however odd."""
    assert Server(public=["/health"]).request("GET", "/", path=path, raw_path=raw_path).app_called


@pytest.mark.parametrize(
    "prefix", ["/Admin", "/admin/", "/a/../admin", "/%61dmin", "/admin;x", "/admin?x", "/\uff21dmin", "/admin."]
)
def test_a_guard_may_be_written_oddly(prefix):
    """A prefix that would match nothing as it stands guards what it can be read as."""
    server = Server(protect=[prefix])
    assert not opens(server, "/admin/x")
    assert opens(server, "/x")


class Fastapi:
    """An app by its shape."""

    def __init__(self, root_path="", app=None, routes=None):
        self.root_path, self.app, self.routes = root_path, app, routes

    async def __call__(self, _scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})


class Broken(Fastapi):
    """An app whose attributes fail."""

    @property
    def routes(self):
        """Not yet."""
        raise RuntimeError

    @routes.setter
    def routes(self, _routes):
        pass


Fastapi.__module__ = "fastapi.applications"


def chain(*apps):
    """Apps inside each other; the first is outermost."""
    for outer, inner in pairwise(apps):
        outer.app = inner
    return apps[0]


@pytest.mark.parametrize(
    "app",
    [
        Fastapi("/svc"),
        chain(Broken(), Fastapi(), Fastapi("/svc")),
        Fastapi(routes=[Fastapi(app=Fastapi("/svc"))]),
        Fastapi(routes=(None, Fastapi(app=Fastapi(routes=[Fastapi(app=Fastapi("/svc"))])))),
    ],
    ids=["itself", "inside", "mounted", "mounted twice"],
)
def test_a_root_path_that_an_app_sets_itself(app):
    """FastAPI(root_path=) is no part of the scope that the middleware sees; it counts all the same."""
    for protected in ("/admin", "/svc/admin"):
        server = Server(app=app, protect=[protected])
        for path in ("/admin", "/svc/admin", "/svcadmin"):
            assert server.request("GET", path).status == 401
        assert server.request("GET", "/svc/x").status == 200


def test_a_root_path_that_stands_in_place_of_the_servers():
    """FastAPI's own root_path replaces that of the scope; of another app nobody knows, so both must be open."""
    server = Server(app=Fastapi("/svc"), public=["/health"])
    assert server.request("GET", "/svc/health").status == 200
    assert server.request("GET", "/health").status == 200
    assert server.request("GET", "/other/health", root_path="/other").status == 401
    unknown = type("Unknown", (Fastapi,), {"__module__": "somebody"})
    unknown.__mro__[1].__module__ = "somebody"
    try:
        server = Server(app=unknown("/svc"), public=["/health"])
        assert server.request("GET", "/health").status == 200
        assert server.request("GET", "/svc/health").status == 401
    finally:
        Fastapi.__module__ = "fastapi.applications"


def test_apps_inside_each_other_without_end():
    """A circle of apps is looked at for a while, no longer."""
    circle = Fastapi()
    circle.app, circle.routes = circle, [circle]
    assert Server(app=circle, protect=["/admin"]).request("GET", "/admin").status == 401


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
        {"public": ["/a/../b"]},
        {"public": ["//a"]},
        {"public": ["/a?b"]},
        {"public": ["/a;b"]},
        {"public": ["/%61"]},
        {"public": ["/\x00"]},
        {"protect": lambda _scope: True, "public": ["/static"]},
    ],
    ids=str,
)
def test_rules_that_cannot_work(policy):
    """One string for a list, a prefix without its slash, one that could never open: refused at the start."""
    with pytest.raises(ConfigurationError):
        Server(**policy)
