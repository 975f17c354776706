"""What was reported of clients behind a proxy that wants Digest; the kinds are tested in tests/forward_proxies."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from digest_http.errors import BodyNotReplayable
from tests.client_auth.strict_server import StrictServer
from tests.forward_proxies.clients import CLIENTS, Call, Client, Way
from tests.forward_proxies.own_proxy import proxy
from tests.forward_proxies.running import NAME, PASSWORD, Sites, sites

# The clients do the same on every interpreter.
pytestmark = pytest.mark.once

OK = (200, b"hello")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """One for http and one for https."""
    folder: Path = tmp_path_factory.mktemp("servers")
    with sites(folder) as found:
        yield found


def _way(client: Client, url: str, servers: Sites, **settings: Any) -> Way:
    return Way(url, client.auth(NAME, PASSWORD, proxy=True), authority=servers.authority, **settings)


def every_request_was_sent_twice(client: Client, servers: Sites) -> None:
    """Four requests took eight: nothing was signed in advance."""
    with proxy() as between:
        assert client.calls(_way(client, between.url, servers), *[servers.plain.url] * 4) == [OK] * 4
        assert between.statuses == [407, 200, 200, 200, 200]


def a_generator_never_got_through(client: Client, servers: Sites) -> None:
    """Every call ended in BodyNotReplayable; now the first one does, and a tunnel takes it at once."""

    def once(asynchronous: bool) -> Any:
        async def later() -> Any:
            yield b"body"

        return later() if asynchronous else iter([b"body"])

    with proxy() as between:
        through = _way(client, between.url, servers)
        with pytest.raises(BodyNotReplayable):
            client.calls(through, Call(servers.plain.url, "PUT", once))
        assert client.calls(through, Call(servers.plain.url, "PUT", once)) == [OK]
        assert servers.plain.bodies[-1] == b"body"
    with proxy() as between:
        assert client.calls(_way(client, between.url, servers), Call(servers.tls.url, "PUT", once)) == [OK]
        assert servers.tls.bodies[-1] == b"body"


def connect_was_impossible(client: Client, servers: Sites) -> None:
    """https ended in the library's error of a proxy (httpx#2033, httpx2#644, requests#2526, toolbelt#136)."""
    with proxy() as between:
        assert client.calls(_way(client, between.url, servers), servers.tls.url) == [OK]
        assert between.asked == [("CONNECT", False, 407), ("CONNECT", True, 200)]


def credentials_of_a_proxy_at_a_server(client: Client, servers: Sites) -> None:
    """A field of CONNECT went on to the server behind it (cpp-httplib#2457)."""
    with proxy() as between:
        client.calls(_way(client, between.url, servers), servers.tls.url, servers.plain.url)
    seen = servers.tls.seen + servers.plain.seen
    assert seen
    assert not any("proxy-authorization" in fields for fields in seen)


def credentials_of_a_proxy_at_the_next(client: Client, servers: Sites) -> None:
    """A second proxy got what was meant for the first (CVE-2026-7168, CVE-2026-8927)."""
    with proxy() as first, proxy() as second:
        through = _way(client, first.url, servers)
        client.calls(through, servers.plain.url, servers.tls.url)
        also = Way(second.url, through.proxy_auth, None, servers.authority)
        client.calls(also, servers.plain.url, servers.tls.url)
        assert [signed for _, signed, _ in second.asked] == [False, True, True]


def a_407_of_a_server(client: Client, servers: Sites) -> None:
    """A server asked for the proxy's credentials and got them (toolbelt; of the kind of CVE-2023-32681)."""
    with proxy() as between:
        through = _way(client, between.url, servers)
        assert client.calls(through, servers.tls.url + "/407")[0][0] == 407
    assert not any("proxy-authorization" in fields for fields in servers.tls.seen)


def both_credentials_had_to_be_nested_by_hand(client: Client, servers: Sites) -> None:
    """httpx takes one auth; a proxy and a server may want one each."""
    servers.plain.digest = servers.tls.digest = StrictServer()
    with proxy() as between:
        through = _way(client, between.url, servers, site_auth=client.auth("alice", "s3cret"))
        assert client.calls(through, servers.plain.url, servers.tls.url) == [(200, b"hello alice")] * 2


def a_redirect_to_https_carried_the_field_along(client: Client, servers: Sites) -> None:
    """httpx keeps Proxy-Authorization when it follows one."""
    with proxy() as between:
        through = _way(client, between.url, servers, redirects=True)
        assert client.calls(through, f"{servers.plain.url}/public/to/{servers.tls.url}") == [OK]
    assert not any("proxy-authorization" in fields for fields in servers.tls.seen)


REPORTED: dict[str, Callable[[Client, Sites], None]] = {
    "F3-twice": every_request_was_sent_twice,
    "F3-generator": a_generator_never_got_through,
    "CONNECT": connect_was_impossible,
    "leak-at-server": credentials_of_a_proxy_at_a_server,
    "leak-at-next-proxy": credentials_of_a_proxy_at_the_next,
    "407-of-server": a_407_of_a_server,
    "both": both_credentials_had_to_be_nested_by_hand,
    "redirect": a_redirect_to_https_carried_the_field_along,
}


@pytest.mark.parametrize("reported", REPORTED.values(), ids=REPORTED.keys())
@pytest.mark.parametrize("name", ["httpx", "httpx2-async", "aiohttp"])
def test_reported(name: str, reported: Callable[[Client, Sites], None], servers: Sites) -> None:
    """Each has its right outcome."""
    for site in servers.all():
        site.digest = None
        site.seen.clear()
        site.bodies.clear()
    reported(CLIENTS[name], servers)


@pytest.mark.parametrize("port", [80, 8080])
@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_a_proxy_on_the_port_of_the_url(library: str, port: int) -> None:
    """F9: it cannot be told from the server; where the transport names it, it is answered."""
    module, plug = importlib.import_module(library), CLIENTS[library].plug
    auth = plug.DigestAuth(NAME, PASSWORD, proxy=True)
    through = plug.ProxyTransport(f"http://proxy.example:{port}", auth)
    request = module.Request("GET", f"http://server.example:{port}/", extensions={})
    asked: list[bool] = []

    def send(message: Any) -> Any:
        asked.append("proxy-authorization" in message.headers)
        fields = {"Proxy-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}
        return module.Response(200 if asked[-1] else 407, headers=fields)

    assert through._digest.send(request, send).status_code == 200  # noqa: SLF001  # below it is the network
    assert asked == [False, True]
    assert "proxy-authorization" not in request.headers
