"""The plugs of the client as users write them, for type checkers only: checked by mypy and pyright, never run."""

from __future__ import annotations

import niquests
import requests
import urllib3
from niquests.auth import AuthBase as NiquestsAuthBase
from requests.auth import AuthBase

from digest_http_client_auth.niquests import AsyncDigestAuth
from digest_http_client_auth.niquests import DigestAuth as NiquestsDigestAuth
from digest_http_client_auth.requests import DigestAuth, DigestProxyAdapter
from digest_http_client_auth.urllib3 import DigestAuth as Urllib3DigestAuth
from digest_http_client_auth.urllib3 import DigestPoolManager, DigestProxyManager

auth: AuthBase = DigestAuth("alice", b"octets", verify="required", algorithms=["SHA-256"])
session = requests.Session()
session.auth = auth
session.mount("https://", DigestProxyAdapter(DigestAuth("alice", "s3cret", proxy=True), pool_maxsize=4))
page: requests.Response = requests.get("http://h.example", auth=DigestAuth("alice", "s3cret"), timeout=5)

other: NiquestsAuthBase = NiquestsDigestAuth("alice", "s3cret", qop=("auth",))
answer: niquests.Response = niquests.get("http://h.example", auth=NiquestsDigestAuth("alice", "s3cret"), timeout=5)


async def later() -> niquests.Response:
    """The asynchronous form."""
    async with niquests.AsyncSession() as opened:
        return await opened.get("http://h.example", auth=AsyncDigestAuth("alice", "s3cret"))


manager: urllib3.PoolManager = DigestPoolManager(Urllib3DigestAuth("alice", "s3cret"), maxsize=4)
proxied: urllib3.ProxyManager = DigestProxyManager("http://p.example", Urllib3DigestAuth("alice", "s3cret", proxy=True))
