"""One pass over sockets with clients of others: Starlette under uvicorn, and aiohttp by itself, websockets and curl.

All frameworks on all servers: test_asgi_servers.py and test_wsgi_servers.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from digest_http.httpauth import DigestClient
from digest_http_client_auth import DigestAuth
from tests.frameworks.served import HOST, served
from tests.frameworks.sites import SITES
from tests.live.commands import curl_digest

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """The running sites: the ports of uvicorn and aiohttp."""
    with served() as found:
        yield found


@pytest.mark.parametrize("name", ["Starlette, middleware", "aiohttp.web"])
def test_a_visit(ports: tuple[int, int], name: str) -> None:
    """A body goes there and back with the proof; the same header again, and for another target, is refused."""
    port = ports[name == "aiohttp.web"]
    qop = "auth" if SITES[name].by_route else "auth-int"
    with httpx.Client(base_url=f"http://{HOST}:{port}", trust_env=False, headers={"X-Site": f"{name}|{qop}"}) as client:
        answer = client.post("/me", content=b"this", auth=DigestAuth("alice", "s3cret", verify="required"))
        assert (answer.status_code, answer.text) == (200, "alice:this")
        signed = {"Authorization": answer.request.headers["Authorization"]}
        assert f"qop={qop}" in signed["Authorization"]
        assert client.post("/me", content=b"this", headers=signed).status_code == 401
        assert client.post("/me?x", content=b"this", headers=signed).status_code == 400
        assert client.get("/role", auth=DigestAuth("bob", "b0b")).status_code == 403
        challenges = client.get("/me").headers.get_list("www-authenticate")
    url = f"ws://{HOST}:{port}/ws"
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers={"X-Site": f"{name}|{qop}"}, proxy=None)
    assert refused.value.response.status_code in {401, 403}
    login = DigestClient("alice", "s3cret")
    login.challenged([value.encode() for value in challenges], None)
    field = login.authorization("GET", "/ws", b"")
    assert field is not None
    fields = {"X-Site": f"{name}|{qop}", "Authorization": field}
    with connect(url, additional_headers=fields, proxy=None) as socket:
        assert socket.response is not None
        assert "rspauth" in socket.response.headers["Authentication-Info"]


def test_curl(ports: tuple[int, int]) -> None:
    """A program of others, before aiohttp."""
    run = curl_digest("alice", "s3cret", "-H", "X-Site: Quart|auth", f"http://{HOST}:{ports[0]}/role")
    assert (run.statuses, run.body) == ([200], b"alice")
