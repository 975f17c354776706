"""Users and a policy that answer later: a database behind an event loop serves a SASL server through astep()."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import pytest

from digest_http import calculation
from digest_http.errors import ContextExpired, DigestError, LogonDenied, OutOfSequence, SourceUnavailable
from digest_http.sasl import ClientSessions, ServerSessions
from digest_http.users.sql import SQLUsers
from tests.sasl.dead_ends import assert_dead
from tests.sasl.user_hash import HA1


async def alogin(both) -> Any:
    """The whole exchange, with the server's steps awaited."""
    token = await both.server.astep(both.client.step())
    while not both.client.complete:
        token = both.client.step(token)
        if token:
            token = await both.server.astep(token)
    assert both.server.complete
    return both


class Later:
    """A source that answers when the loop comes round again."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    async def ha1(self, username, realm, algorithm):
        """See Users.ha1."""
        assert (username, realm, algorithm.name) == ("chris", "example.com", "MD5")
        await asyncio.sleep(0)
        return self.answer

    async def look_up(self, _username, _realm):
        """A function of (username, realm)."""
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def in_a_task(answer: object):
    """A function whose answer is a task, not a coroutine."""
    return lambda *_who: asyncio.ensure_future(Later(answer).look_up("", ""))


@pytest.mark.parametrize(
    "make",
    [
        lambda: {"chris": "secret"},
        lambda: lambda *_who: "secret",
        lambda: Later("secret").look_up,
        lambda: in_a_task("secret"),
        lambda: Later(HA1).look_up,
        lambda: Later(calculation.hex_octets(HA1)),
    ],
    ids=["mapping", "function", "coroutine", "task", "raw-hash", "object"],
)
def test_accounts_of_every_kind(pair, layer, make):
    """At once or later, with each layer; records go as ever."""
    both = asyncio.run(alogin(pair(layer, server={"users": make()})))
    assert both.server.unwrap(both.client.wrap(b"message")) == b"message"


def test_a_database(pair, tmp_path):
    """SQLUsers, which the HTTP side uses, over a real file; a wrong password and a name that nobody has are refused."""

    async def run():
        users = SQLUsers(f"sqlite:///{tmp_path / 'users.db'}")
        await users.create_table()
        await users.replace("chris", "example.com", {"MD5": calculation.hex_octets(HA1)})
        try:
            await alogin(pair(server={"users": users}))
            for wrong in ({"password": "wrong"}, {"username": "bob"}):
                with pytest.raises(LogonDenied):
                    await alogin(pair(client=wrong, server={"users": users}))
        finally:
            await users.close()

    asyncio.run(run())


@pytest.mark.parametrize("make", [lambda: Later("secret").look_up, lambda: Later(HA1)], ids=["function", "object"])
def test_step_says_what_to_call(pair, make):
    """A source that answers later is refused by step(), and its coroutine is closed: nothing warns of it."""
    both = pair(server={"users": make()})
    response = both.client.step(both.server.step())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(SourceUnavailable, match="astep"):
            both.server.step(response)
    assert_dead(both.server)


def test_step_ends_a_task_that_nobody_awaits(pair):
    """It would go on by itself."""

    async def run():
        tasks = []

        def look_up(*_who):
            tasks.append(asyncio.ensure_future(asyncio.sleep(60)))
            return tasks[0]

        both = pair(server={"users": look_up})
        response = both.client.step(both.server.step())
        with pytest.raises(SourceUnavailable, match="astep"):
            both.server.step(response)
        await asyncio.wait(tasks)
        assert tasks[0].cancelled()

    asyncio.run(run())


@pytest.mark.parametrize("answer", [ValueError("down"), 5, bytearray(HA1), StopIteration(), StopAsyncIteration()])
def test_a_source_that_fails_later(pair, answer):
    """The same refusal as from step()."""
    both = pair(server={"users": Later(answer).look_up})
    with pytest.raises(SourceUnavailable):
        asyncio.run(alogin(both))
    assert_dead(both.server)


@pytest.mark.parametrize(("answer", "allowed"), [(True, True), (False, False), (None, False), ("yes", False)])
@pytest.mark.parametrize("later", [True, False])
def test_a_policy_that_answers_later(pair, answer, allowed, later):
    """Only True lets a user act as another."""

    async def may_act(*_who):
        await asyncio.sleep(0)
        return answer

    policy = may_act if later else lambda *_who: answer
    both = pair(client={"authzid": "boss"}, server={"authorize": policy})
    if allowed:
        assert asyncio.run(alogin(both)).server.authzid == "boss"
        return
    with pytest.raises(LogonDenied) as caught:
        asyncio.run(alogin(both))
    assert caught.value.reason == "authzid"


def test_a_policy_that_answers_later_under_step(pair):
    """It is refused as a source is; what is not False is no leave."""

    async def may_act(*_who):
        return True

    both = pair(client={"authzid": "boss"}, server={"authorize": may_act})
    response = both.client.step(both.server.step())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(SourceUnavailable, match=r"policy .*astep"):
            both.server.step(response)


def test_a_policy_that_fails_later(pair):
    """Nobody gets in."""

    async def may_act(*_who):
        raise OSError("no network")

    with pytest.raises(SourceUnavailable, match="policy"):
        asyncio.run(alogin(pair(client={"authzid": "boss"}, server={"authorize": may_act})))


def test_a_nonce_used_again(pair):
    """Subsequent authentication through astep(), and a response that is refused gets a challenge."""

    async def run():
        clients, servers = ClientSessions(), ServerSessions()

        def both(**client):
            return pair(
                client={"sessions": clients, **client},
                server={"sessions": servers, "users": Later("secret").look_up},
            )

        await alogin(both())
        again = both()
        assert again.client.step(await again.server.astep(again.client.step())) == b""
        assert again.server.complete
        spoilt = both()
        response = spoilt.client.step()
        at = response.index(b"response=") + 9
        other = b"0" if response[at : at + 1] != b"0" else b"1"
        challenge = await spoilt.server.astep(response[:at] + other + response[at + 1 :])
        assert b"nonce=" in challenge
        with pytest.raises(DigestError):
            spoilt.server.session_key()

    asyncio.run(run())


class Held:
    """A source that answers when it is let."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.free = asyncio.Event()

    async def look_up(self, *_who):
        """A function of (username, realm)."""
        self.asked.set()
        await self.free.wait()
        return "secret"


async def held_login(pair):
    """A server that waits for its source, the task it waits in, and the source."""
    source = Held()
    both = pair("auth-int", server={"users": source.look_up})
    response = both.client.step(await both.server.astep())
    task = asyncio.ensure_future(both.server.astep(response))
    await source.asked.wait()
    return both, response, task, source


@pytest.mark.parametrize("second", ["astep", "step", "close"])
def test_what_comes_while_a_token_is_judged(pair, second):
    """A second token ends the exchange, as close() does; the first one then lets nobody in."""

    async def run():
        both, response, task, source = await held_login(pair)
        if second == "close":
            both.server.close()
        elif second == "step":
            with pytest.raises(OutOfSequence):
                both.server.step(response)
        else:
            with pytest.raises(ContextExpired):
                await both.server.astep(response)
        source.free.set()
        with pytest.raises(ContextExpired):
            await task
        assert_dead(both.server)

    asyncio.run(run())


def test_a_login_that_is_given_up(pair):
    """A task that is cancelled ends its exchange."""

    async def run():
        both, _, task, _ = await held_login(pair)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert_dead(both.server)

    asyncio.run(run())


def test_many_logins_wait_at_once(pair):
    """Each server is its own: they do not wait for each other."""

    async def run():
        source = Held()
        logins = [pair("auth-int", server={"users": source.look_up}) for _ in range(20)]
        tasks = [asyncio.ensure_future(alogin(both)) for both in logins]
        await source.asked.wait()
        source.free.set()
        await asyncio.gather(*tasks)
        assert all(both.server.complete for both in logins)

    asyncio.run(run())


@pytest.mark.parametrize("token", [b"", b"nonsense", b"\xff" * 5000])
def test_tokens_that_make_no_sense(pair, token):
    """As from step(): an error of ours, and the end."""

    async def run():
        server = pair(server={"users": Later("secret").look_up}).server
        await server.astep()
        with pytest.raises(DigestError):
            await server.astep(token)
        assert_dead(server)
        with pytest.raises(ContextExpired):
            await server.astep()

    asyncio.run(run())
