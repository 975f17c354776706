"""What other clients send, and a server must take (6.11): each spelling against the middleware, made by hand."""

from __future__ import annotations

import asyncio
from hashlib import md5, sha256

import httpx
import pytest
from starlette.responses import Response

from digest_http_middleware import DigestAuthMiddleware
from tests.client_auth.strict_server import parameters_of

HASHES = {"MD5": md5, "SHA-256": sha256}
#: By a name, the user, and how the parameters after `response` are spelled.
SPELLINGS = {
    "a domain of Windows": (r"dom\user", "qop=auth, algorithm={algorithm}"),
    "quotes around qop and algorithm": ("alice", 'qop="auth", algorithm="{algorithm}"'),
    "no opaque": ("alice", "qop=auth, algorithm={algorithm}"),
    "an algorithm in small letters": ("alice", "qop=auth, algorithm={small}"),
}


async def ask(field: str | None, app: DigestAuthMiddleware) -> httpx.Response:
    """A GET with this Authorization."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server.example") as client:
        return await client.get("/a", headers={} if field is None else {"Authorization": field})


def field(user: str, rest: str, challenge: dict[str, str], nc: int = 1) -> str:
    """A signed field."""
    algorithm = challenge["algorithm"]

    def h(text: str) -> str:
        return HASHES[algorithm](text.encode()).hexdigest()

    a1, a2 = h(f"{user}:r:s3cret"), h("GET:/a")
    response = h(f"{a1}:{challenge['nonce']}:{nc:08x}:c:auth:{a2}")
    escaped = user.replace("\\", r"\\")
    start = f'Digest username="{escaped}", realm="r", nonce="{challenge["nonce"]}", uri="/a", nc={nc:08x}, cnonce="c", '
    return f'{start}response="{response}", {rest.format(algorithm=algorithm, small=algorithm.lower())}'


def served() -> DigestAuthMiddleware:
    """The middleware as it comes."""
    return DigestAuthMiddleware(Response("in"), {"alice": "s3cret", r"dom\user": "s3cret"}, realm="r")


def challenges(app: DigestAuthMiddleware) -> list[dict[str, str]]:
    """What it offers."""
    return [parameters_of(value) for value in asyncio.run(ask(None, app)).headers.get_list("www-authenticate")]


@pytest.mark.parametrize(("user", "rest"), SPELLINGS.values(), ids=SPELLINGS)
def test_spelling_is_taken(user: str, rest: str) -> None:
    """With each algorithm on offer."""
    app = served()
    for challenge in challenges(app):
        assert asyncio.run(ask(field(user, rest, challenge), app)).status_code == 200


def test_md5_need_not_be_named() -> None:
    """A client that knows RFC 2069 and 2617 only names no algorithm."""
    app = served()
    (challenge,) = (each for each in challenges(app) if each["algorithm"] == "MD5")
    assert asyncio.run(ask(field("alice", "qop=auth", challenge), app)).status_code == 200


def test_order_and_extent_of_the_offer() -> None:
    """SHA-256 first, then MD5; neither SHA-512-256, which old curl stumbles over, nor a session."""
    assert [each["algorithm"] for each in challenges(served())] == ["SHA-256", "MD5"]


def test_counts_that_overtake_each_other() -> None:
    """Parallel clients send their counts out of order; each is taken once."""
    app = served()
    challenge = challenges(app)[0]
    rest = "qop=auth, algorithm={algorithm}"
    statuses = [asyncio.run(ask(field("alice", rest, challenge, nc), app)).status_code for nc in (3, 1, 2, 3)]
    assert statuses == [200, 200, 200, 401]
