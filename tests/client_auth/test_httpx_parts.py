"""What httpx and httpx2 are asked for each call, in a short way: it says what the libraries' own methods say."""

from __future__ import annotations

from importlib import import_module
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from digest_http_client_auth.httpx_glances import HttpxGlances, field_lines

URLS = [
    f"{scheme}://{authority}{rest}"
    for scheme, authority, rest in product(
        ("http", "https", "HTTP", "ws"),
        ("host.example", "u:p@HOST.example", "host.example:81", "host.example:80", "[::1]:8080", "h\u00e9.example"),
        ("", "/", "//a", "/a/b%2f", "/a b\u00e9", "?", "/?", "/a?b=c d", "/a?%zz#f", "#f", "/a;b?c?d"),
    )
]

#: Names of classes that are not looked into, in turn.
CLASSES = [(), ("Headers",), ("URL",), ("Response",), ("Headers", "URL", "Response")]


@pytest.fixture(params=["httpx", "httpx2"])
def module(request: pytest.FixtureRequest) -> Any:
    """Each of the two."""
    pytest.importorskip(request.param)
    return import_module(request.param)


@pytest.fixture(params=CLASSES, ids="+".join)
def glances(request: pytest.FixtureRequest, module: Any) -> HttpxGlances:
    """As it is; and where some of the classes are made in another way than is known."""
    return HttpxGlances(SimpleNamespace(**{**vars(module), **dict.fromkeys(request.param, Other)}))


class Other:
    """Made in a way that nobody here knows. The messages of the library go on to be of its own classes."""

    def __init__(self, *_: object, **_keywords: object) -> None:
        pass


def sections(message: Any) -> list[tuple[bytes, bytes]]:
    """The field lines as they are sent."""
    return list(message.headers.raw)


def test_both_libraries_are_looked_into(module: Any) -> None:
    """Else the short way is never gone, and nothing else would tell."""
    glances: Any = HttpxGlances(module)
    request = module.Request("GET", "http://h/")
    for name in ("headers", "url"):
        # Whoever is asked by methods raises here.
        own = getattr(request, name)
        bare = object.__new__(type(own))
        hidden = "_list" if name == "headers" else "_uri_reference"
        setattr(bare, hidden, getattr(own, hidden))
        told = SimpleNamespace(method="GET", extensions={}, url=request.url, headers=request.headers)
        setattr(told, name, bare)
        assert glances.target(told) == b"/"
        assert glances.response_values(told, b"host") == [b"h"]
    assert glances.request_of(module.Response(200, request=request), None) is request


def test_targets_and_keys(module: Any, glances: HttpxGlances) -> None:
    """The target is that of the library; equal keys mean equal origins, and a user's name makes no other key."""
    found: dict[Any, set[Any]] = {}
    for text in URLS:
        request = module.Request("GET", text)
        url = request.url
        assert glances.target(request) == url.raw_path
        assert glances.plain_request(request) == (glances.origin_key(request), b"GET", url.raw_path)
        found.setdefault(glances.origin_key(request), set()).add((url.scheme, url.raw_host, url.port))
    assert {len(origins) for origins in found.values()} == {1}
    assert len(found) == len(set().union(*found.values()))


def test_what_was_asked_before_changes_nothing(module: Any, glances: HttpxGlances) -> None:
    """The last URL and method are remembered: each pair of them, one after the other, gives what the library says."""
    texts = ["http://h/a", "https://h/a", "http://i/a", "http://h:1/a", "http://h/b", "http://h/a?b", "http://h/a?",
             "http://u:p@h/a"]  # fmt: skip
    asked = [(method, text) for method in ("GET", "PUT") for text in texts]
    for pair in product(asked, repeat=2):
        for method, text in pair:
            request = module.Request(method, text)
            expected = (glances.origin_key(request), method.encode(), request.url.raw_path)
            assert glances.plain_request(request) == expected


def test_no_password_is_remembered(module: Any) -> None:
    """A URL with a name in it is forgotten at once: there may be a password beside it."""
    glances: Any = HttpxGlances(module)
    for text, kept in (("http://h/a", True), ("http://u:p4ss@h/b", False), ("http://u@h/c", False)):
        glances.plain_request(module.Request("GET", text))
        assert (glances._last[2][2] == text[-2:].encode()) == kept  # noqa: SLF001  # what it keeps
        assert "p4ss" not in repr(glances._last)  # noqa: SLF001


@pytest.mark.parametrize("target", [b"*", "*", b"/a\xff", "http://x/"])
def test_the_extension_counts(module: Any, glances: HttpxGlances, target: Any) -> None:
    """It replaces the URL's path and query, as it does on the wire."""
    request = module.Request("OPTIONS", "http://h/", extensions={"target": target})
    octets = target if isinstance(target, bytes) else target.encode()
    assert glances.target(request) == octets
    assert glances.plain_request(request) == (glances.origin_key(request), b"OPTIONS", octets)


@pytest.mark.parametrize(("content", "held"), [(None, True), (b"octets", True), (iter([b"once"]), False)])
def test_bodies_that_are_held(module: Any, glances: HttpxGlances, content: Any, held: bool) -> None:  # a row
    """What is not in memory takes more than a look."""
    request = module.Request("POST", "http://h/", content=content)
    assert glances.holds_body(request) == held == (glances.plain_request(request) is not None)


@pytest.mark.parametrize("value", [b"Digest a", b"Digest \xc3\xa9", b"Digest \xff"])
@pytest.mark.parametrize("before", [
    [], [("Authorization", "old")], [("AUTHORIZATION", "old"), ("X", "y"), ("authorization", "older")],
    [("Proxy-Authorization", "other"), ("X-Authorization", "other")],
])  # fmt: skip
def test_a_field_is_set(module: Any, glances: HttpxGlances, before: list[tuple[str, str]], value: bytes) -> None:
    """Once, whatever was there, with its octets; the other fields stay, in their order, and can all be read."""
    request = module.Request("GET", "http://h/", headers=before)
    others = [line for line in sections(request) if line[0].lower() != b"authorization"]
    _ = request.headers.get("host")  # a section that was read once has made up its mind on an encoding
    glances.set_field(request, b"authorization", value)
    lines = sections(request)
    assert [line for line in lines if line[0].lower() == b"authorization"] == [(b"Authorization", value)]
    assert [line for line in lines if line[0].lower() != b"authorization"] == others
    assert (
        request.headers["authorization"].encode("latin-1" if value[-1] == 0xFF else request.headers.encoding) == value
    )
    assert glances.response_values(request, b"authorization") == [value]
    assert module.Headers(request.headers).raw == lines


@pytest.mark.parametrize("name", [b"authentication-info", b"x", b"none"])
def test_values_of_an_answer(module: Any, glances: HttpxGlances, name: bytes) -> None:
    """All lines of a name in any letter case, in their order, as octets."""
    lines = [(b"X", b"1"), (b"Authentication-Info", b"a"), (b"AUTHENTICATION-INFO", b"\xff"), (b"x", b"")]
    response = module.Response(200, headers=lines)
    wanted = [value for key, value in lines if key.lower() == name]
    assert glances.response_values(response, name) == wanted == field_lines(response, name)


def test_which_request_was_answered(module: Any, glances: HttpxGlances) -> None:
    """The response says; one that was made by hand does not."""
    request, sent = module.Request("GET", "http://h/"), object()
    assert glances.request_of(module.Response(200, request=request), sent) is request
    assert glances.request_of(module.Response(200), sent) is sent
    found = [
        glances.plain_answer(module.Response(status, headers={"X": "1"}, request=answered), request, b"x")
        for status in (200, 302, 399, 400, 401, 500)
        for answered in (request, None, module.Request("GET", "http://h/"))
    ]
    assert found == [[b"1"], [b"1"], None] * 3 + [None] * 9


def test_derived_classes_are_asked_themselves(module: Any) -> None:
    """A class of one's own may keep its fields, its URL and its request as it likes."""
    glances = HttpxGlances(module)

    class OwnHeaders(module.Headers):  # type: ignore[misc]  # a class of a library that is optional here
        @property
        def raw(self) -> Any:
            return [(b"X", b"mine")]

    class OwnURL(module.URL):  # type: ignore[misc]  # as above
        @property
        def raw_path(self) -> bytes:
            return b"/mine"

    class OwnResponse(module.Response):  # type: ignore[misc]  # as above
        @property
        def request(self) -> Any:
            return "mine"

    response, request = module.Response(200), module.Request("GET", "http://h/")
    response.headers = OwnHeaders()
    request.url = OwnURL("http://h/")
    assert glances.response_values(response, b"x") == [b"mine"]
    assert glances.target(request) == b"/mine"
    assert glances.origin_key(request) == ("http", "h", None)
    assert glances.plain_request(request) == (("http", "h", None), b"GET", b"/mine")
    assert glances.plain_answer(response, request, b"x") == [b"mine"]
    assert glances.plain_answer(OwnResponse(200), request, b"x") is None
    assert glances.request_of(OwnResponse(200), None) == "mine"
