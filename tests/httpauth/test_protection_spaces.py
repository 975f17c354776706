"""Origins and protection spaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.algorithms import by_name
from digest_http.challenge import Challenge
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.origins import Origin, paths_of
from digest_http.httpauth.protection_spaces import (
    MAX_CANDIDATES,
    MAX_OFFERS,
    MAX_ORIGINS,
    MAX_REALMS,
    OriginSpaces,
    SpaceTable,
)

HOME = Origin.of("http", "server.example", None)


def make(realm, algorithm):
    """A context as a client makes it."""
    return ClientContext(Identity("a", "b"), realm, algorithm)


def choice_of(realm=b"r", domain=(), algorithm="MD5", qop=b""):
    """A challenge that was chosen."""
    offered = (qop,) if qop else ()
    return Choice(Challenge(realm, b"n", qop=offered, domain=tuple(domain)), by_name(algorithm), qop)


def challenged(spaces, choice):
    """A challenge that was answered, of which nobody knows yet whether the answer is accepted."""
    context = spaces.context_for(choice, make)
    nonce = context.learn(choice)
    assert nonce is not None
    return context, nonce


def accepted(spaces, choice, target):
    """A challenge whose answer was accepted."""
    context, nonce = challenged(spaces, choice)
    assert spaces.accept(context, nonce, target)
    return context


@pytest.mark.obeys("origin")
@pytest.mark.parametrize("parts", [
    ("HTTP", "Server.Example", None), ("http", "server.example", 80), ("ws", "SERVER.example", 80),
])  # fmt: skip
def test_same_origin(parts):
    """Letter case, the default port, and ws for http make no difference."""
    assert Origin.of(*parts) == HOME


@pytest.mark.obeys("origin")
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


@pytest.mark.obeys("domain-bounds")
@pytest.mark.parametrize(("domain", "paths"), [
    ([], (b"/",)), ([b"/"], (b"/",)), ([b"/a", b"/b/"], (b"/a", b"/b/")), ([b"/a?x#y"], (b"/a",)),
    ([b"http://server.example/c?x"], (b"/c",)), ([b"HTTP://SERVER.example:80"], (b"/",)),
    ([b"https://server.example/c", b"http://other.example/", b"http://server.example:81/"], (b"/",)),
    ([b"//server.example/x?y", b"a/b"], (b"/x",)),
    ([b"a/b", b"http://u@server.example/", b"http://[x/", b"//other.example/x", b"::", b":80", b"?", b"#"], (b"/",)),
    ([b"http://\xff/", b"http://" + b"\xc3\xbc" * 80], (b"/",)),
])  # fmt: skip
def test_domain(domain, paths):
    """Paths and URIs of this origin count; others, relative and broken ones do not; none at all means everything."""
    assert paths_of(domain, HOME) == paths


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_domain_of_any_octets(domain):
    """Any octets give paths, and never an exception."""
    assert all(path.startswith(b"/") for path in paths_of(domain, HOME))


@pytest.mark.obeys("domain-bounds")
@pytest.mark.parametrize(("prefix", "covered", "uncovered"), [
    (b"/a", [b"/a", b"/a/", b"/a/b", b"/a?x"], [b"/ab", b"/", b"/b", b"/A"]),
    (b"/a/", [b"/a/", b"/a/b"], [b"/a", b"/ab"]),
    (b"/", [b"/", b"/x", b"/?"], [b"*"]),
])  # fmt: skip
def test_paths_are_covered_by_segment(prefix, covered, uncovered):
    """/a covers /a/b and /a?x, and not /ab."""
    spaces = SpaceTable().create(HOME)
    context = accepted(spaces, choice_of(domain=[prefix, b"/other"]), covered[0])
    assert [spaces.find(target) for target in covered] == [context] * len(covered)
    if prefix != b"/":
        assert [spaces.find(target) for target in uncovered] == [None] * len(uncovered)


def test_challenged_path_outside_of_its_domain():
    """A path that was challenged belongs to the realm, whatever domain says; its neighbours do not."""
    spaces = SpaceTable().create(HOME)
    context = accepted(spaces, choice_of(domain=[b"http://other.example/", b"/x"]), b"/a/b?x")
    assert spaces.find(b"/a/b?y") is context
    assert spaces.find(b"/a/c") is None


def test_longest_prefix_wins():
    """A realm inside another one is found for its own paths, also if neither names a domain."""
    spaces = SpaceTable().create(HOME)
    outer = accepted(spaces, choice_of(b"outer"), b"/page")
    assert spaces.find(b"/anything") is outer
    inner = accepted(spaces, choice_of(b"inner"), b"/in/page")
    again = accepted(spaces, choice_of(b"outer"), b"/other")
    assert again is outer
    assert spaces.find(b"/in/x") is inner
    assert spaces.find(b"/else") is outer


def test_one_context_for_each_algorithm():
    """A realm that changes its algorithm gets another context, and the first one when it changes back."""
    spaces = SpaceTable(allow_weaker=True).create(HOME)
    md5 = accepted(spaces, choice_of(), b"/")
    sha = accepted(spaces, choice_of(algorithm="SHA-256"), b"/")
    assert (md5.algorithm.name, sha.algorithm.name) == ("MD5", "SHA-256")
    assert spaces.find(b"/") is sha
    assert accepted(spaces, choice_of(), b"/") is md5
    assert spaces.find(b"/") is md5
    assert spaces.contexts() == [md5]
    assert spaces.pin == choice_of(algorithm="SHA-256").strength


def test_a_challenge_alone_moves_nothing():
    """What was challenged for and not accepted is found for no request, and takes nothing from what was accepted."""
    spaces = SpaceTable().create(HOME)
    challenged(spaces, choice_of(b"first"))
    assert spaces.find(b"/") is None
    context = accepted(spaces, choice_of(domain=[b"/a"]), b"/a")
    for choice in (choice_of(), choice_of(domain=[b"/b"]), choice_of(algorithm="SHA-256"), choice_of(b"other")):
        other, nonce = challenged(spaces, choice)
        assert spaces.context_for(choice, make) is other  # so that calls under way share its counts
        assert nonce is not None
    assert [spaces.find(path) for path in (b"/a/x", b"/b/x")] == [context, None]
    assert spaces.contexts() == [context]
    assert spaces.pin == (0, False)


STRENGTHS = [("MD5", b""), ("MD5", b"auth"), ("SHA-256", b""), ("SHA-256-sess", b"auth"), ("SHA-512-256", b"auth-int")]


@pytest.mark.parametrize("pinned", range(len(STRENGTHS)))
def test_pin_is_the_strongest_that_the_origin_accepted(pinned):
    """Weaker in hash or qop is refused in every realm; the same and the stronger are taken, and the pin rises only."""
    for tried, (algorithm, qop) in enumerate(STRENGTHS):
        for realm in (b"r", b"r ", b"", b"other"):
            spaces = OriginSpaces(HOME)
            accepted(spaces, choice_of(algorithm=STRENGTHS[pinned][0], qop=STRENGTHS[pinned][1]), b"/")
            choice = choice_of(realm, algorithm=algorithm, qop=qop)
            assert (choice.strength >= spaces.floor) is (tried >= pinned)
            context, nonce = challenged(spaces, choice)
            before = spaces.pin
            assert spaces.accept(context, nonce, b"/") is (tried >= pinned)
            assert spaces.pin == (choice.strength if tried >= pinned else before)


def test_pin_outlives_a_flood_of_realms():
    """Neither challenges for a thousand realms nor as many accepted ones take back what was accepted."""
    spaces = OriginSpaces(HOME)
    context = accepted(spaces, choice_of(algorithm="SHA-256", qop=b"auth"), b"/")
    for number in range(1000):
        challenged(spaces, choice_of(b"%d" % number))
    assert spaces.find(b"/") is context
    for number in range(1000):
        accepted(spaces, choice_of(b"%d" % number, algorithm="SHA-256", qop=b"auth"), b"/")
    assert spaces.pin == spaces.floor == choice_of(algorithm="SHA-256", qop=b"auth").strength


def test_pin_outlives_a_flood_of_origins():
    """A full table forgets origins that have accepted nothing first, however long a pinned one was not used."""
    table = SpaceTable()
    accepted(table.create(HOME), choice_of(algorithm="SHA-256"), b"/")
    for number in range(3 * MAX_ORIGINS):
        table.create(Origin.of("http", f"host-{number}", None))
    spaces = table.at(HOME)
    assert spaces is not None
    assert spaces.pin == choice_of(algorithm="SHA-256").strength
    assert len(table.all()) == MAX_ORIGINS
    # If all have one, the longest unused goes: memory has an end.
    for number in range(MAX_ORIGINS):
        accepted(table.create(Origin.of("https", f"host-{number}", None)), choice_of(), b"/")
    assert table.at(HOME) is None
    assert len(table.all()) == MAX_ORIGINS


def test_context_that_was_made_twice():
    """A candidate that a flood pushed out and that is accepted all the same does not replace the one known by then."""
    spaces = OriginSpaces(HOME)
    late, nonce = challenged(spaces, choice_of())
    for number in range(MAX_CANDIDATES):
        challenged(spaces, choice_of(b"%d" % number))
    context = accepted(spaces, choice_of(), b"/")
    assert context is not late
    assert spaces.accept(late, nonce, b"/")
    assert spaces.find(b"/") is context


def test_offers_are_taken_once():
    """A nonce that nobody accepted or refused is tried by one request, for a path that its challenge speaks for."""
    spaces = OriginSpaces(HOME)
    narrow = challenged(spaces, choice_of(b"narrow", [b"/a"]))
    wide = challenged(spaces, choice_of(b"wide"))
    spaces.offer(wide[0], wide[1], b"/x?y")
    spaces.offer(narrow[0], narrow[1], b"/b?y")
    assert [spaces.take_offer(path) for path in (b"/b/c", b"/z", b"/a")] == [narrow, wide, None]
    spaces.offer(narrow[0], narrow[1], b"/b?y")
    assert spaces.take_offer(b"/c") is None
    assert spaces.take_offer(b"/a/c") == narrow
    assert spaces.offers == ()
    for _ in range(MAX_OFFERS + 5):
        spaces.offer(wide[0], wide[1], b"/")
    assert len(spaces.offers) == MAX_OFFERS
    proxy = OriginSpaces(HOME, proxy=True)
    proxy.offer(narrow[0], narrow[1], b"/b")
    assert proxy.take_offer(b"/c") == narrow


def test_offers_are_for_their_paths():
    """Those that domain names, as paths or in full, and the one that was asked for, with a query or without."""
    for target in (b"/x", b"/x?y", b"/x?y?z"):
        spaces = OriginSpaces(HOME)
        offered = challenged(spaces, choice_of(domain=[b"http://server.example/full", b"/path", b"http://other/no"]))
        for path in (b"/full/a", b"/path/a", b"/x/a", b"/x?z"):
            spaces.offer(offered[0], offered[1], target)
            assert [spaces.take_offer(other) for other in (b"/no", b"/y", b"/", path)] == [None, None, None, offered]


@pytest.mark.obeys("domain-bounds")
def test_proxies_are_another_table_and_one_space():
    """What a proxy taught is not found for a server of the same address, and domain means nothing to it."""
    table = SpaceTable()
    proxy = table.create(HOME, proxy=True)
    context = accepted(proxy, choice_of(domain=[b"/a"]), b"/a")
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
        accepted(spaces, choice_of(b"%d" % number), b"/%d" % number)
    assert len(spaces.contexts()) == MAX_REALMS


def test_a_domain_of_whole_urls():
    """Those of this origin are its paths. The challenged path itself belongs to the realm too."""
    spaces = SpaceTable().create(HOME)
    context = accepted(spaces, choice_of(domain=[b"http://server.example/x", b"http://other.example/y"]), b"/a")
    assert [spaces.find(target) for target in (b"/x/1", b"/a", b"/y", b"/")] == [context, context, None, None]


def test_what_was_accepted_is_no_candidate_any_more():
    """A flood of challenges pushes out candidates alone, and the accepted context takes none of their places."""
    spaces = OriginSpaces(HOME)
    first = accepted(spaces, choice_of(b"first"), b"/")
    candidates = [challenged(spaces, choice_of(b"%d" % number))[0] for number in range(MAX_CANDIDATES)]
    again = [challenged(spaces, choice_of(b"%d" % number))[0] for number in range(MAX_CANDIDATES)]
    assert again == candidates
    assert challenged(spaces, choice_of(b"first"))[0] is first


def test_a_target_that_is_no_path():
    """`OPTIONS *` is signed where one realm has the whole origin; with two of them nobody can tell whose it is."""
    spaces = SpaceTable().create(HOME)
    context = accepted(spaces, choice_of(), b"/")
    assert spaces.find(b"*") is context
    accepted(spaces, choice_of(b"other"), b"/in/")
    assert spaces.find(b"*") is None
    named = SpaceTable().create(HOME)
    accepted(named, choice_of(domain=[b"/a"]), b"/a")
    assert named.find(b"*") is None
