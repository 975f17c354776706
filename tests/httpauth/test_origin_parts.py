"""Origins by their parts, https in place of http, and the paths that a challenge speaks for."""

from __future__ import annotations

import pytest

from digest_http.httpauth.origins import Origin, is_upgrade, named_paths, paths_of
from digest_http.httpauth.path_memory import MAX_PATHS, PathMemory


@pytest.mark.parametrize(("scheme", "host", "port", "origin"), [
    ("HTTP", "A.example", None, ("http", "a.example", 80)),
    ("https", "a.example", None, ("https", "a.example", 443)),
    ("ws", "a.example", None, ("http", "a.example", 80)),
    ("WSS", "a.example", None, ("https", "a.example", 443)),
    ("wss", "a.example", 8443, ("https", "a.example", 8443)),
    ("rtsp", "a.example", None, ("rtsp", "a.example", 0)),
    ("https", "B\u00fccher.example", 0, ("https", "xn--bcher-kva.example", 443)),
    ("http", "[2001:DB8::1]", 81, ("http", "2001:db8::1", 81)),
    ("http", "x", 80, ("http", "x", 80)),
])  # fmt: skip
def test_parts(scheme: str, host: str, port: int | None, origin: tuple[str, str, int]) -> None:
    """Each in one form: lower case, ASCII, without brackets, the port of the scheme where none is given."""
    assert Origin.of(scheme, host, port) == origin


HOME, SECURE = Origin("http", "a.example", 80), Origin("https", "a.example", 443)


def test_an_upgrade() -> None:
    """From http to https and nothing else: the same host, and the usual port on both sides."""
    assert is_upgrade(HOME, SECURE)
    others = [
        (SECURE, HOME), (HOME, HOME), (SECURE, SECURE), (HOME, SECURE._replace(host="b.example")),
        (HOME._replace(port=8080), SECURE), (HOME, SECURE._replace(port=8443)), (HOME, SECURE._replace(port=80)),
        (HOME._replace(port=443), SECURE), (HOME._replace(scheme="ftp"), SECURE), (HOME, SECURE._replace(scheme="ftp")),
        (HOME._replace(port=8080), SECURE._replace(port=8443)),
        (HOME._replace(scheme="x"), SECURE._replace(scheme="y")),
    ]  # fmt: skip
    assert [is_upgrade(before, after) for before, after in others] == [False] * len(others)


@pytest.mark.parametrize(("uri", "origin", "path"), [
    (b"http://a.example:81/x", HOME._replace(port=81), b"/x"),
    (b"http://a.example/x", HOME._replace(port=81), None),
    (b"http://a.example:/x", HOME, b"/x"),
    (b"//a.example/x", SECURE, b"/x"),
    (b"//a.example:443/x", SECURE, b"/x"),
    (b"//a.example:80/x", SECURE, None),
    (b"wss://a.example/x", SECURE, b"/x"),
    (b"http://[::1]:81/x", Origin("http", "::1", 81), b"/x"),
    ("http://b\u00fccher.example/x".encode(), Origin("http", "xn--bcher-kva.example", 80), b"/x"),
    (b"http://a.example", HOME, b"/"),
    (b"http://a.example?x", HOME, b"/"),
    (b"/x?y?z", HOME, b"/x"), (b"/x#y?z", HOME, b"/x"),
])  # fmt: skip
def test_a_uri_of_domain(uri: bytes, origin: Origin, path: bytes | None) -> None:
    """It names a path of this origin, or nothing here; then the challenge is for every path."""
    assert named_paths([uri], origin) == (() if path is None else (path,))
    assert paths_of([uri], origin) == (path or b"/",)


def test_a_long_domain() -> None:
    """So many paths are kept, the first ones."""
    assert named_paths([b"/%d" % number for number in range(66)], HOME) == tuple(b"/%d" % n for n in range(64))


def test_paths_that_are_remembered() -> None:
    """The longest one counts, by segment; a query is no part of a path."""
    memory = PathMemory()
    for prefix in (b"/", b"/a/", b"/a/b", b"/c"):
        memory.add(prefix)
    reaches = {
        b"/": 1, b"/x": 1, b"/a": 1, b"/a/": 3, b"/a/x/y": 3, b"/a/b": 4, b"/a/b/": 4, b"/a/b/x": 4, b"/a/bc": 3,
        b"/c?a/b": 2, b"/c/": 2, b"/cc": 1, b"*": 0, b"": 0, b"x": 0,
    }  # fmt: skip
    assert {path: memory.reach(path) for path in reaches} == reaches
    assert sorted(memory) == [b"/", b"/a/", b"/a/b", b"/c"]
    without = PathMemory()
    without.add(b"/a/b")
    assert [without.reach(path) for path in (b"/a/b/c/d", b"/a/c", b"/", b"a")] == [4, 0, 0, 0]
    short = PathMemory()
    short.add(b"*")
    assert short.reach(b"*") == 1


def test_the_path_of_longest_use_goes() -> None:
    """To find one is to use it."""
    memory = PathMemory()
    paths = [b"/%04d" % number for number in range(MAX_PATHS)]
    for path in paths:
        memory.add(path)
    assert memory.reach(b"/0000/x") == 5
    memory.add(b"/c")
    assert sorted(memory) == [b"/0000", *paths[2:], b"/c"]
