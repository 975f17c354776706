"""A call that others overtake while its first request is under way keeps its password for right."""

from __future__ import annotations

import httpx
import pytest

from digest_http_client_auth import DigestAuth

URL = "http://camera.example/"


def refused(request: httpx.Request, nonce: str) -> httpx.Response:
    """A plain 401 with a challenge, as a counting server answers a count that came too late."""
    challenge = f'Digest realm="r", nonce="{nonce}", qop="auth", algorithm=MD5'
    return httpx.Response(401, headers={"WWW-Authenticate": challenge}, request=request)


def test_what_was_accepted_meanwhile_counts_from_the_first_sending() -> None:
    """Two plain refusals are no wrong password if another call was let in after this one went out."""
    auth = DigestAuth("alice", "s3cret")
    warming = auth.sync_auth_flow(httpx.Request("GET", URL))
    signed = warming.send(refused(next(warming), "n1"))
    with pytest.raises(StopIteration):
        warming.send(httpx.Response(200, request=signed))

    late = auth.sync_auth_flow(httpx.Request("GET", URL))
    first = next(late)
    assert "nc=00000002" in first.headers["Authorization"]

    overtaking = auth.sync_auth_flow(httpx.Request("GET", URL))
    with pytest.raises(StopIteration):
        overtaking.send(httpx.Response(200, request=next(overtaking)))

    second = late.send(refused(first, "n2"))
    assert 'nonce="n2"' in second.headers["Authorization"]
    third = late.send(refused(second, "n3"))
    with pytest.raises(StopIteration):
        late.send(httpx.Response(200, request=third))

    # Nor is the password held back from the next call.
    after = auth.sync_auth_flow(httpx.Request("GET", URL))
    assert "Authorization" in after.send(refused(next(after), "n4")).headers
    after.close()
