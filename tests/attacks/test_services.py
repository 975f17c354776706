"""A35, A37, A38, A40, A42, A48, A49: websockets, broken sources, equal work, and who sees whom."""

import asyncio
import contextvars
import logging
import sys
from typing import Any

import pytest

from digest_http import algorithms
from digest_http.httpauth.protocols import NonceStore
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import MemoryStore
from digest_http.users import MappingUsers
from tests.attacks.driver import REALM, USERS, Server
from tests.attacks.signing import Signer
from tests.support.hash_calls import hash_calls


def test_a35_websocket_handshakes(server):
    """Without a header refused before accept, with one accepted, with the same one refused again."""
    header = server.signer().sign("GET", "/x")
    for authorization, expected in [
        (None, "close"),
        (header, "accept"),
        (header, "close"),
    ]:
        response = server.request("WEBSOCKET", "/x", authorization)
        assert response.messages[0]["type"] == f"websocket.{expected}"
        assert response.app_called is (expected == "accept")


def test_a35_the_method_is_get(server):
    """ASGI shows no method on a websocket scope; over HTTP/1.1 it is GET, and any other is another request."""
    for method in ("CONNECT", "POST", ""):
        assert not server.request("WEBSOCKET", "/x", server.signer().sign(method, "/x")).app_called


class BrokenStore:
    """A store that does something else than counting."""

    epoch = b"00000001"

    def __init__(self, answer):
        self.answer = answer

    def advance(self, *_arguments, **_settings):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    "answer", [OSError("down"), TimeoutError(), KeyError("x"), None, True, 1, "yes", b"", object()], ids=repr
)
def test_a37_a_store_that_fails(answer, caplog):
    """503 and never 200, whatever the store raises or returns; the next request with a good store passes."""
    server = Server(store=BrokenStore(answer))
    response = server.get(server.signer())
    assert (response.status, response.app_called, response.challenges, response.info) == (503, False, [], {})
    assert response.values(b"retry-after")
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert [line.partition(" ")[0] for line in errors] == ["store-down"]


def test_a37_a_store_that_says_accepted_by_name():
    """The contract is the Verdict; its value from a store that crossed a process boundary is the same verdict."""
    server = Server(store=BrokenStore(Verdict.REPLAYED))
    assert server.get(server.signer()).status == 401


@pytest.mark.parametrize("broken", ["users", "store"])
def test_a37_a_source_that_never_answers(broken):
    """After its time a source counts as down."""

    class Silent:
        epoch = b"00000001"

        async def ha1(self, *_arguments):
            await asyncio.Event().wait()

        async def advance(self, *_arguments, **_settings):
            await asyncio.Event().wait()

    server = (
        Server(users=Silent(), source_timeout=0.01)
        if broken == "users"
        else Server(store=Silent(), source_timeout=0.01)
    )
    header = server.signer().sign()
    response = asyncio.run(server.send(authorization=header))
    assert (response.status, response.app_called) == (503, False)


@pytest.mark.parametrize("error", [OSError("down"), TimeoutError(), ValueError("x"), KeyError("alice")], ids=repr)
def test_a37_users_that_fail(error):
    """The same for the source of users: not checked is not accepted, and not refused for good."""

    def users(*_arguments):
        raise error

    server = Server(users=users)
    response = server.get(server.signer())
    assert (response.status, response.app_called) == (503, False)
    assert "down" in response.body.decode()


@pytest.mark.once
def test_a38_a_hundred_thousand_anonymous_requests(server, monkeypatch):
    """Nothing is kept of a request that was not verified: as many blocks of memory after as before."""
    # pytest keeps the records of a test, which is no memory of ours.
    monkeypatch.setattr(logging.getLogger("digest_http.middleware"), "disabled", True)

    def flood(times):
        for _ in range(times):
            server.request()
            server.request(authorization=b"Digest x")

    store = server.middleware.store
    assert isinstance(store, MemoryStore)
    counted = len(store)
    flood(500)
    before = sys.getallocatedblocks()
    flood(50_000)
    assert sys.getallocatedblocks() - before < 500
    assert len(store) == counted


def test_a38_garbage_under_a_live_nonce_is_not_kept(server, monkeypatch):
    """Wrong digests with ever new names, nonces and counts keep nothing either."""
    # pytest keeps the records of a test, which is no memory of ours.
    monkeypatch.setattr(logging.getLogger("digest_http.middleware"), "disabled", True)
    signer = server.signer()

    def flood(times):
        for number in range(times):
            server.get(signer, number % 1000 + 1, username=f"user{number}", nonce=f"{number:078x}")

    flood(500)
    before = sys.getallocatedblocks()
    flood(5000)
    assert sys.getallocatedblocks() - before < 500


class CountedUsers:
    """Users that write down what they were asked."""

    def __init__(self):
        self.users = MappingUsers(USERS, REALM, algorithms.available())
        self.asked = []

    def ha1(self, username, realm, algorithm):
        self.asked.append("ha1")
        return self.users.ha1(username, realm, algorithm)

    def by_userhash(self, userhash, realm, algorithm):
        self.asked.append("by_userhash")
        return self.users.by_userhash(userhash, realm, algorithm)


class CountedStore(MemoryStore):
    """A store that writes down how often it was asked."""

    __slots__ = ("asked",)

    def __init__(self):
        super().__init__()
        self.asked = []

    def advance(self, nonce_id, epoch, nc, rule, now, *, lifetime):
        self.asked.append(nc)
        return super().advance(nonce_id, epoch, nc, rule, now, lifetime=lifetime)


def counted(server, header):
    """The calls of hashes that a request takes, and its answer."""
    responses: list[Any] = []
    work = hash_calls(lambda: responses.append(server.request(authorization=header)))
    return work, responses[0]


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-256-sess", "SHA-512-256"])
@pytest.mark.parametrize("hashed", [False, True])
def test_a40_unknown_user_and_wrong_password_do_the_same_work(algorithm, hashed):
    """The same hashes, the same look-ups, no store call, the same answer."""
    users, store = CountedUsers(), CountedStore()
    server = Server(users=users, store=store, algorithms=[algorithm], userhash=True)
    costs = []
    for username in ("alice", "malle"):
        signer = server.signer(username, "wrong", algorithm)
        late = {}
        if hashed:
            body = f"{username}:{REALM}".encode()
            late = {"username": algorithms.by_name(algorithm).hexdigest(body).decode(), "userhash": "true"}
        header = signer.sign(late=late)
        users.asked.clear()
        work, response = counted(server, header)
        costs.append((work, list(users.asked), response.status, response.body, response.stale))
    assert costs[0] == costs[1]
    assert costs[0][0]
    assert costs[0][2] == 401
    assert store.asked == []


def test_a42_a_changed_password(server):
    """On the next request of the same nonce the old password is refused and the new one good."""
    users = server.middleware.users
    assert isinstance(users, MappingUsers)
    signer = server.signer()
    assert server.get(signer, 1).status == 200
    users.set("alice", "new")
    assert server.get(signer, 2).status == 401
    signer.password = "new"
    assert server.get(signer, 2).status == 200
    users.remove("alice")
    assert server.get(signer, 3).status == 401


def test_a48_cookies_of_a_200(server):
    """A login leaves no session behind: no cookie is set, and none opens the door."""
    accepted = server.get(server.signer())
    assert accepted.status == 200
    assert accepted.values(b"set-cookie") == []
    response = server.request(headers=[(b"cookie", b"session=1; user=alice; digest=1")])
    assert (response.status, response.app_called) == (401, False)


def test_a48_the_scope_of_the_client_is_not_believed(server):
    """A user that somebody else put into the scope does not pass for one of ours."""
    response = server.request(user="alice", auth="alice", digest="alice", state={"user": "alice"})
    assert (response.status, response.app_called) == (401, False)


def test_a49_two_users_at_once():
    """Two hundred requests of two users, interleaved at every await, see their own user only."""
    seen = contextvars.ContextVar("seen", default="nobody")
    wrong = []

    class SlowUsers(CountedUsers):
        async def ha1(self, username, realm, algorithm):
            await asyncio.sleep(0)
            found = super().ha1(username, realm, algorithm)
            await asyncio.sleep(0)
            return found

    async def app(scope, receive, send):
        name = scope["user"].username
        if seen.get() != "nobody":
            wrong.append((name, seen.get()))
        seen.set(name)
        for _ in range(3):
            await asyncio.sleep(0)
            if (scope["user"].username, scope["digest"].username, seen.get()) != (name, name, name):
                wrong.append((name, scope["user"].username))
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": name.encode()})

    server = Server(app=app, users=SlowUsers())
    signers = {name: Signer(server.challenge(), name, password) for name, password in USERS.items()}

    async def both():
        names = [name for _ in range(100) for name in USERS]
        headers = [signers[name].sign(nc=number // 2 + 1) for number, name in enumerate(names)]
        tasks = [asyncio.create_task(server.send(authorization=header)) for header in headers]
        return names, await asyncio.gather(*tasks)

    names, responses = asyncio.run(both())
    assert [response.body.decode() for response in responses] == names
    assert all(response.info["rspauth"] for response in responses)
    assert wrong == []


def test_stores_here_follow_the_protocol():
    """The stand-ins above are what the middleware expects of a store."""
    store: NonceStore = CountedStore()
    assert len(store.epoch) == 8
