"""Which uri names which request: one row for each form that is permitted, and for what is near it."""

import pytest

from digest_http_middleware.targets import names_target, raw_target


def scope(path="/x", query=b"", root="", host=b"server.example", **more):
    """The parts of a scope that are looked at."""
    hosts = [host] if isinstance(host, bytes) else host or []
    fields = [(b"accept", b"*/*"), *((b"host", value) for value in hosts)]
    return {"path": path, "query_string": query, "root_path": root, "headers": fields} | more


@pytest.mark.parametrize(("given", "target"), [
    ({"raw_path": b"/x%20y"}, b"/x%20y"),
    ({"raw_path": b"/x", "query": b"a=b"}, b"/x?a=b"),
    ({"raw_path": None, "path": "/x y"}, b"/x%20y"),
    ({"path": "/\u00e4/:@!$&'()*+,;=~-._"}, b"/%C3%A4/:@!$&'()*+,;=~-._"),
    ({"path": "/X\udcff", "query": b"q"}, b"/X%FF?q"),
    ({"path": "*"}, b"*"),
    ({"query_string": None}, b"/x"),
])  # fmt: skip
def test_the_target_as_it_stood_in_the_request_line(given, target):
    """The raw path, or what must have been it, and the query."""
    assert raw_target(scope(**given)) == target


NAMED = [
    (b"/x", b"/x", {}),
    (b"/x?", b"/x", {}),
    (b"/x?", b"/x", {"query_string": None}),
    (b"*", b"*", {"path": "*"}),
    (b"http://server.example/x", b"/x", {}),
    (b"HTTPS://SERVER.example/x", b"/x", {}),
    (b"ws://server.example/x?y", b"/x?y", {"query": b"y"}),
    (b"wss://server.example:443/x", b"/x", {}),
    (b"http://server.example:80/x", b"/x", {"host": b"Server.Example"}),
    (b"http://server.example/x", b"/x", {"host": b"server.example:80"}),
    (b"http://server.example:/x", b"/x", {}),
    (b"http://server.example:8080/x", b"/x", {"host": b"server.example:8080"}),
    (b"http://server.example", b"/", {"path": "/"}),
    (b"http://server.example?y", b"/?y", {"path": "/", "query": b"y"}),
    (b"/x", b"http://server.example/x", {}),
    (b"http://server.example/x", b"http://server.example/x", {}),
    (b"/svc/x", b"/x", {"root": "/svc"}),
    (b"/svc/x", b"/x", {"root": "/svc/", "path": "/svc/x"}),
    (b"/s%20c/x?y", b"/x?y", {"root": "/s c", "query": b"y"}),
    (b"/svc/svc/x", b"/svc/x", {"root": "/svc", "path": "/svc/svc/x"}),
]
NOT_NAMED = [
    (b"/y", b"/x", {}),
    (b"/X", b"/x", {}),
    (b"/x/", b"/x", {}),
    (b"/%78", b"/x", {}),
    (b"/x??", b"/x", {}),
    (b"/x?", b"/x?y", {"query": b"y"}),
    (b"/x?y?", b"/x?y", {"query": b"y"}),
    (b"", b"/x", {}),
    (b"x", b"/x", {}),
    (b"*", b"/x", {}),
    (b"/x", b"*", {}),
    (b"*?", b"*", {}),
    (b"http://other.example/x", b"/x", {}),
    (b"http://server.example/y", b"/x", {}),
    (b"http://server.example:81/x", b"/x", {}),
    (b"http://server.example/x", b"/x", {"host": None}),
    (b"http://server.example/x", b"/x", {"host": [b"server.example"] * 2}),
    (b"http://u@server.example/x", b"/x", {}),
    (b"ftp://server.example/x", b"/x", {}),
    (b"x:/x", b"x:/x", {"path": "x:/x"}),
    (b"http:/x", b"http:/x", {}),
    (b"http://other.example/x", b"http://other.example/x", {}),
    (b"http://server.example/*", b"*", {}),
    (b"/svc/x", b"/x", {}),
    (b"/svc/x", b"/svc/y", {"root": "/svc", "path": "/svc/svc/y"}),
    (b"/svc/svc/x", b"/svc/x", {"root": "/svc", "path": "/svc/x"}),
    (b"/svc/svc", b"/svc", {"root": "/svc", "path": "/svc"}),
    (b"/SVC/x", b"/x", {"root": "/svc"}),
    (b"/x", b"/svc/x", {"root": "/svc"}),
]


@pytest.mark.parametrize(("uri", "target", "given"), NAMED)
def test_permitted_forms(uri, target, given):
    """RFC 9112 §3.2, and what servers leave out."""
    assert names_target(uri, target, scope(**given))


@pytest.mark.obeys("uri-names-the-request")
@pytest.mark.parametrize(("uri", "target", "given"), NOT_NAMED)
def test_other_targets(uri, target, given):
    """What decodes or resolves alike is another target."""
    assert not names_target(uri, target, scope(**given))


@pytest.mark.parametrize(("uri", "target", "named"), [
    (b"/api/x", b"/x", True),
    (b"/api/", b"/", True),
    (b"http://server.example/api/x", b"/x", True),
    (b"/api/x?", b"/x", True),
    (b"/x", b"/x", False),
    (b"/apix", b"/x", False),
    (b"/api", b"/", False),
    (b"/api/x", b"/api/x", False),
    (b"/api/api/x", b"/api/x", True),
])  # fmt: skip
def test_behind_a_prefix_that_a_proxy_removes(uri, target, named):
    """The client signs it, the server never sees it."""
    assert names_target(uri, target, scope(), b"/api") is named
