"""A23, A41, A44: what the uri names, and what passes without credentials."""

import pytest

from tests.attacks.driver import Server


def refused(response):
    """Whether a response is a refusal that never reached the app."""
    return response.status in (400, 401) and not response.app_called


@pytest.mark.parametrize(
    "uri",
    [
        "/other",
        "/",
        "",
        "*",
        "x",
        "/x",
        "/x/",
        "/x/y",
        "/x?",
        "/x?a",
        "/x?a=1&b=3",
        "/x?b=2&a=1",
        "/x?a=1&b=2&c=3",
        "/x?a=1&b=2&",
        "/x?a=1&b=2#f",
        "/x#?a=1&b=2",
        "/X?a=1&b=2",
        "//x?a=1&b=2",
        "/a/../x?a=1&b=2",
        "/./x?a=1&b=2",
        "/%78?a=1&b=2",
        "\\x?a=1&b=2",
        "/x\\?a=1&b=2",
        "/x?a=1&b=2 ",
        " /x?a=1&b=2",
        "/x?a=1&b=2\x00",
        "/x%00?a=1&b=2",
        "//evil.example/x?a=1&b=2",
        "http://evil.example/x?a=1&b=2",
        "http://server.example:8080/x?a=1&b=2",
        "http://alice@server.example/x?a=1&b=2",
        "http://server.example@evil.example/x?a=1&b=2",
        "http://server.example.evil.example/x?a=1&b=2",
        "http://server.example/y?a=1&b=2",
        "http://server.example?a=1&b=2",
        "http://server.example#/x?a=1&b=2",
        "http:///x?a=1&b=2",
        "http:/x?a=1&b=2",
        "ftp://server.example/x?a=1&b=2",
        "server.example/x?a=1&b=2",
        "/x?a=1&b=2\r\nX: y",
    ],
)
def test_a23_the_uri_of_another_request(server, uri):
    """Signed with the right password for another target than the one of the request line."""
    response = server.request("GET", "/x?a=1&b=2", server.signer().sign("GET", uri))
    assert refused(response)
    assert response.status == 400


def test_a23_the_target_changed_under_a_captured_header(server):
    """The header as signed, the request line another."""
    header = server.signer().sign("GET", "/x?a=1")
    for target in ("/y?a=1", "/x", "/x?a=2", "/x?a=1&admin=1", "/x/?a=1", "/X?a=1", "//x?a=1", "*"):
        assert refused(server.request("GET", target, header))
    assert server.request("GET", "/x?a=1", header).status == 200


@pytest.mark.parametrize(
    ("target", "uri"),
    [
        ("/x?a=1", "http://server.example/x?a=1"),
        ("/x?a=1", "HTTP://SERVER.example:80/x?a=1"),
        ("/x", "https://server.example/x"),
        ("/", "http://server.example"),
        ("/", "http://server.example/"),
        ("/?q", "http://server.example?q"),
        ("/x", "/x?"),  # ASGI cannot tell an empty query from none
        ("/a%20b/%2F?q=%C3%A4", "/a%20b/%2F?q=%C3%A4"),
        ("/a;p=1,2/'(x)'", "/a;p=1,2/'(x)'"),
        ('/"quoted"\\', '/"quoted"\\'),
    ],
)
def test_a23_permitted_forms(server, target, uri):
    """RFC 7616 §3.4.6: the target itself octet by octet, or the absolute form with the right Host."""
    assert server.request("GET", target, server.signer().sign("GET", uri)).status == 200


def test_a23_absolute_form_without_one_host(server):
    """The absolute form needs exactly one Host to compare with."""
    header = server.signer().sign("GET", "http://server.example/x")
    assert refused(server.request("GET", "/x", header, headers=[(b"host", b"evil.example")]))
    assert refused(server.request("GET", "/x", header, host=None))
    assert refused(server.request("GET", "/x", header, host=b""))
    assert server.request("GET", "/x", header, host=b"SERVER.example:80").status == 200


def test_a23_asterisk(server):
    """`*` is the target of OPTIONS * and of nothing else."""
    assert server.request("OPTIONS", "*", server.signer().sign("OPTIONS", "*")).status == 200
    for method, target, uri in [("OPTIONS", "/", "*"), ("GET", "/", "*"), ("OPTIONS", "*", "/"), ("OPTIONS", "*", "")]:
        assert refused(server.request(method, target, server.signer().sign(method, uri)))
    absolute = server.signer().sign("OPTIONS", "http://server.example")
    assert refused(server.request("OPTIONS", "*", absolute))


def test_a23_without_raw_path(server):
    """A server that leaves out raw_path has the path encoded anew; the usual targets still match."""
    for target, path in [("/x?a=1", "/x"), ("/a%20b", "/a b"), ("/%C3%A4", "/ä"), ("/a+b,c;d=e@f:g", "/a+b,c;d=e@f:g")]:
        header = server.signer().sign("GET", target)
        assert server.request("GET", target, header, raw_path=None, path=path).status == 200
        assert refused(server.request("GET", "/y", server.signer().sign("GET", target), raw_path=None))


def test_a23_undecodable_paths(server):
    """A path or mount that some servers hand on with surrogates is compared like any other, and never a failure."""
    undecodable = {"path": "/\udcff", "raw_path": None}
    assert server.request("GET", "/x", server.signer().sign("GET", "/%FF"), **undecodable).status == 200
    assert refused(server.request("GET", "/x", server.signer().sign("GET", "/x"), **undecodable))
    assert refused(server.request("GET", "/x", server.signer().sign("GET", "/y"), root_path="/\udcff"))


PREFLIGHT = [(b"origin", b"http://other.example"), (b"access-control-request-method", b"PUT")]


def test_a41_options_without_credentials(server):
    """OPTIONS is a request like any other, a CORS preflight too."""
    for headers in ([], PREFLIGHT):
        assert refused(server.request("OPTIONS", "/x", headers=headers))


def test_a41_preflights_by_policy():
    """With the option on a real preflight passes, and nothing that only resembles one."""
    server = Server(allow_preflight=True)
    passed = server.request("OPTIONS", "/x", headers=PREFLIGHT)
    assert (passed.status, passed.app_called, passed.info) == (200, True, {})
    assert not server.app.scopes[-1]["user"].is_authenticated
    for headers in ([], PREFLIGHT[:1], PREFLIGHT[1:]):
        assert refused(server.request("OPTIONS", "/x", headers=headers))
    assert refused(server.request("GET", "/x", headers=PREFLIGHT))
    assert not server.request("WEBSOCKET", "/x", headers=PREFLIGHT).app_called


def test_a44_mounted(server):
    """Under /api the client signs what it asked for, the whole path; the inner path alone is another target."""
    whole = {"root_path": "/api", "path": "/api/x", "raw_path": b"/api/x"}
    assert server.request("GET", "/api/x", server.signer().sign("GET", "/api/x"), **whole).status == 200
    assert refused(server.request("GET", "/api/x", server.signer().sign("GET", "/x"), **whole))


def test_a44_mounted_where_raw_path_is_the_inner_one(server):
    """The same on a server whose raw_path leaves the mount out."""
    inner = {"root_path": "/api", "path": "/api/x", "raw_path": b"/x"}
    assert server.request("GET", "/x", server.signer().sign("GET", "/api/x"), **inner).status == 200
    for uri in ("/other/x", "/apix", "/api/y", "/api/api/x"):
        assert refused(server.request("GET", "/x", server.signer().sign("GET", uri), **inner))


def test_a44_behind_a_proxy_that_strips_a_prefix():
    """By policy the signed uri has the prefix that the proxy removed; without it the uri is refused."""
    server = Server(stripped_prefix="/api")
    assert server.request("GET", "/x?q", server.signer().sign("GET", "/api/x?q")).status == 200
    assert server.request("GET", "/", server.signer().sign("GET", "/api/")).status == 200
    absolute = server.signer().sign("GET", "http://server.example/api/x")
    assert server.request("GET", "/x", absolute).status == 200
    for uri in ("/x?q", "/apix?q", "/api", "/API/x?q", "/other/api/x?q", "/api/api/x?q", "/api/x"):
        assert refused(server.request("GET", "/x?q", server.signer().sign("GET", uri)))
