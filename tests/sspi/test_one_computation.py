"""There is one computation: change it once, and middleware, client, SSPI and SASL all change alike."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from digest_http import calculation, sspi
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from digest_http.sspi import NtStatus, WindowsError
from digest_http_client_auth import DigestAuth
from digest_http_middleware import DigestAuthMiddleware
from tests.sspi.wiring import HTTPPair, SASLPair

original = calculation.keyed_response


def salted(algorithm: Any, key: bytes, ha2: bytes) -> bytes:
    """The response, with one octet more hashed."""
    return original(algorithm, b"!" + key, ha2)


@pytest.fixture
def salt(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Change the computation from now on; the returned function undoes it."""
    monkeypatch.setattr(calculation, "keyed_response", salted)
    return monkeypatch.undo


async def app(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def ask(auth: httpx.Auth) -> int:
    """The status that a fresh middleware answers a client with."""

    async def get() -> int:
        protected = DigestAuthMiddleware(app, users={"alice": "secret"}, realm="field")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(protected), base_url="http://test") as client:
            return (await client.get("/x", auth=auth)).status_code

    return asyncio.run(get())


def http_login() -> Any:
    """An HTTP exchange through the SSPI names."""
    return HTTPPair().login()


def sasl_login() -> Any:
    """A SASL exchange through the SSPI names."""
    return SASLPair().login()


def mixed_logins(restore: Any) -> list[NtStatus | None]:
    """What becomes of responses made with the changed computation once it is as it was."""
    pair = HTTPPair()
    response = pair.respond(pair.challenge())
    sasl = SASLPair()
    token = sasl.initialize(sasl.accept(b"")[1])[1]
    client = DigestMD5Client("alice", "secret", service="x", host="y")
    server = DigestMD5Server({"alice": "secret"}, service="x", host="y")
    plain = client.step(server.step())
    restore()
    outcomes = []
    for accept in (lambda: pair.accept(response), lambda: sasl.accept(token)):
        with pytest.raises(WindowsError) as caught:
            accept()
        outcomes.append(caught.value.status)
    with pytest.raises(Exception, match="wrong"):
        server.step(plain)
    return outcomes


def test_the_computation_is_the_published_one():
    """Unchanged, all four agree with a client that computes by itself."""
    assert ask(httpx.DigestAuth("alice", "secret")) == 200
    assert ask(DigestAuth("alice", "secret")) == 200
    http_login()
    sasl_login()


@pytest.mark.usefixtures("salt")
def test_all_follow_a_changed_computation():
    """Changed, they still agree with each other, and no longer with a client that computes by itself."""
    assert ask(DigestAuth("alice", "secret")) == 200
    assert ask(httpx.DigestAuth("alice", "secret")) == 401
    http_login()
    sasl_login()
    client = DigestMD5Client("alice", "secret", service="x", host="y")
    server = DigestMD5Server({"alice": "secret"}, service="x", host="y")
    client.step(server.step(client.step(server.step())))
    assert client.complete


def test_the_change_is_on_the_wire(salt):
    """What was made with the change is refused without it: by the HTTP names, the SASL names, and SASL itself."""
    assert mixed_logins(salt) == [NtStatus.SEC_E_LOGON_DENIED] * 2
    assert sspi.enumerate_security_packages()[0].name == "WDigest"
