"""Request targets that proxies are known to change, below the prefix of an app; and what is left of each."""

from __future__ import annotations

__all__ = ["TARGETS"]

_plain = ["/", "/a", "/a/", "/a/b.txt", "/a?q=%40%7e&b=%2f//./", "/a?", "/a?b?c", "/?q", "/a/?next=/x/../y"]
# Escaped and written out: unreserved characters, delimiters, and what no URL may hold as it is.
_escapes = [
    "/principals/alice%40example.com/",
    *(f"/a%{ord(c):02X}b" for c in "~,'()[]!$&*+:;=-._A"),
    *(f"/a{c}b" for c in "@~,'()!$&*+:;=-._"),
    *(f"/a%{ord(c):02X}b" for c in ' "%#?<>\\^`{|}'),
    *("/a\\b", "/a|b", "/a{b}", "/a[1]", "/a%7eb", "/a%5b1%5d", "/a%2540b", "/a%252Fb", "/a%25252e"),
]
_beyond = ["/%C3%A9", "/%c3%a9", "/\u00e9", "/%E4%BD%A0%E5%A5%BD", "/a%FFb", "/a%C0%AFb", "/a%ED%A0%80"]
_slashes = ["/a%2Fb", "/a%2fb", "/a//b", "//a", "/a//", "/a/%2Fb", "/a%2F/b", "/a%2F%2Fb", "/a///b", "/%2Fa", "/a%2F"]
_dots = [
    *(
        "/a/./b",
        "/a/../b",
        "/a/.",
        "/a/..",
        "/a/b/..",
        "/a/b/../",
        "/./a",
        "/.",
        "/a/%2e/b",
        "/a/%2E%2e/b",
        "/a/.%2e/b",
    ),
    *(
        "/a/..%2fb",
        "/a%2f..%2fb",
        "/a/.../b",
        "/a/..;/b",
        "/a/%2e%2e;x/b",
        "/a/b/../../c",
        "/a/%2e",
        "/a/.b",
        "/a../b",
    ),
    # Dots behind a slash that is escaped: whether it is decoded before or after them is a question of the proxy.
    *("/%2F/..", "/a%2Fb/../c", "/a/c", "/a%2F/../b"),
    *("/../a", "/../../a", "/a/../../b", "/../svc/a", "/%2e%2e/%73vc/a", "/a/../../svc/b", "/a//../b"),
]
# Where one octet changes how a proxy spells the others.
_mixed = [
    "/a'%40b",
    "/a(%2Fb)",
    "/a|%2Fb",
    '/a"%40b',
    "/\u00e9%2Fb",
    "/a|%2Cb",
    "/a'%2Cb",
    "/a|/%2e%2e/b",
    "/a|%2F%2Fb",
    "/a|%252Fb",
]
_controls = ["/a%00b", "/a%0Ab", "/a%0D%0Ab", "/a%7Fb", "/a%09b", "/a%u0041", "/a%", "/a%zz", "/a%2"]

#: Each goes out below the prefix as well as by itself.
TARGETS = [*_plain, *_escapes, *_beyond, *_slashes, *_dots, *_mixed, *_controls]
