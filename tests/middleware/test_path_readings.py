"""What each step makes of a path: one row for each thing that routers and file servers do."""

import pytest

from digest_http_middleware.path_readings import (
    MAX_DECODINGS,
    MAX_PATH,
    MAX_UNICODE,
    as_written,
    fold,
    less_root,
    resolved,
    spellings,
)


@pytest.mark.parametrize(("path", "root", "seen"), [
    ("/a/b", "", ("/a/b",)),
    ("/svc", "/svc", ("/",)),
    ("/svc/a", "/svc", ("/a",)),
    ("/svc/a/svc/b", "/svc", ("/a/svc/b",)),
    ("/svcadmin", "/svc", ("/svcadmin", "/admin")),
    ("/svcadmin/svc/x", "/svc", ("/svcadmin/svc/x", "/admin/svc/x")),
    ("/x/svc//y", "/svc", ("/x/svc//y", "/y")),
    ("/x/svc", "/svc", ("/x/svc", "/")),
    ("/a", "/svc", ("/a",)),
    ("/sv", "/svc", ("/sv",)),
])  # fmt: skip
def test_the_path_below_a_root(path, root, seen):
    """By whole segments there is one reading; cut as text there are two, the router's of ASGI first."""
    assert less_root(path, root) == seen


@pytest.mark.parametrize(("raw", "path"), [
    (b"/health", "/health"),
    (b"/%68ealth", "/%68ealth"),
    (b"/a%2Fb%2e", "/a%2Fb%2e"),
    (b"/a%20b%25%22", '/a b%"'),
    (b"/%C3%A4%c3%a4", "\u002f\u00e4\u00e4"),
    (b"/%ff", "/\ufffd"),
    (b"/\xff", "/\ufffd"),
    (b"/%3C%3E%3F%5B%5D%5E%60%7B%7C%7D", "/<>%3F[]^`{|}"),
])  # fmt: skip
def test_escapes_that_a_url_needs(raw, path):
    """They are decoded, others stay as they are written."""
    assert as_written(raw) == path


@pytest.mark.parametrize(("path", "found"), [
    ("/", ["/"]),
    ("/a-b/c_d.txt", ["/a-b/c_d.txt"]),
    ("/a/", ["/a/"]),
    ("/a b", ["/a b"]),
    ("/a%62", ["/a%62", "/ab"]),
    ("/a%2562", ["/a%2562", "/a%62", "/ab"]),
    ("/a;b=c/d", ["/a;b=c/d", "/a/d"]),
    ("/a?b", ["/a?b", "/a", "/a"]),
    ("/a;b?c", ["/a;b?c", "/a", "/a;b", "/a"]),
    ("/a#b;c", ["/a#b;c", "/a#b", "/a", "/a"]),
    ("/\u00e4", ["/\u00e4"]),
    ("", None),
    ("a", None),
    ("*", None),
    ("//a", None),
    ("/a//b", None),
    ("/a/./b", None),
    ("/a/../b", None),
    ("/a/..", None),
    ("/a/.", None),
    ("/a/...", ["/a/..."]),
    ("/a\\b", None),
    ("/a%2F/b", None),
    ("/a%5Cb", None),
    ("/%2e%2e/a", None),
    ("/a\x00", None),
    ("/a%00", None),
    ("/a%7f", None),
    ("/a\x85", None),
    ("/%ff", None),
    ("/\ud800", None),
    ("/%u0041", None),
    ("/%U00e4", None),
    ("/\uff0e\uff0e/a", None),
    ("/a\uff0f/b", None),
    ("/\u200b/a", None),
    ("/ /a", None),
])  # fmt: skip
def test_spellings(path, found):
    """All of a path that is clear; nothing of one that could be resolved to another, or that nobody understands."""
    assert spellings(path) == found


@pytest.mark.parametrize(("path", "found"), [
    ("/a/b.c", ["/a/b.c"]),
    ("/a/../b", ["/a/../b", "/b"]),
    ("/a/b/../../c", ["/a/b/../../c", "/c"]),
    ("/../a", ["/../a", "/a"]),
    ("/a/b/c/..", ["/a/b/c/..", "/a/b"]),
    ("/a\\..\\b", ["/a\\..\\b", "/b"]),
    ("//a/./b//", ["//a/./b//", "/a/b"]),
    ("a", ["a", "/a"]),
    ("", ["", "/"]),
    ("/a/%2e%2E/b", ["/a/%2e%2E/b", "/a/%2e%2E/b", "/a/../b", "/b"]),
    ("/a/x;p/../b", ["/a/x;p/../b", "/a/b", "/a/x/../b", "/a/b"]),
    ("/A/B /c. ", ["/A/B /c. ", "/A/B /c. "]),
    ("/a/\uff0e\uff0e/b", ["/a/\uff0e\uff0e/b", "/a/\uff0e\uff0e/b", "/b"]),
    ("/a/b\uff0fc", ["/a/b\uff0fc", "/a/b\uff0fc"]),
    ("/a/:x/../b", ["/a/:x/../b", "/a/b"]),
    ("/a%00", None),
    ("/%u0041", None),
])  # fmt: skip
def test_what_a_path_is_resolved_to(path, found):
    """Dots, empty segments, backslashes and compatibility forms, at each level of escapes."""
    assert resolved(path) == found


@pytest.mark.parametrize(("path", "folded"), [
    ("/A-b/C.TXT", "/a-b/c.txt"),
    ("/A b/c. ", "/a b/c"),
    ("/a./b", "/a/b"),
    ("/a. . /b", "/a/b"),
    ("/a:stream/b", "/a/b"),
    ("/a:$DATA", "/a"),
    ("/:a", "/:a"),
    ("/STRASSE", "/strasse"),
    ("/Stra\u00dfe", "/strasse"),
    ("/\uff21\u00ad\u200bb", "/ab"),
    ("/\u212a", "/k"),
    ("/\ufb01", "/fi"),
    ("/a .b", "/a .b"),
])  # fmt: skip
def test_what_a_file_system_takes_for_the_same(path, folded):
    """Case, compatibility forms, what is invisible, and what is left out at the end of a name."""
    assert fold(path) == folded


def test_how_deep_and_how_long():
    """A path that is escaped too often or too long has no meaning; one within the limits has."""
    deepest = "%62"
    for _ in range(MAX_DECODINGS - 2):
        deepest = deepest.replace("%", "%25")
    assert (spellings("/" + deepest) or [])[-1] == "/b"
    assert resolved("/" + deepest.replace("%", "%25")) is None
    assert spellings("/" + deepest.replace("%", "%25")) is None
    for letter, most in (("~", MAX_PATH), ("\u00e4", MAX_UNICODE)):
        longest = "/" + letter * (most - 1)
        assert spellings(longest) == [longest]
        assert spellings(longest + letter) is None
        assert resolved(longest + letter) is None
