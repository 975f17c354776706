"""http and https through a proxy that wants Digest: by the adapters of requests and niquests, by urllib3's manager."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from digest_http.errors import ConfigurationError

from .forward_proxy import Proxy, certificate, proxying

pytestmark = pytest.mark.live

#: Sends a GET; the status and the body.
Get = Callable[[str], tuple[int, bytes]]


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate."""
    return certificate(tmp_path_factory.mktemp("pem"))


@pytest.fixture
def proxy(pem: Path) -> Iterator[Proxy]:
    """A proxy."""
    with proxying(pem) as running:
        yield running


@pytest.fixture(params=["requests", "niquests", "urllib3"])
def get(request: pytest.FixtureRequest, proxy: Proxy, pem: Path) -> Iterator[Callable[..., Get]]:
    """Call it with the proxy's password for what sends requests."""
    plug = importlib.import_module(f"digest_http_client_auth.{request.param}")
    library = importlib.import_module(request.param)
    opened = []

    def make(password: str = "s3cret") -> Get:
        auth = plug.DigestAuth("alice", password, proxy=True)
        if request.param == "urllib3":
            manager = plug.DigestProxyManager(proxy.url, auth, ca_certs=str(pem))
            opened.append(manager.clear)

            def send(url: str) -> tuple[int, bytes]:
                response = manager.request("GET", url, timeout=20, retries=0)
                return response.status, response.data

        else:
            session = library.Session()
            session.trust_env = False
            session.proxies = {"http": proxy.url, "https": proxy.url}
            session.verify = str(pem)
            for prefix in ("http://", "https://"):
                session.mount(prefix, plug.DigestProxyAdapter(auth))
            opened.append(session.close)

            def send(url: str) -> tuple[int, bytes]:
                response = session.get(url, timeout=20)
                return response.status_code, response.content

        return send

    yield make
    for close in opened:
        close()


def test_http(get, proxy):
    """http URLs: asked once, signed ahead from then on."""
    send = get()
    for number in range(3):
        assert send(f"http://server.example/{number}") == (200, b"plain")
    assert proxy.strict.statuses == [401, 200, 200, 200]
    assert len(set(proxy.strict.pairs)) == 3


def test_https(get, proxy):
    """https URLs: the CONNECT is signed, and the server inside sees nothing of it."""
    send = get()
    for port in (443, 8443, 443):
        assert send(f"https://127.0.0.1:{port}/x") == (200, b"secure")
    assert len(proxy.inside) == 3
    assert all("proxy-authorization" not in fields for fields in proxy.inside)
    assert 1 <= proxy.strict.statuses.count(401) <= 2
    assert len(set(proxy.strict.pairs)) == len(proxy.strict.pairs)


def test_https_after_the_nonce_has_expired(get, proxy):
    """A nonce that the proxy has forgotten is replaced."""
    send = get()
    assert send("https://127.0.0.1:443/x")[0] == 200
    proxy.strict.forget()
    assert send("https://127.0.0.1:8443/x")[0] == 200


def test_wrong_password(get, proxy):
    """A wrong password is tried once a call, and no error tells it."""
    send = get("other-pass")
    assert send("http://server.example/")[0] == 407
    assert len(proxy.strict.signed) == 1
    with pytest.raises(Exception, match="407") as caught:
        send("https://127.0.0.1:443/x")
    assert "other-pass" not in repr(caught.value)


@pytest.mark.parametrize("name", ["requests", "niquests"])
def test_wrong_credentials(name):
    """What was made for servers is refused when the adapter is made."""
    plug = importlib.import_module(f"digest_http_client_auth.{name}")
    for auth in (plug.DigestAuth("alice", "s3cret"), None, "alice"):
        with pytest.raises(ConfigurationError):
            plug.DigestProxyAdapter(auth)
