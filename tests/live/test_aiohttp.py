"""aiohttp's own Digest middleware, a client that takes auth-int for every body wherever it is on offer."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import httpx
import pytest

from digest_http_client_auth import DigestAuth
from tests.live.commands import SECONDS
from tests.live.peers import python_peer
from tests.live.serving import PASSWORD, USER, Exchange, Serve, parameter

pytestmark = pytest.mark.live

#: Twice what auth-int may hold in memory by default.
LONG = bytes(range(256)) * 8192
SHORT = b"short"


def put(url: str, *bodies: bytes) -> list[tuple[int, bytes]]:
    """What one session of aiohttp gets for each body."""
    aiohttp = python_peer("aiohttp")

    async def all_of_them() -> list[tuple[int, bytes]]:
        digest: Any = aiohttp.DigestAuthMiddleware(login=USER, password=PASSWORD)
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        async with aiohttp.ClientSession(middlewares=(digest,), timeout=timeout) as session:
            answers = []
            for body in bodies:
                async with session.put(url, data=io.BytesIO(body)) as answer:
                    answers.append((answer.status, await answer.read()))
            return answers

    return asyncio.run(all_of_them())


def used(exchange: Exchange) -> str:
    """The qop of a request."""
    return parameter(exchange.credentials, "qop")


@pytest.mark.parametrize("policy", [{}, {"qop": ["auth", "auth-int"]}], ids=["default", "auth-int"])
def test_a_put_of_two_megabytes(served: Serve, policy: dict[str, Any]) -> None:
    """Every body arrives whole, the long ones signed with auth; no request is answered by 413."""
    site = served(**policy)
    # As the first request of a session, after a short one, and after both.
    for bodies in ((LONG,), (SHORT, LONG), (LONG, SHORT, LONG)):
        assert put(f"{site.base_url}/echo", *bodies) == [(200, body) for body in bodies]
    assert {exchange.status for exchange in site.exchanges()} == {200, 401}
    assert used(site.exchanges()[-1]) == "auth"


def test_a_short_body_is_signed_where_auth_int_is_on_offer(served: Serve) -> None:
    """The long bodies take nothing from the short ones: a client that wants auth-int has it."""
    site = served(qop=["auth", "auth-int"])
    assert put(f"{site.base_url}/echo", SHORT) == [(200, SHORT)]
    assert used(site.exchanges()[-1]) == "auth-int"


def test_our_client(served: Serve) -> None:
    """The same with ours, in either order of preference."""
    site = served(qop=["auth", "auth-int"])
    for order in (("auth", "auth-int"), ("auth-int", "auth")):
        for bodies in ((LONG,), (SHORT, LONG)):
            auth = DigestAuth(USER, PASSWORD, qop=order, verify="required")
            with httpx.Client(trust_env=False, timeout=SECONDS, auth=auth) as client:
                for body in bodies:
                    answer = client.put(f"{site.base_url}/echo", content=body)
                    assert (answer.status_code, answer.content) == (200, body)
