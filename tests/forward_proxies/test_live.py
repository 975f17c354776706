"""Every client through Squid and through Apache: http and CONNECT, with credentials of a server beside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client_auth.strict_server import StrictServer
from tests.forward_proxies.clients import CLIENTS, Call, Client, Way
from tests.forward_proxies.running import NAME, PASSWORD, PROXIES, Site, Sites
from tests.support.kept_tables import keep

pytestmark = pytest.mark.live

LET_IN = (200, b"hello alice")
PAGE = Path(__file__).parents[2] / "docs" / "servers.md"

#: What came of it, by proxy, kind of URL and client: the rows of docs/servers.md.
let_in: dict[tuple[str, str, str], str] = {}


@pytest.fixture(scope="module", params=list(PROXIES.values()), ids=list(PROXIES))
def proxy_url(request: pytest.FixtureRequest, both_sites: Sites) -> Iterator[str]:
    """Each proxy, which allows CONNECT to the server for https."""
    with request.param(int(both_sites.tls.url.rpartition(":")[2])) as url:
        yield url


def test_both_credentials(
    client: Client, proxy_url: str, site: Site, both_sites: Sites, request: pytest.FixtureRequest
) -> None:
    """Requests one after the other and at once, a body, a redirect; the server sees nothing of the proxy's field."""
    site.digest = StrictServer()
    proxy_auth = client.auth(NAME, PASSWORD, proxy=True)
    way = Way(proxy_url, proxy_auth, client.auth("alice", "s3cret"), both_sites.authority, redirects=True)
    put = Call(site.url + "/p", "PUT", lambda _: b"body")
    calls: list[Call | str] = [site.url + "/a?b=c", site.url + "/a", put, site.url + "/public/to/public"]
    answers = client.calls(way, *calls)
    assert answers == [LET_IN] * 3 + [(200, b"hello")]
    # One nonce, asked for once: it signs each of six requests for http, or the CONNECT of a tunnel. (aiohttp may close
    # the connection of a redirect, and make another.)
    assert _counts(proxy_auth) in (([1], [2]) if site.url.startswith("https") else ([6],))
    answers += client.calls(way, *[site.url] * 10, at_once=True)
    assert answers[4:] == [LET_IN] * 10
    assert ("/p", b"body") in site.digest.accepted
    assert site.seen
    assert [fields for fields in site.seen if "proxy-authorization" in fields] == []
    proxy = request.node.callspec.id.partition("-")[0]
    name = next(name for name, each in CLIENTS.items() if each is client)
    passed = sum(status == 200 for status, _ in answers)
    let_in[proxy, site.url.partition(":")[0], name] = f"{passed}/{len(answers)}"


def _counts(proxy_auth: object) -> list[int]:
    session = proxy_auth._session  # type: ignore[attr-defined]  # noqa: SLF001  # no door tells it: proxies are not exported
    return [context.pool.current.count for spaces in session.spaces.all() for context in spaces.contexts()]


def test_a_wrong_password(client: Client, proxy_url: str, site: Site, both_sites: Sites) -> None:
    """The proxy lets nothing through, and the caller is told."""
    way = Way(proxy_url, client.auth(NAME, "wrong", proxy=True), None, both_sites.authority)
    if site.url.startswith("https"):
        with pytest.raises(client.error, match="407"):
            client.calls(way, site.url)
    else:
        assert client.calls(way, site.url)[0][0] == 407
    assert site.seen == []


def test_the_page_tells_what_was_tried() -> None:
    """docs/servers.md has the table of this very run; SERVERS_PAGE=write renews it."""
    if len(let_in) < 2 * len(PROXIES) * len(CLIENTS):
        pytest.skip("only some of the clients were tried in this run")
    ways = [(proxy, kind) for proxy in PROXIES for kind in ("http", "https")]
    rows = [
        [f"{proxy}, {'CONNECT' if kind == 'https' else 'http'}", *(let_in[proxy, kind, name] for name in CLIENTS)]
        for proxy, kind in ways
    ]
    keep(PAGE, "forward proxies", ["proxy", *CLIENTS], rows)
