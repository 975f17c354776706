"""Four real proxies in front of uvicorn: what works without Digest works with it, and nothing else does.

The table stands in docs/proxies.md; PROXIES_PAGE=write renews it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from digest_http_client_auth import DigestAuth
from digest_http_middleware.fronts import Front
from digest_http_middleware.targets import raw_target
from tests.live.commands import curl, curl_digest
from tests.live.peers import HOST, python_peer, running, wait_until_listening
from tests.live.serving import PASSWORD, USER
from tests.proxies.asking import Answer, Asker
from tests.proxies.configurations import WAYS, Way
from tests.proxies.models import handed_on, is_modelled
from tests.proxies.paths import TARGETS
from tests.proxies.resources import resource
from tests.proxies.running import Ports, free_ports, proxies
from tests.proxies.upstream import BARE, PARSERS, door

pytestmark = [pytest.mark.live]

FIELD = "X-Original-URI"
PAGE = Path(__file__).parents[2] / "docs" / "proxies.md"

#: What reaches the app and is refused with credentials, by way: (with the setting for the way, with the field).
#: None of it is asked for in earnest, and of none can it be told that the app gets it for no other target.
_ABOVE = {"/../a", "/../../a", "/a/../../b"}
_TWICE = {"/a%252Fb", "/a|%252Fb"}
_LINES = {"/a%0Ab", "/a%0D%0Ab"}
_ORDER = {"/a%2Fb/../c"}
REFUSED: dict[str, tuple[set[str], set[str]]] = {
    # nginx decodes slashes before it resolves dots, Apache with `AllowEncodedSlashes On` after that, and the setting is
    # for both: what becomes of such a path is not certain.
    "nginx with a URI part": (_ORDER, set()),
    "nginx prefix": (_ORDER, set()),
    "apache prefix, On": ({*_ORDER, "/%2F/.."}, set()),
    # The pattern of the rewrite ends at a line feed, so that the prefix is not removed.
    "nginx rewrite": ({*_LINES, *_ORDER}, _LINES),
    # Apache makes "%2F" of "%252F" where it keeps escaped slashes.
    "apache ProxyPass /": (_TWICE, _TWICE),
    "apache prefix, NoDecode": (_TWICE, _TWICE),
    # "//" goes with the prefix.
    "apache nocanon": ({"//a"}, set()),
    "apache prefix, nocanon": ({"//a"}, set()),
    # What leaves the prefix is handed on with nothing removed.
    "haproxy normalize-uri": (set(), _ABOVE),
    "caddy uri strip_prefix": (_ABOVE, _ABOVE),
    "caddy rewrite": (set(), {*_ABOVE, *_LINES, "/a%3Fb", "/a/..", "/.", "/%2F/.."}),
}
#: The way of each proxy that is also tried with real clients.
USUAL = ["nginx prefix", "apache prefix, NoDecode", "haproxy replace-path", "caddy handle_path"]


@dataclass
class Seen:
    """What one way through a proxy made of the targets, for one parser."""

    #: The app's own answers, by target.
    bare: dict[str, Answer] = field(default_factory=dict)
    #: With credentials: by the setting for the way, for one parser; by the proxy's field, for the other.
    signed: dict[str, Answer] = field(default_factory=dict)

    def reached(self) -> dict[str, dict[str, Any]]:
        """The scope, as far as the app told it, for each target that reached the app."""
        # Caddy answers 200 and nothing where no rule of its own fits.
        return {target: scope(answer) for target, answer in self.bare.items() if answer.status == 200 and answer.body}


Run = dict[tuple[str, str], Seen]


def scope(answer: Answer) -> dict[str, Any]:
    """A scope out of what the app said that it saw."""
    seen = json.loads(answer.body)
    fields = [(b"host", value.encode("latin-1")) for value in seen["host"]]
    fields += [(b"x-original-uri", value.encode("latin-1")) for value in seen["original"]]
    octets = {name: seen[name].encode("latin-1") for name in ("raw_path", "query_string")}
    path = seen["path"].encode("latin-1").decode("utf-8", "surrogateescape")
    return {"path": path, "root_path": seen["root_path"], "headers": fields, **octets}


def settings(way: Way, parser: str) -> dict[str, str]:
    """What is set for a way: the setting that fits, or the proxy's field."""
    prefix = {"stripped_prefix": way.prefix} if way.prefix else {}
    if parser == "httptools" or way.by_header:
        return {**prefix, "original_target_header": FIELD}
    return {**prefix, "rewritten_by": way.rewritten_by} if way.rewritten_by else prefix


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    """The proxies and the app behind them."""
    python_peer("uvicorn")
    ups = dict(zip(PARSERS, free_ports(len(PARSERS)), strict=True))
    log = tmp_path_factory.mktemp("proxies") / "uvicorn.log"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-P", "-m", "tests.proxies.upstream", *map(str, ups.values())]
    with running(command, log, env) as process:
        for up in ups.values():
            wait_until_listening(process, up, log)
        # Only now, so that none of them is given a port of the app's.
        with proxies(ups) as found:
            yield found


@pytest.fixture(scope="module")
def run(ports: Ports) -> Run:
    """Every target through every way, for both parsers."""
    with ThreadPoolExecutor(4) as pool:
        return dict(pool.map(look, ports.items()))


def look(listening: tuple[tuple[Way, str], int]) -> tuple[tuple[str, str], Seen]:
    """One way, one parser."""
    (way, parser), port = listening
    seen, asker = Seen(), Asker(port)
    for target in TARGETS:
        whole = way.prefix + target
        seen.bare[whole] = asker.bare(whole)
        seen.signed[whole] = asker.signed(whole, door(**settings(way, parser)))
    asker.close()
    return (str(way), parser), seen


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_works_without_digest_works_with_it(run: Run, way: Way, parser):
    """The same answer of the app for each target, but for the few that REFUSED names."""
    seen = run[str(way), parser]
    reached = seen.reached()
    assert len(reached) > len(TARGETS) * 0.8
    refused = {target for target in reached if seen.signed[target] != seen.bare[target]}
    by_setting, by_field = REFUSED.get(str(way), (set(), set()))
    known = by_field if "original_target_header" in settings(way, parser) else by_setting
    assert refused == {way.prefix + target for target in known}
    assert {seen.signed[target].status for target in refused} <= {400}
    assert all(not seen.signed[target].body.startswith(b"{") for target in seen.bare.keys() - reached.keys())


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_no_header_serves_for_another_resource(run: Run, way: Way):
    """Every signed target with every other that arrives, as the proxy told them: only what is the same passes."""
    front = Front(**settings(way, "h11"))
    reached = run[str(way), "h11"].reached()
    resources = {target: resource(raw_target(arrived)) for target, arrived in reached.items()}
    passed = [
        (signed, sent)
        for signed, sent in product(reached, reached)
        if front.is_named_by(signed.encode(), reached[sent])
    ]
    assert len(passed) > len(reached) * 0.9
    assert [(signed, sent) for signed, sent in passed if resources[signed] != resources[sent]] == []


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("way", [way for way in WAYS if is_modelled(way)], ids=str)
def test_the_models_of_the_proxies_are_right(run: Run, way: Way, parser):
    """What the tests without proxies believe of each is what it does."""
    for target, arrived in run[str(way), parser].reached().items():
        expected = handed_on(way, target.encode())
        assert raw_target(arrived) == expected, target


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("name", USUAL)
def test_a_header_that_was_signed_for_another_target(ports: Ports, name, parser):
    """Through the proxy as well: the target of the request is what counts."""
    way = next(way for way in WAYS if str(way) == name)
    asker, word = Asker(ports[way, parser]), door(**settings(way, parser))
    for signed, sent in [
        ("/a", "/b"),
        ("/a/b", "/a/../b"),
        ("/a/../b", "/a/b"),
        ("/a%252Fb", "/a/b"),
        ("/a?q", "/a?r"),
        ("/a", "/A"),
        ("/a", "/a/"),
        ("/../svc/a", "/b"),
    ]:
        assert asker.signed("/svc" + sent, word, "/svc" + signed).status == 400, (signed, sent)
    assert asker.signed("/svc/a", word).status == 200
    asker.close()


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("name", USUAL)
def test_curl(ports: Ports, run: Run, name, parser):
    """`curl --digest` for every target that it sends as it is."""
    way = next(way for way in WAYS if str(way) == name)
    # It writes a backslash and a quote into its header as they are, so that the field says something else.
    sent = [target for target in run[name, parser].reached() if target.isascii() and not set(target) & set('\\"')]
    known = REFUSED.get(name, (set[str](), set[str]()))[0 if parser == "h11" else 1]
    good = [target for target in sent if target.removeprefix(way.prefix) not in known]
    urls = [f"http://{HOST}:{ports[way, parser]}{target}" for target in good]
    word = door(**settings(way, parser))
    options = ("--path-as-is", "--globoff", "--header")
    bare = curl(*options, f"X-Door: {BARE}", *urls)
    signed = curl_digest(USER, PASSWORD, *options, f"X-Door: {word}", *urls)
    assert bare.statuses == [200] * len(good)
    assert [target for target, status in zip(good, signed.statuses, strict=True) if status != 200] == []


@pytest.mark.parametrize("name", USUAL)
def test_our_client(ports: Ports, name):
    """httpx writes some targets in its own way; whatever it sends, with credentials it gets the same answer."""
    way = next(way for way in WAYS if str(way) == name)
    base = f"http://{HOST}:{ports[way, 'h11']}{way.prefix}"
    known = REFUSED.get(name, (set[str](), set[str]()))[0]
    bare = httpx.Client(headers={"X-Door": BARE}, trust_env=False)
    signed = httpx.Client(
        headers={"X-Door": door(**settings(way, "h11"))}, trust_env=False, auth=DigestAuth(USER, PASSWORD)
    )
    with bare, signed:
        for target in TARGETS[::2]:
            expected = bare.get(base + target)
            # httpx resolves dots itself. What so has left the prefix, HAProxy hands on as it is.
            below = expected.url.raw_path.startswith(way.prefix.encode() + b"/")
            if expected.status_code == 200 and target not in known and below:
                assert signed.get(base + target).content == expected.content, target


def test_the_page_tells_what_was_tried(run: Run):
    """docs/proxies.md has the numbers of this very run."""
    rows = ["| proxy | configuration | set on our side | reach the app | signed | with the field |"]
    rows += ["|---|---|---|---|---|---|"]
    for way in WAYS:
        by_setting, by_field = (run[str(way), parser] for parser in PARSERS)
        count = len(by_setting.reached())
        assert len(by_field.reached()) == count
        told = ", ".join(f'`{name}="{value}"`' for name, value in settings(way, "h11").items()) or "nothing"
        passed = [
            sum(seen.signed[each] == seen.bare[each] for each in seen.reached()) for seen in (by_setting, by_field)
        ]
        text = " ".join(way.text.replace("{header}", "").replace("{{", "{").replace("}}", "}").split()) or "(no rule)"
        # A pipe in a cell would end it.
        text = text.replace("{up}", "app").replace("//up", "//app").replace("|", "\\|")
        cells = [way.proxy, f"`{text}`", told, count, *passed]
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    before, table, after = PAGE.read_text(encoding="utf-8").partition("<!-- table -->\n")
    old, end, rest = after.partition("<!-- end -->\n")
    new = "\n" + "\n".join(rows) + "\n\n"
    if os.environ.get("PROXIES_PAGE") == "write":
        PAGE.write_text(before + table + new + end + rest, encoding="utf-8")
    assert old == new
