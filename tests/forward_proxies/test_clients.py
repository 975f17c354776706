"""Every client through a proxy that counts: http and CONNECT, and what must not pass by either."""

from __future__ import annotations

import gc
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import pytest

from digest_http.errors import BodyNotReplayable, ConfigurationError, WrongPrincipal
from tests.client_auth.strict_server import StrictServer
from tests.forward_proxies.clients import CLIENTS, Call, Client, Way
from tests.forward_proxies.own_proxy import proxy
from tests.forward_proxies.running import NAME, PASSWORD, Site, Sites

# The clients do the same on every interpreter.
pytestmark = pytest.mark.once

#: niquests leaves what a CONNECT has connected open when an AsyncSession ends.
CONNECTING = {name: client for name, client in CLIENTS.items() if name != "niquests-async"}

OK = (200, b"hello")
LET_IN = (200, b"hello alice")


def way(client: Client, url: str, sites: Sites, **settings: Any) -> Way:
    """Through the proxy at a URL, as the one it knows."""
    site_auth, redirects = settings.pop("site_auth", None), settings.pop("redirects", False)
    return Way(url, client.auth(NAME, PASSWORD, proxy=True, **settings), site_auth, sites.authority, redirects)


def leaked(sites: Sites) -> list[str]:
    """Fields for the proxy that a server got to see."""
    return [
        fields["proxy-authorization"] for one in sites.all() for fields in one.seen if "proxy-authorization" in fields
    ]


def test_asked_once_then_signed_in_advance(client: Client, site: Site, both_sites: Sites) -> None:
    """The first request meets a 407; another client with the same object meets none. Nothing reaches the server."""
    with proxy() as between:
        through = way(client, between.url, both_sites)
        assert client.calls(through, site.url + "/a?b=%2F", site.url + "/c") == [OK, OK]
        assert client.calls(through, site.url) == [OK]
        assert between.statuses.count(407) == 1
        assert [signed for _, signed, _ in between.asked[1:]] == [True] * (len(between.asked) - 1)
    assert leaked(both_sites) == []


def test_a_tunnel_is_used_again(client: Client, site: Site, both_sites: Sites) -> None:
    """Ten requests for https need one tunnel; for http each is signed."""
    with proxy() as between:
        assert client.calls(way(client, between.url, both_sites), *[site.url] * 10) == [OK] * 10
        tunnels = 2 + client.spare_tunnels
        assert len(between.asked) == (tunnels if site.url.startswith("https") else 11)
        # The libraries close the connection of a CONNECT that was refused; that of another request is used again.
        assert between.connections == (tunnels if site.url.startswith("https") else 1)


def test_credentials_of_a_server_beside_those_of_the_proxy(client: Client, site: Site, both_sites: Sites) -> None:
    """Each goes to whom it is for, and each is signed in advance from then on."""
    site.digest = StrictServer()
    with proxy() as between:
        through = way(client, between.url, both_sites, site_auth=client.auth("alice", "s3cret"))
        assert client.calls(through, *[site.url + "/a"] * 3) == [LET_IN] * 3
        assert site.digest.statuses == [401, 200, 200, 200]
        assert len(between.asked) == (2 + client.spare_tunnels if site.url.startswith("https") else 5)
    assert leaked(both_sites) == []


def test_many_at_once(client: Client, site: Site, both_sites: Sites) -> None:
    """Cold: all get through, and no count goes out twice."""
    with proxy(shared_nonce="only") as between:
        through = way(client, between.url, both_sites)
        assert client.calls(through, *[site.url] * 20, at_once=True) == [OK] * 20
        assert len(set(between.wants.pairs)) == len(between.wants.pairs)
    assert leaked(both_sites) == []


def test_a_nonce_that_has_ended(client: Client, site: Site, both_sites: Sites) -> None:
    """A stale nonce is replaced, also where it signs a CONNECT."""
    with proxy() as between:
        through = way(client, between.url, both_sites)
        assert client.calls(through, site.url) == [OK]
        between.wants.forget()
        assert client.calls(through, site.url) == [OK]
        assert between.statuses.count(407) == (3 if client.asks_apart and site.url.startswith("https") else 2)


@pytest.mark.parametrize(
    "wants", [{"algorithms": ("MD5",)}, {"qop": "auth-int", "prove": False}, {"qop": None, "algorithms": (None,)}]
)
def test_what_proxies_offer(client: Client, site: Site, both_sites: Sites, wants: dict[str, Any]) -> None:
    """Other algorithms, auth-int and the form of RFC 2069."""
    with proxy(**wants) as between:
        assert client.calls(way(client, between.url, both_sites), site.url, site.url) == [OK, OK]


def test_a_wrong_password(client: Client, site: Site, both_sites: Sites) -> None:
    """It is tried once. For http the 407 is the caller's; for https the library says that there is no tunnel."""
    with proxy() as between:
        through = Way(between.url, client.auth(NAME, "wrong", proxy=True), None, both_sites.authority)
        for _ in range(2):
            if site.url.startswith("https"):
                with pytest.raises(client.error, match="407"):
                    client.calls(through, site.url)
            else:
                assert client.calls(through, site.url) == [(407, b"no way")]
        assert len(between.wants.signed) == 1
    assert site.seen == []


def test_other_refusals_are_the_librarys(client: Client, both_sites: Sites) -> None:
    """A proxy that will not make a tunnel for other reasons is not asked again."""
    with proxy() as between:
        between.always = 403
        with pytest.raises(client.error, match="403"):
            client.calls(way(client, between.url, both_sites), both_sites.tls.url)
        assert between.statuses == [403]


def once(asynchronous: bool) -> Any:
    """A body that comes once."""

    def blocking() -> Iterator[bytes]:
        yield b"first,"
        yield b"last"

    async def later() -> AsyncIterator[bytes]:
        for octets in blocking():
            yield octets

    return later() if asynchronous else blocking()


def test_a_body_that_comes_once(client: Client, site: Site, both_sites: Sites) -> None:
    """Through a tunnel it is sent whole at once. For http it is, once the proxy is known, and never as an empty one."""
    site.digest = StrictServer()
    with proxy() as between:
        through = way(client, between.url, both_sites, site_auth=client.auth("alice", "s3cret"))
        put = Call(site.url, "PUT", once)
        for _ in range(1 if site.url.startswith("https") else 2):  # once for each of those who ask
            with pytest.raises(BodyNotReplayable):
                client.calls(through, put)
        assert client.calls(through, put) == [LET_IN]
        assert [body for _, body in site.digest.accepted] == [b"first,last"]


@pytest.mark.parametrize("client", CONNECTING.values(), ids=CONNECTING, indirect=True)
def test_a_connect_of_the_callers_own(client: Client, both_sites: Sites) -> None:
    """Whoever sends CONNECT to a server, inside a tunnel or not, sends no credentials of a proxy there."""
    both_sites.tls.digest = None
    both_sites.tls.seen.clear()
    with proxy() as between:
        through = way(client, between.url, both_sites)
        assert client.calls(through, both_sites.tls.url) == [OK]
        # The libraries leave the connection of such a call to the collector of garbage.
        with suppress(client.error), warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            try:
                client.calls(through, Call(both_sites.tls.url, "CONNECT"))
            finally:
                gc.collect()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    assert leaked(both_sites) == []


def test_a_body_in_memory(client: Client, site: Site, both_sites: Sites) -> None:
    """It passes both, whole."""
    site.digest = StrictServer()
    with proxy() as between:
        through = way(client, between.url, both_sites, site_auth=client.auth("alice", "s3cret"))
        assert client.calls(through, Call(site.url, "PUT", lambda _: b"whole")) == [LET_IN]
        assert [body for _, body in site.digest.accepted] == [b"whole"]


def test_redirects_carry_nothing_along(client: Client, site: Site, both_sites: Sites) -> None:
    """From http to https and back: what is for the proxy stays with the proxy."""
    other = both_sites.tls if site is both_sites.plain else both_sites.plain
    with proxy() as between:
        through = way(client, between.url, both_sites, redirects=True)
        # The path tells the server where to lead.
        assert client.calls(through, site.url, f"{site.url}/public/to/{other.url}") == [OK, OK]
        assert between.statuses.count(407) == 1
        assert len(other.seen) == 1
    assert leaked(both_sites) == []


def test_a_407_of_the_server(client: Client, both_sites: Sites) -> None:
    """Inside a tunnel it is the server's, and the caller's: nothing is signed for it."""
    both_sites.tls.digest = None
    both_sites.tls.seen.clear()
    with proxy() as between:
        through = way(client, between.url, both_sites)
        assert client.calls(through, both_sites.tls.url + "/407")[0][0] == 407
        assert len(both_sites.tls.seen) == 1
    assert leaked(both_sites) == []


def test_another_proxy_sees_nothing_before_it_asks(client: Client, site: Site, both_sites: Sites) -> None:
    """The same object, two proxies: each is known by itself (CVE-2026-7168)."""
    with proxy() as first, proxy() as second:
        through = way(client, first.url, both_sites)
        assert client.calls(through, site.url) == [OK]
        also = Way(second.url, through.proxy_auth, None, both_sites.authority)
        assert client.calls(also, site.url) == [OK]
        assert [signed for _, signed, _ in second.asked] == [False, True]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proof_that_is_wanted(client: Client, scheme: str, both_sites: Sites) -> None:
    """A proxy that does not prove itself is not spoken to any further."""
    site = both_sites.plain if scheme == "http" else both_sites.tls
    site.digest = None
    site.seen.clear()
    with proxy(prove=False) as between, pytest.raises(WrongPrincipal):
        client.calls(way(client, between.url, both_sites, verify="required"), site.url)
    assert [fields for fields in site.seen if scheme == "https"] == []


def test_what_was_learnt_of_a_proxy(client: Client, site: Site, both_sites: Sites) -> None:
    """A challenge of a proxy that is known from elsewhere is signed from the first request on."""
    with proxy() as between:
        nonce = between.wants.new_nonce()
        through = way(client, between.url, both_sites)
        challenge = f'Digest realm="way out", nonce="{nonce}", qop="auth", algorithm=SHA-256, opaque="0paque"'
        through.proxy_auth.learn(between.url, challenge)
        assert client.calls(through, site.url) == [OK]
        assert 407 not in between.statuses


def test_credentials_of_a_server_are_refused(client: Client) -> None:
    """Where those of a proxy are wanted, that is said when the client is made."""
    with pytest.raises(ConfigurationError, match="proxy=True"):
        client.calls(Way("http://proxy.example", client.auth("alice", "s3cret")), "http://server.example")


#: What is no proxy that speaks HTTP, or tells more than where it is.
WRONG = ["proxy.example:3128", "socks5://proxy.example", "http://", "http://bob:pr0xy@proxy.example", 3128]


@pytest.mark.parametrize("name", [name for name in CLIENTS if name.startswith("httpx")])
@pytest.mark.parametrize("url", WRONG)
def test_what_is_no_proxy(name: str, url: Any) -> None:
    """It is refused when the transport is made, and the refusal does not show what may be a password."""
    client = CLIENTS[name]
    kind = client.plug.AsyncProxyTransport if name.endswith("async") else client.plug.ProxyTransport
    with pytest.raises(ConfigurationError) as caught:
        kind(url, client.auth(NAME, PASSWORD, proxy=True))
    assert PASSWORD not in str(caught.value)
