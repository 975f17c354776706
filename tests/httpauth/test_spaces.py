"""Origins and protection spaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.algorithms import by_name
from digest_http.challenge import Challenge
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.identity import Identity
from digest_http.httpauth.selection import Choice
from digest_http.httpauth.spaces import MAX_ORIGINS, MAX_REALMS, Origin, SpaceTable, paths_of

HOME = Origin.of("http", "server.example", None)


def make(realm, algorithm):
    """A context as a client makes it."""
    return ClientContext(Identity("a", "b"), realm, algorithm)


def choice_of(realm=b"r", domain=(), algorithm="MD5"):
    """A challenge that was chosen."""
    return Choice(Challenge(realm, b"n", domain=tuple(domain)), by_name(algorithm), b"")


@pytest.mark.parametrize("parts", [
    ("HTTP", "Server.Example", None), ("http", "server.example", 80), ("ws", "SERVER.example", 80),
])  # fmt: skip
def test_same_origin(parts):
    """Letter case, the default port, and ws for http make no difference."""
    assert Origin.of(*parts) == HOME


@pytest.mark.parametrize("parts", [
    ("https", "server.example", None), ("http", "server.example", 443), ("http", "server.example", 8080),
    ("http", "server.example.", None), ("http", "www.server.example", None), ("wss", "server.example", None),
])  # fmt: skip
def test_other_origin(parts):
    """Scheme, host and port each make another origin."""
    assert Origin.of(*parts) != HOME


def test_internationalised_and_numeric_hosts():
    """A name and its ASCII form are one; so are the forms of an IPv6 address with and without brackets."""
    assert Origin.of("https", "bücher.example", None) == Origin.of("https", "xn--bcher-kva.example", 443)
    assert Origin.of("http", "[::1]", None) == Origin.of("http", "::1", 80)
    with pytest.raises(UnicodeError):
        Origin.of("http", "ü" * 80, None)


@pytest.mark.parametrize(("domain", "paths"), [
    ([], (b"/",)), ([b"/"], (b"/",)), ([b"/a", b"/b/"], (b"/a", b"/b/")), ([b"/a?x#y"], (b"/a",)),
    ([b"http://server.example/c?x"], (b"/c",)), ([b"HTTP://SERVER.example:80"], (b"/",)),
    ([b"https://server.example/c", b"http://other.example/", b"http://server.example:81/"], ()),
    ([b"//server.example/x", b"a/b", b"http://u@server.example/", b"http://[x/"], ()),
    ([b"http://\xff/", b"http://" + b"\xc3\xbc" * 80], ()),
])  # fmt: skip
def test_domain(domain, paths):
    """Paths and URIs of this origin count; other origins, relative and broken ones do not; none means everything."""
    assert paths_of(domain, HOME) == paths


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_domain_of_any_octets(domain):
    """Any octets give paths, and never an exception."""
    assert all(path.startswith(b"/") for path in paths_of(domain, HOME))


@pytest.mark.parametrize(("prefix", "covered", "uncovered"), [
    (b"/a", [b"/a", b"/a/", b"/a/b", b"/a?x"], [b"/ab", b"/", b"/b", b"/A"]),
    (b"/a/", [b"/a/", b"/a/b"], [b"/a", b"/ab"]),
    (b"/", [b"/", b"/x", b"/?"], [b"*"]),
])  # fmt: skip
def test_paths_are_covered_by_segment(prefix, covered, uncovered):
    """/a covers /a/b and /a?x, and not /ab."""
    spaces = SpaceTable().create(HOME)
    context = spaces.context_for(choice_of(domain=[prefix, b"/other"]), covered[0], make)
    assert [spaces.find(target) for target in covered] == [context] * len(covered)
    if prefix != b"/":
        assert [spaces.find(target) for target in uncovered] == [None] * len(uncovered)


def test_challenged_path_outside_of_its_domain():
    """A path that was challenged belongs to the realm, whatever domain says; its neighbours do not."""
    spaces = SpaceTable().create(HOME)
    context = spaces.context_for(choice_of(domain=[b"http://other.example/"]), b"/a/b?x", make)
    assert spaces.find(b"/a/b?y") is context
    assert spaces.find(b"/a/c") is None


def test_longest_prefix_wins():
    """A realm inside another one is found for its own paths, also if neither names a domain."""
    spaces = SpaceTable().create(HOME)
    outer = spaces.context_for(choice_of(b"outer"), b"/page", make)
    assert spaces.find(b"/anything") is outer
    inner = spaces.context_for(choice_of(b"inner"), b"/in/page", make)
    again = spaces.context_for(choice_of(b"outer"), b"/other", make)
    assert again is outer
    assert spaces.find(b"/in/x") is inner
    assert spaces.find(b"/else") is outer


def test_one_context_for_each_algorithm():
    """A realm that changes its algorithm gets another context, and the first one when it changes back."""
    spaces = SpaceTable().create(HOME)
    md5 = spaces.context_for(choice_of(), b"/", make)
    sha = spaces.context_for(choice_of(algorithm="SHA-256"), b"/", make)
    assert (md5.algorithm.name, sha.algorithm.name) == ("MD5", "SHA-256")
    assert spaces.find(b"/") is sha
    assert spaces.context_for(choice_of(), b"/", make) is md5
    assert spaces.strongest_accepted(b"r") is None
    sha.accepted = (1, True)
    md5.accepted = (0, False)
    assert spaces.strongest_accepted(b"r") == (1, True)
    assert spaces.strongest_accepted(b"other") is None
    assert spaces.contexts() == [md5]


def test_proxies_are_another_table_and_one_space():
    """What a proxy taught is not found for a server of the same address, and domain means nothing to it."""
    table = SpaceTable()
    proxy = table.create(HOME, proxy=True)
    context = proxy.context_for(choice_of(domain=[b"/a"]), b"/a", make)
    assert proxy.find(b"/b") is context
    assert table.at(HOME) is None
    assert table.at(HOME, proxy=True) is proxy


def test_tables_are_bounded():
    """Neither many origins nor many realms of one origin grow without end; what was learnt last is kept."""
    table = SpaceTable()
    for number in range(MAX_ORIGINS + 10):
        table.create(Origin.of("http", f"host-{number}", None))
    assert len(table.all()) == MAX_ORIGINS
    assert table.at(Origin.of("http", "host-0", None)) is None
    spaces = table.create(HOME)
    for number in range(MAX_REALMS + 10):
        spaces.context_for(choice_of(b"%d" % number), b"/%d" % number, make)
    assert len(spaces.contexts()) == MAX_REALMS
