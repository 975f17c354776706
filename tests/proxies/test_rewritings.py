"""No header signed for one resource serves for another, whatever stands in front, and whatever is declared of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digest_http.errors import ConfigurationError
from digest_http_middleware import DigestAuthMiddleware
from digest_http_middleware.fronts import Front
from digest_http_middleware.rewritings import REWRITINGS, resolves_alike
from tests.proxies.configurations import WAYS, Way
from tests.proxies.models import handed_on, is_modelled
from tests.proxies.paths import TARGETS
from tests.proxies.resources import resource

# It is all about text.
pytestmark = pytest.mark.once

FIELD = "X-Original-URI"


async def app(_scope: Any, _receive: Any, _send: Any) -> None:
    """Nobody asks it."""


MODELLED = [way for way in WAYS if is_modelled(way)]

#: What targets are made of: what some proxy changes, and what looks like it.
PIECES = [
    *("/", "//", "/.", "/..", "/...", ".", "..", "a", "b", "A", "%61", "%41", "%2F", "%2f", "%2E", "%2e%2e", "%5C"),
    *("\\", "%25", "%252F", "%2525", "%40", "@", ",", "%2C", "%2c", "'", "%27", "(", "%28", "[", "%5B", "%5b", "|"),
    *(";", "%3B", "..;", "%3F", "%23", "%00", "%0A", "%7F", "%C3%A9", "%c3%a9", "\u00e9", "%FF", "%", "%zz", "svc"),
    *("/svc", "/svc/", "%73vc", "~", "%7E", '"', "%22", "+", "%20", "%2B", "!", "*"),
]


def below(prefix: str) -> st.SearchStrategy[bytes]:
    """Targets below a prefix."""
    paths = st.one_of(st.lists(st.sampled_from(PIECES), max_size=7).map("".join), st.sampled_from(TARGETS))
    return paths.map(lambda path: (prefix + "/" + path.removeprefix("/")).encode())


def scope_of(target: bytes, original: bytes | None = None) -> dict[str, Any]:
    """As uvicorn makes it of the target that arrives."""
    path, _, query = target.partition(b"?")
    fields = [(b"host", b"h.example")]
    if original is not None:
        fields.append((b"x-original-uri", original))
    decoded = unquote_to_bytes(path).decode("utf-8", "surrogateescape")
    return {"path": decoded, "raw_path": path, "query_string": query, "root_path": "", "headers": fields}


@pytest.mark.parametrize("way", MODELLED, ids=str)
@given(st.data())
def test_a_header_serves_for_what_its_own_target_reaches(way: Way, data):
    """A header for one target passes with another only if the app gets the same for both."""
    signed, sent = data.draw(below(way.prefix)), data.draw(below(way.prefix))
    arrived = handed_on(way, sent)
    assume(arrived is not None)
    assert arrived is not None
    if not way.by_header and Front(way.prefix, way.rewritten_by).is_named_by(signed, scope_of(arrived)):
        reached = handed_on(way, signed)
        assert reached is not None
        assert resource(reached) == resource(arrived)
    behind = Front(way.prefix, original_target_header=FIELD)
    assert not behind.is_named_by(signed, scope_of(arrived, sent)) or signed == sent or signed == sent + b"?"


@pytest.mark.parametrize("way", MODELLED, ids=str)
def test_each_pair_of_the_list(way: Way):
    """The same for every pair of the targets that are tried live."""
    targets = [(way.prefix + target).encode() for target in TARGETS]
    reached = {target: handed_on(way, target) for target in targets}
    arrived = {target: made for target, made in reached.items() if made is not None}
    front = Front(way.prefix, way.rewritten_by)
    passed = 0
    for sent, made in arrived.items():
        scope = scope_of(made)
        for signed in targets:
            if not way.by_header and front.is_named_by(signed, scope):
                assert signed in arrived, (signed, sent)
                assert resource(arrived[signed]) == resource(made), (signed, sent)
                passed += 1
    assert way.by_header or passed >= len(arrived) * 0.9


@given(below("/svc"), below(""))
def test_a_field_that_a_stranger_made_up(signed, arrived):
    """Without the proxy he may put anything there: what then passes is the same path with everything resolved."""
    front = Front("/svc", original_target_header=FIELD)
    if front.is_named_by(signed, scope_of(arrived, signed)):
        path, path_arrived = signed.partition(b"?")[0], arrived.partition(b"?")[0]
        same = path == b"/svc" + path_arrived
        assert same or resolves_alike(path, [b"svc"], path_arrived)
        assert signed.partition(b"?")[2] == arrived.partition(b"?")[2]


ALIKE = [
    (b"/svc/a", b"/a"),
    (b"/svc/a%40b", b"/a@b"),
    (b"/svc/a%2Fb", b"/a/b"),
    (b"/svc/a//b", b"/a/b"),
    (b"/svc/a/../b", b"/b"),
    (b"/svc/a//../b", b"/a/b"),
    (b"/svc/a//../b", b"/b"),
    (b"/svc/a/.", b"/a"),
    (b"/svc/a/.", b"/a/"),
    (b"/svc/a/..", b"/"),
    (b"/svc/", b"/"),
    (b"/svc", b"/"),
    (b"/svc//a", b"//a"),
]
UNALIKE = [
    (b"/svc/a", b"/b"),
    (b"/svc/a", b"/A"),
    (b"/svc/a", b"/a/"),
    (b"/svc/a/", b"/a"),
    (b"/svc/a", b"/svc/a"),
    (b"/a", b"/a"),
    (b"/svcx/a", b"/a"),
    (b"/svc/../a", b"/a"),
    (b"/svc/a%252Fb", b"/a/b"),
    (b"/svc/a%00b", b"/a"),
    (b"/svc/a%zz", b"/a"),
    (b"/svc/a#b", b"/a"),
    (b"/svc/a\\b", b"/a/b"),
    (b"/svc/a%5Cb", b"/a/b"),
    (b"/svc/a;x", b"/a"),
    (b"/svc/a..", b"/"),
    (b"/svc/a/..;/b", b"/b"),
    (b"/svc/a%u0041", b"/aA"),
]


@pytest.mark.parametrize(("original", "arrived"), ALIKE)
def test_what_a_proxy_may_make_of_a_target(original, arrived):
    """With the proxy's field the signed target may have become this one."""
    front = Front("/svc", original_target_header=FIELD)
    assert front.is_named_by(original + b"?q", scope_of(arrived + b"?q", original + b"?q"))


@pytest.mark.parametrize(("original", "arrived"), UNALIKE)
def test_what_no_proxy_makes_of_a_target(original, arrived):
    """The field alone opens nothing: it must lead to the target that arrived."""
    front = Front("/svc", original_target_header=FIELD)
    assert not front.is_named_by(original, scope_of(arrived, original))


@pytest.mark.parametrize("values", [
    [],
    [b""],
    [b"/svc/a", b"/svc/a"],
    [b"/svc/b"],
    [b"/svc/a "],
    [b"/svc/a?"],
    [b"/svc/a,/svc/a"],
    [b"svc/a"],
    [b"GET /svc/a HTTP/1.1"],
    [b"http://other.example/svc/a"],
    [b"ftp://h.example/svc/a"],
    [b"(null)"],
    [b"*"],
])  # fmt: skip
def test_a_field_that_says_something_else(values):
    """Missing, twice, another target, or none: refused."""
    scope = scope_of(b"/a")
    scope["headers"] += [(b"x-original-uri", value) for value in values]
    assert not Front("/svc", original_target_header=FIELD).is_named_by(b"/svc/a", scope)


@pytest.mark.parametrize("signed", [b"/svc/a%40b", b"http://h.example/svc/a%40b"])
@pytest.mark.parametrize("original", [b"/svc/a%40b", b"HTTP://H.example:80/svc/a%40b"])
@pytest.mark.parametrize("arrived", [b"/a@b", b"http://h.example/a@b"])
def test_absolute_forms(signed, original, arrived):
    """RFC 9112 §3.2.2: either side may have it, the proxy's field too."""
    assert Front("/svc", original_target_header=FIELD).is_named_by(signed, scope_of(arrived, original))
    assert Front("/svc", "nginx").is_named_by(signed, scope_of(arrived))
    for other in (b"http://other.example/svc/a%40b", b"ftp://h.example/svc/a%40b", b"http://u@h.example/svc/a%40b"):
        assert not Front("/svc", "nginx").is_named_by(other, scope_of(arrived))
    assert not Front("/svc", "nginx").is_named_by(signed, scope_of(b"http://other.example/a@b"))


@pytest.mark.parametrize("front", [Front(rewritten_by="nginx"), Front(original_target_header=FIELD)])
@pytest.mark.parametrize(("signed", "named"), [(b"*", True), (b"/", False), (b"/*", False), (b"", False)])
def test_asterisk(front, signed, named):
    """`*` is the target of OPTIONS * and of nothing else."""
    scope = scope_of(b"*", b"*")
    assert front.is_named_by(signed, scope) is named
    assert not front.is_named_by(b"*", scope_of(b"/", b"*"))


@pytest.mark.parametrize("front", [Front("/svc", "nginx"), Front("/svc", original_target_header=FIELD)])
@pytest.mark.parametrize("query", [b"a=%2F", b"a=/", b"A=%2f", b"a=%2f", b"a", b"a&", b"?", b"a?"])
def test_the_query_is_compared_as_it_is(front, query):
    """No proxy changes it, so that nothing in it is decoded."""
    signed = b"/svc/x%40y?" + query
    assert front.is_named_by(signed, scope_of(b"/x@y?" + query, signed))
    for other in (b"a=%2F", b"a=/", b"A=%2f", b"a=%2f", b"a", b"a&", b"?", b"a?", b""):
        assert other == query or not front.is_named_by(signed, scope_of(b"/x@y?" + other, signed))


@pytest.mark.parametrize("front", [Front(), Front(rewritten_by="nginx"), Front(original_target_header=FIELD)])
def test_a_root_path_that_the_server_leaves_out(front):
    """As for the target itself: what is left out is what stands before it, and before no other."""
    scope = scope_of(b"/x", b"/svc/x") | {"root_path": "/svc", "path": "/svc/x"}
    assert front.is_named_by(b"/svc/x", scope)
    assert not front.is_named_by(b"/svc/y", scope)
    assert not front.is_named_by(b"/other/x", scope)


@pytest.mark.parametrize(("name", "signed", "arrived"), [
    ("nginx", b"/svc/a%00b", b"/a%00b"),
    ("apache", b"/svc/a%00b", b"/a%00b"),
    *((name, b"/svc/a" + octets + b"b", b"/a" + octets + b"b") for name in REWRITINGS for octets in (b"#", b"%zz")),
    *((name, b"/svc/a#b", b"/a%23b") for name in REWRITINGS),
    *((name, b"/svc/../svc/../../svc/a", b"/a") for name in REWRITINGS),
    *((name, b"svc/a", b"/a") for name in REWRITINGS),
    *((name, b"", b"/") for name in REWRITINGS),
])  # fmt: skip
def test_what_no_proxy_of_that_name_hands_on(name, signed, arrived):
    """It refuses these, or its versions differ: nothing is signed by them."""
    assert not Front("/svc", name).is_named_by(signed, scope_of(arrived))


@pytest.mark.parametrize("prefix", [
    *("svc", "/", "//", "/svc?q", "/svc#f", "/svc//v1", "/svc/../v1", "/./svc", "/%2e%2e", "/svc%", "/svc%zz", "/sv c"),
    *("/svc\n", "/\u00e9", "/svc\\v1", "http://h/svc", "/a|b", 7, None, b"/svc", ["/svc"]),
])  # fmt: skip
def test_prefixes_that_cannot_work(prefix):
    """Each is refused when the middleware is made, with what to write."""
    with pytest.raises(ConfigurationError, match=r"stripped_prefix is .*for instance '/svc'"):
        DigestAuthMiddleware(app, users={"a": "b"}, realm="r", stripped_prefix=prefix)


@pytest.mark.parametrize(
    ("prefix", "kept"), [("", ""), ("/svc", "/svc"), ("/svc/", "/svc"), ("/a/b%20c/~d", "/a/b%20c/~d")]
)
def test_prefixes_that_work(prefix, kept):
    """With a slash at the end or without."""
    assert Front(prefix).stripped_prefix == kept


@pytest.mark.parametrize("name", ["Nginx", "", "traefik", 1, ("nginx",), ["nginx"], True])
def test_rewritings_that_are_not_known(name):
    """The error names those that are."""
    with pytest.raises(ConfigurationError, match=r"rewritten_by is .*'nginx', 'apache', 'caddy'"):
        DigestAuthMiddleware(app, users={"a": "b"}, realm="r", rewritten_by=name)


@pytest.mark.parametrize(
    "name", ["", "X Original", "X-Original:", "H\u00f6st", "Host", "authorization", b"X-URI", 1, True]
)
def test_field_names_that_cannot_work(name):
    """No token, or a field with another meaning."""
    with pytest.raises(ConfigurationError, match=r"original_target_header is .*for instance 'X-Original-URI'"):
        DigestAuthMiddleware(app, users={"a": "b"}, realm="r", original_target_header=name)


def test_two_settings_for_one_thing():
    """The field says all that a rewriting could."""
    with pytest.raises(ConfigurationError, match="leave rewritten_by out"):
        Front("/svc", "nginx", FIELD)
