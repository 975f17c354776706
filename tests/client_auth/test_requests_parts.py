"""What requests and niquests are asked for each call, in a short way: it says what the library's own way says."""

from __future__ import annotations

from importlib import import_module
from itertools import product
from typing import Any

import pytest

from digest_http_client_auth.requests_family import RequestsLibrary
from digest_http_client_auth.requests_glances import Answer, RequestsGlances
from digest_http_client_auth.wire_targets import plain_target, wire_target

URLS = [
    "".join(parts)
    for parts in product(
        ("http://", "https://", "HTTP://", "ftp://", "http:/", ""),
        ("", "h", "host.example", "u:p@host.example", "u@host.example:81", "[::1]:8080", "host.example:80", "h\u00e9"),
        ("", "/", "//", "/a/b", "/a%2fb%2F", "/a%zz", "/a b", "/\u00e9", "/a;b=c"),
        ("", "?", "??", "?a=/b", "?a=b&c", "?a%2f", "?a#b", "#", "#/a?b", "?http://x/y"),
    )
]


def prepared(module: Any, url: str) -> Any:
    """A request whose URL was set by hand."""
    request = module.PreparedRequest()
    request.method, request.url, request.headers = "GET", url, module.structures.CaseInsensitiveDict()
    return request


@pytest.fixture(params=["requests", "niquests"])
def module(request: pytest.FixtureRequest) -> Any:
    """Each of the two."""
    pytest.importorskip(request.param)
    return import_module(request.param)


def test_targets_of_whole_urls(module: Any) -> None:
    """A URL to which nothing is done has the target that the library makes of it; every other is left to that way."""
    library, short = RequestsLibrary[Any](module), 0
    for url in URLS:
        request = prepared(module, url)
        try:
            usual = wire_target(request.path_url)
        except ValueError:  # a host in brackets that is none
            continue
        assert plain_target(url) in (None, usual), url
        assert library.target(request) == usual
        assert library.plain_request(request) == (library.origin_key(request), b"GET", usual)
        short += plain_target(url) is not None
    assert short > 50


def test_a_class_with_a_target_of_its_own(module: Any) -> None:
    """`path_url` of a program's own class counts, whatever its URL says."""

    class Starred(module.PreparedRequest):  # type: ignore[misc]  # a class of a library that is optional here
        path_url = "*"

    request = Starred()
    request.method, request.url = "OPTIONS", "http://host.example/"
    library = RequestsLibrary[Any](module)
    assert library.target(request) == b"*"
    assert library.plain_request(request) == (library.origin_key(request), b"OPTIONS", b"*")


@pytest.mark.parametrize(("body", "held"), [(None, True), (b"", True), ("text", True), (iter([b"once"]), False)])
def test_bodies_that_are_held(module: Any, body: Any, held: bool) -> None:  # a row
    """What is not in memory takes more than a look."""
    request = prepared(module, "http://h/")
    request.body = body
    library = RequestsLibrary[Any](module)
    assert library.holds_body(request) == held == (library.plain_request(request) is not None)


@pytest.mark.parametrize(("status", "plain"), [(200, True), (302, True), (399, True), (400, False), (401, False)])
def test_answers_that_are_plain(module: Any, status: int, plain: bool) -> None:  # a row
    """An error is not, and whatever else came has its fields."""
    response = module.Response()
    response.status_code = status
    response.headers = module.structures.CaseInsensitiveDict({"X": "1"})
    found = RequestsLibrary[Any](module).plain_answer(Answer(response), None, b"x")
    assert found == ([b"1"] if plain else None)


def test_equal_keys_mean_equal_origins(module: Any) -> None:
    """Whatever is learnt under a key is for one origin; and a name in the URL makes no other key."""
    library = RequestsLibrary[Any](module)
    origins: dict[Any, set[Any]] = {}
    for url in URLS:
        request = prepared(module, url)
        try:
            origin = library.origin(request)
        except ValueError:  # a port or a host that is none
            continue
        origins.setdefault(library.origin_key(request), set()).add(origin)
    assert {len(found) for found in origins.values()} == {1}
    keys = {library.origin_key(prepared(module, f"https://{name}host.example/a")) for name in ("", "u@", "u:p@")}
    assert len(keys) == 1


class Own(dict[str, str]):
    """A section of a program's own making."""


@pytest.mark.parametrize("own", [False, True])
def test_header_sections(module: Any, own: bool) -> None:  # a row
    """Looking into one, copying one, setting a field and taking it out do what its own methods do, for any class."""
    kind, glances = module.structures.CaseInsensitiveDict, RequestsGlances(module)
    name = "authorization" if own else "Authorization"
    request = prepared(module, "http://h/")
    request.headers = section = Own({name: "a", "accept": "b"}) if own else kind({name: "a", "Accept": "b"})
    copied = glances.shown(request)
    assert type(copied) is type(request)
    assert copied.url == request.url
    assert dict(copied.headers) == dict(section)
    assert own or type(copied.headers) is kind
    assert glances.field(copied, "authorization") == "a"
    assert glances.field(copied, "cookie") is None
    glances.give_back(copied, "authorization", None)
    glances.give_back(copied, "authorization", None)
    assert list(copied.headers) == [each for each in section if each != name]
    assert glances.field(request, "authorization") == "a"
    glances.set_field(copied, b"authorization", b"c")
    assert copied.headers["Authorization"] == "c"
    assert list(copied.headers)[-1] == "Authorization"
    glances.set_field(copied, b"authorization", b"\xff")
    assert copied.headers["Authorization"] == b"\xff"
    assert section[name] == "a"
    if not own:
        glances.give_back(request, "AUTHORIZATION", b"e")
        glances.set_field(request, b"authorization", b"d")
        assert list(section.items()) == [("Authorization", "d"), ("Accept", "b")]
        glances.give_back(request, "authorization", b"e")
        assert section["AUTHORIZATION"] == b"e"


def test_the_section_of_requests_is_looked_into() -> None:
    """Else the short way is never gone, and nothing else would tell."""
    requests = pytest.importorskip("requests")
    request = prepared(requests, "http://h/")
    # Whoever is asked by methods raises here.
    request.headers = object.__new__(requests.structures.CaseInsensitiveDict)
    request.headers._store = {"authorization": ("Authorization", "a")}  # noqa: SLF001  # what is looked into
    glances = RequestsGlances(requests)
    request.headers.get = None
    assert glances.field(request, "authorization") == "a"


def test_a_derived_section_is_asked_itself(module: Any) -> None:
    """A class of one's own may keep its fields as it likes."""

    class Counting(module.structures.CaseInsensitiveDict):  # type: ignore[misc]  # as above
        asked = 0

        def __getitem__(self, key: str) -> Any:
            self.asked += 1
            return super().__getitem__(key)

    request = prepared(module, "http://h/")
    request.headers = Counting({"Authorization": "a"})
    assert RequestsGlances(module).field(request, "authorization") == "a"
    assert request.headers.asked > 0
