"""Credentials that a source gives: asked late, once more after a refusal, and never in a loop."""

from __future__ import annotations

import asyncio
import copy
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import keyring
import keyring.backend
import pytest

from digest_http.errors import ConfigurationError
from digest_http.httpauth import Authorization, DigestClient
from digest_http.httpauth.credential_sources import Asked, Login, from_environment, from_keyring, from_netrc
from digest_http_client_auth import DigestAuth
from tests.support.keyrings import Ring, keyring_in_memory

from .strict_server import StrictServer

URL = "http://server.example/a"


class Source:
    """Gives what it holds, in turn, the last one for ever."""

    def __init__(self, logins: Iterable[Login | None]) -> None:
        self.logins = list(logins)
        self.asked: list[Asked] = []

    def __call__(self, asked: Asked) -> Login | None:
        self.asked.append(asked)
        return self.logins.pop(0) if len(self.logins) > 1 else self.logins[0]


def statuses(server: StrictServer, auth: DigestAuth, calls: int = 1) -> list[int]:
    """What some calls lead to: the list of every answer of the server."""

    def respond(request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        status, fields, body = server.answer(request.method, target, dict(request.headers), request.read())
        return httpx.Response(status, headers=fields, content=body)

    server.statuses.clear()
    with httpx.Client(transport=httpx.MockTransport(respond), auth=auth) as client:
        for _ in range(calls):
            client.get(URL)
    return list(server.statuses)


def test_asked_late_and_once() -> None:
    """Nothing is asked before a challenge has come, and nothing after a login."""
    source = Source([("alice", "s3cret")])
    auth = DigestAuth(credentials=source)
    assert source.asked == []
    assert statuses(StrictServer(), auth, 3) == [401, 200, 200, 200]
    assert source.asked == [Asked("server.example", 80, "http", "api@example.org", refused=False)]


@pytest.mark.parametrize(("logins", "answers", "asked"), [
    ([("alice", "old"), ("alice", "s3cret")], [401, 401, 200], [False, True]),
    ([("alice", "old"), ("alice", "older"), ("alice", "s3cret")], [401, 401, 401], [False, True]),
    ([("alice", "old")], [401, 401], [False, True]),
    ([("alice", "old"), None], [401, 401], [False, True]),
    ([None], [401], [False]),
])  # fmt: skip
def test_asked_again_after_a_refusal(logins: list[Login | None], answers: list[int], asked: list[bool]) -> None:
    """Once a call; what is the same is not sent again."""
    source = Source(logins)
    assert statuses(StrictServer(), DigestAuth(credentials=source)) == answers
    assert [each.refused for each in source.asked] == asked


def test_a_password_that_changes_while_it_is_in_use() -> None:
    """The server's refusal leads to the new one, and counts go on."""
    server, source = StrictServer(), Source([("alice", "s3cret"), ("alice", "changed")])
    auth = DigestAuth(credentials=source)
    assert statuses(server, auth, 2) == [401, 200, 200]
    server.users["alice"] = "changed"
    assert statuses(server, auth, 2)[-2:] == [200, 200]
    assert [each.refused for each in source.asked] == [False, True]


def test_a_new_realm_with_each_answer_is_not_asked_for_without_end() -> None:
    """Two questions a call, and one signed try."""
    source, signed = Source([("alice", "s3cret")]), list[bool]()

    def respond(request: httpx.Request) -> httpx.Response:
        signed.append("Authorization" in request.headers)
        challenge = f'Digest realm="{len(signed)}", nonce="n", qop="auth"'
        return httpx.Response(401, headers={"WWW-Authenticate": challenge})

    with httpx.Client(transport=httpx.MockTransport(respond), auth=DigestAuth(credentials=source)) as client:
        client.get(URL)
    assert signed == [False, True]
    assert len(source.asked) == 2


def test_asynchronous_sources() -> None:
    """They are awaited by asynchronous clients, and refused in plain words by blocking ones."""

    async def source(_: Asked) -> Login:
        await asyncio.sleep(0)
        return "alice", "s3cret"

    server = StrictServer()

    def respond(request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        status, fields, body = server.answer(request.method, target, dict(request.headers), b"")
        return httpx.Response(status, headers=fields, content=body)

    async def main() -> list[int]:
        async with httpx.AsyncClient(
            transport=httpx.MockTransport(respond), auth=DigestAuth(credentials=source)
        ) as client:
            return [(await client.get(URL)).status_code for _ in range(2)]

    assert asyncio.run(main()) == [200, 200]
    with pytest.raises(ConfigurationError, match="asynchronous"):
        statuses(server, DigestAuth(credentials=source))
    with pytest.raises(ConfigurationError, match="asynchronous"):
        DigestClient(credentials=source).challenged('Digest realm="r", nonce="n", qop="auth"', None)


@pytest.mark.parametrize("found", [5, "alice", ("alice",), ("alice", None), ["alice", "s3cret"], ("a:b", "s3cret")])
def test_a_source_that_gives_something_else(found: Any) -> None:
    """ConfigurationError, without what it gave."""
    with pytest.raises(ConfigurationError) as caught:
        statuses(StrictServer(), DigestAuth(credentials=lambda _asked: found))
    assert "s3cret" not in str(caught.value)


def test_netrc(tmp_path: Path) -> None:
    """By host, read anew; a file that is broken is told by its line, never by its words."""
    file = tmp_path / "netrc"
    source = from_netrc(file)
    auth = DigestAuth(credentials=source)
    assert statuses(StrictServer(), auth) == [401]  # no file yet
    file.write_text("machine other.example login bob password b\nmachine server.example login alice password s3cret\n")
    assert statuses(StrictServer(), auth) == [401, 200]
    file.write_text("machine server.example login alice s3cret\n")
    with pytest.raises(ConfigurationError) as caught:
        statuses(StrictServer(), DigestAuth(credentials=source))
    assert ", line " in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two variables, by name."""
    auth = DigestAuth(credentials=from_environment("API_USER", "API_PASSWORD"))
    monkeypatch.setenv("API_USER", "alice")
    monkeypatch.delenv("API_PASSWORD", raising=False)
    assert statuses(StrictServer(), auth) == [401]
    monkeypatch.setenv("API_PASSWORD", "s3cret")
    assert statuses(StrictServer(), auth) == [401, 200]


@pytest.fixture
def ring() -> Iterator[Ring]:
    """The keyring that is in use while a test runs."""
    with keyring_in_memory() as found:
        yield found


def test_keyring(ring: Ring) -> None:
    """By service and name, looked up when a challenge has come, and again after a refusal."""
    auth = DigestAuth(credentials=from_keyring("cameras", "alice"))
    assert statuses(StrictServer(), auth) == [401]
    keyring.set_password("cameras", "bob", "s3cret")
    assert statuses(StrictServer(), auth) == [401]
    keyring.set_password("cameras", "alice", "old")
    assert statuses(StrictServer(), auth) == [401, 401]
    keyring.set_password("cameras", "alice", "s3cret")
    assert statuses(StrictServer(), DigestAuth(credentials=from_keyring("cameras", "alice")), 2) == [401, 200, 200]
    assert "s3cret" not in repr(ring.kept.keys())


def test_keyring_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ModuleNotFoundError, match=r"digest-http\[keyring\]"):
        from_keyring("cameras", "alice")


def test_the_client_without_io() -> None:
    """It asks in `challenged`."""
    source = Source([("alice", "old"), ("alice", "s3cret")])
    client, server = DigestClient(credentials=source), StrictServer()
    signed: Authorization | None = None
    answers = list[int]()
    for _ in range(3):
        fields: dict[str, str] = {}
        if signed is not None:
            fields["authorization"] = str(signed)
        status, sent, _ = server.answer("GET", "/a", fields, b"")
        answers.append(status)
        if status == 200:
            break
        assert client.challenged([value for name, value in sent if name.lower() == "www-authenticate"], signed)
        signed = client.authorization("GET", "/a")
    assert answers == [401, 401, 200]


@pytest.mark.parametrize("do", [copy.copy, copy.deepcopy])
def test_copies_share_what_was_learnt(do: Any) -> None:
    """A copy signs in advance with the next count."""
    server, auth = StrictServer(), DigestAuth("alice", "s3cret")
    assert statuses(server, auth) == [401, 200]
    assert statuses(server, do(auth), 2) == [200, 200]
    assert statuses(server, auth) == [200]


def test_learn_asks_at_once() -> None:
    """A challenge that the user takes in needs somebody to sign for."""
    challenge = 'Digest realm="r", nonce="n", qop="auth"'
    with pytest.raises(ConfigurationError, match="credentials"):
        DigestAuth(credentials=Source([None])).learn(URL, challenge)
    auth = DigestAuth(credentials=Source([("alice", "s3cret")]))
    auth.learn(URL, challenge)
    assert len(auth.export_learnt()) == 1
